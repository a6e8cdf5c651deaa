"""Penalties: what is added to the loss for large weights."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from nnbench.kinds.arrays import Weights
from nnbench.kinds.base import Component


class Penalty(Component):
    """A cost of large weights, added to the loss for each layer; biases are left out."""

    plural = "penalties"
    zero: ClassVar[bool] = False
    """Whether value and gradient are always 0, so that training can skip them."""
    non_negative: ClassVar[bool] = True
    """Whether the penalty is never below 0."""

    @property
    def kinks(self) -> tuple[float, ...]:
        """Values of a weight at which the derivative jumps; gradient checks excuse differences across one of them."""
        return ()

    @abstractmethod
    def value(self, w: Weights) -> Float[np.ndarray, "trial 1 1"]:
        """Penalty of each trial's matrix."""

    @abstractmethod
    def gradient(self, w: Weights) -> Weights:
        """Derivative with respect to each weight; at a kink, any subgradient."""
