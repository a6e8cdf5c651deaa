"""A rate of its own for each parameter."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from nnbench_optimizers import AdaGrad, RMSProp
from recurrences import Recurrence, Steps, Worked


def adagrad(steps: Steps) -> Iterator[float]:
    x, past = 1.0, []
    for rate, g in steps:
        past.append(g**2)
        x = x - rate * g / sqrt(sum(past) + 1e-8)
        yield x


def rmsprop(steps: Steps) -> Iterator[float]:
    x, cache = 1.0, 0.0
    for rate, g in steps:
        cache = 0.9 * cache + 0.1 * g**2
        x = x - rate * g / (sqrt(cache) + 1e-8)
        yield x


RECURRENCES: dict[str, Recurrence] = {f.__name__: f for f in (adagrad, rmsprop)}

WORKED: list[Worked] = [
    (AdaGrad(eps=16.0), [3.0, 0.0], [-0.3, -0.3]),  # cache = 9; √(9 + 16) = 5
    (AdaGrad(eps=11.0), [5.0, 8.0], [-5 / 12, -5 / 12 - 0.4]),  # cache = 25, 89; roots 6, 10
    (RMSProp(rho=0.75, eps=0.5), [4.0, 2.0], [-0.8, -1.2]),  # cache = 4, 4; divisor 2.5
]
