"""Gradient descent, with velocities and with signs."""

from __future__ import annotations

from collections.abc import Iterator

from nnbench_optimizers.descent import QHM, SGD, AggMo, Lion, Momentum, Nesterov, SignSGD, Signum
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


def nesterov(steps: Steps) -> Iterator[float]:
    y, v = 1.0, 0.0  # Sutskever's form: the gradient is that of y + 0.9·v
    for rate, g in steps:
        v = 0.9 * v - rate * g
        y = y + v
        yield y + 0.9 * v


def aggmo(steps: Steps) -> Iterator[float]:
    x, past = 1.0, []
    for rate, g in steps:
        past.insert(0, g)
        velocities = [sum(beta**age * each for age, each in enumerate(past)) for beta in (0.0, 0.9, 0.99)]
        x = x - rate * sum(velocities) / 3
        yield x


def qhm(steps: Steps) -> Iterator[float]:
    x, past = 1.0, []
    for rate, g in steps:
        past.insert(0, g)
        v = sum(0.001 * 0.999**age * each for age, each in enumerate(past))
        x = x - rate * (0.3 * g + 0.7 * v)
        yield x


def sign(x: float) -> int:
    return (x > 0) - (x < 0)


def signsgd(steps: Steps) -> Iterator[float]:
    x = 1.0
    for rate, g in steps:
        x = x - rate * sign(g)
        yield x


def signum(steps: Steps) -> Iterator[float]:
    x, velocity = 1.0, 0.0
    for rate, g in steps:
        velocity = 0.9 * velocity + g
        x = x - rate * sign(velocity)
        yield x


def lion(steps: Steps) -> Iterator[float]:
    x, m = 1.0, 0.0
    for rate, g in steps:
        x = x - rate * sign(0.9 * m + 0.1 * g)
        m = 0.99 * m + 0.01 * g
        yield x


RECURRENCES: dict[str, Recurrence] = {f.__name__: f for f in (sgd, momentum, nesterov, aggmo, qhm, signsgd, signum, lion)}

WORKED: list[Worked] = [
    (SGD(), [2.0, -4.0], [-1.0, 1.0]),
    (Momentum(mu=0.5), [4.0, 4.0, 4.0], [-2.0, -5.0, -8.5]),  # v = -2, -3, -3.5
    (Nesterov(mu=0.5), [4.0, 4.0], [-3.0, -6.5]),  # v = -2, -3
    (AggMo(velocities=2, scale=0.5), [4.0, 4.0, 0.0], [-2.0, -4.5, -5.25]),  # v₁ = 4, 6, 3
    (AggMo(velocities=3, scale=0.5), [6.0, 0.0], [-3.0, -4.25]),  # v₁ = 6, 3; v₂ = 6, 4.5
    (QHM(beta=0.5, nu=0.25), [4.0, 8.0], [-1.75, -5.375]),  # v = 2, 5; steps 3 + 0.5 and 6 + 1.25, halved
    (SignSGD(), [3.0, 0.0, -0.1], [-0.5, -0.5, 0.0]),
    (Signum(beta=0.75), [1.0, -2.0, -4.0], [-0.5, 0.0, 0.5]),  # m = 0.25, -0.3125, …
    (Signum(beta=0.75), [4.0, -1.0], [-0.5, -1.0]),  # m = 1, 0.5
    (Lion(beta1=0.5, beta2=0.75), [4.0, -0.5, -2.0], [-0.5, -1.0, -0.5]),  # m = 1, 0.625; 0.25 and -0.6875 under the sign
    (Lion(weight_decay=0.2), [1.0, 1.0], [-0.5, -0.95]),
]
