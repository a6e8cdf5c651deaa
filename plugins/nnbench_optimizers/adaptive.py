"""A rate of its own for each parameter, from the size of its past gradients."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from nnbench import Fraction, Optimizer, Positive, Rate, Weights


class AdaGrad(Optimizer):
    """cache += g²; params -= lr·g / √(cache + eps).

    A parameter that is rarely updated keeps a large rate; every parameter's rate shrinks monotonically. The lecture notes'
    formula has no eps and their snippet puts it under the root, as here; PyTorch adds it to the root.

    Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online learning and stochastic optimization".
    """

    name = "adagrad"
    search_space: ClassVar = {"lr": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)}

    lr: Positive = 0.1
    eps: Positive = 1e-8
    """Keeps the root from 0."""

    def init(self, params: Weights) -> dict[str, Weights]:
        return {"cache": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: dict[str, Weights], lr: Rate, t: int) -> None:
        cache = state["cache"]
        cache += grads * grads
        change = cache + self.eps
        np.sqrt(change, out=change)
        np.divide(grads, change, out=change)
        change *= lr
        params -= change


class RMSProp(Optimizer):
    """cache = rho·cache + (1 - rho)·g²; params -= lr·g / (√cache + eps).

    AdaGrad that forgets: its rates can grow again. The first steps are long, about lr / √(1 - rho), because the cache
    starts at 0. TensorFlow puts eps under the root.

    Tieleman and Hinton 2012, "Neural networks for machine learning", lecture 6e.
    """

    name = "rmsprop"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01
    rho: Fraction = 0.9
    """Share of the cache that is kept."""
    eps: Positive = 1e-8
    """Keeps the divisor from 0."""

    def init(self, params: Weights) -> dict[str, Weights]:
        return {"cache": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: dict[str, Weights], lr: Rate, t: int) -> None:
        cache = state["cache"]
        change = grads * grads
        change *= 1 - self.rho
        cache *= self.rho
        cache += change
        np.sqrt(cache, out=change)
        change += self.eps
        np.divide(grads, change, out=change)
        change *= lr
        params -= change
