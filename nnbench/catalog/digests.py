"""Identity of code that is being edited: digests of every file that may have a say in a result."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.metadata import Distribution
from importlib.util import find_spec
from pathlib import Path

from nnbench.catalog.finding import Source
from nnbench.catalog.packages import Locations, import_packages
from nnbench.errors import PluginError
from nnbench.kinds import Component, Origin

HARNESS = "nnbench"
DETERMINING = ("engine", "grid/trial.py", "kinds", "seeds.py")
"""What of nnbench itself determines a trial's result: modules, and packages with everything below them."""

_IGNORED_FOLDERS = ("__pycache__",)
_IGNORED_ENDINGS = ("~", ".bak", ".orig", ".pyc", ".pyo", ".swp", ".tmp")


def origins(source: Source, classes: Sequence[type[Component]]) -> list[Origin]:
    """Where each of the components that a plugin offers comes from.

    In editable mode the digest covers every file of the distribution's import packages, whichever of them a component takes
    something from. nnbench's own packages are told apart, so that an edit in one leaves the results of the others.
    """
    plugin = source.plugin
    if not is_editable(source.dist):
        return [Origin(plugin.distribution, plugin.version)] * len(classes)
    ships = plugin.distribution == HARNESS
    shared = {} if ships else {_top(source.point.module): _locations(_top(source.point.module)), **import_packages(source.dist)}
    digests: dict[str, str] = {}
    for name in {_top(cls.__module__) for cls in classes}:
        packages = shared if name in shared or (name == HARNESS and not ships) else {**shared, name: _locations(name)}
        digests[name] = digest(path for _, locations in sorted(packages.items()) for path in locations)
    return [Origin(plugin.distribution, plugin.version, digests[_top(cls.__module__)]) for cls in classes]


def _top(module: str) -> str:
    return module.partition(".")[0]


@cache
def harness_origin() -> Origin:
    """Where nnbench itself comes from; in editable mode with a digest of the code that determines results."""
    dist = next(iter(Distribution.discover(name=HARNESS)), None)
    if dist is None:
        raise PluginError("nnbench is not installed, so neither are the components that come with it: pip install nnbench")
    return Origin(dist.name, dist.version, harness_digest(Path(__file__).parent.parent) if is_editable(dist) else "")


def harness_digest(root: Path) -> str:
    """Digest of the harness in that folder, as far as it determines results."""
    return digest(root / part for part in DETERMINING)


def is_editable(dist: Distribution) -> bool:
    """Whether its files are those that an author edits."""
    return _says_editable(dist.read_text("direct_url.json"))


@cache
def _says_editable(direct_url: str | None) -> bool:
    return bool(direct_url) and bool(json.loads(direct_url or "{}").get("dir_info", {}).get("editable"))


def digest(places: Iterable[Path]) -> str:
    """Twelve hexadecimal digits of the names and contents of files and of all below folders, wherever those lie."""
    content = hashlib.sha256()
    for place in places:
        for file in sorted(_files(place, set())):
            data = file.read_bytes()
            content.update(f"{place.name}/{file.relative_to(place).as_posix()}\0{len(data)}\0".encode())
            content.update(data)
    return content.hexdigest()[:12]


def _files(place: Path, above: set[Path]) -> Iterator[Path]:
    """The files at and below a place but for caches, hidden ones and what editors leave; links are followed, never in circles."""
    if place.is_file():
        yield place
    elif place.is_dir() and (real := place.resolve()) not in above:
        for entry in os.scandir(place):
            if not (entry.name.startswith((".", "#")) or entry.name.endswith(_IGNORED_ENDINGS) or entry.name in _IGNORED_FOLDERS):
                yield from _files(place / entry.name, above | {real})


def _locations(name: str) -> Locations:
    """Where an import package or module of that name lies."""
    loaded = sys.modules.get(name)
    spec = find_spec(name) if loaded is None else loaded.__spec__
    if spec is None:
        return ()
    return tuple(Path(path) for path in spec.submodule_search_locations or (spec.origin,) if path)
