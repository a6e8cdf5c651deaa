"""Where stacks are trained: one function that workers call, and the local pool of processes."""

from __future__ import annotations

import ctypes
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache

from threadpoolctl import threadpool_limits

from nnbench.engine.gradcheck import GradientCheck, check_gradients
from nnbench.engine.records import Record
from nnbench.engine.training import train
from nnbench.errors import InputError
from nnbench.grid.trial import Cell, Trial

CHECK_BUDGET = 8_000_000_000
"""Numbers that the gradient check of one network may compute: about a second."""

Pool = Callable[[], AbstractContextManager[Executor]]


@dataclass(frozen=True)
class Outcome:
    """A trial's record and when it was made."""

    record: Record
    started: float
    """Seconds since 1970."""
    seconds: float
    """The trial's share of its stack's time."""


Finished = tuple[Sequence[Trial], Sequence[Outcome]]


def run_stack(trials: Sequence[Trial]) -> list[Outcome]:
    """Train one stack on one thread; a trial whose component raises fails alone, the others are trained without it."""
    keep_freed_memory()
    started, clock = time.time(), time.perf_counter()
    with threadpool_limits(1):
        records = _isolated(trials)
    share = (time.perf_counter() - clock) / len(trials)
    return [Outcome(record, started, share) for record in records]


def local_pool(workers: int) -> Pool:
    """A factory of process pools on this machine."""

    def pool() -> AbstractContextManager[Executor]:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)

    return pool


def given(executor: Executor) -> Pool:
    """The same for an executor that somebody else made and closes."""
    return lambda: nullcontext(executor)


@contextmanager
def kept_open(pool: Pool) -> Iterator[Pool]:
    """A factory that lends one executor again and again until the block ends; one that broke is replaced."""
    with ExitStack() as whole:
        current: list[tuple[Executor, ExitStack]] = []

        @contextmanager
        def lent() -> Iterator[Executor]:
            if current:
                try:
                    current[0][0].submit(int)
                except BrokenExecutor:
                    current.pop()[1].close()
            if not current:
                closing = whole.enter_context(ExitStack())
                current.append((closing.enter_context(pool()), closing))
            yield current[0][0]

        yield lent


def check_all(
    cells: Mapping[str, Cell], pool: Pool, alone: Pool | None, stop: threading.Event
) -> Iterator[tuple[str, GradientCheck]]:
    """Check the gradients of each cell's network, the largest first; once `stop` is set, no further check begins.

    When a worker dies, what was not finished is checked again one by one with the pool `alone`; what kills its worker there has
    failed. Raises BrokenExecutor if there is no such pool, and InputError if its workers cannot even start.
    """
    waiting = sorted(cells, key=lambda name: -sum(cells[name].layer_sizes))
    left = set(waiting)
    with pool() as executor:
        try:
            with _sigint_blocked():
                running = {executor.submit(run_check, cells[name]): name for name in waiting}
            for future in as_completed(running):
                if stop.is_set():
                    for each in running:
                        each.cancel()
                    return
                check = _of(future)
                left.discard(running[future])
                yield running[future], check
        except BrokenExecutor:
            if alone is None:
                raise BrokenExecutor("a worker of the given executor died while it checked gradients") from None
    if left:
        _check_start(alone)
    for name in waiting:
        if name in left and alone is not None and not stop.is_set():
            with alone() as executor:
                try:
                    with _sigint_blocked():
                        future = executor.submit(run_check, cells[name])
                    check = _of(future)
                except BrokenExecutor:
                    message = "the worker process died while it checked the gradients (killed, or crashed in native code)"
                    check = GradientCheck(problem=message)
            yield name, check


def run_check(cell: Cell) -> GradientCheck:
    """Check the gradients of one cell's network on one thread: all of them, or as many as take about a second."""
    keep_freed_memory()
    with threadpool_limits(1):
        try:
            return check_gradients(cell, budget=CHECK_BUDGET)
        except BaseException as error:  # as when a component calls sys.exit, or its numbers are too large to be checked
            return GradientCheck(problem=str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}")


def _of(future: Future[GradientCheck]) -> GradientCheck:
    """The result; a failed check where something cannot travel to a worker or back."""
    try:
        return future.result()
    except BrokenExecutor:
        raise
    except Exception as error:
        return GradientCheck(problem=f"cannot be checked in a worker process: {type(error).__name__}: {error}")


def train_all(
    stacks: Iterable[Sequence[Trial]], pool: Pool, alone: Pool | None, in_flight: int, stop: threading.Event
) -> Iterator[Finished]:
    """Train stacks, yielding each as it finishes; once `stop` is set, no further stack begins.

    When a worker dies, what was under way is trained again, one stack at a time with the pool `alone` and in ever smaller
    parts, until the trial that kills its worker is found; it counts as failed. Raises BrokenExecutor if there is no such pool,
    and InputError if its workers cannot even start.
    """
    waiting = deque(stacks)
    suspects: deque[Sequence[Trial]] = deque()
    while waiting:
        suspects += yield from _until_broken(waiting, pool, in_flight, stop)
    if suspects and alone is None:
        raise BrokenExecutor("a worker of the given executor died; what was trained so far is stored")
    if suspects:
        _check_start(alone)
    while suspects and alone is not None and not stop.is_set():
        stack = suspects.popleft()
        broken = yield from _until_broken(deque([stack]), alone, 1, stop)
        if broken and len(stack) == 1:
            message = "the worker process died while it trained this trial (killed, out of memory, or crashed in native code)"
            yield stack, [Outcome(Record(status="failed", error=message), time.time(), 0.0)]
        elif broken:
            middle = len(stack) // 2
            suspects.extendleft([stack[middle:], stack[:middle]])


def _until_broken(
    waiting: deque[Sequence[Trial]], pool: Pool, in_flight: int, stop: threading.Event
) -> Generator[Finished, None, list[Sequence[Trial]]]:
    """Train until nothing waits or a worker dies; returns the stacks that were under way then."""
    running: dict[Future[list[Outcome]], Sequence[Trial]] = {}
    broken: list[Sequence[Trial]] = []
    with pool() as executor:
        while (waiting or running) and not broken:
            if stop.is_set():
                waiting.clear()
                running = {future: stack for future, stack in running.items() if not future.cancel()}
            while waiting and len(running) < in_flight:
                stack = waiting.popleft()
                try:
                    with _sigint_blocked():
                        running[executor.submit(run_stack, stack)] = stack
                except BrokenExecutor:
                    broken.append(stack)
                    break
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                stack = running.pop(future)
                error = future.exception()
                if error is None:
                    yield stack, future.result()
                elif isinstance(error, BrokenExecutor):
                    broken.append(stack)
                elif len(stack) == 1:  # something that cannot travel to a worker or back
                    text = "".join(traceback.format_exception(error))
                    yield stack, [Outcome(Record(status="failed", error=text), time.time(), 0.0)]
                else:
                    waiting.extendleft([stack[len(stack) // 2 :], stack[: len(stack) // 2]])
    return [*broken, *running.values()]


def _check_start(pool: Pool | None) -> None:
    """Raise InputError if workers cannot start, as in a script that runs itself again in each of them."""
    if pool is None:
        return
    with pool() as executor:
        try:
            executor.submit(os.getpid).result()
        except BrokenExecutor:
            raise InputError(
                'worker processes cannot start; in a script, call nnbench.run under if __name__ == "__main__":'
            ) from None


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Worker processes that start meanwhile never see Ctrl-C, from their first moment on."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _isolated(trials: Sequence[Trial]) -> list[Record]:
    try:
        return train(trials)
    except BaseException:  # a component that calls sys.exit must not end the launch
        if len(trials) == 1:
            return [Record(status="failed", error=traceback.format_exc())]
        middle = len(trials) // 2  # rows never influence each other, so halves give the same results
        return _isolated(trials[:middle]) + _isolated(trials[middle:])


def _start_worker() -> None:
    for library in ("OMP", "OPENBLAS", "MKL"):  # for those that a component loads later, where threadpoolctl cannot reach yet
        os.environ[f"{library}_NUM_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the launching process decides what Ctrl-C means
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_die_with, args=(parent.sentinel,), daemon=True).start()


def _die_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


@cache
def keep_freed_memory() -> None:
    """Have glibc keep freed memory: otherwise every temporary above 128 KB is given back and faulted in again."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        trim_threshold, mmap_threshold = -1, -3
        mallopt(mmap_threshold, 32 << 20)
        mallopt(trim_threshold, 256 << 20)


def seconds_per_step(trials: Sequence[Trial], steps: int = 20) -> float:
    """How long one step of this stack takes here, from a few steps of it."""
    keep_freed_memory()

    def clocked(count: int) -> float:
        start = time.perf_counter()
        train(trials, max_steps=count)
        return time.perf_counter() - start

    with threadpool_limits(1):
        clocked(1)
        return max((clocked(3 * steps) - clocked(steps)) / (2 * steps), 1e-9)
