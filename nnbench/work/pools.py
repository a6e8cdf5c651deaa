"""Where tasks are done, as the supervisor sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Protocol


@dataclass(eq=False)
class Ticket:
    """A task in a pool, and what became of it. Times are those of the monotonic clock."""

    call: Callable[[Any], Any]
    items: Sequence[Any]
    sent: float | None = None
    """When a worker took it."""
    began: float | None = None
    """When a worker began with it, everything imported that it needs."""
    ended: float = 0.0
    answers: Sequence[Any] | None = None
    error: str = ""
    """The traceback, where it could not travel to a worker or back."""
    died: bool = False
    """Whether its worker died of it."""
    imported: float | None = None
    """Seconds after it began until it last began to import a module, where the pool hears of that."""
    cold: bool = False
    """Where the pool does not: whether nothing of the kind was done there before, so that it may import what that takes."""
    given_up: bool = False


class Pool(Protocol):
    """What the supervisor needs of a place where tasks are done."""

    ends_workers: bool
    """Whether a worker can be ended without harm to the tasks of others."""

    def capacity(self) -> int:
        """How many tasks it takes now, those that wait in it included; 0 once no worker is left."""

    def submit(self, call: Callable[[Any], Any], items: Sequence[Any]) -> Ticket:
        """Have `call(items)` done, when a worker is free."""

    def wait(self, seconds: float) -> list[Ticket]:
        """Tasks that have ended, waiting for the first so long."""

    def retract(self) -> list[Ticket]:
        """Take back what has not begun."""

    def give_up(self, ticket: Ticket) -> None:
        """Wait for this task no longer; its worker is ended, if it can be."""


def drained(events: SimpleQueue[Any], seconds: float) -> list[Any]:
    """Everything in the queue, waiting for the first so long."""
    arrived = []
    try:
        arrived.append(events.get(timeout=max(seconds, 0.0)))
        while True:
            arrived.append(events.get_nowait())
    except Empty:
        return arrived
