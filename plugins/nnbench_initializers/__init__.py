"""The initializers that ship with nnbench."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from nnbench import Initializer, Positive, hookimpl

__all__ = ["Normal", "XavierUniform", "Zeros", "nnbench_components"]


class Normal(Initializer):
    """N(0, std²), the same for every layer.

    With the default std = 0.01, "small normal weights": signals and gradients shrink from layer to layer, by
    about std·√fan_in and std·√fan_out each.
    """

    std: Positive = 0.01
    """Standard deviation (not the variance)."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return self.std * rng.standard_normal((fan_out, fan_in))


class XavierUniform(Initializer):
    """U[-r, r] with r = √(6 / (fan_in + fan_out)).

    The variance, 2 / (fan_in + fan_out), is the compromise that keeps activations level on the way forward
    (1 / fan_in) and gradients on the way back (1 / fan_out), for units whose derivative at 0 is 1, such as tanh. For the sigmoid,
    some implementations multiply r by 4; this one does not.

    Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", equation 16.
    """

    default = True

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        r = math.sqrt(6 / (fan_in + fan_out))
        return r * rng.uniform(-1, 1, (fan_out, fan_in))


class Zeros(Initializer):
    """0 everywhere: what not to do.

    All units of a hidden layer then compute the same and stay equal. With an activation that is 0 at 0, no gradient reaches any
    weight, and only the biases of the last layer learn.
    """

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return np.zeros((fan_out, fan_in))


@hookimpl
def nnbench_components() -> Sequence[type[Initializer]]:
    """Offer the initializers of this package."""
    return [Normal, XavierUniform, Zeros]
