"""About how long training will take: a few steps of the costliest stack of every shape, in a worker, extrapolated."""

from __future__ import annotations

import heapq
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from nnbench import work
from nnbench.engine import stack as stacking
from nnbench.engine.training import evaluation_steps
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


MOST = 12
"""Kinds of stacks that are timed; of more, some are, the costly and the cheap alike, and stand for the others."""


def estimate(plan: Plan) -> Estimate:
    """Train a few steps in a worker to see how long a plan's training takes; a component that hangs or raises there is a problem.

    Raises InputError if workers cannot start.
    """
    alike: dict[Any, list[list[Trial]]] = defaultdict(list)
    for stack in [*plan.tuning.stacks, *plan.stacks, *plan.behind]:
        alike[_key(stack)].append(stack)
    groups = sorted(alike.values(), key=lambda group: -sum(map(stacking.cost, group)))
    chosen = groups if len(groups) <= MOST else [groups[round(i * (len(groups) - 1) / (MOST - 1))] for i in range(MOST)]
    samples = [[replace(trial, untrained=False) for trial in group[0]] for group in chosen]
    timings, start = _timed(plan, samples)
    sound, problems = [], []
    for group, whole, first in zip(chosen, samples, timings, strict=True):
        sample, timing = whole, first
        if first.problem:
            sample, timing, told = _without_culprits(plan, whole, first)
            problems += told
        if not timing.problem:
            sound.append((group, sample, timing))
    lasting = [_lasts(stack, sample, timing) for group, sample, timing in sound for stack in group]
    lasting += _others([group for group in groups if all(group is not each for each in chosen)], sound)
    waited = statistics.median([timing.waited for *_, timing in sound]) if sound else 1.0
    seconds = _together(lasting, plan.workers) * waited
    if plan.reported is None:  # as much again for each trial as tuning takes
        seconds *= 1 + plan.cells * len(plan.grid.seed_list) / len(plan.tuning.trials)
    return Estimate(seconds + start if sound else 0.0, tuple(dict.fromkeys(problems)))


def _without_culprits(plan: Plan, sample: Sequence[Trial], timing: work.Timing) -> tuple[list[Trial], work.Timing, list[str]]:
    """A trial of the stack that can be timed, if there is one, and whose components keep the others from it."""
    cells = {trial.cell.id: trial for trial in sample}
    alone = _timed(plan, [[trial] for trial in cells.values()])[0] if len(cells) > 1 else [timing]
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


def _key(stack: Sequence[Trial]) -> Any:
    """What stacks have in common that take about as long for each step and trial."""
    cell = stack[0].cell
    sizes = (cell.layer_sizes, cell.batch_size, cell.train_size, cell.valid_size, cell.test_size)
    return (*sizes, cell.precision, cell.optimizer.name)


def _lasts(stack: Sequence[Trial], sample: Sequence[Trial], timing: work.Timing) -> float:
    """Seconds that a stack takes, from the timing of one like it."""
    cell, share = stack[0].cell, work.evaluation_share(stack[0].cell)
    evaluations = len(evaluation_steps(cell.steps))
    steps = 2 * share + cell.steps / evaluations if stack[0].untrained else cell.steps + evaluations * share
    trained = [replace(trial, untrained=False) for trial in stack]
    each = stacking.cost(trained) / cell.steps / (stacking.cost(sample) / sample[0].cell.steps)
    return (timing.setup + timing.cold) * len(stack) / len(sample) + timing.seconds * each * steps


def _others(
    groups: Sequence[Sequence[Sequence[Trial]]], timed: Sequence[tuple[Sequence[Sequence[Trial]], Sequence[Trial], work.Timing]]
) -> list[float]:
    """Seconds of stacks that were not timed, from how long those took on average for their work."""
    took = sum(_lasts(stack, sample, timing) for group, sample, timing in timed for stack in group)
    worked = sum(stacking.cost(stack) for group, *_ in timed for stack in group)
    return [stacking.cost(stack) * took / worked for group in groups for stack in group] if worked else []


def _together(lasting: Sequence[float], workers: int) -> float:
    """Seconds until all are done, each taken by the worker that is free first, the longest before."""
    free = [0.0] * workers
    for seconds in sorted(lasting, reverse=True):
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)


def _timed(plan: Plan, samples: Sequence[Sequence[Trial]]) -> tuple[list[work.Timing], float]:
    """Of each stack, one after the other, so that they do not disturb each other; and seconds until a worker is up and warm."""
    deadlines = work.Deadlines(plan.grid.trial_timeout)
    timed: dict[int, work.Timing] = {}
    began, start = time.perf_counter(), 0.0
    with work.LocalPool(1) as pool:
        batches = ([sample] for sample in samples)
        for (sample,), (timing,) in supervise(TIMING, batches, pool, deadlines, threading.Event()):
            if not timed:
                start = max(time.perf_counter() - began - timing.elapsed, 0.0) + timing.cold * timing.waited
            timed[id(sample)] = timing if timed else replace(timing, cold=0.0)
    return [timed[id(sample)] for sample in samples], start
