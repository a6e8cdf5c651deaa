"""Parameters computed anew at each step, from where they started and all gradients since: dual averaging."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from nnbench import Fraction, NonNegative, Optimizer, Positive, Rate, State, Weights


class FTRL(Optimizer):
    """z += lr·g - (√n' - √n)·params; params = -sign(z)·max(|z| - lr·l1, 0) / √n', n' = n + g².

    Made for sparse models: a weight stays exactly 0 until its gradients agree that it should not.

    Follow the regularized leader: AdaGrad (of which l1 = 0 is a second writing), with an L1 penalty that is counted once rather
    than added up step by step, so that parameters are exactly 0 unless their gradients agree. n starts at n0, and z where it
    gives the first parameters. Keras and TensorFlow start z at 0, which forgets the initialization, and keep z / lr, which is the
    same while the rate is constant; their L2 is the penalty l2 here.

    McMahan et al. 2013, "Ad click prediction: a view from the trenches", algorithm 1.

    McMahan et al. 2013: https://doi.org/10.1145/2487575.2488200
    """

    name = "ftrl"
    aliases = ("ftrl_proximal",)
    search_space: ClassVar = {"lr": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)}

    lr: Positive = 0.1
    l1: NonNegative = 0.001
    """Weight of the L1 penalty."""
    n0: Positive = 0.1
    """First sum of squared gradients."""

    @property
    def decays(self) -> bool:
        return self.l1 > 0

    def init(self, params: Weights) -> State:
        n = np.full_like(params, self.n0)
        return {"n": n, "z": -np.sqrt(n) * params}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        n, z = state["n"], state["z"]
        before = np.sqrt(n)
        n += grads * grads
        root = np.sqrt(n)
        before -= root
        before *= params
        z += before
        z += lr * grads
        threshold = lr * self.l1
        kept = np.clip(z, -threshold, threshold, out=before)
        kept -= z
        np.divide(kept, np.maximum(root, np.finfo(params.dtype).tiny, out=root), out=params)


class MADGRAD(Optimizer):
    """params += (1 - mu)·(z - params), z = start - Σλ·g / (∛n + eps), n = Σλ·g², λ = lr·√t.

    Adapts rates as AdaGrad does, but keeps an anchor at the start: meant for tasks where Adam generalizes badly.

    Momentumized, adaptive, dual averaged gradient: like AdaGrad with a cube root, from the start and not from the last position,
    where later gradients weigh more. The authors' code and optax add eps to lr too.

    Defazio and Jelassi 2022, "Adaptivity without compromise: a momentumized, adaptive, dual averaged gradient method".

    Defazio and Jelassi 2022: https://arxiv.org/abs/2101.11075
    """

    name = "madgrad"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01
    mu: Fraction = 0.9
    """Share of the last parameters."""
    eps: Positive = 1e-6
    """Keeps the divisor from 0."""

    def init(self, params: Weights) -> State:
        return {"start": params.copy(), "s": np.zeros_like(params), "n": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        s, n = state["s"], state["n"]
        weighted = grads * (lr * t**0.5)
        s += weighted
        weighted *= grads
        n += weighted
        divisor = np.cbrt(n, out=weighted)
        divisor += self.eps
        z = np.divide(s, divisor, out=divisor)
        np.subtract(state["start"], z, out=z)
        z -= params
        z *= 1 - self.mu
        params += z
