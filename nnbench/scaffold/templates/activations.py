"""Offers the activation example."""

import numpy as np

from nnbench import Activation, Positive, Units, hookimpl


class Example(Activation):
    """arcsinh(k·z) / k: a straight line through 0 that bends into a logarithm on both sides.

    Range (-∞, ∞), derivative 1 / √(1 + (k·z)²), between 0 and 1.
    """

    k: Positive = 1.0
    """The larger it is, the closer to 0 the line bends."""

    def forward(self, z: Units) -> Units:
        """The activation f(z), element by element."""
        return np.arcsinh(self.k * z) / self.k

    def derivative(self, z: Units, a: Units) -> Units:
        """The derivative f'(z); `a` is f(z), if the formula needs it."""
        return 1 / np.hypot(1, self.k * z)


@hookimpl
def nnbench_components() -> list[type[Activation]]:
    """Tell nnbench which components this package has."""
    return [Example]
