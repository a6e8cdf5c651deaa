"""Momentum and a rate for each parameter together."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from nnbench import Fraction, Optimizer, Positive, Rate, Weights


class _Moments(Optimizer):
    """What the forms of Adam share: m = beta1·m + (1 - beta1)·g and v = beta2·v + (1 - beta2)·g²."""

    beta1: Fraction = 0.9
    """Share of m that is kept."""
    beta2: Fraction = 0.999
    """Share of v that is kept."""
    eps: Positive = 1e-8
    """Keeps the divisor from 0."""

    def init(self, params: Weights) -> dict[str, Weights]:
        return {"m": np.zeros_like(params), "v": np.zeros_like(params)}

    def _update(self, grads: Weights, state: dict[str, Weights]) -> tuple[Weights, Weights, Weights]:
        """Update m and v in place; return them with a third array, free to work in."""
        m, v = state["m"], state["v"]
        work = grads * (1 - self.beta1)
        m *= self.beta1
        m += work
        np.multiply(grads, grads, out=work)
        work *= 1 - self.beta2
        v *= self.beta2
        v += work
        return m, v, work


class Adam(_Moments):
    """params -= lr·m̂ / (√v̂ + eps) with m̂, v̂ bias-corrected running means of g, g².

    m = beta1·m + (1 - beta1)·g; v = beta2·v + (1 - beta2)·g²; m̂ = m / (1 - beta1ᵗ); v̂ = v / (1 - beta2ᵗ), with t from 1. So the
    first step is about lr·sign(g). The lecture notes leave the correction out: see adam_uncorrected. As in the paper and in
    PyTorch, eps is added to √v̂; TensorFlow adds it to √v ("epsilon hat").

    Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1.
    """

    default = True
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01

    def step(self, params: Weights, grads: Weights, state: dict[str, Weights], lr: Rate, t: int) -> None:
        m, v, change = self._update(grads, state)
        root = (1 - self.beta2**t) ** 0.5  # numerator and divisor are multiplied by it: no pass over v̂ and m̂
        np.sqrt(v, out=change)
        change += self.eps * root
        np.divide(m, change, out=change)
        change *= lr * (root / (1 - self.beta1**t))
        params -= change


class AdamUncorrected(_Moments):
    """params -= lr·m / (√v + eps) with m, v running means of g, g²: Adam as the notes print it.

    m = beta1·m + (1 - beta1)·g; v = beta2·v + (1 - beta2)·g². Without bias correction the first steps are longer than Adam's,
    by (1 - beta1ᵗ) / √(1 - beta2ᵗ): 3.2 times at the first step with the defaults, 6.6 times at most (t = 12), 2 times at t = 250.
    """

    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01

    def step(self, params: Weights, grads: Weights, state: dict[str, Weights], lr: Rate, t: int) -> None:
        m, v, change = self._update(grads, state)
        np.sqrt(v, out=change)
        change += self.eps
        np.divide(m, change, out=change)
        change *= lr
        params -= change
