"""Who hears of a launch: the trackers and watchers that were passed, and those of installed plugins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nnbench.catalog import Catalog
from nnbench.errors import InputError
from nnbench.store import Launch
from nnbench.tracking import Tracker


class Audience:
    """The launch's watchers, trackers among them; one that raises is reported once and not told again.

    `folder` is where results are kept. Raises InputError for two trackers of one name.
    """

    def __init__(self, catalog: Catalog, folder: Path, trackers: Sequence[Tracker] = (), watchers: Sequence[object] = ()) -> None:
        offered, self.problems = offered_trackers(catalog, folder)
        self.trackers = [*trackers, *(each for each in watchers if isinstance(each, Tracker)), *offered]
        self._manager = catalog.manager
        self._watchers = [each for each in watchers if not isinstance(each, Tracker)]
        self._silenced: set[str] = set()
        names = [tracker.name for tracker in self.trackers]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"two trackers have the name {twice!r}, so that a launch's record could not tell them apart")

    def __enter__(self) -> None:
        for tracker in self.trackers:
            self._manager.register(tracker, name=tracker.name)
        for watcher in self._watchers:
            self._manager.register(watcher)

    def __exit__(self, *_: object) -> None:
        for listener in (*self.trackers, *self._watchers):
            self._manager.unregister(listener)

    def leave_out(self, launch: Launch) -> None:
        """Tell nothing to trackers that have all of the launch already."""
        self.trackers = [tracker for tracker in self.trackers if not tracker.has(launch)]

    def tell(self, hook: str, **arguments: Any) -> None:
        """Call a hook of every watcher, each on its own."""
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            name = implementation.plugin_name
            if name in self._silenced:
                continue
            try:
                implementation.function(*(arguments[argument] for argument in implementation.argnames))
            except Exception as error:
                self._silenced.add(name)
                self.problems.append(f"{name}: {hook} raised {type(error).__name__}: {error}")

    def close(self) -> dict[str, str]:
        """Wait for the trackers; says where each that has everything has it, by name."""
        complete = {}
        for tracker in self.trackers:
            try:
                where = tracker.close()
            except Exception as error:
                self.problems.append(f"{tracker.name}: close raised {type(error).__name__}: {error}")
                continue
            if where is not None and tracker.name not in self._silenced:
                complete[tracker.name] = where
        return complete


def offered_trackers(catalog: Catalog, folder: Path) -> tuple[list[Tracker], list[str]]:
    """New trackers of installed plugins for one launch, and what went wrong with plugins that were to offer some."""
    trackers: list[Tracker] = []
    problems = []
    for implementation in catalog.manager.hook.nnbench_trackers.get_hookimpls():
        try:
            offered: Any = implementation.function(*(folder for _ in implementation.argnames))
            strange = [each for each in offered if not isinstance(each, Tracker)]
            if strange:
                raise TypeError(f"it offers {strange[0]!r}, which does not derive from nnbench.Tracker")
        except Exception as error:
            problems.append(f"{implementation.plugin_name}: nnbench_trackers raised {type(error).__name__}: {error}")
        else:
            trackers += offered
    return trackers, problems
