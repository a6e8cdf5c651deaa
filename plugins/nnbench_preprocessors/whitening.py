"""Preprocessing that decorrelates the features."""

# NumPy's arithmetic is typed Any.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nnbench import Positive, Preprocessor, Samples


@dataclass(frozen=True)
class Projection:
    """(x - shift) @ directions."""

    shift: Float[np.ndarray, " feature"]
    directions: Float[np.ndarray, "feature feature"]

    def apply(self, x: Samples) -> Samples:
        """Shifted and projected inputs."""
        return (x - self.shift) @ self.directions


class Whitening(Preprocessor):
    """(x - mean) @ V / (S / √n) with U S Vᵀ = svd(x - mean): features of covariance I.

    The covariance of the training inputs, with 1 / n, becomes the identity. New features are principal components, the one
    with the largest variance first, each determined but for its sign; they are not turned back as in ZCA. Singular values below
    floor·max(S) are raised to it: directions in which the training inputs do not vary stay near 0.
    """

    floor: Positive = 1e-8
    """Smallest singular value, relative to the largest."""

    def fit(self, x: Samples) -> Projection:
        samples, features = x.shape
        mean = x.mean(axis=0)
        _, singular, directions = np.linalg.svd(x - mean, full_matrices=samples < features)
        padded = np.zeros(features)  # fewer samples than features leave directions without a singular value
        padded[: singular.size] = singular
        largest = padded.max()
        std = np.maximum(padded, self.floor * largest) / samples**0.5 if largest > 0 else np.ones(features)
        return Projection(shift=mean, directions=directions.T / std)
