"""The one loop that has work done: submit, wait no longer than a deadline, find what kills or holds up its worker, stop."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from typing import Any, Generic

from nnbench.engine.gradcheck import GradientCheck
from nnbench.grid.trial import Cell, Trial
from nnbench.work.deadlines import Deadlines, Size
from nnbench.work.lanes import STARTING
from nnbench.work.pools import Pool, Ticket
from nnbench.work.tasks import CHECKING, TRAINING, Answer, Item, Work
from nnbench.work.worker import Outcome

TICK = 1.0
"""Seconds after which the loop looks up, even if nothing has arrived."""
BROKEN = "a worker of the given executor died; what was trained so far is stored"
EXHAUSTED = "every worker of the given executor is held by a trial that took too long; what was trained so far is stored"


@dataclass(frozen=True)
class Task(Generic[Item]):
    """Items that are done together, and what is known against them."""

    items: Sequence[Item]
    size: Size
    deaths: int = 0
    """How many workers have died of it, or of a task that it is a part of."""
    late: bool = False
    """Whether it is a part of one that took too long."""


def train_all(
    stacks: Iterable[Sequence[Trial]], pool: Pool, deadlines: Deadlines, stop: threading.Event
) -> Iterator[tuple[Sequence[Trial], Sequence[Outcome]]]:
    """Train stacks, yielding each, or its parts, as it finishes; see `supervise`."""
    return supervise(TRAINING, stacks, pool, deadlines, stop)


def check_all(
    cells: Mapping[str, Cell], pool: Pool, deadlines: Deadlines, stop: threading.Event
) -> Iterator[tuple[str, GradientCheck]]:
    """Check the gradients of each cell's network, the largest first; yields names with what the checks came to."""
    names = sorted(cells, key=lambda name: -sum(cells[name].layer_sizes))
    waiting = {id(cells[name]): name for name in names}
    for (cell,), (check,) in supervise(CHECKING, ([cells[name]] for name in names), pool, deadlines, stop):
        yield waiting[id(cell)], check


def supervise(
    work: Work[Item, Answer], batches: Iterable[Sequence[Item]], pool: Pool, deadlines: Deadlines, stop: threading.Event
) -> Iterator[tuple[Sequence[Item], Sequence[Answer]]]:
    """Have every batch done, yielding it with its answers as they arrive, in any order; some arrive in parts.

    No more is under way than the pool takes. Of a batch whose worker dies twice, halves are tried again until the item is alone
    that kills; of one that takes longer than its deadline, every item alone. What is the cause has failed, with the reason. Where
    workers cannot be ended, each task that takes too long costs one of them.

    Once `stop` is set nothing more begins, and what is under way arrives. Raises BrokenExecutor if an executor that somebody else
    made breaks or has no worker left, and InputError if workers cannot start.
    """
    loop = _Loop(work, iter(batches), pool, deadlines)
    try:
        while loop.fill(stop.is_set()):
            arrived = loop.arrived()
            loop.fill(stop.is_set())  # before somebody else writes what arrived
            yield from arrived
        if loop.error:
            raise loop.error
    finally:
        loop.abandon()


class _Loop(Generic[Item, Answer]):
    """What waits, what is under way, and what becomes of a ticket."""

    def __init__(self, work: Work[Item, Answer], batches: Iterator[Sequence[Item]], pool: Pool, deadlines: Deadlines) -> None:
        self._work, self._batches, self._pool, self._deadlines = work, batches, pool, deadlines
        self._again: deque[Task[Item]] = deque()
        self._running: dict[Ticket, Task[Item]] = {}
        self.error: BrokenExecutor | None = None

    def fill(self, stopped: bool) -> bool:
        """Submit as much as the pool takes, or take back what has not begun; says whether to wait for anything."""
        room = self._pool.capacity()
        if stopped or not room:
            self._take_back()
        if stopped:
            self._again.clear()
            self._batches = iter(())
        try:
            while not self.error and len(self._running) < room and (task := self._next()):
                self._running[self._pool.submit(self._work.run, task.items)] = task
        except BrokenExecutor as error:
            self.error = error
        if not room and not any(ticket.began for ticket in self._running):  # nothing is under way, and nothing can be
            if not stopped and not self.error and (self._running or self._next()):
                self.error = BrokenExecutor(EXHAUSTED)
            return False
        return bool(self._running) and not self.error

    def arrived(self) -> list[tuple[Sequence[Item], Sequence[Answer]]]:
        """What has answers now; waits for the next of them, or for a deadline."""
        done = []
        for ticket in self._pool.wait(self._pause()):
            task = self._running.pop(ticket)
            done += self._settled(ticket, task)
        now = time.monotonic()
        for ticket, task in list(self._running.items()):
            limit = self._limit(task)
            if ticket.began is not None and now - ticket.began > self._allowed(ticket, limit):
                done += self._late(ticket, task, limit)
            elif ticket.began is None and ticket.sent is not None and now - ticket.sent > STARTING:
                done += self._late(ticket, task, STARTING)
        return done

    def abandon(self) -> None:
        """Give up what is under way."""
        for ticket in self._running:
            self._pool.give_up(ticket)

    def _next(self) -> Task[Item] | None:
        if self._again:
            return self._again.popleft()
        items = next(self._batches, None)
        return None if items is None else self._task(items)

    def _task(self, items: Sequence[Item], deaths: int = 0, late: bool = False) -> Task[Item]:
        return Task(items, self._work.size(items), deaths, late)

    def _take_back(self) -> None:
        """What has not begun waits again."""
        for ticket in self._pool.retract():
            if task := self._running.pop(ticket, None):
                self._again.append(task)

    def _limit(self, task: Task[Item]) -> float:
        return self._deadlines.limit(self._work.name, task.size, task.late)

    def _allowed(self, ticket: Ticket, limit: float) -> float:
        return self._deadlines.allowed(limit, ticket.cold, ticket.imported)

    def _pause(self) -> float:
        """Seconds until the next deadline, and no longer than a tick."""
        now = time.monotonic()
        left = [
            ticket.began + self._allowed(ticket, self._limit(task)) - now
            for ticket, task in self._running.items()
            if ticket.began is not None
        ]
        return min([TICK, *(max(each, 0.0) + 1e-3 for each in left)])

    def _settled(self, ticket: Ticket, task: Task[Item]) -> list[tuple[Sequence[Item], Sequence[Answer]]]:
        if ticket.answers is not None:
            if ticket.began is not None:
                self._deadlines.learn(self._work.name, task.size, ticket.ended - ticket.began)
            return [(task.items, ticket.answers)]
        if ticket.died and not self._pool.ends_workers:
            self.error = self.error or BrokenExecutor(BROKEN)
            return []
        if ticket.died:
            return self._died(task)
        if len(task.items) == 1:
            return self._failed(task.items, self._work.stranded(ticket.error))
        self._halve(task, task.deaths)
        return []

    def _died(self, task: Task[Item]) -> list[tuple[Sequence[Item], Sequence[Answer]]]:
        """A first death may be anybody's fault; after the second, halves are tried until the one that kills is alone."""
        deaths = task.deaths + 1
        if deaths == 1:
            self._again.appendleft(self._task(task.items, deaths, task.late))
        elif len(task.items) > 1:
            self._halve(task, deaths)
        else:
            return self._failed(task.items, self._work.died)
        return []

    def _halve(self, task: Task[Item], deaths: int) -> None:
        middle = len(task.items) // 2
        for items in (task.items[middle:], task.items[:middle]):
            self._again.appendleft(self._task(items, deaths, task.late))

    def _late(self, ticket: Ticket, task: Task[Item], limit: float) -> list[tuple[Sequence[Item], Sequence[Answer]]]:
        del self._running[ticket]
        self._pool.give_up(ticket)
        self._deadlines.cut = True
        if len(task.items) > 1:
            self._again.extendleft(self._task([item], task.deaths, late=True) for item in reversed(task.items))
            return []
        return self._failed(task.items, self._deadlines.reason(limit))

    def _failed(self, items: Sequence[Item], reason: str) -> list[tuple[Sequence[Item], Sequence[Any]]]:
        return [(items, [self._work.failed(reason) for _ in items])]
