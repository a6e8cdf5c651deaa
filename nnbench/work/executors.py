"""An executor that somebody else made: a pool of threads or processes, or one that reaches other machines."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from nnbench.work.lanes import sigint_blocked
from nnbench.work.pools import Ticket, drained

WORKER_COUNTS = ("workers", "max_workers", "num_workers", "_max_workers")
"""What executors call the number of their workers."""
PATIENCE = 3600.0
"""Seconds after which an executor that has begun nothing all the while is given up."""


class GivenPool:
    """An executor that somebody else made and closes. A worker that hangs there is lost, and a broken executor condemns nobody."""

    ends_workers = False

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._events: SimpleQueue[Ticket] = SimpleQueue()
        self._futures: dict[Ticket, Future[Any]] = {}
        self._warm: set[Any] = set()
        self._tells = False
        self._silent = False
        self._moved = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.retract()

    def capacity(self) -> int:
        """Twice as many as there are workers, so that none is idle; those that hang are no workers any more."""
        lost = sum(ticket.given_up for ticket in self._futures)
        return 2 * max(offered(self._executor) - lost, 0)

    def submit(self, call: Callable[[Any], Any], items: Sequence[Any]) -> Ticket:
        """Hand a task to the executor; raises BrokenExecutor if it takes none any more."""
        ticket = Ticket(call, items, cold=call not in self._warm)
        try:
            with sigint_blocked():  # it may start a process now
                future = self._executor.submit(call, items)
        except RuntimeError as error:
            raise BrokenExecutor(f"the given executor takes no more work: {error}") from None
        self._futures[ticket] = future
        future.add_done_callback(lambda done: self._done(ticket, done))
        return ticket

    def wait(self, seconds: float) -> list[Ticket]:
        """Tasks that have ended; raises BrokenExecutor if nothing has begun for very long."""
        ended = [ticket for ticket in drained(self._events, seconds) if self._futures.pop(ticket, None) and not ticket.given_up]
        self._look(bool(ended))
        return ended

    def retract(self) -> list[Ticket]:
        """Cancel what can be cancelled."""
        cancelled = [ticket for ticket, future in self._futures.items() if not ticket.given_up and future.cancel()]
        for ticket in cancelled:
            del self._futures[ticket]
        return cancelled

    def give_up(self, ticket: Ticket) -> None:
        """Count its worker as lost for as long as the task does not return."""
        ticket.given_up = True
        future = self._futures.get(ticket)
        if future is not None and (future.cancel() or future.done()):
            self._futures.pop(ticket, None)

    def _done(self, ticket: Ticket, future: Future[Any]) -> None:
        ticket.ended = time.monotonic()
        error = BrokenExecutor("cancelled") if future.cancelled() else future.exception()
        if error is None:
            ticket.answers = future.result()
            self._warm.add(ticket.call)
        elif isinstance(error, BrokenExecutor):
            ticket.died = True
        else:
            ticket.error = "".join(traceback.format_exception(error))
        self._events.put(ticket)

    def _look(self, moved: bool) -> None:
        """Note what has begun: of tasks in order, no more than there are workers, and those that the executor says are running.

        An executor that never says so, although it has finished something, is taken to begin in order.
        """
        now = time.monotonic()
        first = list(self._futures.items())[: offered(self._executor)]
        running = [ticket for ticket, future in first if future.running()]
        self._tells |= bool(running)
        self._silent |= moved and not self._tells
        for ticket in [ticket for ticket, _ in first] if self._silent and not self._tells else running:
            if ticket.began is None:
                ticket.sent = ticket.began = now
                moved = True
        under_way = [ticket.began for ticket in self._futures if not ticket.given_up]
        self._moved = self._moved if under_way and not moved and not any(under_way) else now
        if now - self._moved > PATIENCE:
            raise BrokenExecutor(f"the given executor has begun nothing for {PATIENCE / 60:.0f} minutes")


def offered(executor: Executor) -> int:
    """How many workers an executor has now, as far as it says so."""
    for name in WORKER_COUNTS:
        value = getattr(executor, name, None)
        value = value() if callable(value) else value
        if isinstance(value, int) and value > 0:
            return value
    return os.cpu_count() or 1
