"""Finding plugins: entry points of the group `nnbench`, as data. Nothing is imported here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution, EntryPoint

from nnbench import hooks
from nnbench.catalog.records import Plugin
from nnbench.errors import PluginError
from nnbench.grid.suggest import nearest


@dataclass(frozen=True)
class Source:
    """An entry point and the distribution that has it."""

    point: EntryPoint
    dist: Distribution

    @cached_property
    def plugin(self) -> Plugin:
        """The same as data, without what only loading tells."""
        return Plugin(self.point.name, self.point.value, self.dist.name, self.dist.version)

    @property
    def registered(self) -> str:
        """Its name in the plugin manager."""
        return f"{self.dist.name}:{self.point.name}"


def find_plugins(dists: Iterable[Distribution]) -> list[Source]:
    """The plugins of these distributions, sorted by name."""
    sources: dict[tuple[str, str], Source] = {}
    for dist in dists:  # the first of two copies of a distribution is the one that imports
        for point in dist.entry_points:
            if point.group == hooks.GROUP:
                sources.setdefault((point.name, dist.name), Source(point, dist))
    return [sources[key] for key in sorted(sources)]


def leave_out(sources: Sequence[Source], without: Sequence[str]) -> tuple[list[Source], tuple[Plugin, ...]]:
    """The plugins to load and those that `without` names, by entry point or distribution.

    Raises PluginError if a name is none of a plugin.
    """
    kept = [source for source in sources if not {source.point.name, source.dist.name} & set(without)]
    left_out = tuple(source.plugin for source in sources if source not in kept)
    unknown = sorted(set(without) - {name for plugin in left_out for name in (plugin.name, plugin.distribution)})
    if unknown:
        known = sorted({source.point.name for source in sources})
        raise PluginError(f"-p no:{unknown[0]}: no such plugin{nearest(unknown[0], known)} (plugins: {', '.join(known)})")
    return kept, left_out
