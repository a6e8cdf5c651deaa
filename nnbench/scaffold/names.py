"""What everything in a new plugin is called, from the name of its distribution."""

from __future__ import annotations

import builtins
import importlib.util
import keyword
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import nnbench
from nnbench.catalog import Catalog, canonical
from nnbench.catalog.packages import NO_PACKAGES
from nnbench.errors import InputError
from nnbench.kinds import KINDS, module_for
from nnbench.scaffold import templates

DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class Names:
    """The names in a new plugin."""

    distribution: str
    """As installers know it, such as nnbench-wavy."""
    module: str
    """nnbench_wavy"""
    cls: str
    """Wavy"""
    component: str
    """wavy"""
    kind: str


def names(distribution: str, kind: str, catalog: Catalog) -> Names:
    """Names that go together; raises InputError for what is no name of a distribution or would be in another's way."""
    if not DISTRIBUTION.fullmatch(distribution):
        raise InputError(
            f"{distribution!r} is no name for a distribution: letters, digits, between them also - _ and ., such as nnbench-wavy"
        )
    module = re.sub(r"[-.]+", "_", distribution).lower()
    words = [word for word in re.split(r"[-_.]+", distribution) if word.lower() != "nnbench"]
    cls = "".join(word[:1].upper() + word[1:] for word in words)
    if not cls:
        raise InputError(f"{distribution!r} is nnbench's own name; add what the formula is called, such as nnbench-wavy")
    for what, name in (("module", module), ("class", cls)):
        if not name.isidentifier() or keyword.iskeyword(name):
            raise InputError(f"{distribution!r}: its {what} would be called {name!r}, which Python does not take as a name")
    if cls in _taken(kind):
        told = f"its class would be called {cls}, which is a name of Python's or nnbench's own in that module"
        raise InputError(f"{distribution!r}: {told}; name it after the formula, such as nnbench-wavy")
    example: Any = type(cls, (KINDS[kind],), {})
    component: str = example.name
    if keyword.iskeyword(component) or component in KINDS:
        what = "a keyword of Python" if keyword.iskeyword(component) else "a kind of component"
        raise InputError(f"{distribution!r}: its {kind} would be called {component}, which is {what}; name it after the formula")
    if not _offers(catalog, distribution):
        _check_free(distribution, module)
        if (kind, component) in catalog:
            entry = catalog.entry(kind, component)
            of = f"{kind} {entry.cls.name}" if entry.cls.name == component else f"{component}, the {kind} {entry.cls.name},"
            raise InputError(f"{distribution!r}: {of} comes with {entry.origin} already; choose another name")
    return Names(distribution, module, cls, component, kind)


def _taken(kind: str) -> set[str]:
    """Names that a class in a new module must not have: what the template imports, what is offered to authors, what Python has."""
    template = set(vars(module_for(kind, templates.__name__))) - {"Example"}
    return {*template, *nnbench.__all__, *vars(builtins)}


def _check_free(distribution: str, module: str) -> None:
    """Raises InputError if something that is installed, or lies in every project, has the name."""
    told = ""
    if module in NO_PACKAGES:
        told = f"{module} is what projects call a folder or file of another purpose"
    elif module in sys.stdlib_module_names or importlib.util.find_spec(module) is not None:
        told = f"a module {module} exists already, and one would hide the other"
    else:
        with suppress(Exception):  # not installed, as it should be
            told = f"a distribution {metadata.distribution(distribution).name} is installed already, and would be replaced"
    if told:
        raise InputError(f"{distribution!r}: {told}; try nnbench-{distribution.removeprefix('nnbench-')}")


def _offers(catalog: Catalog, distribution: str) -> bool:
    """Whether it is a plugin that is installed already, to be written anew."""
    plugins = [*catalog.plugins, *(failure.plugin for failure in catalog.failures)]
    own = canonical(distribution)
    return own != canonical(catalog.harness.distribution) and own in [canonical(plugin.distribution) for plugin in plugins]
