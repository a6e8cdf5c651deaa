"""A rate of its own for each parameter or layer."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np

from nnbench_optimizers.adaptive import AdaDelta, AdaGrad, NovoGrad, RMSProp, RMSPropCentred, RProp
from recurrences import Recurrence, Reference, Steps, Worked


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


def rmsprop_centred(steps: Steps) -> Iterator[float]:
    x, mean, mean_square = 1.0, 0.0, 0.0
    for rate, g in steps:
        mean = 0.9 * mean + 0.1 * g
        mean_square = 0.9 * mean_square + 0.1 * g**2
        x = x - rate * g / sqrt(mean_square - mean**2 + 1e-8)
        yield x


def adadelta(steps: Steps) -> Iterator[float]:
    def rms(values: list[float]) -> float:
        return sqrt(sum(0.05 * 0.95**age * each**2 for age, each in enumerate(values)) + 1e-6)

    x, gradients, changes = 1.0, list[float](), list[float]()
    for rate, g in steps:
        gradients.insert(0, g)
        change = rms(changes) / rms(gradients) * g
        changes.insert(0, change)
        x = x - rate * change
        yield x


def rprop(steps: Steps) -> Iterator[float]:
    x, size, before = 1.0, 1.0, 0.0
    for rate, g in steps:
        if g * before > 0:
            size = min(1.2 * size, 5000.0)
        elif g * before < 0:
            size = max(0.5 * size, 1e-4)
            g = 0.0
        if g > 0:
            x = x - rate * size
        elif g < 0:
            x = x + rate * size
        before = g
        yield x


def novograd(x: np.ndarray, steps: Iterator[tuple[float, np.ndarray]]) -> Iterator[np.ndarray]:
    m, v = np.zeros_like(x), None
    for rate, g in steps:
        norm = np.linalg.norm(g) ** 2
        v = norm if v is None else 0.98 * v + 0.02 * norm
        m = 0.95 * m + g / (np.sqrt(v) + 1e-8)
        x = x - rate * m
        yield x


RECURRENCES: dict[str, Recurrence] = {f.__name__: f for f in (adagrad, rmsprop, rmsprop_centred, adadelta, rprop)}
REFERENCES: dict[str, Reference] = {"novograd": novograd}

WORKED: list[Worked] = [
    (AdaGrad(eps=16.0), [3.0, 0.0], [-0.3, -0.3]),  # cache = 9; √(9 + 16) = 5
    (AdaGrad(eps=11.0), [5.0, 8.0], [-5 / 12, -5 / 12 - 0.4]),  # cache = 25, 89; roots 6, 10
    (RMSProp(rho=0.75, eps=0.5), [4.0, 2.0], [-0.8, -1.2]),  # cache = 4, 4; divisor 2.5
    (RMSPropCentred(rho=0.5, eps=5.0), [4.0, 8.0], [-2 / 3, -5 / 3]),  # mean = 2, 5; of squares 8, 36; variance 4, 11
    (AdaDelta(rho=0.75, eps=9.0), [8.0], [-2.4]),  # √9 / √(16 + 9)·8 = 4.8
    (RProp(), [3.0, 1.0, -1.0, -2.0, -2.0], [-0.5, -1.1, -1.1, -0.8, -0.44]),  # size = 1, 1.2, 0.6, 0.6, 0.72
    (RProp(largest=1.1, smallest=0.9), [1.0, 1.0, -1.0, -1.0], [-0.5, -1.05, -1.05, -0.6]),  # size = 1, 1.1, 0.9, 0.9
    (NovoGrad(beta1=0.5, beta2=0.75, eps=1.0), [3.0, 3.0], [-0.375, -0.9375]),  # v = 9, 9; m = 0.75, 1.125
]
