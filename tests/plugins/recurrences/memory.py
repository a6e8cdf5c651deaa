"""Adam with another memory."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from nnbench_optimizers import ADOPT, AdEMAMix
from recurrences import Recurrence, Steps, Worked


def adopt(steps: Steps) -> Iterator[float]:
    x, m = 1.0, 0.0
    _, first = next(steps)
    v = first**2
    yield x
    for t, (rate, g) in enumerate(steps, start=1):
        clip = t**0.25
        m = 0.9 * m + 0.1 * min(max(g / max(sqrt(v), 1e-6), -clip), clip)
        x = x - rate * m
        v = 0.9999 * v + 0.0001 * g**2
        yield x


def ademamix(steps: Steps) -> Iterator[float]:
    x, m, slow, v = 1.0, 0.0, 0.0, 0.0
    for t, (rate, g) in enumerate(steps, start=1):
        m = 0.9 * m + 0.1 * g
        slow = 0.99 * slow + 0.01 * g
        v = 0.999 * v + 0.001 * g**2
        x = x - rate * (m / (1 - 0.9**t) + 5 * slow) / (sqrt(v / (1 - 0.999**t)) + 1e-8)
        yield x


RECURRENCES: dict[str, Recurrence] = {f.__name__: f for f in (adopt, ademamix)}

WORKED: list[Worked] = [
    (ADOPT(beta1=0.5, beta2=0.75), [4.0, 2.0], [0.0, -0.125]),  # v = 16; u = 0.5, m = 0.25
    (ADOPT(beta1=0.5, beta2=0.75), [4.0, 8.0], [0.0, -0.25]),  # u = 2 clipped to 1
    (AdEMAMix(beta1=0.5, beta2=0.75, beta3=0.5, alpha=1.0, eps=0.5), [2.0], [-0.6]),  # m̂ = 2, slow = 1, v̂ = 4; divisor 2.5
]
