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
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from nnbench.engine.dense.layout import Layout
from nnbench.engine.parts import parts
from nnbench.kinds import (
    Activation,
    Component,
    Dataset,
    Initializer,
    Loss,
    Optimizer,
    Penalty,
    Preprocessor,
    Schedule,
)
from nnbench.work import keep_freed_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST = 1e-3
"""Seconds that one measurement takes at least; calls are repeated until it does."""
DTYPE = np.dtype(np.float32)

Call = Callable[[], Any]


@dataclass(frozen=True)
class Size:
    """How much a component is given at once: so many networks of two equally wide hidden layers, on batches."""

    name: str
    networks: int
    width: int
    batch: int


SIZES = (Size("one", 1, 32, 64), Size("stack", 32, 32, 64), Size("wide", 2, 512, 256))
"""One small network alone; a full stack of them, as a launch trains; two wide networks, beyond the processor's cache."""


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


ELEMENTS = {
    "activation": "pre-activation",
    "initializer": "weight",
    "optimizer": "parameter",
    "schedule": "step",
    "loss": "score",
    "penalty": "weight",
    "preprocessor": "value",
    "dataset": "sample",
}
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
    found = []
    for size in sizes:
        works = [_workload(each, size) for each in (baseline, *components)]
        with threadpool_limits(1), np.errstate(all="ignore"), _without_collection():
            repeats = [{name: _repeats(call) for name, call in calls.items()} for _, calls in works]
            times: list[dict[str, list[float]]] = [{name: [] for name in calls} for _, calls in works]
            for turn in range(rounds):
                for shift in range(len(works)):
                    at = (turn + shift) % len(works)
                    for name, call in works[at][1].items():
                        times[at][name].append(_clocked(call, repeats[at][name]))
                tick()
        totals = [[sum(each) / works[at][0] for each in zip(*times[at].values(), strict=True)] for at in range(len(works))]
        for at, component in enumerate(components, start=1):
            elements = works[at][0]
            seconds = {name: Estimate.of([value / elements for value in values]) for name, values in times[at].items()}
            ratio = Estimate.of([own / other for own, other in zip(totals[at], totals[0], strict=True)])
            found.append(Cost(component, size, elements, seconds, ratio))
    return found


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


def _workload(component: Component, size: Size) -> tuple[int, dict[str, Call]]:
    """How many elements its calls work on, and the calls, with arrays as a launch hands them over."""
    rng = np.random.default_rng(0)
    stacked = parts([component] * size.networks, DTYPE)[0].component
    match stacked:
        case Activation():
            z = rng.normal(0, 2, (size.networks, size.width + 1, size.batch)).astype(DTYPE)
            a = stacked.forward(z)
            return z.size, {"forward": partial(stacked.forward, z), "derivative": partial(stacked.derivative, z, a)}
        case Optimizer():
            return _optimizer(stacked, size, rng)
        case Loss():
            classes = stacked.outputs(2)
            scores = rng.normal(0, 2, (size.networks, classes, size.batch)).astype(DTYPE)
            labels = rng.integers(0, 2, (size.networks, 1, size.batch))
            targets = (labels == (np.arange(2)[:, None] if classes > 1 else 1)).astype(DTYPE)
            return scores.size, {"value and gradient": partial(stacked.value_and_gradient, scores, targets)}
        case Penalty():
            w = rng.normal(0, 0.3, (size.networks, size.width, size.width)).astype(DTYPE)
            return w.size, {"value": partial(stacked.value, w), "gradient": partial(stacked.gradient, w)}
    samples = size.networks * size.batch * 8
    match component:
        case Schedule():
            return samples, {"factor": partial(component.factor, np.arange(samples), samples)}
        case Initializer():
            x = rng.normal(size=(size.width, 256))
            w = component.sample(rng, size.width, size.width)
            return w.size, {
                "sample": partial(component.sample, rng, size.width, size.width),
                "adapt": partial(component.adapt, w, x, None),
            }
        case Preprocessor():
            data = rng.normal(size=(samples, 2))
            return data.size, {"fit": partial(component.fit, data), "apply": partial(component.fit(data).apply, data)}
        case Dataset():
            return samples, {"sample": partial(component.sample, rng, samples)}
    raise TypeError(f"{component!r} is of no kind that can be timed")


def _optimizer(optimizer: Optimizer, size: Size, rng: np.random.Generator) -> tuple[int, dict[str, Call]]:
    layout = Layout((2, size.width, size.width, 2))
    params = np.concatenate([rng.normal(0, 1, (size.networks, out * into)) for out, into in layout.shapes], axis=1).astype(DTYPE)
    gradients = rng.normal(0, 0.1, params.shape).astype(DTYPE)
    split = layout.layers if optimizer.scope == "layer" else lambda flat: [flat[:, None]]
    blocks = [(p, g, optimizer.init(p)) for p, g in zip(split(params), split(gradients), strict=True)]
    lr = np.full((1, 1, 1), 1e-6, DTYPE)

    def step() -> None:
        for p, g, state in blocks:
            optimizer.step(p, g, state, lr, 100)

    return params.size, {"step": step}


__all__ = ["ELEMENTS", "SIZES", "Cost", "Estimate", "Size", "costs"]
