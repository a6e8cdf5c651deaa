"""Activations that are, or come close to, a straight line."""

from __future__ import annotations

import numpy as np

from nnbench import Activation, Units


class Identity(Activation):
    """z.

    Take it to see what depth is worth without bends: nothing, for the whole network is still one straight line.

    Range (-∞, ∞), derivative 1. However deep, a network of identities is a linear model: the baseline that shows what the
    non-linearity is worth. "Linear" in Keras.
    """

    aliases = ("linear",)

    def forward(self, z: Units) -> Units:
        return z.copy()

    def derivative(self, z: Units, a: Units) -> Units:
        return np.ones_like(z)


class BentIdentity(Activation):
    """z + (√(1 + z²) - 1) / 2: a line whose slope bends from ½ to 1½.

    Never flat, so every unit always learns; the bend is weak, so that layers stay close to linear and need depth to pay off.

    Range (-∞, ∞), derivative 1 + z / (2r) with r = √(1 + z²) = 1 + 2 (a - z). No paper is known to have proposed it; it spread from
    Wikipedia's table of activations into libraries such as E3x. Beyond half the root of the largest number, z counts as that:
    it is squared. Square root and divisions make it take somewhat more than four times as long as tanh.
    """

    def forward(self, z: Units) -> Units:
        z = _squarable(z)
        r = z * z
        r += 1
        np.sqrt(r, out=r)
        r += 1
        np.divide(z, r, out=r)
        r *= 0.5
        r += 1
        r *= z  # (r - 1) / 2 = z²/2 / (r + 1) without cancellation
        return r

    def derivative(self, z: Units, a: Units) -> Units:
        z = _squarable(z)
        r = a - z
        r *= 4
        r += 2
        z /= r
        z += 1
        return z


def _squarable(z: Units) -> Units:
    most = np.finfo(z.dtype).max ** 0.5 / 2
    return z.clip(-most, most)
