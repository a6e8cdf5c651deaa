"""The catalog: every component that the installed plugins offer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import Distribution, distributions

import pluggy

from nnbench.catalog.classifying import check_distinct, component_class, offered_classes
from nnbench.catalog.digests import harness_origin, origins
from nnbench.catalog.finding import Source, find_plugins, leave_out
from nnbench.catalog.importing import failure, implemented_hooks, import_plugin, plugin_manager
from nnbench.catalog.records import Entry, Failure, Plugin
from nnbench.errors import PluginError, UnknownComponentError
from nnbench.grid.expand import nearest
from nnbench.kinds import KINDS, Component, Origin, plural


@dataclass(frozen=True)
class Catalog:
    """All installed components, where each comes from, and every plugin that failed to load."""

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
        """Names of one kind, sorted; a name that several plugins offer is written `distribution:name`."""
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
        entries = [entry for entry in self.of(kind) if name in (entry.cls.name, entry.qualified)]
        if len(entries) == 1:
            return entries[0]
        if entries:
            raise UnknownComponentError(
                f"{kind} {name!r} is offered by several plugins; write one of {', '.join(entry.provider for entry in entries)}"
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
        """The class that is used if a grid names none, and its origin; raises UnknownComponentError."""
        defaults = [entry for entry in self.of(kind) if entry.cls.default]
        if len(defaults) == 1:
            return defaults[0].cls, defaults[0].origin
        if defaults:
            offers = ", ".join(entry.provider for entry in defaults)
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
    sources, left_out = leave_out(find_plugins(distributions() if dists is None else dists), without)
    manager = plugin_manager()
    plugins: list[Plugin] = []
    failures: list[Failure] = []
    entries: list[Entry] = []
    for source in sources:
        try:
            plugin, own = _load(source, manager)
            check_distinct([*entries, *own])
        except PluginError:
            raise
        except (Exception, SystemExit) as error:
            failures.append(failure(source, error, manager))
        else:
            plugins.append(plugin)
            entries += own
    return Catalog(manager, harness_origin(), tuple(plugins), tuple(failures), tuple(entries), left_out)


def _load(source: Source, manager: pluggy.PluginManager) -> tuple[Plugin, list[Entry]]:
    """A plugin and what it offers; raises whatever keeps it from being used."""
    start = time.perf_counter()
    module = import_plugin(source, manager)
    classes = [component_class(cls) for cls in offered_classes(module)]
    plugin = replace(
        source.plugin,
        components=tuple(f"{cls.kind} {cls.name}" for cls in classes),
        load_seconds=time.perf_counter() - start,
        hooks=implemented_hooks(module),
    )
    return plugin, [Entry(cls, plugin, origin) for cls, origin in zip(classes, origins(source, classes), strict=True)]


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise UnknownComponentError(f"no kind {kind!r}{nearest(kind, KINDS)} (kinds: {', '.join(KINDS)})")
