"""Periodic activations, and a bell."""

from __future__ import annotations

import numpy as np

from nnbench import Activation, Positive, Rate, Units


def _angle(frequency: float | Rate, z: Units) -> Units:
    """Return frequency·z, and the largest number where that overflows: ∞ has no sine."""
    try:
        with np.errstate(over="raise"):  # costs nothing, where clipping always would cost a pass
            return frequency * z
    except FloatingPointError:
        most = np.finfo(z.dtype).max / frequency * (1 - np.finfo(z.dtype).eps)
        return frequency * z.clip(-most, most)


class Sine(Activation):
    """sin ωz.

    Units that oscillate fit fine detail and repeated patterns; many waves fit the same points, so it is touchy to start.

    Range [-1, 1], derivative ω cos ωz. Parascandolo et al. train with ω = 1, the default here; SIREN (Sitzmann et al.) fits images
    and sounds with ω = 30, and with weights U[-√(6/fan_in)/ω, √(6/fan_in)/ω] but for the first layer, whence the gain √2/ω.

    Parascandolo, Huttunen and Virtanen 2017, "Taming the waves: sine as activation function in deep neural networks"; Sitzmann et
    al. 2020, "Implicit neural representations with periodic activation functions".

    Sitzmann et al. 2020: https://arxiv.org/abs/2006.09661
    """

    aliases = ("sin",)

    omega: Positive = 1.0
    """ω: angular frequency."""

    @property
    def gain(self) -> float:
        return 2**0.5 / self.omega

    def forward(self, z: Units) -> Units:
        a = _angle(self.omega, z)
        return np.sin(a, out=a)

    def derivative(self, z: Units, a: Units) -> Units:
        d = _angle(self.omega, z)
        np.cos(d, out=d)
        d *= self.omega
        return d


class Snake(Activation):
    """z + sin²(αz) / α: a line with a wave on it.

    For signals that repeat: the line lets it learn like any other network, the wave lets it go on beyond the data.

    Range (-∞, ∞), derivative 1 + sin 2αz, from 0 to 2: monotone, yet it learns to continue what is periodic. α = ½ here, within
    the 0.2 … 0.56 that the paper recommends where nothing is known to be periodic; 5 … 50 where something is. The gain is its
    correction for the variance of f(z), z ~ N(0, 1). Two sines take somewhat more than four times as long as tanh.

    Ziyin, Hartwig and Ueda 2020, "Neural networks fail to learn periodic functions and how to fix it".

    Ziyin et al. 2020: https://arxiv.org/abs/2006.08195
    """

    alpha: Positive = 0.5
    """α: half the angular frequency of the wave."""

    @property
    def gain(self) -> float:
        square = self.alpha**2
        return float((1 + (1 + np.exp(-8 * square) - 2 * np.exp(-4 * square)) / (8 * square)) ** -0.5)

    def forward(self, z: Units) -> Units:
        a = _angle(self.alpha, z)
        np.sin(a, out=a)
        a *= a
        a *= 1 / self.alpha
        a += z
        return a

    def derivative(self, z: Units, a: Units) -> Units:
        d = _angle(2 * self.alpha, z)
        np.sin(d, out=d)
        d += 1
        return d


class Gaussian(Activation):
    """e^(-z²).

    Each unit is a bump that knows only its own neighbourhood: good at local detail, lost where no bump reaches.

    Range (0, 1], derivative -2za. It answers to a neighbourhood of 0 only, as radial basis functions do.

    Hartman, Keeler and Kowalski 1990, "Layered neural networks with Gaussian hidden units as universal approximations"; Ramasinghe
    and Lucey 2022, "Beyond periodicity: towards a unifying framework for activations in coordinate-MLPs", set it against sines.

    Hartman et al. 1990: https://doi.org/10.1162/neco.1990.2.2.210
    Ramasinghe and Lucey 2022: https://arxiv.org/abs/2111.15135
    """

    def forward(self, z: Units) -> Units:
        with np.errstate(over="ignore"):  # e^-∞ is 0, as it should be
            a = z * z
        np.negative(a, out=a)
        return np.exp(a, out=a)

    def derivative(self, z: Units, a: Units) -> Units:
        d = a * z
        d *= -2
        return d
