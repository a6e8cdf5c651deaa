"""Entry points to catalog: data first, import second, sorted by name; a plugin that fails to load stops nobody else."""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
import time
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from nnbench import hooks
from nnbench.errors import PluginError, UnknownComponentError
from nnbench.grid import fields
from nnbench.grid.expand import nearest
from nnbench.kinds import KINDS, Component, Origin, plural

HARNESS_CODE = ("kinds", "seeds.py", "engine", "grid/trial.py")
"""What of nnbench itself determines a trial's result."""


@dataclass(frozen=True)
class Plugin:
    """One entry point in the group `nnbench`."""

    name: str
    module: str
    distribution: str
    version: str
    components: tuple[str, ...] = ()
    """What it offers, as `kind name`."""
    load_seconds: float = 0.0
    hooks: tuple[str, ...] = ()
    """The hooks that it implements."""


@dataclass(frozen=True)
class Failure:
    """A plugin that could not be loaded, or something it offers that is no component."""

    plugin: Plugin
    cause: str
    traceback: str = ""

    def __str__(self) -> str:
        plugin = self.plugin
        return f"plugin {plugin.name} ({plugin.module}, from {plugin.distribution} {plugin.version}) did not load: {self.cause}"


@dataclass(frozen=True)
class Entry:
    """One component that some plugin offers."""

    cls: type[Component]
    plugin: Plugin
    origin: Origin

    @property
    def qualified(self) -> str:
        """`distribution:name`."""
        return f"{self.origin.distribution}:{self.cls.name}"


@dataclass(frozen=True)
class Catalog:
    """Every component found, where it comes from, and every plugin that failed to load."""

    manager: pluggy.PluginManager
    harness: Origin
    plugins: tuple[Plugin, ...]
    failures: tuple[Failure, ...]
    entries: tuple[Entry, ...]
    left_out: tuple[Plugin, ...] = field(default=())

    def __getitem__(self, key: tuple[str, str]) -> type[Component]:
        """The class of a kind and name: `catalog["activation", "tanh"]`."""
        return self.find(*key)[0]

    def __contains__(self, key: tuple[str, str]) -> bool:
        try:
            self.find(*key)
        except UnknownComponentError:
            return False
        return True

    def names(self, kind: str) -> list[str]:
        """Names of one kind, sorted; those that several plugins offer as `distribution:name`."""
        own = self.of(kind)
        names = [entry.cls.name for entry in own]
        return sorted(entry.cls.name if names.count(entry.cls.name) == 1 else entry.qualified for entry in own)

    def of(self, kind: str) -> list[Entry]:
        """Entries of one kind, sorted by name."""
        _check_kind(kind)
        return sorted(
            (entry for entry in self.entries if entry.cls.kind == kind), key=lambda entry: (entry.cls.name, entry.qualified)
        )

    def entry(self, kind: str, name: str) -> Entry:
        """The entry of that name, or of `distribution:name`; raises UnknownComponentError with the nearest names."""
        found = [entry for entry in self.of(kind) if name in (entry.cls.name, entry.qualified)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UnknownComponentError(
                f"{kind} {name!r} is offered by several plugins; write one of {', '.join(_described(entry) for entry in found)}"
            )
        near = nearest(name, self.names(kind))
        raise UnknownComponentError(
            f"no {kind} {name!r}{near} ({plural(kind)}: {', '.join(self.names(kind))}){self._likely_reason()}"
        )

    def find(self, kind: str, name: str) -> tuple[type[Component], Origin]:
        """The class and origin of that name, or of `distribution:name`; raises UnknownComponentError."""
        entry = self.entry(kind, name)
        return entry.cls, entry.origin

    def find_default(self, kind: str) -> tuple[type[Component], Origin]:
        """The class that stands in where a grid names none; raises UnknownComponentError."""
        found = [entry for entry in self.of(kind) if entry.cls.default]
        if len(found) == 1:
            return found[0].cls, found[0].origin
        if found:
            offers = ", ".join(_described(entry) for entry in found)
            raise UnknownComponentError(f"several plugins offer a default {kind}; name one of {offers}")
        raise UnknownComponentError(f"no {kind} is given, and no plugin offers a default one{self._likely_reason()}")

    def _likely_reason(self) -> str:
        missing = [str(failure) for failure in self.failures]
        missing += [f"plugin {plugin.name} was left out with -p no:{plugin.name}" for plugin in self.left_out]
        return "".join(f"; perhaps because {reason}" for reason in missing)


def load_catalog(without: Sequence[str] = (), dists: Iterable[Distribution] | None = None) -> Catalog:
    """Find and load every installed plugin.

    `without` names plugins to leave out, by entry point or distribution. `dists` are the distributions to look in, all that
    are installed unless given. Raises PluginError if a plugin implements a hook that does not exist.
    """
    manager = plugin_manager()
    found = _entry_points(distributions() if dists is None else dists)
    left_out = tuple(_plugin(point, dist) for point, dist in found if {point.name, dist.name} & set(without))
    unused = set(without) - {name for plugin in left_out for name in (plugin.name, plugin.distribution)}
    if unused:
        known = sorted({point.name for point, _ in found})
        raise PluginError(
            f"-p no:{sorted(unused)[0]}: no such plugin{nearest(sorted(unused)[0], known)} (plugins: {', '.join(known)})"
        )
    plugins: list[Plugin] = []
    failures: list[Failure] = []
    entries: list[Entry] = []
    for point, dist in found:
        plugin = _plugin(point, dist)
        if plugin in left_out:
            continue
        registered = f"{dist.name}:{point.name}"
        start = time.perf_counter()
        try:
            module = point.load()
            _check_hooks(plugin, module)
            manager.register(module, name=registered)
            offered = _offered(module)
            own = [Entry(_checked(cls), plugin, _origin(cls, dist)) for cls in offered]
            _check_distinct([*entries, *own])
        except PluginError:
            raise
        except (Exception, SystemExit) as error:
            failures.append(Failure(plugin, _cause(error), traceback.format_exc()))
            if manager.has_plugin(registered):
                manager.unregister(name=registered)
            continue
        names = tuple(f"{entry.cls.kind} {entry.cls.name}" for entry in own)
        implemented = tuple(name for name in dir(module) if getattr(getattr(module, name), "nnbench_impl", None))
        plugins.append(Plugin(point.name, point.value, dist.name, dist.version, names, time.perf_counter() - start, implemented))
        entries += [Entry(entry.cls, plugins[-1], entry.origin) for entry in own]
    return Catalog(manager, harness_origin(), tuple(plugins), tuple(failures), tuple(entries), left_out)


def plugin_manager() -> pluggy.PluginManager:
    """A manager that knows nnbench's hooks and no plugin yet."""
    manager = pluggy.PluginManager(hooks.GROUP)
    manager.add_hookspecs(hooks)
    return manager


@cache
def harness_origin() -> Origin:
    """Where nnbench itself comes from; in editable mode with a digest of the code that determines results."""
    dist = next(iter(Distribution.discover(name="nnbench")), None)
    if dist is None:
        raise PluginError("nnbench is not installed, so neither are the components that come with it: pip install nnbench")
    root = Path(__file__).parent.parent
    files = [
        file for part in HARNESS_CODE for file in ([root / part] if part.endswith(".py") else sorted((root / part).glob("*.py")))
    ]
    return Origin(dist.name, dist.version, _digest(files) if _is_editable(dist) else "")


def _entry_points(dists: Iterable[Distribution]) -> list[tuple[EntryPoint, Distribution]]:
    found: dict[tuple[str, str], tuple[EntryPoint, Distribution]] = {}
    for dist in dists:  # the first of two copies of a distribution is the one that imports
        for point in dist.entry_points:
            if point.group == hooks.GROUP:
                found.setdefault((point.name, dist.name), (point, dist))
    return [found[key] for key in sorted(found)]


def _plugin(point: EntryPoint, dist: Distribution) -> Plugin:
    return Plugin(point.name, point.value, dist.name, dist.version)


def _check_hooks(plugin: Plugin, module: Any) -> None:
    known = {name for name in vars(hooks) if name.startswith("nnbench_")}
    for name in dir(module):
        if getattr(getattr(module, name), "nnbench_impl", None) is not None and name not in known:
            raise PluginError(
                f"plugin {plugin.name} ({plugin.module}, from {plugin.distribution} {plugin.version}) implements the unknown hook "
                f"{name}{nearest(name, known)} (hooks: {', '.join(sorted(known))}); -p no:{plugin.name} keeps it out"
            )


def _offered(module: Any) -> Sequence[Any]:
    implementation = getattr(module, "nnbench_components", None)
    if implementation is None:
        return []
    if getattr(implementation, "nnbench_impl", None) is None:
        raise TypeError("nnbench_components is not marked as a hook; write @hookimpl above it (from nnbench import hookimpl)")
    offered = implementation()
    if not isinstance(offered, Sequence):
        raise TypeError(f"nnbench_components() returned {offered!r}, expected a list of component classes")
    return offered


def _checked(cls: Any) -> type[Component]:
    if not (isinstance(cls, type) and issubclass(cls, Component) and cls.kind in KINDS):
        raise TypeError(
            f"nnbench_components() offers {cls!r}, which does not derive from any of {', '.join(k.title() for k in KINDS)}"
        )
    if inspect.isabstract(cls):
        missing = ", ".join(sorted(cls.__abstractmethods__))
        raise TypeError(f"{cls.kind} {cls.name} lacks {missing}")
    if not cls.name.isidentifier():
        raise TypeError(f"{cls.kind} {cls.name!r}: a name has letters, digits and underscores only")
    if not _is_importable(cls):
        raise TypeError(f"{cls.kind} {cls.name}: workers cannot import {cls.__module__}.{cls.__qualname__}; define it in a module")
    for name, hint in fields.hyperparameter_types(cls).items():
        try:
            fields.component_kind(hint) or fields.value_schema(hint)
        except Exception as error:
            raise TypeError(f"{cls.kind} {cls.name}: hyperparameter {name} has a type that no grid can give: {error}") from error
    return cls


def _check_distinct(entries: Sequence[Entry]) -> None:
    """One distribution offers a name of one kind once: even `distribution:name` could not tell two apart."""
    seen: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        other = seen.setdefault((entry.cls.kind, entry.qualified), entry)
        if other is not entry:
            raise TypeError(
                f"{entry.cls.kind} {entry.cls.name!r} is offered twice by {entry.origin.distribution} (plugin {other.plugin.name})"
            )


def _is_importable(cls: type[Component]) -> bool:
    found: Any = sys.modules.get(cls.__module__)
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is cls


def _cause(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")


def _described(entry: Entry) -> str:
    return f"{entry.qualified!r} (plugin {entry.plugin.name}, {entry.origin.distribution} {entry.origin.version})"


def _origin(cls: type[Component], dist: Distribution) -> Origin:
    return Origin(dist.name, dist.version, _digest(_sources(cls.__module__)) if _is_editable(dist) else "")


@cache
def _sources(module: str) -> tuple[Path, ...]:
    """The module's file and those of the modules of its package that it takes functions and classes from, and they from others."""
    package = module.partition(".")[0]
    found: dict[str, None] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or name not in sys.modules:
            continue
        found[name] = None
        for value in vars(sys.modules[name]).values():
            owner = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
            if isinstance(owner, str) and owner.startswith(f"{package}."):
                waiting.append(owner)
    files = (getattr(sys.modules[name], "__file__", None) for name in sorted(found))
    return tuple(Path(file) for file in files if file)


@cache
def _is_editable_root(text: str | None) -> bool:
    return bool(text) and bool(json.loads(text or "{}").get("dir_info", {}).get("editable"))


def _is_editable(dist: Distribution) -> bool:
    return _is_editable_root(dist.read_text("direct_url.json"))


def _digest(files: Iterable[Path]) -> str:
    content = hashlib.sha256()
    for file in files:
        content.update(file.name.encode() + b"\0" + file.read_bytes())
    return content.hexdigest()[:12]


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise UnknownComponentError(f"no kind {kind!r}{nearest(kind, KINDS)} (kinds: {', '.join(KINDS)})")
