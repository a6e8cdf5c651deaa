"""Which components a package offers, and what the laws make of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nnbench.catalog import Catalog, Failure, Plugin, load_catalog
from nnbench.conformance.suite import Outcome, check_component
from nnbench.errors import InputError, PluginError
from nnbench.grid.expand import nearest
from nnbench.kinds import Component


def check_package(package: str, thorough: bool = False, catalog: Catalog | None = None) -> tuple[Outcome, ...]:
    """Test every component that a plugin, a module or a distribution offers against the laws of its kind.

    Raises InputError if there is no plugin of that name, and PluginError if there is one that failed to load.
    """
    components = components_of(catalog or load_catalog(), package)
    return tuple(outcome for cls in components for outcome in check_component(cls, thorough))


def components_of(catalog: Catalog, package: str, names: Sequence[str] = ()) -> list[type[Component]]:
    """What a plugin, module or distribution offers, by kind and name, or those that are named; raises as check_package does."""
    plugins = [*catalog.plugins, *(failure.plugin for failure in catalog.failures)]
    if not any(_is_called(plugin, package) for plugin in plugins):
        known = sorted({name for plugin in plugins for name in (plugin.name, plugin.distribution)})
        near = nearest(package, known)
        raise InputError(f"no plugin, module or distribution {package!r} is installed{near} (installed: {', '.join(known)})")
    failures: list[Failure] = [failure for failure in catalog.failures if _is_called(failure.plugin, package)]
    if failures:
        raise PluginError("\n".join(map(str, failures)))
    components = sorted(
        (entry.cls for entry in catalog.entries if _is_called(entry.plugin, package)), key=lambda cls: (cls.kind, cls.name)
    )
    if not components:
        raise InputError(f"{package} offers no components")
    offered = [cls.name for cls in components]
    for name in names:
        if name not in offered:
            raise InputError(f"{package} offers no component {name!r}{nearest(name, offered)} ({', '.join(offered)})")
    return [cls for cls in components if not names or cls.name in names]


def _is_called(plugin: Plugin, name: str) -> bool:
    module = plugin.module.partition(":")[0]
    return _normal(name) in map(_normal, (plugin.name, plugin.distribution, module, module.partition(".")[0]))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
