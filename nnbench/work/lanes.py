"""Worker processes on this machine, one beside the other: what happens in one, its end included, is nothing to the others.

Each lane is a process and a thread that speaks with it through two pipes. All lanes take tickets from one queue, so a lane that is
stuck holds up nothing but the ticket that it has.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

from nnbench.distributions import call_readable
from nnbench.errors import InputError
from nnbench.work.pools import Ticket, drained
from nnbench.work.worker import BEGAN, IMPORTING, serve

STARTING = 180.0
"""Seconds within which a worker is up, and within which it has imported what a task needs."""
ATTEMPTS = 3
"""Workers that do not come up, one after the other, until that is an error."""


class LocalPool:
    """Worker processes of this launch, started as they are needed and replaced when they end; closing it ends them all."""

    ends_workers = True

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._tickets: SimpleQueue[Ticket | None] = SimpleQueue()
        self._events: SimpleQueue[Ticket | Lane] = SimpleQueue()
        self._lanes: list[Lane] = []
        self._open: set[Ticket] = set()
        self._modules: dict[str, None] = {}
        self._failures = 0
        self._problem = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.retract()
        for _ in self._lanes:
            self._tickets.put(None)
        for lane in self._lanes:
            end_process(lane.process)
        self._lanes.clear()

    def capacity(self) -> int:
        """A task for each worker, and another one that waits for it, so that none is idle."""
        return 2 * self._workers

    def submit(self, call: Callable[[Any], Any], items: Sequence[Any]) -> Ticket:
        """Queue a task, and start a worker if there are fewer than are allowed and needed."""
        ticket = Ticket(call, items)
        self._open.add(ticket)
        self._tickets.put(ticket)
        self._start_lanes()
        return ticket

    def wait(self, seconds: float) -> list[Ticket]:
        """Tasks that have ended; raises InputError if workers cannot start."""
        if self._problem:
            raise InputError(self._problem)
        self._look()
        ended: list[Ticket] = []
        for event in drained(self._events, seconds):
            if isinstance(event, Ticket):
                ended += self._ended(event)
            elif event.ready:
                self._failures = 0
            if isinstance(event, Lane) and event.gone and event in self._lanes:
                ended += self._lost(event)
        return ended

    def retract(self) -> list[Ticket]:
        """Take back what no lane has taken."""
        back: list[Ticket] = []
        with contextlib.suppress(Empty):
            while True:
                ticket = self._tickets.get_nowait()
                back += self._ended(ticket) if ticket else []
        return back

    def give_up(self, ticket: Ticket) -> None:
        """End the worker that has the task, and those that it started."""
        ticket.given_up = True
        self._open.discard(ticket)
        for lane in [lane for lane in self._lanes if lane.ticket is ticket]:
            self._lanes.remove(lane)
            end_process(lane.process)
        self._start_lanes()

    def _ended(self, ticket: Ticket) -> list[Ticket]:
        """The ticket, unless nobody waits for it any more."""
        known = ticket in self._open
        self._open.discard(ticket)
        return [ticket] if known else []

    def _lost(self, lane: Lane) -> list[Ticket]:
        """What a lane had that has ended by itself; it is replaced."""
        self._lanes.remove(lane)
        end_process(lane.process)
        ticket = lane.ticket
        if not lane.ready:
            self._failures += 1
            if self._failures >= ATTEMPTS:
                self._problem = _cannot_start(lane.process.exitcode)  # raised when everything that arrived is handed over
                return []
        if ticket is not None and ticket in self._open and not lane.reached:
            self._tickets.put(ticket)  # the worker had ended before; the task is as good as new
            ticket = None
        self._start_lanes()
        if ticket is None:
            return []
        ticket.died, ticket.ended = True, time.monotonic()
        return self._ended(ticket)

    def _look(self) -> None:
        """End what is not up in time, and what has ended while something that it started holds its pipes."""
        for lane in self._lanes:
            if lane.overdue or not lane.process.is_alive():
                end_process(lane.process)

    def _start_lanes(self) -> None:
        while len(self._lanes) < min(self._workers, len(self._open)):
            self._lanes.append(Lane(self._tickets, self._events, self._modules))


class Lane:
    """One worker process, and the thread that speaks with it.

    `modules` are what workers imported so far for what they did, in order: a new one imports them first.
    """

    def __init__(self, tickets: SimpleQueue[Ticket | None], events: SimpleQueue[Ticket | Lane], modules: dict[str, None]) -> None:
        self._tickets, self._events, self._modules = tickets, events, modules
        self.ready = self.gone = self.reached = False
        self.ticket: Ticket | None = None
        self._began = time.monotonic()
        context = multiprocessing.get_context("spawn")
        tasks, self._tasks = context.Pipe(duplex=False)
        self._answers, answers = context.Pipe(duplex=False)
        served = (serve.__module__, serve.__name__, tasks, answers, list(modules))
        self.process: BaseProcess = context.Process(target=call_readable, args=served, name="nnbench-worker")
        with sigint_blocked():
            self.process.start()
        tasks.close()
        answers.close()  # so that reading ends when the worker does
        threading.Thread(target=self._attend, name="nnbench-lane", daemon=True).start()

    @property
    def overdue(self) -> bool:
        """Whether it should be up by now."""
        return not self.ready and time.monotonic() - self._began > STARTING

    def _attend(self) -> None:
        """Hand over one ticket after the other until there are none, or the worker is gone."""
        try:
            self._answers.recv_bytes()
            self.ready = True
            self._events.put(self)
            while (ticket := self._tickets.get()) is not None:
                ticket.sent, self.reached, self.ticket = time.monotonic(), False, ticket
                self._hand_over(ticket)
                ticket.ended, self.ticket = time.monotonic(), None
                self._events.put(ticket)
        except (EOFError, OSError):
            self.gone = True
            self._events.put(self)
        finally:
            self._tasks.close()
            self._answers.close()

    def _hand_over(self, ticket: Ticket) -> None:
        """Have the worker do the task; raises EOFError or OSError when it is gone."""
        try:
            blob = pickle.dumps((ticket.call, ticket.items))
        except BaseException:  # a component that cannot be pickled raises what it likes
            ticket.error = traceback.format_exc()
            return
        self._tasks.send_bytes(blob)
        self.reached = True
        while (message := self._answers.recv_bytes()) in (BEGAN, IMPORTING):
            if message == BEGAN:
                ticket.began = time.monotonic()
            elif ticket.began is not None:
                ticket.imported = time.monotonic() - ticket.began
        ticket.answers, ticket.error, modules = pickle.loads(message)
        if ticket.answers is not None:
            self._modules.update(dict.fromkeys(modules))


def end_process(process: BaseProcess) -> None:
    """Kill a process, and those of its group if it leads one; a worker has nothing to lose, since the store has its results."""
    pid = process.pid
    with contextlib.suppress(OSError, AttributeError):
        if pid is not None and os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
    process.kill()
    process.join(5)


def end_children() -> None:
    """Kill every process that this one has started through multiprocessing."""
    for child in multiprocessing.active_children():
        end_process(child)


@contextmanager
def sigint_blocked() -> Iterator[None]:
    """Worker processes that start meanwhile never see Ctrl-C, from their first moment on."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _cannot_start(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"worker processes cannot start: signal {-exit_code} ended {ATTEMPTS} of them, one after the other"
    return 'worker processes cannot start; in a script, call nnbench.run under if __name__ == "__main__":'
