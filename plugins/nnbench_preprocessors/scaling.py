"""Preprocessing of each feature by itself."""

# NumPy's arithmetic is typed Any.

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
    """x: the inputs as they come."""

    name = "none"

    def fit(self, x: Samples) -> Scaling:
        features = x.shape[1]
        return Scaling(shift=np.zeros(features), scale=np.ones(features))


class MeanSubtraction(Preprocessor):
    """x - mean: every feature centred on 0."""

    def fit(self, x: Samples) -> Scaling:
        mean = x.mean(axis=0)
        return Scaling(shift=mean, scale=np.ones_like(mean))


class Standardization(Preprocessor):
    """(x - mean) / std: every feature with mean 0 and variance 1.

    std is the population's, with 1 / n. A feature that is constant in the training inputs is centred and not scaled.
    """

    default = True

    def fit(self, x: Samples) -> Scaling:
        std = x.std(axis=0)
        constant = (x.max(axis=0) == x.min(axis=0)) | (std == 0)  # rounding gives a constant feature a tiny std
        return Scaling(shift=x.mean(axis=0), scale=np.where(constant, 1, std))
