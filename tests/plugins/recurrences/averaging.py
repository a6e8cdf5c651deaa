"""Averages of positions, and returns to them; what is evaluated is in test_optimizers_averaging.py."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from nnbench_optimizers import ASGD, EMA, SGD, AdamWScheduleFree, Lookahead, Momentum, SGDScheduleFree
from recurrences import Recurrence, Steps, Worked
from recurrences.adam import adam
from recurrences.descent import sgd

INNER_RATE = 0.01
"""Of Adam, which is inside unless said otherwise."""


def asgd(steps: Steps) -> Iterator[float]:
    return sgd(steps)


def ema(steps: Steps) -> Iterator[float]:
    return adam((rate * INNER_RATE, g) for rate, g in steps)


def lookahead(steps: Steps) -> Iterator[float]:
    last = moved = 0.0
    slow = 1.0
    for t, fast in enumerate(ema(steps), start=1):
        moved += fast - (last if t > 1 else 1.0)  # Adam's steps do not depend on where it is
        last = fast
        if t % 5 == 0:
            slow, moved = slow + 0.5 * moved, 0.0
        yield slow + moved


def schedule_free(changes: Iterator[tuple[float, float]]) -> Iterator[float]:
    """Positions y, given each rate and step; a step may depend on the last y."""
    rates: list[float] = []
    zs = [1.0]
    weights: list[float] = []
    for rate, change in changes:
        rates.append(rate)
        zs.append(zs[-1] - rate * change)
        weights.append(max(rates) ** 2)
        x = sum(w * z for w, z in zip(weights, zs[1:], strict=True)) / sum(weights)
        yield 0.9 * x + 0.1 * zs[-1]


def sgd_schedule_free(steps: Steps) -> Iterator[float]:
    return schedule_free(steps)


def adamw_schedule_free(steps: Steps) -> Iterator[float]:
    y = 1.0

    def changes() -> Iterator[tuple[float, float]]:
        v = 0.0
        for t, (rate, g) in enumerate(steps, start=1):
            v = 0.999 * v + 0.001 * g**2
            yield rate, g / (sqrt(v / (1 - 0.999**t)) + 1e-8) + 0.01 * y

    for y in schedule_free(changes()):
        yield y


RECURRENCES: dict[str, Recurrence] = {f.__name__: f for f in (asgd, ema, lookahead, sgd_schedule_free, adamw_schedule_free)}

WORKED: list[Worked] = [
    (ASGD(), [2.0, -4.0], [-1.0, 1.0]),
    (EMA(inner=Momentum(lr=2.0, mu=0.5)), [4.0, 4.0], [-4.0, -10.0]),  # rate 0.5·2; v = -4, -6
    (Lookahead(inner=SGD(lr=1.0), k=2, alpha=0.5), [2.0, 2.0, 2.0], [-1.0, -1.0, -2.0]),  # at the second step from -2 halfway to 0
    (SGDScheduleFree(beta=0.5), [2.0, 2.0], [-1.0, -1.75]),  # z = -1, -2; x = -1, -1.5
    (AdamWScheduleFree(beta=0.5, beta2=0.75, eps=0.5, weight_decay=0.5), [2.0, 2.0], [-0.4, -0.625]),  # steps 0.8, 0.8 - 0.2
]
