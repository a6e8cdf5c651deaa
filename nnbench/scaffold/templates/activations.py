"""Offers the activation example."""

import numpy as np

from nnbench import Activation, Positive, Units, hookimpl


class Example(Activation):
    """arcsinh(k·z) / k: a straight line through 0 that bends into a logarithm on both sides.

    Range (-∞, ∞), derivative 1 / √(1 + (k·z)²), between 0 and 1.
    """

    k: Positive = 1.0
    """How soon it bends."""

    def forward(self, z: Units) -> Units:
        """A = f(z)."""
        return np.arcsinh(self.k * z) / self.k

    def derivative(self, z: Units, a: Units) -> Units:
        """f'(z)."""
        return 1 / np.hypot(1, self.k * z)


@hookimpl
def nnbench_components() -> list[type[Activation]]:
    """Offer the components of this package."""
    return [Example]
