"""Schedules that depend on the step alone, however long the run is."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from jaxtyping import Float, Int

from nnbench import Ge, NonNegative, Positive, Schedule


class Exponential(Schedule):
    """e^(-k·step).

    Halves the rate at even intervals for ever: simple, and often too small before the work is done.

    Starts at 1, its maximum. Halves every ln 2 / k steps: 139 with the default k. PyTorch's ExponentialLR has gamma = e^-k.
    """

    aliases = ("ExponentialLR", "exponential_decay")

    k: NonNegative = 0.005
    """Decay of each step."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return np.exp(-self.k * step)


class InverseTime(Schedule):
    """tau / max(step, tau): constant for tau steps, then falling like 1 / step.

    Full rate until tau, then a fall that lets noise average out: the lecture notes' way to settle.

    Starts at 1, its maximum. The lecture notes' form. Others decay from the start: see hyperbolic.
    """

    tau: Positive = 100.0
    """Steps before the decay begins."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return self.tau / np.maximum(step, self.tau)


class Hyperbolic(Schedule):
    """1 / (1 + k·step), a decay by time from the first step on.

    Falls fast at first and ever more slowly: steps shrink just so that noise averages out.

    Starts at 1, its maximum, and is halved after 1 / k steps. Keras calls it InverseTimeDecay, with k = decay_rate / decay_steps.
    With k = lr·λ it is Bottou's rate for a loss whose curvature is at least λ, of the kind that Robbins and Monro prove to
    converge.

    Bottou 2012, "Stochastic gradient descent tricks"; Robbins and Monro 1951, "A stochastic approximation method".

    Bottou 2012: https://doi.org/10.1007/978-3-642-35289-8_25
    Robbins and Monro 1951: https://doi.org/10.1214/aoms/1177729586
    """

    aliases = ("InverseTimeDecay",)

    k: NonNegative = 0.01
    """Decay of each step."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return 1 / (1 + self.k * step)


class InverseScaling(Schedule):
    """(step + 1)^-power, a power of time.

    The textbook's decay for averaging noise away: large enough to arrive anywhere, small enough to settle.

    Starts at 1, its maximum. Stochastic approximation converges for powers above ½ and up to 1; the average of its iterates is
    asymptotically optimal below 1. scikit-learn's "invscaling", whose power is ¼ in SGDRegressor and ½ in
    MLPClassifier, which counts samples in place of steps.

    Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging".

    Polyak and Juditsky 1992: https://doi.org/10.1137/0330046
    """

    aliases = ("invscaling",)

    power: NonNegative = 0.25
    """How fast the rate falls; 0 keeps it."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return (step + 1.0) ** -self.power


class InverseSqrt(Schedule):
    """√(tau / max(step, tau)): constant for tau steps, then falling like 1 / √step.

    A slow decay without an end: training may go on as long as it likes, the rate hardly dies.

    Starts at 1, its maximum. T5's rate is 1 / √max(step, 10,000): this one times lr = 0.01, with tau = 10,000. Fairseq's schedule
    of this name warms up linearly in place of the constant part: see noam.

    Raffel et al. 2020, "Exploring the limits of transfer learning with a unified text-to-text transformer".

    Raffel et al. 2020: https://arxiv.org/abs/1910.10683
    """

    aliases = ("inverse_square_root",)

    tau: Positive = 100.0
    """Steps before the decay begins."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return np.sqrt(self.tau / np.maximum(step, self.tau))


class Noam(Schedule):
    """min(t / warmup, √(warmup / t)) with t = step + 1: a linear rise, then 1 / √t.

    Rises until the optimizer has its statistics, then fades slowly: what the first transformers needed.

    Starts at 1 / warmup; its maximum, 1, is at t = warmup. The paper's rate is d^-½·min(t^-½, t·warmup^-1.5), without any lr:
    this one times lr = (d·warmup)^-½, where d is the width of the model. There the warm-up takes 4,000 of 100,000 steps.

    Vaswani et al. 2017, "Attention is all you need", equation 3; named after Noam Shazeer.

    Vaswani et al. 2017: https://arxiv.org/abs/1706.03762
    """

    aliases = ("NoamLR",)

    warmup: Annotated[int, Ge(1)] = 40
    """Steps of the rise."""

    def starts_at(self, total: int) -> float:
        return 1 / self.warmup

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        t = step + 1
        return np.minimum(t / self.warmup, np.sqrt(self.warmup / t))
