"""What the names that a person wrote come to, where that is not what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console

from nnbench.catalog import Catalog
from nnbench.grid import Grid
from nnbench.grid.names import written
from nnbench.report.describe import hyperparameters


def print_names(out: Console, catalog: Catalog, pairs: Iterable[tuple[str, str]]) -> None:
    """Say once of each kind and name which component it is, if it has another name here or another plugin offers it too."""
    for told in dict.fromkeys(each for kind, name in pairs for each in _told(catalog, kind, name)):
        out.print(told, style="yellow", markup=False, soft_wrap=True)


def print_grid_names(out: Console, catalog: Catalog, grid: Grid) -> None:
    """The same of every component that a grid names."""
    compare = grid.compare
    levels = [compare.baseline, *(each for claim in grid.claim for each in (claim.better, claim.worse))] if compare else []
    known = {level.partition("(")[0] for level in levels if level}
    pairs = [(compare.factor, name) for name in sorted(known) if (compare.factor, name) in catalog] if compare else []
    print_names(out, catalog, [*written(grid.trial, catalog), *pairs])


def _told(catalog: Catalog, kind: str, name: str) -> Iterator[str]:
    entry = catalog.entry(kind, name)
    offering, _, bare = name.rpartition(":")
    if bare != entry.cls.name:
        defaults = ", ".join(f"{each.name} = {each.default}" for each in hyperparameters(entry.cls))
        yield f"{bare} is {entry.cls.name} here" + (f"; its defaults: {defaults}" if defaults else "")
    twins = [each for each in catalog.of(kind) if each.cls.name == entry.cls.name and each is not entry]
    if twins and not offering:
        others = " or ".join(f"{each.qualified!r} for that of plugin {each.plugin.name}" for each in twins)
        yield f"{kind} {entry.cls.name} is that of {entry.origin.distribution}; write {others}"
