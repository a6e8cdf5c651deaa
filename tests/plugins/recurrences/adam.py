"""Momentum and a rate for each parameter together."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod, sqrt

from nnbench_optimizers.adam import Adam, AdaMax, AdamUncorrected, AdamW, AMSGrad
from nnbench_optimizers.adam_variants import AdaBelief, Adan, NAdam, QHAdam, RAdam, Yogi
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


def moments(steps: Steps, beta1: float = 0.9, beta2: float = 0.999) -> Iterator[tuple[int, float, float, float, float]]:
    """Number, rate, gradient, and the weighted means of all gradients and their squares: what bias correction comes to."""
    past = []
    for t, (rate, g) in enumerate(steps, start=1):
        past.insert(0, g)
        yield t, rate, g, weighted(past, beta1), weighted([each**2 for each in past], beta2)


def weighted(values: list[float], beta: float) -> float:
    weights = [beta**age for age in range(len(values))]
    return sum(w * value for w, value in zip(weights, values, strict=True)) / sum(weights)


def adamw(steps: Steps) -> Iterator[float]:
    x = 1.0
    for _, rate, _, mean, square in moments(steps):
        x = x - rate * mean / (sqrt(square) + 1e-8) - rate * 0.01 * x
        yield x


def adamax(steps: Steps) -> Iterator[float]:
    x, sizes = 1.0, []
    for _, rate, g, mean, _ in moments(steps):
        sizes.insert(0, abs(g) + 1e-8)
        x = x - rate * mean / max(0.999**age * size for age, size in enumerate(sizes))
        yield x


def nadam(steps: Steps, weight_decay: float = 0.0) -> Iterator[float]:
    def mu(t: int) -> float:
        return 0.9 * (1 - 0.96 ** (t / 250) / 2)

    x = 1.0
    for t, rate, g, mean, square in moments(steps):
        m = mean * (1 - 0.9**t)
        so_far = prod(mu(i) for i in range(1, t + 1))
        looked_ahead = mu(t + 1) * m / (1 - so_far * mu(t + 1)) + (1 - mu(t)) * g / (1 - so_far)
        x = x - rate * looked_ahead / (sqrt(square) + 1e-8) - rate * weight_decay * x
        yield x


def nadamw(steps: Steps) -> Iterator[float]:
    return nadam(steps, weight_decay=0.01)


def radam(steps: Steps) -> Iterator[float]:
    x = 1.0
    for t, rate, _, mean, square in moments(steps):
        rho = 1999 - 2 * t * 0.999**t / (1 - 0.999**t)
        if rho > 5:
            v = square * (1 - 0.999**t)
            r = sqrt((rho - 4) * (rho - 2) * 1999 / (1995 * 1997 * rho))
            x = x - rate * r * mean * sqrt(1 - 0.999**t) / (sqrt(v) + 1e-8)
        else:
            x = x - rate * mean
        yield x


def amsgrad(steps: Steps) -> Iterator[float]:
    x, sizes = 1.0, []
    for t, rate, _, mean, square in moments(steps):
        sizes.append(square * (1 - 0.999**t))
        x = x - rate * mean / (sqrt(max(sizes) / (1 - 0.999**t)) + 1e-8)
        yield x


def yogi(steps: Steps) -> Iterator[float]:
    x, v = 1.0, 0.0
    for t, rate, g, mean, _ in moments(steps):
        if v > g**2:
            v = v - 0.001 * g**2
        elif v < g**2:
            v = v + 0.001 * g**2
        x = x - rate * mean / (sqrt(v / (1 - 0.999**t)) + 1e-3)
        yield x


def adabelief(steps: Steps) -> Iterator[float]:
    x, v = 1.0, 0.0
    for t, rate, g, mean, _ in moments(steps):
        v = 0.999 * v + 0.001 * (g - mean * (1 - 0.9**t)) ** 2 + 1e-16
        x = x - rate * mean / (sqrt(v / (1 - 0.999**t)) + 1e-16)
        yield x


def adan(steps: Steps) -> Iterator[float]:
    x, gradients, differences, squares = 1.0, list[float](), list[float](), list[float]()
    for rate, g in steps:
        differences.insert(0, g - gradients[0] if gradients else 0.0)
        gradients.insert(0, g)
        squares.insert(0, (g + 0.92 * differences[0]) ** 2)
        step = weighted(gradients, 0.98) + 0.92 * weighted(differences, 0.92)
        x = x - rate * step / (sqrt(weighted(squares, 0.99)) + 1e-8)
        yield x


def qhadam(steps: Steps) -> Iterator[float]:
    x = 1.0
    for _, rate, g, mean, square in moments(steps, beta1=0.995):
        x = x - rate * (0.3 * g + 0.7 * mean) / (sqrt(square) + 1e-8)
        yield x


RECURRENCES: dict[str, Recurrence] = {
    f.__name__: f for f in (adam, adam_uncorrected, adamw, adamax, nadam, nadamw, radam, amsgrad, yogi, adabelief, adan, qhadam)
}

WORKED: list[Worked] = [
    (Adam(beta1=0.5, beta2=0.75, eps=0.5), [2.0], [-0.4]),  # m̂ = 2, v̂ = 4; divisor 2.5
    (AdamUncorrected(beta1=0.5, beta2=0.75, eps=0.25), [2.0], [-0.4]),  # m = 1, v = 1; divisor 1.25
    (AdamW(beta1=0.5, beta2=0.0, eps=1.0, weight_decay=0.5), [3.0, 0.0], [-0.375, -0.78125]),  # m̂ = 3, 1; divisor 4, 1
    (AdaMax(beta1=0.5, beta2=0.75, eps=1.0), [3.0, 0.0], [-0.375, -0.375 - 1 / 6]),  # m̂ = 3, 1; u = 4, 3
    (NAdam(beta1=0.5, beta2=0.75, eps=0.5, momentum_decay=0.0), [2.0], [-0.4 - 4 / 75]),  # μ = 1/4; m = 1; 2 + 4/15 over 2.5
    (RAdam(beta1=0.5, beta2=0.5), [2.0, 2.0], [-1.0, -2.0]),  # rho∞ = 3: never rectified
    (AMSGrad(beta1=0.0, beta2=0.5, eps=2.0), [4.0, 0.0], [-1 / 3, -1 / 3]),  # v = 8, 4; peak = 8, 8; v̂ = 16
    (Yogi(beta1=0.5, beta2=0.75, eps=0.5), [2.0], [-0.4]),  # m̂ = 2, v̂ = 4; divisor 2.5
    (Yogi(beta1=0.0, beta2=0.0, eps=1.0), [3.0, 4.0, 3.0], [-0.375, -0.375 - 1 / 3, -0.675 - 1 / 3]),  # v = 9, 25, 16
    (AdaBelief(beta1=0.5, beta2=0.0, eps=3.0), [2.0], [-0.2]),  # m̂ = 2; v = 1 + 3; divisor 5
    (Adan(beta1=0.5, beta2=0.5, beta3=0.0, eps=1.0), [3.0], [-0.375]),  # m̂ = 3, d̂ = 0, n̂ = 9
    (QHAdam(beta1=0.5, beta2=0.0, nu1=0.5, nu2=0.5, eps=1.0), [3.0, 0.0], [-0.375, -0.625]),  # v̂ = 9, 0; m̂ = 3, 1
]
