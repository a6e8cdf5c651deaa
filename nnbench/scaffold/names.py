"""What everything in a new plugin is called, from the name of its distribution."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from dataclasses import dataclass
from typing import Any

from nnbench.catalog import Catalog
from nnbench.errors import InputError
from nnbench.kinds import KINDS

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
    for what, name in (("module", module), ("class", cls)):
        if not name.isidentifier() or keyword.iskeyword(name):
            raise InputError(f"{distribution!r}: its {what} would be called {name!r}, which Python does not take as a name")
    example: Any = type(cls, (KINDS[kind],), {})
    component: str = example.name
    if not _offers(catalog, distribution):
        if module in sys.stdlib_module_names or importlib.util.find_spec(module) is not None:
            told = f"a module {module} exists already, and one would hide the other"
            raise InputError(f"{distribution!r}: {told}; try nnbench-{distribution}")
        if (kind, component) in catalog:
            origin = catalog.entry(kind, component).origin
            raise InputError(f"{distribution!r}: {kind} {component} comes with {origin} already; choose another name")
    return Names(distribution, module, cls, component, kind)


def _offers(catalog: Catalog, distribution: str) -> bool:
    """Whether it is a plugin that is installed already, to be written anew."""
    plugins = [*catalog.plugins, *(failure.plugin for failure in catalog.failures)]
    return distribution != "nnbench" and distribution in [plugin.distribution for plugin in plugins]
