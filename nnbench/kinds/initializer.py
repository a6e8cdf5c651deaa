"""Initializers: the first weights."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from jaxtyping import Float

from nnbench.kinds.activation import Activation
from nnbench.kinds.base import Component


class Initializer(Component):
    """Draws a layer's first weights; biases start at 0."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        """A (fan_out, fan_in) matrix, float64, drawn from `rng` alone."""

    def adapt(
        self,
        w: Float[np.ndarray, "out in"],
        inputs: Float[np.ndarray, "in sample"],  # noqa: ARG002 - for those that depend on data
        activation: Activation | None,  # noqa: ARG002
    ) -> Float[np.ndarray, "out in"]:
        """The layer's weights, given also what surrounds them: for initializers that depend on the data or on the activation.

        `w` is what `sample` drew. Layers are adapted in order: `inputs` are training samples, preprocessed, as they arrive
        through the adapted layers before, in float64; `activation` is what follows, None after the last layer.
        """
        return w

    def spread(self, fan_in: int, fan_out: int) -> float | None:  # noqa: ARG002 - for those whose formula says
        """Root mean square of the weights that `sample` draws, by the formula; None where it says nothing."""
        return None
