"""Finding plugins: entry points of the group `nnbench`, as data. Nothing is imported here."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

from nnbench import hooks
from nnbench.catalog.metadata import Unusable, folder_of, identity, ranked, stem
from nnbench.catalog.records import Plugin, Remark, canonical
from nnbench.distributions import entry_points
from nnbench.errors import PluginError
from nnbench.grid.suggest import nearest

TABLE = f"[project.entry-points.{hooks.GROUP}]"
"""Where pyproject.toml names plugins."""


@dataclass(frozen=True)
class Source:
    """An entry point and the distribution that has it."""

    point: EntryPoint
    dist: Distribution
    distribution: str
    version: str

    @cached_property
    def plugin(self) -> Plugin:
        """The same as data, without what only loading tells."""
        return Plugin(self.point.name, self.point.value, self.distribution, self.version)

    @property
    def registered(self) -> str:
        """Its name in the plugin manager."""
        return f"{self.distribution}:{self.point.name}"


@dataclass
class _Scan:
    """What the metadata of all distributions come to."""

    remarks: list[Remark] = field(default_factory=list)
    offering: dict[str, list[Distribution]] = field(default_factory=lambda: defaultdict(list))
    """Distributions with plugins, by canonical name; several where metadata are there more than once."""
    silent: dict[str, list[Distribution]] = field(default_factory=lambda: defaultdict(list))
    """Those of which nothing can be said because they have no entry points, by the name of their metadata's folder."""

    def remark(self, name: str, text: str) -> None:
        self.remarks.append(Remark(canonical(name), text))


def find_plugins(dists: Iterable[Distribution]) -> tuple[list[Source], tuple[Remark, ...]]:
    """The plugins of these distributions, sorted by name, and what keeps others from being one.

    Names that installers take for the same are the same. Of several that have one name, the first folder in the order of search is
    the one that imports, and in one folder the latest version counts.
    """
    scan = _Scan()
    for dist in _each(dists, scan):
        _look_at(dist, scan)
    sources: dict[tuple[str, str], Source] = {}
    for name, several in scan.offering.items():
        for source in _sources(name, several, scan):
            sources.setdefault((source.point.name, source.distribution), source)
    return [sources[key] for key in sorted(sources)], tuple(dict.fromkeys(scan.remarks))


def leave_out(sources: Sequence[Source], without: Sequence[str]) -> tuple[list[Source], tuple[Plugin, ...]]:
    """The plugins to load and those that `without` names, by entry point or distribution.

    Raises PluginError if a name is none of a plugin.
    """
    names = {source.registered: {source.point.name, canonical(source.distribution)} for source in sources}
    asked = {name: {name, canonical(name)} for name in without}
    out = [source for source in sources if any(names[source.registered] & each for each in asked.values())]
    unknown = [name for name, each in asked.items() if not any(names[source.registered] & each for source in out)]
    if unknown:
        known = sorted({source.point.name for source in sources})
        raise PluginError(f"-p no:{unknown[0]}: no such plugin{nearest(unknown[0], known)} (plugins: {', '.join(known)})")
    return [source for source in sources if source not in out], tuple(source.plugin for source in out)


def groups_of(name: str) -> tuple[str, list[str]] | None:
    """The distribution of that name, or with a module of that name, and the groups of its entry points; None if there is none."""
    try:
        dist = _installed(name)
        return None if dist is None else (identity(dist)[0], sorted({point.group for point in entry_points(dist)}))
    except Exception:  # metadata that cannot be read, of which a remark tells
        return None


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        owners = packages_distributions().get(name)
        return distribution(owners[0]) if owners else None


def _each(dists: Iterable[Distribution], scan: _Scan) -> Iterator[Distribution]:
    """Every distribution once, although its folder may be searched twice; a search that fails ends there."""
    seen: set[Path] = set()
    try:
        for dist in dists:
            folder = folder_of(dist)
            if folder is None or folder not in seen:
                yield dist
            if folder is not None:
                seen.add(folder)
    except OSError as error:
        scan.remark("", f"installed distributions cannot be listed to the end: {error}")


def _look_at(dist: Distribution, scan: _Scan) -> None:
    """Note a distribution that has plugins, or what is wrong with it."""
    try:
        groups = {point.group for point in entry_points(dist)}
        if not groups and _garbled(dist.read_text("entry_points.txt") or ""):
            raise ValueError("it has lines that name nothing")
    except Exception as error:  # whatever importlib makes of a file that is none
        told = f"{type(error).__name__}: {' '.join(str(error).split())}"
        scan.remark(stem(dist), f"{_place(dist)} is passed over, because its entry_points.txt cannot be read: {told}")
        return
    if hooks.GROUP in groups:
        try:
            scan.offering[canonical(identity(dist)[0])].append(dist)
        except Unusable as error:
            scan.remark(stem(dist), f"{_place(dist)} is passed over: {error}")
        return
    alike = sorted(group for group in groups if _resembles(group))
    if alike:
        quoted = " and ".join(map(repr, alike))
        told = f'nnbench reads the group "{hooks.GROUP}", in pyproject.toml {TABLE}'
        scan.remark(stem(dist), f"{_place(dist)} has entry points in the group {quoted}, which nobody reads; {told}")
    elif not groups:
        scan.silent[canonical(stem(dist))].append(dist)


def _sources(name: str, several: Sequence[Distribution], scan: _Scan) -> Iterator[Source]:
    """The plugins of the distribution that counts."""
    first, *others = ranked(several)
    own, version = identity(first)
    for other in others:
        if _parent(other) != _parent(first):
            continue  # one environment in front of another, as usual
        scan.remark(name, f"{_place(other)} is passed over: {own} {version} in {_place(first)} is the one that counts")
    for other in scan.silent.get(name, ()):
        try:
            identity(other)
        except Unusable as error:
            scan.remark(name, f"{_place(other)} is passed over: {error}")
    for point in entry_points(first):
        if point.group == hooks.GROUP:
            yield Source(point, first, own, version)


def _garbled(text: str) -> bool:
    """Whether a file without entry points has more than comments and headings."""
    lines = [line.strip() for line in text.splitlines()]
    return any(line and not line.startswith("#") and not re.fullmatch(r"\[[^\[\]]+\]", line) for line in lines)


def _parent(dist: Distribution) -> Path | None:
    folder = folder_of(dist)
    return None if folder is None else folder.parent


def _resembles(group: str) -> bool:
    """Whether an author of a plugin may have meant nnbench's group."""
    letters = re.sub(r"[^a-z]", "", group.lower())
    return letters.startswith(hooks.GROUP) or bool(get_close_matches(letters, [hooks.GROUP], cutoff=0.8))


def _place(dist: Distribution) -> str:
    folder = folder_of(dist)
    return f"distribution {stem(dist)}" if folder is None else str(folder)
