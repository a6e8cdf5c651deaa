"""Activations: element-wise functions between the layers."""

from __future__ import annotations

from abc import abstractmethod

from nnbench.kinds.arrays import Units
from nnbench.kinds.base import Component


class Activation(Component):
    """An element-wise function of the pre-activation."""

    @property
    def kinks(self) -> tuple[float, ...]:
        """Pre-activations at which the derivative jumps."""
        return ()

    @property
    def gain(self) -> float:
        """By what the literature multiplies the spread of the weights that feed this activation; 1 where it says nothing."""
        return 1.0

    @abstractmethod
    def forward(self, z: Units) -> Units:
        """A = f(z), element by element; same shape and dtype as z."""

    @abstractmethod
    def derivative(self, z: Units, a: Units) -> Units:
        """f'(z), given also a = f(z); same shape and dtype as z. At a kink, either one-sided derivative."""
