"""Initializers that draw every weight from one distribution, whatever the size of the layer."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from jaxtyping import Float

from nnbench import Ge, Initializer, Positive


class Uniform(Initializer):
    """U[-bound, bound], the same for every layer.

    As plain as normal, with bounded draws: fine for one hidden layer, too small or too large for many.

    Its standard deviation is bound / √3. The default is Keras' RandomUniform; PyTorch's uniform_ draws from [0, 1) unless told
    otherwise.
    """

    aliases = ("random_uniform",)

    bound: Positive = 0.05
    """Largest absolute value."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return self.bound * rng.uniform(-1, 1, (fan_out, fan_in))

    def spread(self, fan_in: int, fan_out: int) -> float:
        return self.bound / math.sqrt(3)


class Normal(Initializer):
    """N(0, std²), the same for every layer.

    What one tries first and should not keep: one spread for all layers is too small for some and too large for others.

    With the default std = 0.01, "small normal weights": signals and gradients shrink from layer to layer, by
    about std·√fan_in and std·√fan_out each.
    """

    aliases = ("random_normal",)

    std: Positive = 0.01
    """Standard deviation (not the variance)."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return self.std * rng.standard_normal((fan_out, fan_in))

    def spread(self, fan_in: int, fan_out: int) -> float:
        return self.std


class Sparse(Initializer):
    """N(0, std²) for so many random inputs of each unit, 0 for its others.

    Few strong inputs instead of many weak ones: units start different from each other however wide the layer is.

    Units differ more than when each sees a little of every input, and what they see does not grow with the layer; with few
    inputs, all are connected. PyTorch's sparse_ does the same along the other axis: it sets a share of the weights of each
    *input* to 0.

    Martens 2010, "Deep learning via Hessian-free optimization"; Sutskever et al. 2013, "On the importance of initialization and
    momentum in deep learning", with 15 connections from a unit Gaussian.
    """

    connections: Annotated[int, Ge(1)] = 15
    """Weights of each unit that are not 0."""
    std: Positive = 1.0
    """Standard deviation of those."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        ranks = rng.random((fan_out, fan_in)).argsort(axis=1)
        return np.where(ranks < self.connections, self.std * rng.standard_normal((fan_out, fan_in)), 0)

    def spread(self, fan_in: int, fan_out: int) -> float:
        return self.std * math.sqrt(min(self.connections / fan_in, 1.0))
