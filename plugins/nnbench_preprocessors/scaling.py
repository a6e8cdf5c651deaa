"""Preprocessing of each feature by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nnbench import Preprocessor, Samples


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

    std is the population's, with 1 / n. A feature that is constant in the training inputs is centred and not scaled.
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

    low: float = -1.0
    """Where the smallest training input goes."""
    high: float = 1.0
    """Where the largest goes."""

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise ValueError("low must be below high")

    def fit(self, x: Samples) -> Scaling:
        least, most = x.min(axis=0), x.max(axis=0)
        scale = np.where(most > least, (most - least) / (self.high - self.low), 1)
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
        return Scaling(shift=median, scale=np.where(third > first, third - first, 1))


def means(x: Samples) -> Float[np.ndarray, " feature"]:
    """Mean of each feature; of a constant one exactly its value, of which summing and dividing would miss a little."""
    return np.where(x.max(axis=0) == x.min(axis=0), x[0], x.mean(axis=0))


def standardizing(x: Samples, rounding: float = 0.0) -> Scaling:
    """What gives every feature mean 0 and variance 1, but for those constant to so much of their size: they are centred only."""
    std, most, least = x.std(axis=0), x.max(axis=0), x.min(axis=0)
    constant = most - least <= rounding * np.maximum(np.abs(most), np.abs(least))
    return Scaling(shift=means(x), scale=np.where(constant | (std == 0), 1, std))
