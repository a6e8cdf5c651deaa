"""Schedules that fall over the whole run.

They start at 1, their maximum, and would reach `end` at step `total`. PyTorch, optax and Keras agree with that where they are
told `total` as the length of the decay.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from nnbench import Component, Fraction, Positive, Schedule


class _Annealing(Schedule):
    """What schedules with a floor share."""

    end: Fraction = 0.0
    """What would be left of the rate after the last step."""


class Linear(_Annealing):
    """1 - (1 - end)·step / total.

    Straight down to the end: hard to beat when the length of training is known, with nothing to tune.

    PyTorch's LinearLR rises, from a third, unless told otherwise. With a constant part before it, it is `delayed` with
    `then = "linear"`.

    Defazio et al. 2023, "When, why and how much? Adaptive learning rate scheduling by refinement", whose theory and most of whose
    tasks favour it.

    Defazio et al. 2023: https://arxiv.org/abs/2310.07831
    """

    aliases = ("linear_decay",)

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return 1 - (1 - self.end) * (step / total)


class Polynomial(_Annealing):
    """end + (1 - end)·(1 - step / total)^power, the "poly" policy.

    A dial between linear and steeper falls: larger powers spend more of the run at small rates.

    A power of 1, the default of PyTorch's PolynomialLR and of Keras' PolynomialDecay, is linear; that of semantic segmentation is
    0.9. Not to be confused with polynomials in 1 / step: see inverse_scaling.

    Liu, Rabinovich and Berg 2015, "ParseNet: looking wider to see better"; Chen et al. 2017, "DeepLab".

    Liu et al. 2015: https://arxiv.org/abs/1506.04579
    Chen et al. 2017: https://arxiv.org/abs/1606.00915
    """

    aliases = ("poly", "PolynomialLR", "polynomial_decay")

    power: Positive = 0.9
    """Above 1, most of the decay is early; below 1, late."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return self.end + (1 - self.end) * (1 - step / total) ** self.power

    @classmethod
    def special_cases(cls) -> Sequence[tuple[Component, Component]]:
        return [(cls(power=1.0), Linear())]


class KDecay(_Annealing):
    """end + (1 - end)·(1 - (step / total)^k): high for long, then falling ever faster.

    A dial for when to land: large k keeps the rate high for long and drops it late.

    The paper raises the second factor to a power N as well; this is its N = 1. k = 1 is linear.

    Zhang and Li 2020, "k-decay: a new method for learning rate schedule".

    Zhang and Li 2020: https://arxiv.org/abs/2004.05909
    """

    k: Positive = 3.0
    """How long the rate stays high."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return self.end + (1 - self.end) * (1 - (step / total) ** self.k)


class Cosine(_Annealing):
    """end + (1 - end)·(1 + cos(π·step / total)) / 2, half a cosine.

    Large steps for long, then a gentle landing: the rate falls slowly, fast, and slowly again.

    With a rise before it, it is `warmup` with `then = "cosine"`; held at the top for a while, `delayed`; repeated,
    cosine_restarts, which is what the paper is about.

    Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm restarts".

    Loshchilov and Hutter 2017: https://arxiv.org/abs/1608.03983
    """

    aliases = ("CosineAnnealingLR", "cosine_decay")

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return self.end + (1 - self.end) * (1 + np.cos(np.pi * (step / total))) / 2


class TanhDecay(_Annealing):
    """end + (1 - end)·(1 - tanh(lower + (upper - lower)·step / total)) / 2.

    Longer at the top and longer at the bottom than cosine: explores, drops in the middle, and polishes.

    With the paper's bounds, the defaults, it starts at 1 - 6·10⁻⁶ and stays above 0.99 for two fifths of the run; what is left
    after it, beside `end`, is 0.002.

    Hsueh, Li and Wu 2019, "Stochastic gradient descent with hyperbolic-tangent decay on classification".

    Hsueh et al. 2019: https://arxiv.org/abs/1806.01593
    """

    lower: float = -6.0
    """Argument of the hyperbolic tangent at the start."""
    upper: float = 3.0
    """Argument of the hyperbolic tangent after the last step."""

    def starts_at(self, total: int) -> float:
        return float(self.end + (1 - self.end) * (1 - np.tanh(self.lower)) / 2)

    def __post_init__(self) -> None:
        if self.lower >= self.upper:
            raise ValueError("lower must be below upper")

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return self.end + (1 - self.end) * (1 - np.tanh(self.lower + (self.upper - self.lower) * (step / total))) / 2


class Rex(Schedule):
    """z / (½ + z/2) with z = 1 - step / total, a reflected exponential.

    Stays high for long and falls late: made for runs too short to waste steps at small rates.

    Starts at 1, its maximum, and ends at 0; above linear all the way. Made for short budgets, without anything to tune.

    Chen, Wolfe and Kyrillidis 2022, "REX: revisiting budgeted training with an improved schedule".

    Chen et al. 2022: https://arxiv.org/abs/2107.04197
    """

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        z = 1 - step / total
        return z / (0.5 + 0.5 * z)
