"""Classifying what plugins offer: component classes that grids can name, workers can import and nothing confuses."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from nnbench.catalog.importing import implemented_hooks
from nnbench.catalog.records import Entry
from nnbench.grid import fields
from nnbench.grid.suggest import letters
from nnbench.kinds import KINDS, Component

COMPONENTS = "nnbench_components"
"""The hook that offers them."""


def offered_classes(module: ModuleType) -> Sequence[Any]:
    """What a plugin's module offers, be it a component or not; raises TypeError if that is no list."""
    implementation = implemented_hooks(module).get(COMPONENTS, getattr(module, COMPONENTS, None))
    if implementation is None:
        return []
    if getattr(implementation, "nnbench_impl", None) is None:
        raise TypeError("nnbench_components is not marked as a hook; write @hookimpl above it (from nnbench import hookimpl)")
    if implementation.nnbench_impl.get("wrapper") or implementation.nnbench_impl.get("hookwrapper"):
        raise TypeError("nnbench_components is a wrapper, and each plugin offers components of its own; write @hookimpl alone")
    offered = implementation()
    if not isinstance(offered, Sequence):
        raise TypeError(f"nnbench_components() returned {offered!r}, expected a list of component classes")
    return offered


def component_class(cls: Any) -> type[Component]:
    """The same class, if it is a component that grids can name and workers can import; raises TypeError."""
    if not (isinstance(cls, type) and issubclass(cls, Component) and cls.kind in KINDS):
        raise TypeError(
            f"nnbench_components() offers {cls!r}, which does not derive from any of {', '.join(k.title() for k in KINDS)}"
        )
    if inspect.isabstract(cls):
        missing = ", ".join(sorted(cls.__abstractmethods__))
        raise TypeError(f"{cls.kind} {cls.name} lacks {missing}")
    if not cls.name.isidentifier():
        raise TypeError(f"{cls.kind} {cls.name!r}: a name has letters, digits and underscores only")
    aliases: Any = cls.aliases
    if not isinstance(aliases, tuple) or not all(isinstance(each, str) and letters(each) for each in aliases):
        raise TypeError(f'{cls.kind} {cls.name}: aliases is {aliases!r}, expected a tuple of names such as ("swish",)')
    space: Any = cls.search_space
    if not isinstance(space, Mapping) or not all(isinstance(values, (list, tuple)) and values for values in space.values()):
        raise TypeError(f"{cls.kind} {cls.name}: search_space is {space!r}, expected lists of values by hyperparameter")
    if not _is_importable(cls):
        raise TypeError(f"{cls.kind} {cls.name}: workers cannot import {cls.__module__}.{cls.__qualname__}; define it in a module")
    for name, hint in fields.hyperparameter_types(cls).items():
        try:
            fields.component_kind(hint) or fields.value_schema(hint)
        except Exception as error:
            raise TypeError(f"{cls.kind} {cls.name}: hyperparameter {name} has a type that no grid can give: {error}") from error
    return cls


def check_distinct(entries: Sequence[Entry]) -> None:
    """One distribution offers a name of one kind once: even `distribution:name` could not tell two apart."""
    seen: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        other = seen.setdefault((entry.cls.kind, entry.qualified), entry)
        if other is not entry:
            raise TypeError(
                f"{entry.cls.kind} {entry.cls.name!r} is offered twice by {entry.origin.distribution} (plugin {other.plugin.name})"
            )


def _is_importable(cls: type[Component]) -> bool:
    value: Any = sys.modules.get(cls.__module__)
    for part in cls.__qualname__.split("."):
        value = getattr(value, part, None)
    return value is cls
