"""Preprocessing of each feature by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float, Int

from nnbench import Ge, Le, Preprocessor, Samples

ROUNDING = 1e-13
"""Of the size of its values: what varies no more is constant but for rounding, and divided by that other values would blow up."""


NARROWEST = 1e-6
"""Interval that training inputs can be made to fill."""


@dataclass(frozen=True)
class Scaling:
    """(x - shift) / scale, feature by feature."""

    shift: Float[np.ndarray, " feature"]
    scale: Float[np.ndarray, " feature"]

    def apply(self, x: Samples) -> Samples:
        """Shifted and scaled inputs."""
        return (x - self.shift) / self.scale


class NoPreprocessing(Preprocessor):
    """x: the inputs as they come.

    The baseline: shows how much of a network's trouble is the scale of its inputs.
    """

    name = "none"
    aliases = ("passthrough",)

    def fit(self, x: Samples) -> Scaling:
        features = x.shape[1]
        return Scaling(shift=np.zeros(features), scale=np.ones(features))


class MeanSubtraction(Preprocessor):
    """x - mean: every feature centred on 0.

    Inputs around 0 let weights of either sign start equally well; scales stay as they are, wide features rule.
    """

    aliases = ("centering",)

    def fit(self, x: Samples) -> Scaling:
        mean = means(x)
        return Scaling(shift=mean, scale=np.ones_like(mean))


class Standardization(Preprocessor):
    """(x - mean) / std: every feature with mean 0 and variance 1.

    The default: features on one scale, so that one learning rate suits all weights of the first layer.

    std is the population's, with 1 / n. A feature that is constant in the training inputs, to 10⁻¹³ of its size, is centred and not
    scaled.
    """

    aliases = ("StandardScaler", "z_score")
    default = True

    def fit(self, x: Samples) -> Scaling:
        return standardizing(x)


class MinMaxScaling(Preprocessor):
    """low + (high - low)·(x - min) / (max - min): the training inputs fill [low, high].

    Puts every feature on the same known range, which bounded activations like; a single outlier spoils it.

    [-1, 1] unless told otherwise: inputs that are all positive, as in the [0, 1] of scikit-learn's MinMaxScaler, slow the first
    layer down (LeCun et al. 1998, "Efficient backprop"). Other inputs may lie outside: nothing is clipped. One outlier squeezes
    all the others together. A feature that is constant in the training inputs becomes (low + high) / 2.

    LeCun et al. 1998: https://doi.org/10.1007/3-540-49430-8_2
    """

    aliases = ("MinMaxScaler",)

    low: Annotated[float, Ge(-1e6), Le(1e6)] = -1.0
    """Where the smallest training input goes."""
    high: Annotated[float, Ge(-1e6), Le(1e6)] = 1.0
    """Where the largest goes."""

    def __post_init__(self) -> None:
        if self.high - self.low < NARROWEST:
            raise ValueError(f"low must be below high, by {NARROWEST:g} at least")

    def fit(self, x: Samples) -> Scaling:
        least, most = x.min(axis=0), x.max(axis=0)
        scale = np.where(constant(least, most), 1, (most - least) / (self.high - self.low))
        return Scaling(shift=(least + most) / 2 - (self.low + self.high) / 2 * scale, scale=scale)


class RobustScaling(Preprocessor):
    """(x - median) / (third quartile - first quartile): what outliers do not move.

    Standardization that a few wild values cannot spoil: they stay wild, and the rest is scaled as if without them.

    Up to a quarter of the training inputs may be anything. Normal features get the standard deviation 0.74. Quartiles are
    interpolated linearly, as in scikit-learn's RobustScaler. A feature whose quartiles are equal is centred and not scaled.
    """

    aliases = ("RobustScaler",)

    def fit(self, x: Samples) -> Scaling:
        first, median, third = np.quantile(x, [0.25, 0.5, 0.75], axis=0)
        return Scaling(shift=median, scale=np.where(constant(first, third), 1, third - first))


def constant(
    least: Float[np.ndarray, " feature"], most: Float[np.ndarray, " feature"], rounding: float = ROUNDING
) -> Bool[np.ndarray, " feature"]:
    """Whether features that lie between these do not vary, but for so much of their size."""
    return most - least <= rounding * np.maximum(np.abs(most), np.abs(least))


def means(x: Samples) -> Float[np.ndarray, " feature"]:
    """Mean of each feature; of a constant one exactly its value, of which summing and dividing would miss a little."""
    small, exponent = of_ordinary_size(x)
    return np.where(x.max(axis=0) == x.min(axis=0), x[0], np.ldexp(small.mean(axis=0), exponent))


def standardizing(x: Samples, rounding: float = ROUNDING) -> Scaling:
    """What gives every feature mean 0 and variance 1, but for those constant to so much of their size: they are centred only."""
    small, exponent = of_ordinary_size(x)
    std = np.ldexp(small.std(axis=0), exponent)
    still = constant(x.min(axis=0), x.max(axis=0), rounding)
    return Scaling(shift=means(x), scale=np.where(still | (std == 0), 1, std))


def of_ordinary_size(x: Samples) -> tuple[Samples, Int[np.ndarray, " feature"]]:
    """Features times 2^-exponent, 0 unless the squares of their values would be too large or too small for a number."""
    size = np.abs(x).max(axis=0)
    exponent = np.where((size > 1e100) | (size < 1e-100), np.frexp(size)[1], 0)
    return np.ldexp(x, -exponent), exponent
