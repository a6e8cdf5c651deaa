"""Gradient descent, with and without a velocity."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from nnbench import Fraction, Optimizer, Positive, Rate, Weights


class SGD(Optimizer):
    """params -= lr·g: plain stochastic gradient descent."""

    search_space: ClassVar = {"lr": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)}

    lr: Positive = 0.3

    def step(self, params: Weights, grads: Weights, state: dict[str, Weights], lr: Rate, t: int) -> None:
        params -= lr * grads


class Momentum(Optimizer):
    """v = mu·v - lr·g; params += v (classical momentum).

    For a constant gradient the steps approach lr·g / (1 - mu). The rate is inside v, so that a schedule which lowers
    it leaves the velocity gained before; PyTorch keeps v = mu·v + g and multiplies by lr afterwards, which is the same only
    while lr is constant.

    Polyak 1964, "Some methods of speeding up the convergence of iteration methods".
    """

    search_space: ClassVar = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}

    lr: Positive = 0.1
    mu: Fraction = 0.9
    """Share of the velocity that is kept; 0 is plain gradient descent."""

    def init(self, params: Weights) -> dict[str, Weights]:
        return {"v": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: dict[str, Weights], lr: Rate, t: int) -> None:
        v = state["v"]
        v *= self.mu
        v -= lr * grads
        params += v
