"""Momentum and a rate for each parameter together."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from nnbench_optimizers import Adam, AdamUncorrected
from recurrences import Recurrence, Steps, Worked


def adam(steps: Steps) -> Iterator[float]:
    x, m, v = 1.0, 0.0, 0.0
    for t, (rate, g) in enumerate(steps, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        x = x - rate * (m / (1 - 0.9**t)) / (sqrt(v / (1 - 0.999**t)) + 1e-8)
        yield x


def adam_uncorrected(steps: Steps) -> Iterator[float]:
    x, m, v = 1.0, 0.0, 0.0
    for rate, g in steps:
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        x = x - rate * m / (sqrt(v) + 1e-8)
        yield x


RECURRENCES: dict[str, Recurrence] = {f.__name__: f for f in (adam, adam_uncorrected)}

WORKED: list[Worked] = [
    (Adam(beta1=0.5, beta2=0.75, eps=0.5), [2.0], [-0.4]),  # m̂ = 2, v̂ = 4; divisor 2.5
    (AdamUncorrected(beta1=0.5, beta2=0.75, eps=0.25), [2.0], [-0.4]),  # m = 1, v = 1; divisor 1.25
]
