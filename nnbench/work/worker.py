"""What runs in a worker process, where components are called: stacks are trained, gradients checked, steps timed."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.abc import MetaPathFinder
from multiprocessing.connection import Connection
from types import ModuleType

from nnbench.engine.gradcheck import GradientCheck, check_gradients
from nnbench.engine.records import Record
from nnbench.engine.training import evaluation_steps, train
from nnbench.errors import InputError
from nnbench.grid.trial import Cell, Trial
from nnbench.streams import install
from nnbench.threads import one_blas_thread

CHECK_BUDGET = 8_000_000_000
"""Numbers that the gradient check of one network may compute: about a second."""
TIMED_STEPS = 60
"""A stack is timed by the difference between no step and so many."""

BEGAN = b""
"""What a worker says when it begins with a task, its components unpacked."""
IMPORTING = b"importing"
"""What it says when it begins to import a module."""


@dataclass(frozen=True)
class Outcome:
    """A trial's record and when it was made."""

    record: Record
    started: float
    """Seconds since 1970."""
    seconds: float
    """The trial's share of its stack's time."""


@dataclass(frozen=True)
class Timing:
    """How long a stack takes, in seconds of processor time: other processes do not disturb that."""

    seconds: float = float("nan")
    """One step."""
    setup: float = 0.0
    """What comes before the first step."""
    cold: float = 0.0
    """What comes on top the first time: data is made, and by the first stack of a process what is loaded late."""
    waited: float = 1.0
    """How many times as much time went by on the clock."""
    elapsed: float = 0.0
    """Seconds on the clock that the measurement took."""
    problem: str = ""
    """Why that cannot be told."""


def run_stack(trials: Sequence[Trial]) -> list[Outcome]:
    """Train one stack on one thread; a trial whose component raises fails alone, the others are trained without it."""
    keep_freed_memory()
    started, clock = time.time(), time.perf_counter()
    with one_blas_thread():
        records = _isolated(trials)
    share = (time.perf_counter() - clock) / len(trials)
    return [Outcome(record, started, share) for record in records]


def run_checks(cells: Sequence[Cell]) -> list[GradientCheck]:
    """Check the gradients of each cell's network on one thread: all of them, or as many as take about a second."""
    keep_freed_memory()
    with one_blas_thread():
        return [_check(cell) for cell in cells]


def time_stacks(stacks: Sequence[Sequence[Trial]]) -> list[Timing]:
    """How long each stack takes here, from a few steps of it."""
    keep_freed_memory()
    with one_blas_thread():
        return [_timing(stack) for stack in stacks]


def serve(tasks: Connection, answers: Connection, modules: Sequence[str]) -> None:
    """The life of a worker process: say that it is up, then do one task after the other until none comes any more.

    `modules` are what other workers came to import; they are imported first, so that no task is charged for it. For each task
    messages go back: BEGAN, IMPORTING with each module that it imports, and at last one with its answers, or with the traceback of
    what cannot travel, and the modules that were imported meanwhile.
    """
    start_worker()
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    speaker = Speaker(answers)
    with contextlib.suppress(EOFError, OSError):  # the launching process is done with this worker, or gone
        speaker.say(BEGAN)
        sys.meta_path.insert(0, speaker)
        while True:
            speaker.say(_done(tasks.recv_bytes(), speaker))
    os._exit(0)  # threads that a component left behind must not keep the process


class Speaker(MetaPathFinder):
    """Speaks to the launching process, also of what is imported: among the finders it finds nothing, but hears of each module."""

    def __init__(self, answers: Connection) -> None:
        self._answers, self._lock, self._process = answers, threading.RLock(), os.getpid()
        self._names: set[str] = set()

    def say(self, message: bytes) -> None:
        """Send a message, whichever thread says it."""
        with self._lock:
            self._answers.send_bytes(message)

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:  # noqa: ARG002 - as importlib calls it
        """Say once of each module that it is imported; one that does not exist may be tried with every step."""
        if fullname not in self._names and os.getpid() == self._process:  # a fork has this object, and nothing to say
            self._names.add(fullname)
            with contextlib.suppress(OSError):
                self.say(IMPORTING)


def _done(blob: bytes, speaker: Speaker) -> bytes:
    """The message that comes of a task."""
    before = set(sys.modules)
    try:
        call, items = pickle.loads(blob)
        speaker.say(BEGAN)
        done = list(call(items))
        message = pickle.dumps((done, "", [name for name in sys.modules if name not in before]))
    except BaseException:
        message = pickle.dumps((None, traceback.format_exc(), []))
    for stream in (sys.stdout, sys.stderr):  # what a component prints is not lost when its worker is ended
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    return message


def start_worker() -> None:
    """Make this process a worker: one BLAS thread, deaf to Ctrl-C, gone when the launching process is."""
    install()  # what a component prints must not fail it where the launching process's reader is gone
    for library in ("OMP", "OPENBLAS", "MKL"):  # for those that a component loads later, where threadpoolctl cannot reach yet
        os.environ[f"{library}_NUM_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the launching process decides what Ctrl-C means
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # a group of its own, so that what a component starts can be ended with it
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=die_with, args=(parent.sentinel,), daemon=True).start()


def die_with(sentinel: int) -> None:
    """End this process, and those that it started, when the process with that sentinel ends."""
    multiprocessing.connection.wait([sentinel])
    if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
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


def _isolated(trials: Sequence[Trial]) -> list[Record]:
    try:
        return train(trials)
    except BaseException:  # a component that calls sys.exit must not end the launch
        if len(trials) == 1:
            return [Record(status="failed", error=traceback.format_exc())]
        middle = len(trials) // 2  # rows never influence each other, so halves give the same results
        return _isolated(trials[:middle]) + _isolated(trials[middle:])


def _check(cell: Cell) -> GradientCheck:
    try:
        return check_gradients(cell, budget=CHECK_BUDGET)
    except BaseException as error:  # as when a component calls sys.exit, or its numbers are too large to be checked
        return GradientCheck(problem=str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}")


def _timing(trials: Sequence[Trial]) -> Timing:
    """Evaluations are told from steps by the samples in them: a step passes its batch forward and twice as much back."""
    cell = trials[0].cell
    steps = min(TIMED_STEPS, cell.steps)
    evaluations = sum(step <= steps for step in evaluation_steps(cell.steps)) - 1
    share = evaluation_share(cell)
    try:
        began = time.perf_counter()
        first, none, some = _clocked(trials, 0), _clocked(trials, 0), _clocked(trials, steps)
        elapsed = time.perf_counter() - began
    except BaseException as error:
        return Timing(problem=f"{type(error).__name__}: {error}")
    step = max((some - none) / (steps + evaluations * share), 1e-9)
    waited = max(elapsed / max(first + none + some, 1e-9), 1.0)
    return Timing(step, max(none - (1 + share) * step, 0.0), max(first - none, 0.0), waited, elapsed)


def evaluation_share(cell: Cell) -> float:
    """About how many steps an evaluation takes the time of."""
    return (cell.valid_size + cell.test_size) / (3 * cell.batch_size)


def _clocked(trials: Sequence[Trial], steps: int) -> float:
    start = time.process_time()
    train(trials, max_steps=steps)
    return time.process_time() - start
