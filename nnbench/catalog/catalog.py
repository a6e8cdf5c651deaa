"""The catalog: every component that the installed plugins offer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import Distribution, distributions

import pluggy

from nnbench import foreign
from nnbench.catalog.classifying import check_distinct, component_class, offered_classes
from nnbench.catalog.digests import HARNESS, harness_origin, origins
from nnbench.catalog.finding import Source, find_plugins, leave_out
from nnbench.catalog.importing import failure, implemented_hooks, import_plugin, plugin_manager
from nnbench.catalog.records import Entry, Failure, Plugin, Remark, canonical
from nnbench.errors import PluginError, UnknownComponentError
from nnbench.grid.names import is_named
from nnbench.grid.suggest import letters, nearest, offered
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
    remarks: tuple[Remark, ...] = field(default=())
    """What a person should know of distributions that are passed over, and of names that two of them offer."""

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
        """Names of one kind, sorted; those that several plugins offer as `distribution:name`, but for the one that is shipped."""
        return sorted(map(self.written, self.of(kind)))

    def written(self, entry: Entry) -> str:
        """What a grid writes for it: its name, with its distribution where the name alone means none or another one."""
        own = (entry.cls.kind, entry.cls.name)
        twins = sum((each.cls.kind, each.cls.name) == own for each in self.entries)
        return entry.cls.name if twins == 1 or self.is_shipped(entry) else entry.qualified

    def is_shipped(self, entry: Entry) -> bool:
        """Whether it comes with nnbench itself."""
        return canonical(entry.origin.distribution) == canonical(self.harness.distribution)

    def of(self, kind: str) -> list[Entry]:
        """Entries of one kind, sorted by name."""
        _check_kind(kind)
        return sorted(
            (entry for entry in self.entries if entry.cls.kind == kind), key=lambda entry: (entry.cls.name, entry.qualified)
        )

    def entry(self, kind: str, name: str) -> Entry:
        """The entry of that name, or of `distribution:name`; raises UnknownComponentError with the nearest names.

        A name that comes with nnbench means that one, whoever else offers it. Where there is none, other spellings of a name count,
        and last what others call the same formula.
        """
        offering, _, bare = name.rpartition(":")
        entries = [each for each in self.of(kind) if not offering or canonical(each.origin.distribution) == canonical(offering)]
        for means in (_is_called, _is_spelled, is_named):
            meant = [each for each in entries if means(each.cls, bare)]
            if means is not is_named:
                meant = [each for each in meant if self.is_shipped(each)] or meant
            if len(meant) == 1:
                return meant[0]
            if meant:
                told = "offered by several plugins" if means is _is_called else "a name of several components"
                providers = ", ".join(each.provider for each in meant)
                raise UnknownComponentError(f"{kind} {name!r} is {told}; write one of {providers}")
        raise UnknownComponentError(f"no {kind} {name!r}{self._near(kind, name)}{self._likely_reason()}")

    def _near(self, kind: str, name: str) -> str:
        """The names that may have been meant, those of which a description mentions it, and all that there are."""
        near = nearest(name, self.names(kind)) or nearest(name, [each for entry in self.of(kind) for each in entry.cls.aliases])
        mentions = [(entry.cls.name, word) for entry in self.of(kind) for word in _mentions(entry.cls, name)]
        differs = "".join(f"; the description of {own} has more on {word}: nnbench show {kind} {own}" for own, word in mentions[:2])
        return f"{differs or near}{offered(plural(kind), self.names(kind), f'nnbench list {kind}')}"

    def is_default(self, entry: Entry) -> bool:
        """Whether it says that it is the kind's default, and none that is shipped says so instead."""
        others = [each for each in self.of(entry.cls.kind) if each.cls.default and self.is_shipped(each)]
        return entry.cls.default and (self.is_shipped(entry) or not others)

    def find(self, kind: str, name: str) -> tuple[type[Component], Origin]:
        """The class and origin of that name, or of `distribution:name`; raises UnknownComponentError."""
        entry = self.entry(kind, name)
        return entry.cls, entry.origin

    def find_default(self, kind: str) -> tuple[type[Component], Origin]:
        """The class that stands in where a grid names none, the shipped one if there is one; raises UnknownComponentError."""
        defaults = [entry for entry in self.of(kind) if self.is_default(entry)]
        if len(defaults) == 1:
            return defaults[0].cls, defaults[0].origin
        if defaults:
            offers = ", ".join(entry.provider for entry in defaults)
            raise UnknownComponentError(f"several plugins offer a default {kind}; name one of {offers}")
        raise UnknownComponentError(f"no {kind} is given, and no plugin offers a default one{self._likely_reason()}")

    def _likely_reason(self) -> str:
        missing = [str(failure) for failure in self.failures]
        missing += [str(remark) for remark in self.remarks if remark.missing]
        missing += [f"plugin {plugin.name} was left out with -p no:{plugin.name}" for plugin in self.left_out]
        return "".join(f"; perhaps because {reason}" for reason in missing)


def load_catalog(
    without: Sequence[str] = (),
    dists: Iterable[Distribution] | None = None,
    before_others: Callable[[Sequence[str]], None] = lambda _: None,
) -> Catalog:
    """Find and load every installed plugin.

    `without` names plugins to leave out, by entry point or distribution. `dists` are the distributions to look in, all that
    are installed unless given. `before_others` is called once before the first plugin that is not nnbench's own is imported, with
    the names of all those. Raises PluginError if a plugin implements a hook that does not exist.
    """
    found, remarks = find_plugins(distributions() if dists is None else dists)
    sources, left_out = leave_out(found, without)
    manager = plugin_manager()
    plugins: list[Plugin] = []
    failures: list[Failure] = []
    entries: list[Entry] = []
    others = [source for source in sources if canonical(source.distribution) != canonical(HARNESS)]
    for source in sources:
        if others and source is others[0]:
            before_others([other.point.name for other in others])
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
    catalog = Catalog(manager, harness_origin(), tuple(plugins), tuple(failures), tuple(entries), left_out)
    return replace(catalog, remarks=(*remarks, *_shadowed(catalog)))


def _load(source: Source, manager: pluggy.PluginManager) -> tuple[Plugin, list[Entry]]:
    """A plugin and what it offers; raises whatever keeps it from being used."""
    start = time.perf_counter()
    with foreign.calling(f"plugin {source.point.name} of {source.distribution}"):
        module = import_plugin(source, manager)
        classes = [component_class(cls) for cls in offered_classes(module)]
    plugin = replace(
        source.plugin,
        components=tuple(f"{cls.kind} {cls.name}" for cls in classes),
        load_seconds=time.perf_counter() - start,
        hooks=tuple(implemented_hooks(module)),
    )
    return plugin, [Entry(cls, plugin, origin) for cls, origin in zip(classes, origins(source, classes), strict=True)]


def _shadowed(catalog: Catalog) -> Iterator[Remark]:
    """Components of others whose names come with nnbench."""
    shipped = {(entry.cls.kind, entry.cls.name) for entry in catalog.entries if catalog.is_shipped(entry)}
    for entry in catalog.entries:
        kind, name = entry.cls.kind, entry.cls.name
        if (kind, name) in shipped and not catalog.is_shipped(entry):
            told = f"{kind} {name} is nnbench's own; that of plugin {entry.plugin.name} is written {entry.qualified}"
            yield Remark(canonical(entry.origin.distribution), told, missing=False)
        if entry.cls.default and not catalog.is_shipped(entry):
            stays = [each for each in catalog.of(kind) if each.cls.default and catalog.is_shipped(each)]
            if stays:
                told = f"{entry.qualified} claims to be the default {kind}; where a grid names none, that stays {stays[0].cls.name}"
                yield Remark(canonical(entry.origin.distribution), told, missing=False)


def _is_called(cls: type[Component], name: str) -> bool:
    return cls.name == name


def _is_spelled(cls: type[Component], name: str) -> bool:
    return letters(cls.name) == letters(name)


def _mentions(cls: type[Component], name: str) -> list[str]:
    """The word of a component's description that is this name, or it with a kind's ending as PyTorch writes them; one at most."""
    meant = {letters(name) + ending for ending in ("", "loss", "lr")} if len(name) > 2 else set()
    words = re.findall(r"[A-Za-z_]\w+", cls.__doc__ or "")
    return [word for word in dict.fromkeys(words) if letters(word) in meant and (word.lower() != word or "_" in word)][:1]


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise UnknownComponentError(f"no kind {kind!r}{nearest(kind, KINDS)} (kinds: {', '.join(KINDS)})")
