"""About how long training will take: a few steps of the costliest stack of every shape, in a worker, extrapolated."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from nnbench import work
from nnbench.engine import stack as stacking
from nnbench.grid import Trial
from nnbench.kinds import KINDS
from nnbench.launching.plan import Plan
from nnbench.work.supervise import supervise
from nnbench.work.tasks import TIMING


@dataclass(frozen=True)
class Estimate:
    """How long training will take."""

    seconds: float
    """Of the stacks that could be timed."""
    problems: tuple[str, ...] = ()
    """Components whose steps could not be timed, and why."""


def estimate(plan: Plan) -> Estimate:
    """Train a few steps in a worker to see how long a plan's training takes; a component that hangs or raises there is a problem.

    Raises InputError if workers cannot start.
    """
    by_shape: dict[Any, list[list[Trial]]] = defaultdict(list)
    stacks = [*plan.tuning.stacks, *plan.stacks, *plan.behind]
    for stack in stacks:
        by_shape[stack[0].cell.layer_sizes].append(stack)
    samples = {shape: [replace(trial, untrained=False) for trial in group[0]] for shape, group in by_shape.items()}
    timings = _timed(plan, list(samples.values()))
    total, problems = 0.0, []
    for (shape, sample), timing in zip(samples.items(), timings, strict=True):
        timed: Sequence[Trial] = sample
        if timing.problem:
            timed, timing, told = _without_culprits(plan, sample, timing)
            problems += told
        if timing.problem:
            continue
        rate = timing.seconds * timed[0].cell.steps / sum(stacking.work(trial) for trial in timed)
        total += rate * sum(stacking.work(trial) for stack in by_shape[shape] for trial in stack)
    seconds = total / min(plan.workers, max(len(stacks), 1))
    if plan.reported is None:  # as much again for each trial as tuning takes
        seconds *= 1 + plan.cells * len(plan.grid.seed_list) / len(plan.tuning.trials)
    return Estimate(seconds, tuple(problems))


def _without_culprits(plan: Plan, sample: Sequence[Trial], timing: work.Timing) -> tuple[Sequence[Trial], work.Timing, list[str]]:
    """A trial of the stack that can be timed, if there is one, and whose components keep the others from it."""
    cells = {trial.cell.id: trial for trial in sample}
    alone = _timed(plan, [[trial] for trial in cells.values()]) if len(cells) > 1 else [timing]
    each = list(zip(cells.values(), alone, strict=True))
    told = [f"{_whose(trial)}: {timed.problem}" for trial, timed in each if timed.problem]
    trial, timed = next((both for both in each if not both[1].problem), each[0])
    return [trial], timed, list(dict.fromkeys(told))


def _whose(trial: Trial) -> str:
    """The components of a cell that may be to blame: those of other plugins, or all if there are none."""
    origins = trial.cell.origins
    own = origins["nnbench"].distribution
    others = [kind for kind in KINDS if kind in origins and origins[kind].distribution != own] or list(KINDS)
    return ", ".join(f"{kind} {getattr(trial.cell, kind).name}" for kind in others)


def _timed(plan: Plan, samples: Sequence[Sequence[Trial]]) -> list[work.Timing]:
    """Of each stack; one after the other, so that they do not disturb each other."""
    deadlines = work.Deadlines(plan.grid.trial_timeout)
    timed: dict[int, work.Timing] = {}
    with work.LocalPool(1) as pool:
        batches = ([sample] for sample in samples)
        for (sample,), (timing,) in supervise(TIMING, batches, pool, deadlines, threading.Event()):
            timed[id(sample)] = timing
    return [timed[id(sample)] for sample in samples]
