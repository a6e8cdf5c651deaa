"""No non-linearity at all."""

from __future__ import annotations

import numpy as np

from nnbench import Activation, Units


class Identity(Activation):
    """z.

    Range (-∞, ∞), derivative 1. However deep, a network of identities is a linear model: the baseline that shows what the
    non-linearity is worth.
    """

    def forward(self, z: Units) -> Units:
        return z.copy()

    def derivative(self, z: Units, a: Units) -> Units:
        return np.ones_like(z)
