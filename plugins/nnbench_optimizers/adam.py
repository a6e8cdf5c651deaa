"""Momentum and a rate for each parameter together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from nnbench import Component, Fraction, NonNegative, Optimizer, Positive, Rate, State, Weights


def update_mean(mean: Weights, value: Weights, kept: float | np.ndarray, work: Weights | None = None) -> Weights:
    """Set mean = kept·mean + (1 - kept)·value in place; return an array that is free to work in, `work` if given."""
    work = np.multiply(value, 1 - kept, out=work)
    mean *= kept
    mean += work
    return work


class Moments(Optimizer):
    """What the forms of Adam share: m = beta1·m + (1 - beta1)·g and v = beta2·v + (1 - beta2)·g²."""

    beta1: Fraction = 0.9
    """Share of m that is kept."""
    beta2: Fraction = 0.999
    """Share of v that is kept."""
    eps: Positive = 1e-8
    """Keeps the divisor from 0."""

    def init(self, params: Weights) -> State:
        return {"m": np.zeros_like(params), "v": np.zeros_like(params)}

    def _update(self, grads: Weights, state: State) -> tuple[Weights, Weights, Weights]:
        """Update m and v in place; return them with a third array, free to work in."""
        m, v = state["m"], state["v"]
        work = update_mean(m, grads, self.beta1)
        np.multiply(grads, grads, out=work)
        return m, v, update_mean(v, work, self.beta2, work)

    def _descend(self, params: Weights, m: Weights, v: Weights, work: Weights, lr: Rate, t: int) -> None:
        """Take the step lr·m̂ / (√v̂ + eps) with m̂ = m / (1 - beta1ᵗ), v̂ = v / (1 - beta2ᵗ)."""
        root = (1 - self.beta2**t) ** 0.5  # numerator and divisor are multiplied by it: no pass over v̂ and m̂
        np.sqrt(v, out=work)
        work += self.eps * root
        np.divide(m, work, out=work)
        work *= lr * (root / (1 - self.beta1**t))
        params -= work


class Adam(Moments):
    """params -= lr·m̂ / (√v̂ + eps) with m̂, v̂ bias-corrected running means of g, g².

    The default: each parameter gets its own step size and some momentum, so that one rate works nearly everywhere.

    m = beta1·m + (1 - beta1)·g; v = beta2·v + (1 - beta2)·g²; m̂ = m / (1 - beta1ᵗ); v̂ = v / (1 - beta2ᵗ), with t from 1. So the
    first step is about lr·sign(g). The lecture notes leave the correction out: see adam_uncorrected. As in the paper and in
    PyTorch and optax, eps is added to √v̂; Keras adds it to √v ("epsilon hat").

    Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1.

    Kingma and Ba 2015: https://arxiv.org/abs/1412.6980
    """

    gradient_scale = "invariant"
    default = True
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v, work = self._update(grads, state)
        self._descend(params, m, v, work, lr, t)


class AdamUncorrected(Moments):
    """params -= lr·m / (√v + eps) with m, v running means of g, g²: Adam as the notes print it.

    Adam without its correction: the first steps are too long, which shows what the correction is for.

    m = beta1·m + (1 - beta1)·g; v = beta2·v + (1 - beta2)·g². Without bias correction the first steps are longer than Adam's,
    by (1 - beta1ᵗ) / √(1 - beta2ᵗ): 3.2 times at the first step with the defaults, 6.6 times at most (t = 12), 2 times at t = 250.
    """

    gradient_scale = "invariant"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v, change = self._update(grads, state)
        np.sqrt(v, out=change)
        change += self.eps
        np.divide(m, change, out=change)
        change *= lr
        params -= change


class AdamW(Adam):
    """params -= lr·(m̂ / (√v̂ + eps) + weight_decay·params): Adam with decoupled weight decay.

    Adam whose weight decay really is decay: every weight shrinks alike, however large its gradients are.

    The decay acts on the parameters, not on g, and so is not divided by √v̂ as an L2 penalty under Adam would be. It shrinks all
    parameters, biases too, as PyTorch's does unless told otherwise: seen one by one they cannot be told apart. As in PyTorch, optax
    and Keras it is multiplied by lr, which the paper separates; defaults differ (PyTorch 0.01, as here; Keras 0.004; optax 0.0001).

    Loshchilov and Hutter 2019, "Decoupled weight decay regularization".

    Loshchilov and Hutter 2019: https://arxiv.org/abs/1711.05101
    """

    name = "adamw"

    weight_decay: NonNegative = 0.01
    """What parameters lose in a step, times lr."""

    @property
    def decays(self) -> bool:
        return self.weight_decay > 0

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        params *= 1 - lr * self.weight_decay
        super().step(params, grads, state, lr, t)

    @classmethod
    def special_cases(cls) -> Sequence[tuple[Component, Component]]:
        return [(cls(weight_decay=0.0), Adam())]


class AdaMax(Optimizer):
    """params -= lr·m̂ / u with u = max(beta2·u, |g| + eps): Adam with the infinity norm.

    Adam that sizes steps by the largest recent gradient: calmer after outliers, since one spike shrinks many steps.

    m = beta1·m + (1 - beta1)·g; m̂ = m / (1 - beta1ᵗ). u needs no correction for its start at 0. The paper has no eps; PyTorch and
    optax add it to |g|, as here, Keras to u.

    Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 2.

    Kingma and Ba 2015: https://arxiv.org/abs/1412.6980
    """

    gradient_scale = "invariant"
    name = "adamax"
    search_space: ClassVar = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}

    lr: Positive = 0.03
    beta1: Fraction = 0.9
    """Share of m that is kept."""
    beta2: Fraction = 0.999
    """Share of u that is kept."""
    eps: Positive = 1e-8
    """Keeps the divisor from 0."""

    def init(self, params: Weights) -> State:
        return {"m": np.zeros_like(params), "u": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, u = state["m"], state["u"]
        change = update_mean(m, grads, self.beta1)
        np.abs(grads, out=change)
        change += self.eps
        u *= self.beta2
        np.maximum(u, change, out=u)
        np.divide(m, u, out=change)
        change *= lr / (1 - self.beta1**t)
        params -= change


class AMSGrad(Moments):
    """peak = max(peak, v); params -= lr·m̂ / (√(peak / (1 - beta2ᵗ)) + eps).

    Adam with a memory for its worst gradient: step sizes only shrink, which mends a proof and rarely a network.

    Adam with the largest v so far; m, v and m̂ are Adam's. No parameter's rate grows again, but for the correction of the first
    steps. The paper corrects neither m nor v; PyTorch and Keras correct both, the peak after it is taken, as here; optax takes the
    peak of v̂, in which the first gradients weigh most.

    Reddi, Kale and Kumar 2018, "On the convergence of Adam and beyond".

    Reddi et al. 2018: https://arxiv.org/abs/1904.09237
    """

    gradient_scale = "invariant"
    name = "amsgrad"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01

    def init(self, params: Weights) -> State:
        return {**super().init(params), "peak": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v, change = self._update(grads, state)
        peak = state["peak"]
        np.maximum(peak, v, out=peak)
        self._descend(params, m, peak, change, lr, t)
