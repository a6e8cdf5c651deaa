"""The three kinds of work: what runs in the worker, how much it is, and what becomes of what does not return."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

from nnbench.engine import stack as stacking
from nnbench.engine.gradcheck import GradientCheck
from nnbench.engine.records import Record
from nnbench.grid.trial import Cell, Trial
from nnbench.work.deadlines import Size
from nnbench.work.worker import CHECK_BUDGET, TIMED_STEPS, Outcome, Timing, run_checks, run_stack, time_stacks

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Work(Generic[Item, Answer]):
    """A kind of work; a task of it is a sequence of items that are done together, and each has an answer."""

    name: str
    run: Callable[[Sequence[Item]], Sequence[Answer]]
    """Called in a worker."""
    size: Callable[[Sequence[Item]], Size]
    failed: Callable[[str], Answer]
    """What an item comes to that has no answer, for this reason."""
    died: str
    """The reason where the worker dies of an item."""
    stranded: Callable[[str], str]
    """The reason where an item cannot travel, from the traceback."""


def _last_line(trace: str) -> str:
    return trace.strip().rpartition("\n")[2]


def _stack_size(trials: Sequence[Trial]) -> Size:
    return Size(len(trials), stacking.cost(trials), sum(stacking.passes(trial) for trial in trials))


def _check_size(cells: Sequence[Cell]) -> Size:
    """A check takes its budget, unless even the fewest parameters that are always looked at take more."""
    least = 0.0
    for cell in cells:
        sizes = cell.layer_sizes
        least += 200 * len(sizes) * sum((into + 1) * out for into, out in pairwise(sizes))
    return Size(len(cells), max(CHECK_BUDGET, 64 * least))


def _timing_size(stacks: Sequence[Sequence[Trial]]) -> Size:
    share = max((2 * TIMED_STEPS / max(stack[0].cell.steps, 1) for stack in stacks), default=1.0)
    sizes = [_stack_size(stack) for stack in stacks]
    return Size(len(stacks), share * sum(size.units for size in sizes), share * sum(size.steps for size in sizes))


TRAINING: Work[Trial, Outcome] = Work(
    name="training",
    run=run_stack,
    size=_stack_size,
    failed=lambda reason: Outcome(Record(status="failed", error=reason), time.time(), 0.0),
    died="the worker process died while it trained this trial (killed, out of memory, or crashed in native code)",
    stranded=lambda trace: trace,
)
CHECKING: Work[Cell, GradientCheck] = Work(
    name="checking",
    run=run_checks,
    size=_check_size,
    failed=lambda reason: GradientCheck(problem=reason),
    died="the worker process died while it checked the gradients (killed, or crashed in native code)",
    stranded=lambda trace: f"cannot be checked in a worker process: {_last_line(trace)}",
)
TIMING: Work[Sequence[Trial], Timing] = Work(
    name="timing",
    run=time_stacks,
    size=_timing_size,
    failed=lambda reason: Timing(problem=reason),
    died="the worker process died (killed, out of memory, or crashed in native code)",
    stranded=_last_line,
)
