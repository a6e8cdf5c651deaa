"""Dual averaging: sums from the start."""

from __future__ import annotations

from collections.abc import Iterator
from math import copysign, sqrt

from nnbench_optimizers import FTRL, MADGRAD
from recurrences import Recurrence, Steps, Worked


def ftrl(steps: Steps) -> Iterator[float]:
    x, n, z = 1.0, 0.1, -sqrt(0.1)
    for rate, g in steps:
        z += rate * g - (sqrt(n + g**2) - sqrt(n)) * x
        n += g**2
        threshold = rate * 0.001
        x = 0.0 if abs(z) <= threshold else -(z - copysign(threshold, z)) / sqrt(n)
        yield x


def madgrad(steps: Steps) -> Iterator[float]:
    x, weighted = 1.0, []
    for t, (rate, g) in enumerate(steps, start=1):
        weighted.append((rate * sqrt(t), g))
        z = 1.0 - sum(weight * g for weight, g in weighted) / (sum(weight * g**2 for weight, g in weighted) ** (1 / 3) + 1e-6)
        x = 0.9 * x + 0.1 * z
        yield x


RECURRENCES: dict[str, Recurrence] = {f.__name__: f for f in (ftrl, madgrad)}

WORKED: list[Worked] = [
    (FTRL(l1=1.0, n0=16.0), [3.0], [-0.2]),  # z = 1.5, threshold 0.5, √25
    (FTRL(l1=4.0, n0=16.0), [3.0], [0.0]),  # threshold 2
    (MADGRAD(mu=0.5, eps=2.0), [4.0], [-0.25]),  # s = 2, n = 8; z = -2 / (2 + 2)
]
