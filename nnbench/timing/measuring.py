"""What a component costs: interleaved rounds on one thread, as ratios to another component's cost in the same round.

Clocks tell about this machine and this moment; the ratios are what to compare.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnbench.kinds import KINDS, Component, module_for
from nnbench.threads import one_blas_thread
from nnbench.timing.workload import SIZES, Size, Workload
from nnbench.work import keep_freed_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST = 1e-3
"""Seconds that one measurement takes at least; calls are repeated until it does."""

Call = Callable[[], Any]


@dataclass(frozen=True)
class Estimate:
    """A median over rounds with its interval, which covers 95 % or a little more."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Estimate:
        """From one value for each round; the interval is that of order statistics, whatever the distribution."""
        ordered = sorted(values)
        below = 0
        while below < len(ordered) // 2 and _binomial_tail(below, len(ordered)) <= 0.025:
            below += 1
        outer = max(below - 1, 0)
        return cls(statistics.median(ordered), ordered[outer], ordered[-1 - outer])


@dataclass(frozen=True)
class Cost:
    """What a component costs at one size."""

    component: Component
    size: Size
    elements: int
    """What one call works on: see `ELEMENTS`."""
    seconds: dict[str, Estimate]
    """Each operation's time per element."""
    ratio: Estimate
    """All operations together, to the baseline's."""


ELEMENTS: dict[str, str] = {kind: module_for(kind, __package__).ELEMENT for kind in KINDS}
"""What is counted, for each kind."""


def costs(
    components: Sequence[Component],
    baseline: Component,
    sizes: Sequence[Size] = SIZES,
    rounds: int = 15,
    tick: Callable[[], None] = lambda: None,
) -> list[Cost]:
    """Measure components of one kind beside `baseline`; calls `tick` once for each round of each size.

    Raises ValueError for fewer than 6 rounds: no interval of fewer covers 95 %.
    """
    if rounds < 6:
        raise ValueError(f"{rounds} rounds: needs at least 6 for an interval")
    keep_freed_memory()
    measured = []
    for size in sizes:
        works = [_workload(each, size) for each in (baseline, *components)]
        times = _interleaved(works, rounds, tick)
        totals = [
            [sum(each) / work.elements for each in zip(*own.values(), strict=True)] for work, own in zip(works, times, strict=True)
        ]
        for component, work, own, total in zip(components, works[1:], times[1:], totals[1:], strict=True):
            seconds = {name: Estimate.of([value / work.elements for value in values]) for name, values in own.items()}
            ratio = Estimate.of([mine / other for mine, other in zip(total, totals[0], strict=True)])
            measured.append(Cost(component, size, work.elements, seconds, ratio))
    return measured


def try_out(component: Component, sizes: Sequence[Size] = SIZES) -> None:
    """Call everything that would be measured once; raises whatever the component raises."""
    with np.errstate(all="ignore"):
        for size in sizes:
            for call in _workload(component, size).calls.values():
                call()


def _workload(component: Component, size: Size) -> Workload:
    work: Workload = module_for(component.kind, __package__).workload(component, size, np.random.default_rng(0))
    return work


def _interleaved(works: Sequence[Workload], rounds: int, tick: Callable[[], None]) -> list[dict[str, list[float]]]:
    """Seconds of each call of each workload, round by round; each round starts with the next one."""
    with one_blas_thread(), np.errstate(all="ignore"), _without_collection():
        repeats = [{name: _repeats(call) for name, call in work.calls.items()} for work in works]
        times: list[dict[str, list[float]]] = [{name: [] for name in work.calls} for work in works]
        for turn in range(rounds):
            for shift in range(len(works)):
                at = (turn + shift) % len(works)
                for name, call in works[at].calls.items():
                    times[at][name].append(_clocked(call, repeats[at][name]))
            tick()
    return times


def _binomial_tail(k: int, n: int) -> float:
    """P(X ≤ k) for n fair coins."""
    return float(sum(math.comb(n, i) for i in range(k + 1)) / 2**n)


def _clocked(call: Call, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def _repeats(call: Call) -> int:
    """How many calls one measurement takes; warms up on the way."""
    count = 1
    while _clocked(call, count) * count < SHORTEST:
        count *= 2
    return count


@contextmanager
def _without_collection() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
