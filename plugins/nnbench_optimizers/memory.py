"""Adam with another memory: of gradients long past, or without the newest one in the divisor."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from nnbench import Fraction, NonNegative, Optimizer, Positive, Rate, State, Weights


class ADOPT(Optimizer):
    """u = g / max(√v, eps), v of the steps before; m = beta1·m + (1 - beta1)·u; params -= lr·m.

    Adam without its blind spot: no gradient sizes its own step, so that rare large ones are not muffled.

    Then v = beta2·v + (1 - beta2)·g²: the newest gradient is not in its own divisor, so that it converges for any beta2. u is
    clipped to ±(t - 1)^¼; the first step only sets v = g², and within some hundred v stays close to that unless beta2 is lowered.

    Taniguchi et al. 2024, "ADOPT: modified Adam can converge with any β₂ with the optimal rate", with clipping.

    Taniguchi et al. 2024: https://arxiv.org/abs/2411.02853
    """

    gradient_scale = "invariant"
    name = "adopt"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01
    beta1: Fraction = 0.9
    """Share of m that is kept."""
    beta2: Fraction = 0.9999
    """Share of v that is kept."""
    eps: Positive = 1e-6
    """Least divisor."""

    def init(self, params: Weights) -> State:
        return {"m": np.zeros_like(params), "v": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v = state["m"], state["v"]
        if t == 1:
            np.multiply(grads, grads, out=v)
            return
        u = np.sqrt(v)
        np.maximum(u, self.eps, out=u)
        np.divide(grads, u, out=u)
        bound = (t - 1) ** 0.25
        np.clip(u, -bound, bound, out=u)
        u *= 1 - self.beta1
        m *= self.beta1
        m += u
        np.multiply(grads, grads, out=u)
        u *= 1 - self.beta2
        v *= self.beta2
        v += u
        params -= lr * m


class AdEMAMix(Optimizer):
    """params -= lr·(m̂ + alpha·slow) / (√v̂ + eps): Adam with a second, slower mean of g.

    Remembers old gradients for thousands of steps beside the new ones: slow to react, strong over long runs.

    m = beta1·m + (1 - beta1)·g; slow = beta3·slow + (1 - beta3)·g, not bias-corrected; v = beta2·v + (1 - beta2)·g²;
    m̂ = m / (1 - beta1ᵗ); v̂ = v / (1 - beta2ᵗ). The paper lets alpha and beta3 rise during training and ends at 0.9999, for runs of
    many thousand steps; here they are constant, and beta3 suits some hundreds.

    Pagliardini, Ablin and Grangier 2024, "The AdEMAMix optimizer: better, faster, older".

    Pagliardini et al. 2024: https://arxiv.org/abs/2409.03137
    """

    gradient_scale = "invariant"
    name = "ademamix"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.003
    beta1: Fraction = 0.9
    """Share of m that is kept."""
    beta2: Fraction = 0.999
    """Share of v that is kept."""
    beta3: Fraction = 0.99
    """Share of the slow mean that is kept."""
    alpha: NonNegative = 5.0
    """Weight of the slow mean."""
    eps: Positive = 1e-8
    """Keeps the divisor from 0."""

    def init(self, params: Weights) -> State:
        return {name: np.zeros_like(params) for name in ("m", "slow", "v")}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, slow, v = state["m"], state["slow"], state["v"]
        work = grads - m
        work *= 1 - self.beta1
        m += work
        np.subtract(grads, slow, out=work)
        work *= 1 - self.beta3
        slow += work
        np.multiply(grads, grads, out=work)
        work -= v
        work *= 1 - self.beta2
        v += work
        root = (1 - self.beta2**t) ** 0.5
        np.sqrt(v, out=work)
        work += self.eps * root
        change = slow * self.alpha
        change += m / (1 - self.beta1**t)
        change /= work
        change *= lr * root
        params -= change
