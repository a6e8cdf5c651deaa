"""Preprocessing that decorrelates the features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nnbench import Positive, Preprocessor, Samples
from nnbench_preprocessors.scaling import means


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

    Takes out what features have in common: the loss is less of a ravine, so that plain descent gets on faster.

    What others call PCA whitening. The covariance of the training inputs, with 1 / n, becomes the identity; scikit-learn's
    PCA(whiten=True) has 1 / (n - 1). New features are principal components, the one with the largest variance first, each
    determined but for its sign; zca_whitening turns them back. Singular values below floor·max(S) are raised to it. Directions in
    which the training inputs do not vary at all become 0: dividing by a rounding error would blow up held-out inputs there.
    """

    aliases = ("pca_whitening",)

    floor: Positive = 1e-8
    """Smallest singular value, relative to the largest."""

    def fit(self, x: Samples) -> Projection:
        mean, directions, std = _principal_components(x, self.floor)
        return Projection(shift=mean, directions=directions / std)


class ZcaWhitening(Preprocessor):
    """(x - mean) @ V / (S / √n) @ Vᵀ: whitening that turns the features back.

    Whitening that leaves features recognizable: uncorrelated, yet as close to the original ones as can be.

    The covariance of the training inputs, with 1 / n, becomes the identity, and of all matrices that do this it is the symmetric
    one, C^(-1/2), which changes the inputs least: images stay images. No sign is left open. Singular values below floor·max(S) are
    raised to it, and directions without variance become 0.

    Bell and Sejnowski 1997, "The independent components of natural scenes are edge filters"; Kessy, Lewin and Strimmer 2018,
    "Optimal whitening and decorrelation".

    Bell and Sejnowski 1997: https://doi.org/10.1016/S0042-6989(97)00121-1
    Kessy et al. 2018: https://doi.org/10.1080/00031305.2016.1277159
    """

    aliases = ("zca",)

    floor: Positive = 1e-8
    """Smallest singular value, relative to the largest."""

    def fit(self, x: Samples) -> Projection:
        mean, directions, std = _principal_components(x, self.floor)
        return Projection(shift=mean, directions=(directions / std) @ directions.T)


def _principal_components(
    x: Samples, floor: float
) -> tuple[Float[np.ndarray, " feature"], Float[np.ndarray, "feature feature"], Float[np.ndarray, " feature"]]:
    """Mean, orthonormal directions as columns, and the standard deviation along each, infinite where there is none."""
    samples, features = x.shape
    mean = means(x)
    _, singular, directions = np.linalg.svd(x - mean, full_matrices=samples < features)
    padded = np.zeros(features)  # fewer samples than features leave directions without a singular value
    padded[: singular.size] = singular
    largest = padded.max()
    varies = padded > max(samples, features) * np.finfo(np.float64).eps * largest
    std = np.where(varies, np.maximum(padded, floor * largest) / samples**0.5, np.inf)
    return mean, directions.T, std
