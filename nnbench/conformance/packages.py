"""Which components a package offers, and what the laws make of them."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench.catalog import Catalog, Entry, Failure, Plugin, canonical, load_catalog
from nnbench.catalog.finding import TABLE, groups_of
from nnbench.conformance.suite import Outcome, check_component
from nnbench.errors import InputError, PluginError
from nnbench.grid.suggest import nearest
from nnbench.kinds import Component


def check_package(package: str, thorough: bool = False, catalog: Catalog | None = None) -> tuple[Outcome, ...]:
    """Test every component that a plugin, a module or a distribution offers against the laws of its kind.

    Raises InputError if no plugin is called so, and PluginError if nothing of it loaded; `failures_of` names what did not.
    """
    components = components_of(catalog or load_catalog(), package)
    return tuple(outcome for cls in components for outcome in check_component(cls, thorough))


def failures_of(catalog: Catalog, package: str) -> list[Failure]:
    """What of a package did not load, beside what did."""
    return [failure for failure in catalog.failures if _is_called(failure.plugin, package)]


def namesakes(catalog: Catalog, components: Sequence[type[Component]]) -> dict[type[Component], list[Entry]]:
    """Components of other distributions that have the kind and name of one of these."""
    own = {entry.cls: entry for entry in catalog.entries if entry.cls in components}
    others = {
        cls: [
            other
            for other in catalog.of(cls.kind)
            if other.cls.name == cls.name and other.origin.distribution != own[cls].origin.distribution
        ]
        for cls in own
    }
    return {cls: entries for cls, entries in others.items() if entries}


def components_of(catalog: Catalog, package: str, names: Sequence[str] = ()) -> list[type[Component]]:
    """What a plugin, module or distribution offers, by kind and name, or those that are named; raises as check_package does."""
    plugins = [*catalog.plugins, *(failure.plugin for failure in catalog.failures)]
    if not any(_is_called(plugin, package) for plugin in plugins):
        remarks = [str(remark) for remark in catalog.remarks if remark.distribution == canonical(package)]
        installed = groups_of(package)
        if remarks:
            raise InputError("\n".join(remarks))
        if installed:
            raise InputError(_no_plugin(package, *installed))
        known = sorted({name for plugin in plugins for name in (plugin.name, plugin.distribution)})
        near = nearest(package, known)
        raise InputError(f"no plugin, module or distribution {package!r} is installed{near} (installed: {', '.join(known)})")
    components = sorted(
        (entry.cls for entry in catalog.entries if _is_called(entry.plugin, package)), key=lambda cls: (cls.kind, cls.name)
    )
    if not components and (failures := failures_of(catalog, package)):
        raise PluginError("\n".join(map(str, failures)))
    if not components:
        raise InputError(f"{package} offers no components")
    offered = [cls.name for cls in components]
    for name in names:
        if name not in offered:
            raise InputError(f"{package} offers no component {name!r}{nearest(name, offered)} ({', '.join(offered)})")
    return [cls for cls in components if not names or cls.name in names]


def _no_plugin(package: str, distribution: str, groups: Sequence[str]) -> str:
    """What to say of a distribution that is installed and offers nothing to nnbench."""
    has = f"its entry points are in {', '.join(map(repr, groups))}" if groups else "it has no entry points at all"
    named = package if package == distribution else f"{package} (distribution {distribution})"
    return f"{named} is installed, but is no plugin: {has}; nnbench reads the group 'nnbench', in pyproject.toml {TABLE}"


def _is_called(plugin: Plugin, name: str) -> bool:
    module = plugin.module.partition(":")[0]
    return canonical(name) in map(canonical, (plugin.name, plugin.distribution, module, module.partition(".")[0]))
