"""Who hears of a launch: the trackers and watchers that were passed, and those of installed plugins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nnbench.catalog import Catalog
from nnbench.errors import InputError
from nnbench.launching.calling import LAUNCH, RAISED, call
from nnbench.store import Launch
from nnbench.tracking import Tracker
from nnbench.tracking.protocol import name_problem, place


class Audience:
    """The launch's watchers, trackers among them; one that raises is reported once and not told again.

    `folder` is where results are kept. Raises InputError for a tracker that was passed without a name, and for two of one name; on
    entering, for a watcher that was passed and cannot be told.
    """

    def __init__(self, catalog: Catalog, folder: Path, trackers: Sequence[Tracker] = (), watchers: Sequence[object] = ()) -> None:
        passed = [*trackers, *(each for each in watchers if isinstance(each, Tracker))]
        for problem in filter(None, map(name_problem, passed)):
            raise InputError(problem)
        self._offered, self.problems = offered_trackers(catalog, folder)
        self.trackers = [*passed, *self._offered]
        self._manager = catalog.manager
        self._watchers = [each for each in watchers if not isinstance(each, Tracker)]
        self._labels: dict[str, str] = {}
        """What problems call those that are registered for the launch, by the name that they are registered under."""
        self._silenced: set[str] = set()
        names = [tracker.name for tracker in self.trackers]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"two trackers have the name {twice!r}, so that a launch's record could not tell them apart")

    def __enter__(self) -> None:
        try:
            for listener in (*self.trackers, *self._watchers):
                self._register(listener)
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        for key in self._labels:
            self._manager.unregister(name=key)
        self._labels.clear()

    def leave_out(self, launch: Launch) -> None:
        """Tell nothing to trackers that have all of the launch already."""
        for tracker in [*self.trackers]:
            try:
                known = bool(tracker.has(launch))
            except RAISED as error:
                self.problems.append(f"{tracker.name}: has raised {_said(error)}")
                known = True
            if known:
                self._leave(tracker)

    def tell(self, hook: str, **arguments: Any) -> None:
        """Call a hook of every watcher in pluggy's order, wrappers around all; one that raises stops no other."""

        def failed(key: str, error: BaseException) -> None:
            self._silenced.add(key)
            self.problems.append(f"{self._labels.get(key, key)}: {hook} raised {_said(error)}")

        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        call([each for each in implementations if each.plugin_name not in self._silenced], arguments, failed)

    def close(self) -> dict[str, str]:
        """Wait for the trackers; says where each that has everything has it, by name."""
        complete = {}
        for tracker in self.trackers:
            try:
                where = place(tracker)
            except RAISED as error:
                self.problems.append(f"{tracker.name}: close raised {_said(error)}")
                continue
            if where is not None and _key(tracker) not in self._silenced:
                complete[tracker.name] = where
        return complete

    def _register(self, listener: object) -> None:
        """Have the manager know a listener, under a name that no plugin has and no launch beside this one takes."""
        if self._manager.is_registered(listener):
            return
        key, label = _key(listener), listener.name if isinstance(listener, Tracker) else type(listener).__qualname__
        self._labels[key] = label
        try:
            self._manager.register(listener, name=key)
        except RAISED as error:
            problem = f"{label} cannot be told of launches: {_said(error)}"
            if not isinstance(listener, Tracker) or listener not in self._offered:
                raise InputError(problem) from error
            self.problems.append(problem)
            self._leave(listener)

    def _leave(self, tracker: Tracker) -> None:
        self.trackers.remove(tracker)
        if self._labels.pop(_key(tracker), None) is not None:
            self._manager.unregister(name=_key(tracker))


def offered_trackers(catalog: Catalog, folder: Path) -> tuple[list[Tracker], list[str]]:
    """New trackers of installed plugins for one launch, and what went wrong with plugins that were to offer some."""
    problems: list[str] = []
    owners: dict[int, str] = {}

    def failed(key: str, error: BaseException) -> None:
        problems.append(f"{key}: nnbench_trackers raised {_said(error)}")

    def check(key: str, trackers: Any) -> None:
        for each in trackers:
            if not isinstance(each, Tracker):
                raise TypeError(f"it offers {each!r}, which does not derive from nnbench.Tracker")
            owners.setdefault(id(each), key)

    def check_all(key: str, lists: Any) -> None:
        for each in lists:
            check(key, each)

    implementations = catalog.manager.hook.nnbench_trackers.get_hookimpls()
    lists = call(implementations, {"folder": folder}, failed, check, check_all)
    offered: list[Tracker] = [each for own in lists for each in own]
    problems += [f"{owners[id(each)]}: {problem}" for each in offered if (problem := name_problem(each))]
    return [each for each in offered if not name_problem(each)], problems


def _key(listener: object) -> str:
    return f"{LAUNCH}{id(listener):x}"


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
