"""Activations that shrink small pre-activations to 0, or nearly so."""

from __future__ import annotations

import numpy as np

from nnbench import Activation, Positive, Units


class SoftShrink(Activation):
    """z - λ if z > λ, z + λ if z < -λ, else 0: soft thresholding.

    Pulls everything towards 0 and the small all the way: removes noise, and makes codes sparse without a jump.

    Range (-∞, ∞), derivative 1 if |z| > λ else 0; at the kinks z = ±λ the inner one, 0. PyTorch and Keras have λ = ½ too.

    Donoho 1995, "De-noising by soft-thresholding".

    Donoho 1995: https://doi.org/10.1109/18.382009
    """

    lam: Positive = 0.5
    """λ: what is taken off |z|, as far as it goes."""

    @property
    def kinks(self) -> tuple[float, ...]:
        return (-self.lam, self.lam)

    def forward(self, z: Units) -> Units:
        inner = z.clip(-self.lam, self.lam)
        return np.subtract(z, inner, out=inner)

    def derivative(self, z: Units, a: Units) -> Units:
        return (np.abs(z) > self.lam).astype(z.dtype)


class HardShrink(Activation):
    """z if |z| > λ else 0: hard thresholding.

    Silences everything small, so that codes become sparse; what is silenced gets no gradient to come back by.

    Range {0} and all z beyond ±λ, derivative 1 if |z| > λ else 0. At z = ±λ the value jumps, which no derivative shows. PyTorch and
    Keras have λ = ½ too.

    Donoho and Johnstone 1994, "Ideal spatial adaptation by wavelet shrinkage".

    Donoho and Johnstone 1994: https://doi.org/10.1093/biomet/81.3.425
    """

    lam: Positive = 0.5
    """λ: what |z| must exceed to pass."""

    @property
    def kinks(self) -> tuple[float, ...]:
        return (-self.lam, self.lam)

    def forward(self, z: Units) -> Units:
        a = (np.abs(z) > self.lam).astype(z.dtype)
        a *= z
        return a

    def derivative(self, z: Units, a: Units) -> Units:
        return (np.abs(z) > self.lam).astype(z.dtype)


class TanhShrink(Activation):
    """z - tanh z.

    Ignores small inputs and passes large ones: near 0 there is next to no gradient, so small weights start very slowly.

    Range (-∞, ∞), derivative tanh² z: flat at 0, where the value is exact to the rounding of z only (z³/3 is what the difference
    leaves), and of slope 1 far out. It comes with Torch, PyTorch and Keras, without a paper.
    """

    def forward(self, z: Units) -> Units:
        a = np.tanh(z)
        return np.subtract(z, a, out=a)

    def derivative(self, z: Units, a: Units) -> Units:
        d = np.tanh(z)
        d *= d
        return d
