"""What a tracker is: a watcher of launches that can catch up from the result store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nnbench.hooks import hookimpl

if TYPE_CHECKING:
    from nnbench.store import Launch, Result, Store


class Tracker(ABC):
    """Passes the results of one launch on to a file or a service.

    It may receive a result more than once: when a launch goes on after an interruption, when it is launched again, and from
    `nnbench sync`. So it looks at `trial_id` and skips what it knows. A tracker is used for one launch, in the process that
    launches; slow work belongs in a thread of its own, for which `close` waits.
    """

    name: str
    """Distinguishes the place that it writes to from all others, as a URI does; noted in a launch's record once all is there."""
    phases: Collection[str] | None = None
    """The phases whose results it receives: "tuning", "reported", "behind the verdict"; by default all of them."""
    problem: str = ""
    """Why it cannot pass everything on, as a sentence for the user; empty if it can."""
    told: str = ""
    """What it has passed on, in a few words that `nnbench sync` prints."""

    def has(self, launch: Launch) -> bool:
        """Whether it has everything about the launch already and need not be told again."""
        return self.name in launch.logged_to

    def start(self, launch: Launch) -> None:  # noqa: B027 - not every tracker needs it
        """A launch begins, goes on, or is about to be replayed. Its cells are not known before its settings are chosen."""

    @abstractmethod
    def results(self, launch: Launch, results: Sequence[Result]) -> None:
        """These results of the phase `launch.phase` are on disk; some of them may be old."""

    def finish(self, launch: Launch, status: str) -> None:  # noqa: B027 - not every tracker needs it
        """The launch is over for now; `status` is "finished", "failed" (some trials raised an exception) or "interrupted"."""

    def close(self) -> str | None:
        """Wait until everything has arrived; returns where it is, or None if some of it did not arrive."""
        return None if self.problem else self.name

    @hookimpl
    def nnbench_launch_started(self, launch: Launch) -> None:
        """As a watcher."""
        self.start(launch)

    @hookimpl
    def nnbench_results_stored(self, launch: Launch, results: Sequence[Result]) -> None:
        """As a watcher, of the phases that it wants."""
        if self.phases is None or launch.phase in self.phases:
            self.results(launch, results)

    @hookimpl
    def nnbench_launch_finished(self, launch: Launch, status: str) -> None:
        """As a watcher."""
        self.finish(launch, status)


def name_problem(tracker: Tracker) -> str:
    """What is wrong with a tracker's name, as a sentence for who wrote it; empty if nothing is."""
    name = getattr(tracker, "name", None)
    if isinstance(name, str) and name.strip():
        return ""
    wrong = "has no name" if name is None else f"has the name {name!r}"
    return f"the tracker {type(tracker).__qualname__} {wrong}; set name to a text that tells where it writes to"


def place(tracker: Tracker) -> str | None:
    """Close a tracker; says what `close` says, and raises TypeError if that is neither a text nor None."""
    where: object = tracker.close()
    if where is not None and not isinstance(where, str):
        raise TypeError(f"it returned {where!r}, which is neither a text nor None")
    return where


def replay(tracker: Tracker, launch: Launch, store: Store) -> str | None:
    """Have a tracker catch up with what the store has of a launch, phase by phase as it was trained; says what `close` says.

    Raises what the tracker raises, and TypeError if `close` returns neither a text nor None.
    """
    phases = {name: trials for name, trials in launch.phases.items() if tracker.phases is None or name in tracker.phases}
    started = next((name for name, trials in phases.items() if trials), launch.phase)
    tracker.start(replace(launch, phase=started))
    for name, trials in phases.items():
        for results in store.results(trials):
            tracker.results(replace(launch, phase=name), results)
    tracker.finish(launch, "interrupted" if launch.status == "running" else launch.status)
    return place(tracker)
