"""What the lecture notes claim of numerical gradients: how accurate they are at each ε, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nnbench.engine.assembly import task
from nnbench.engine.dense.perturbation import Perturbation
from nnbench.engine.model import Differences
from nnbench.grid import Cell, label
from nnbench.threads import one_blas_thread

EPSILONS = tuple(float(x) for x in 10.0 ** np.arange(-1, -13.25, -0.25))
WIDTHS = (2, 4, 8, 16, 32, 64, 128)
BRANCHES = {
    "central": ("centred", 1e-4, 1e-2, 2.0),
    "one_sided": ("one-sided", 1e-6, 1e-3, 1.0),
    "rounding": ("centred, rounding", 1e-12, 1e-8, -1.0),
}
"""Where each branch of the errors is fitted, and the slope that theory says it has."""
SMOOTH_BELOW = 1e-2
"""Parameters that cross a declared kink at this ε or a smaller one are left out: their differences obey no power of ε."""
STRAIGHT = 0.95
"""The least share of the variance of log errors that a line has to explain."""
TIMED = 200
"""Forward passes of the plain loop that are timed; the rest are the same."""


@dataclass(frozen=True)
class Error:
    """‖numerical - back-propagated‖ / ‖back-propagated‖, over the parameters at no kink."""

    epsilon: float
    central: float
    one_sided: float


@dataclass(frozen=True)
class Cost:
    """Seconds for one gradient of a network with two hidden layers of `width` units."""

    width: int
    parameters: int
    back_propagated: float
    numerical: float
    """2·P forward passes, one after the other."""
    at_once: float
    """As `nnbench gradcheck` computes them."""


@dataclass(frozen=True)
class Study:
    """Errors against ε and costs against size."""

    network: str
    errors: tuple[Error, ...]
    slopes: dict[str, float]
    """Fitted on a log-log scale, for each of `BRANCHES`; NaN where the errors obey no power law."""
    costs: tuple[Cost, ...]

    @property
    def best(self) -> Error:
        """Where the centred difference is most accurate."""
        return min(self.errors, key=lambda error: error.central)


def study(cell: Cell, on_step: Callable[[], None] = lambda: None, widths: Sequence[int] = WIDTHS) -> Study:
    """Measure both on networks like this cell's; takes seconds."""
    with one_blas_thread(), np.errstate(all="ignore"):
        network = Perturbation(cell, task(cell))
        analytic = network.gradient()[0]
        measured = []
        for epsilon in EPSILONS:
            measured.append(_together(_all(network, epsilon)))
            on_step()
        smooth = _smooth(measured)
        size = np.linalg.norm(analytic[smooth])
        errors = [
            Error(epsilon, *(float(np.linalg.norm((n - analytic)[smooth]) / size) for n in (each.central, each.after)))
            for epsilon, each in zip(EPSILONS, measured, strict=True)
        ]
        costs = []
        for width in widths:
            costs.append(_cost(replace(cell, hidden=(width, width), origins=cell.origins), width))
            on_step()
    name = f"{'-'.join(map(str, cell.layer_sizes))}, {label(cell.activation)}, {label(cell.loss)}, penalty {label(cell.penalty)}"
    return Study(name, tuple(errors), {name: _slope(errors, name) for name in BRANCHES}, tuple(costs))


def _all(network: Perturbation, epsilon: float) -> Iterator[Differences]:
    for number, block in enumerate(network.blocks.blocks):
        yield network.differences(number, np.arange(block.size), epsilon)


def _together(blocks: Iterator[Differences]) -> Differences:
    """The differences by all parameters."""
    every = list(blocks)
    return Differences(*(np.concatenate([getattr(each, name) for each in every]) for name in Differences.__dataclass_fields__))


def _smooth(measured: Sequence[Differences]) -> np.ndarray:
    """Which parameters are at no kink; all of them if every one is."""
    crossed = [each.crossed for epsilon, each in zip(EPSILONS, measured, strict=True) if epsilon <= SMOOTH_BELOW * 1.01]
    smooth: np.ndarray = ~np.any(crossed, axis=0)
    return smooth if smooth.any() else np.ones_like(smooth)


def _cost(cell: Cell, width: int) -> Cost:
    network = Perturbation(cell, task(cell))

    def forward() -> None:
        for _ in range(TIMED):
            network.objective.losses(network.network.forward(network.parameters, network.x, network.masks), network.targets)
            network.objective.penalties([w[:, :, :-1] for w in network.weights])

    passes = 2 * network.blocks.size
    return Cost(
        width=width,
        parameters=network.blocks.size,
        back_propagated=_seconds(network.gradient, 30),
        numerical=_seconds(forward, 3) / TIMED * passes,
        at_once=_seconds(lambda: list(_all(network, 1e-5)), 3),
    )


def _seconds(call: Callable[[], object], repeats: int) -> float:
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def branch(errors: Sequence[Error], name: str) -> tuple[list[float], list[float]]:
    """The ε and the errors that one of `BRANCHES` is fitted to."""
    _, low, high, _ = BRANCHES[name]
    inside = [error for error in errors if low * 0.99 <= error.epsilon <= high * 1.01]
    values = [error.one_sided if name == "one_sided" else error.central for error in inside]
    return [error.epsilon for error in inside], values


def _slope(errors: Sequence[Error], name: str) -> float:
    """The power of ε that the errors go with, if they lie on a line."""
    epsilons, values = branch(errors, name)
    if not all(0 < value < np.inf for value in values):
        return float("nan")
    x, y = np.log(epsilons), np.log(values)
    return float(np.polyfit(x, y, 1)[0]) if np.corrcoef(x, y)[0, 1] ** 2 >= STRAIGHT else float("nan")
