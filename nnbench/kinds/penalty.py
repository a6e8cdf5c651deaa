"""Penalties: what large weights cost."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from nnbench.kinds.arrays import Weights
from nnbench.kinds.base import Component


class Penalty(Component):
    """What large weights cost; added to the loss once for each layer, biases left out."""

    plural = "penalties"
    zero: ClassVar[bool] = False
    """Whether value and gradient are 0 whatever the weights, so that training need not ask."""
    non_negative: ClassVar[bool] = True
    """Whether no weights cost less than 0."""

    @property
    def kinks(self) -> tuple[float, ...]:
        """Values of a weight at which the derivative jumps; gradient checks excuse differences that straddle one."""
        return ()

    @abstractmethod
    def value(self, w: Weights) -> Float[np.ndarray, "trial 1 1"]:
        """Penalty of each trial's matrix."""

    @abstractmethod
    def gradient(self, w: Weights) -> Weights:
        """Derivative by each weight; at a kink, any subgradient."""
