"""The penalties on weights that ship with nnbench."""

# NumPy's arithmetic is typed Any.

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from nnbench import NonNegative, Penalty, Weights, hookimpl

__all__ = ["L1", "L2", "FrobeniusNorm", "NoPenalty", "nnbench_components"]


class NoPenalty(Penalty):
    """0: large weights cost nothing."""

    name = "none"
    default = True
    zero = True

    def value(self, w: Weights) -> Float[np.ndarray, "trial 1 1"]:
        return np.zeros((len(w), 1, 1), w.dtype)

    def gradient(self, w: Weights) -> Weights:
        return np.zeros_like(w)


class L2(Penalty):
    """lam·Σ w², without a factor ½: the usual L2 regularization.

    Gradient 2·lam·w; where others write ½ λ Σ w², as scikit-learn's MLPClassifier does, their λ is 2·lam. The lecture notes print
    the norm itself, λ ‖W‖_F, under this name: see frobenius_norm.
    """

    lam: NonNegative = 1e-4
    """Strength λ."""

    def value(self, w: Weights) -> Float[np.ndarray, "trial 1 1"]:
        return self.lam * (w * w).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: Weights) -> Weights:
        return 2 * self.lam * w


class L1(Penalty):
    """lam·Σ |w|: drives weights to exactly 0.

    Gradient lam·sgn(w), the subgradient 0 at w = 0.
    """

    kinks = (0.0,)

    lam: NonNegative = 1e-4
    """Strength λ."""

    def value(self, w: Weights) -> Float[np.ndarray, "trial 1 1"]:
        return self.lam * np.abs(w).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: Weights) -> Weights:
        return self.lam * np.sign(w)


class FrobeniusNorm(Penalty):
    """lam·‖W‖_F, the norm itself and not its square, as the lecture notes print it.

    Gradient lam·W / ‖W‖_F, a pull of the same strength whatever the size of W; the subgradient 0 at W = 0.
    """

    lam: NonNegative = 1e-3
    """Strength λ."""

    def value(self, w: Weights) -> Float[np.ndarray, "trial 1 1"]:
        return self.lam * _norm(w)

    def gradient(self, w: Weights) -> Weights:
        norm = _norm(w)
        return self.lam / np.where(norm > 0, norm, 1) * w


def _norm(w: Weights) -> Float[np.ndarray, "trial 1 1"]:
    return np.sqrt((w * w).sum(axis=(1, 2), keepdims=True))


@hookimpl
def nnbench_components() -> Sequence[type[Penalty]]:
    """Offer the penalties of this package."""
    return [NoPenalty, L2, L1, FrobeniusNorm]
