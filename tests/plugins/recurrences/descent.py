"""Gradient descent, with and without a velocity."""

from __future__ import annotations

from collections.abc import Iterator

from nnbench_optimizers import SGD, Momentum
from recurrences import Recurrence, Steps, Worked


def sgd(steps: Steps) -> Iterator[float]:
    x = 1.0
    for rate, g in steps:
        x = x - rate * g
        yield x


def momentum(steps: Steps) -> Iterator[float]:
    x, v = 1.0, 0.0
    for rate, g in steps:
        v = 0.9 * v - rate * g
        x = x + v
        yield x


RECURRENCES: dict[str, Recurrence] = {f.__name__: f for f in (sgd, momentum)}

WORKED: list[Worked] = [
    (SGD(), [2.0, -4.0], [-1.0, 1.0]),
    (Momentum(mu=0.5), [4.0, 4.0, 4.0], [-2.0, -5.0, -8.5]),  # v = -2, -3, -3.5
]
