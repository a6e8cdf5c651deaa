"""Optimizers that estimate their rate from how far the whole network has come; lr multiplies the estimate."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from nnbench import Fraction, Optimizer, Positive, Rate, State, Weights
from nnbench_optimizers.norms import dot, norm, total


class _RateFree(Optimizer):
    """What rate-free optimizers share: all parameters of a network are one vector."""

    scope = "network"
    search_space: ClassVar = {"lr": (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)}

    lr: Positive = 1.0
    """Multiplies the estimated rate."""


class DoG(_RateFree):
    """params -= lr·(r / √G)·g, r the largest distance from the start so far, G = Σ‖g‖².

    No rate to tune: steps grow with the distance covered so far, and shrink with the gradients met.

    r starts at r0·(1 + ‖start‖) and grows exponentially at first, until the rate has found its size; from the authors' r0 = 1e-6
    that takes a large part of some hundred steps. To G, eps is added. They advise to average the positions: ema around this.

    Ivgi, Hinder and Carmon 2023, "DoG is SGD's best friend: a parameter-free dynamic step size schedule".

    Ivgi et al. 2023: https://arxiv.org/abs/2302.12022
    """

    gradient_scale = "invariant"
    name = "dog"

    r0: Positive = 1e-3
    """First distance, as a share of the length of the start."""
    eps: Positive = 1e-8
    """Keeps the root from 0."""

    def init(self, params: Weights) -> State:
        return {
            "start": params.copy(),
            "r": (self.r0 * (1 + norm(params))).astype(params.dtype),
            "squares": np.zeros_like(params[:, :1, :1]),
        }

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        r, squares = state["r"], state["squares"]
        np.maximum(r, norm(params - state["start"]), out=r)
        squares += dot(grads, grads)
        params -= lr * (r / np.sqrt(squares + self.eps)) * grads


class DoWG(_RateFree):
    """params -= lr·(r² / √G)·g, r the largest distance from the start so far, G = Σr²·‖g‖².

    dog that gets going sooner: gradients from the slow beginning hardly hold it back later.

    Like dog, with gradients weighed by the distance at which they were met: the early ones, near the start, count for little,
    so that steps are longer. To √G, eps is added. r starts at r0, in optax at √eps.

    Khaled, Mishchenko and Jin 2023, "DoWG unleashed: an efficient universal parameter-free gradient descent method".

    Khaled et al. 2023: https://arxiv.org/abs/2305.16284
    """

    name = "dowg"

    r0: Positive = 0.01
    """First distance."""
    eps: Positive = 1e-4
    """Keeps the divisor from 0."""

    def init(self, params: Weights) -> State:
        each = params[:, :1, :1]
        return {"start": params.copy(), "squared": np.full_like(each, self.r0 * self.r0), "weighted": np.zeros_like(each)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        squared, weighted = state["squared"], state["weighted"]
        away = params - state["start"]
        np.maximum(squared, dot(away, away), out=squared)
        weighted += squared * dot(grads, grads)
        params -= lr * (squared / (np.sqrt(weighted) + self.eps)) * grads


class DAdaptAdam(_RateFree):
    """Adam whose rate is d, an estimate from below of how far the solution is: D-Adaptation.

    Adam that finds its own rate: it learns how far there is to go from the way that gradients line up.

    With λ = lr·d·√(1 - beta2ᵗ) / (1 - beta1ᵗ) and β = √beta2, each step does: r = β·r + (1 - β)·λ·Σ g·s / (√v + eps);
    m = beta1·m + (1 - beta1)·λ·g; v = beta2·v + (1 - beta2)·g²; s = β·s + (1 - β)·λ·g; params -= m / (√v + eps); then
    d = max(d, r / ((1 - β)·Σ|s|)), which starts at d0. With bias correction, as in optax; the authors' code leaves it out unless
    asked for.

    Defazio and Mishchenko 2023, "Learning-rate-free learning by D-adaptation", its Adam version.

    Defazio and Mishchenko 2023: https://arxiv.org/abs/2301.07733
    """

    gradient_scale = "invariant"
    name = "dadapt_adam"

    beta1: Fraction = 0.9
    """Share of m that is kept."""
    beta2: Fraction = 0.999
    """Share of v that is kept."""
    eps: Positive = 1e-8
    """Keeps the divisor from 0."""
    d0: Positive = 1e-6
    """First estimate; far too small is right."""

    def init(self, params: Weights) -> State:
        zeros = {name: np.zeros_like(params) for name in ("m", "v", "s")}
        each = params[:, :1, :1]
        return {**zeros, "d": np.full_like(each, self.d0), "r": np.zeros_like(each)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v, s, d, r = (state[name] for name in ("m", "v", "s", "d", "r"))
        keep = self.beta2**0.5
        scaled = grads * (lr * d * ((1 - self.beta2**t) ** 0.5 / (1 - self.beta1**t)))
        divisor = np.sqrt(v)
        divisor += self.eps
        r *= keep
        r += (1 - keep) * dot(scaled, np.divide(s, divisor, out=divisor))
        work = np.multiply(scaled, 1 - self.beta1, out=divisor)
        m *= self.beta1
        m += work
        scaled *= 1 - keep
        s *= keep
        s += scaled
        np.multiply(grads, grads, out=work)
        work *= 1 - self.beta2
        v *= self.beta2
        v += work
        np.maximum(d, r / np.maximum((1 - keep) * total(s), np.finfo(params.dtype).tiny), out=d)
        np.sqrt(v, out=work)
        work += self.eps
        params -= np.divide(m, work, out=work)


class Prodigy(_RateFree):
    """Adam whose rate is d, a fast growing estimate of how far from the start the solution is.

    Adam that finds its own rate, faster than dadapt_adam: leave lr at 1 and choose a schedule.

    With λ = lr·d·√(1 - beta2ᵗ) / (1 - beta1ᵗ), β = √beta2 and x = start - params, each step does: r = β·r + (d/d0)·Σ λ·g·x;
    m = beta1·m + (1 - beta1)·d·g; v = beta2·v + (1 - beta2)·(d·g)²; s = β·s + (d/d0)·λ·g; d = max(d, r / Σ|s|), which
    starts at d0; params -= λ·m / (√v + d·eps). With bias correction, as in optax; the authors' code leaves it out unless asked for.

    Mishchenko and Defazio 2024, "Prodigy: an expeditiously adaptive parameter-free learner", its Adam version.

    Mishchenko and Defazio 2024: https://arxiv.org/abs/2306.06101
    """

    gradient_scale = "invariant"

    beta1: Fraction = 0.9
    """Share of m that is kept."""
    beta2: Fraction = 0.999
    """Share of v that is kept."""
    eps: Positive = 1e-8
    """Keeps the divisor from 0."""
    d0: Positive = 1e-6
    """First estimate; far too small is right."""

    def init(self, params: Weights) -> State:
        zeros = {name: np.zeros_like(params) for name in ("m", "v", "s")}
        each = params[:, :1, :1]
        return {**zeros, "start": params.copy(), "d": np.full_like(each, self.d0), "r": np.zeros_like(each)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v, s, d, r = (state[name] for name in ("m", "v", "s", "d", "r"))
        tiny = np.finfo(params.dtype).tiny
        keep = self.beta2**0.5
        rate = lr * d * ((1 - self.beta2**t) ** 0.5 / (1 - self.beta1**t))
        scaled = grads * d
        work = scaled * (1 - self.beta1)
        m *= self.beta1
        m += work
        np.multiply(scaled, scaled, out=work)
        work *= 1 - self.beta2
        v *= self.beta2
        v += work
        scaled *= rate / self.d0
        s *= keep
        s += scaled
        r *= keep
        r += dot(scaled, np.subtract(state["start"], params, out=work))
        np.maximum(d, r / np.maximum(total(s), tiny), out=d)
        np.sqrt(v, out=work)
        work += d * self.eps + tiny
        np.divide(m, work, out=work)
        work *= rate
        params -= work
