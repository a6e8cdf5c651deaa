"""Initializers: the weights that training starts from."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from jaxtyping import Float

from nnbench.kinds.activation import Activation
from nnbench.kinds.base import Component


class Initializer(Component):
    """Draws the weights that a layer starts from; biases start at 0."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        """Draw a (fan_out, fan_in) matrix in float64 from `rng` alone."""

    def adapt(
        self,
        w: Float[np.ndarray, "out in"],
        inputs: Float[np.ndarray, "in sample"],  # noqa: ARG002 - for those that depend on data
        activation: Activation | None,  # noqa: ARG002
    ) -> Float[np.ndarray, "out in"]:
        """Adapt the layer's weights to the data or to the activation, for initializers that depend on these.

        `w` is what `sample` drew. Layers are adapted in order. `inputs` are preprocessed training samples in float64, as they
        arrive through the layers before, which are adapted already. `activation` is the one that follows, None after the last
        layer.
        """
        return w

    def spread(self, fan_in: int, fan_out: int) -> float | None:  # noqa: ARG002 - for those whose formula says
        """Root mean square of the weights that `sample` draws, by the formula; None if there is none."""
        return None
