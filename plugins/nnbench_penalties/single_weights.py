"""Penalties on each weight by itself."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from jaxtyping import Float

from nnbench import Ge, Gt, Le, NonNegative, Penalty, Weights


class NoPenalty(Penalty):
    """0: large weights cost nothing.

    The baseline: what the data alone make of the weights.
    """

    name = "none"
    default = True
    zero = True

    def value(self, w: Weights) -> Float[np.ndarray, "trial 1 1"]:
        return np.zeros((len(w), 1, 1), w.dtype)

    def gradient(self, w: Weights) -> Weights:
        return np.zeros_like(w)


class L2(Penalty):
    """lam·Σ w², without a factor ½: the usual L2 regularization.

    Prefers many small weights to a few large ones: smoother functions, which overfit less.

    Gradient 2·lam·w; where others write ½ λ Σ w², as scikit-learn's MLPClassifier does, their λ is 2·lam. The lecture notes print
    the norm itself, λ ‖W‖_F, under this name: see frobenius_norm.
    """

    aliases = ("ridge",)

    lam: NonNegative = 1e-4
    """Strength λ."""

    def value(self, w: Weights) -> Float[np.ndarray, "trial 1 1"]:
        return self.lam * (w * w).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: Weights) -> Weights:
        return 2 * self.lam * w


class L1(Penalty):
    """lam·Σ |w|: drives weights to exactly 0.

    Keeps only weights that pay for themselves: the network becomes sparse, and what matters can be read off.

    Gradient lam·sgn(w), the subgradient 0 at w = 0.
    """

    aliases = ("lasso",)
    kinks = (0.0,)

    lam: NonNegative = 1e-4
    """Strength λ."""

    def value(self, w: Weights) -> Float[np.ndarray, "trial 1 1"]:
        return self.lam * np.abs(w).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: Weights) -> Weights:
        return self.lam * np.sign(w)


class ElasticNet(Penalty):
    """lam·Σ (l1_ratio·|w| + (1 - l1_ratio)·w²): L1 and L2 in one.

    Wants few weights like l1, and lets related ones stay together like l2.

    Gradient lam·(l1_ratio·sgn(w) + 2·(1 - l1_ratio)·w), with 0 for sgn(0). Weights are driven to 0 as by L1, but those that do the
    same work share it, as with L2. l1_ratio = 1 is l1, 0 is l2. There is no ½ before the squares: scikit-learn has one, and Keras'
    L1L2 has two strengths, lam·l1_ratio and lam·(1 - l1_ratio).

    Zou and Hastie 2005, "Regularization and variable selection via the elastic net".

    Zou and Hastie 2005: https://doi.org/10.1111/j.1467-9868.2005.00503.x
    """

    kinks = (0.0,)

    lam: NonNegative = 1e-4
    """Strength λ."""
    l1_ratio: Annotated[float, Ge(0), Le(1)] = 0.5
    """Share of L1."""

    def value(self, w: Weights) -> Float[np.ndarray, "trial 1 1"]:
        each = self.l1_ratio * np.abs(w) + (1 - self.l1_ratio) * (w * w)
        return self.lam * each.sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: Weights) -> Weights:
        return self.lam * (self.l1_ratio * np.sign(w) + 2 * (1 - self.l1_ratio) * w)


class WeightElimination(Penalty):
    """lam·Σ w² / (scale² + w²): counts the large weights, shrinks the small ones.

    Removes what is small and leaves alone what is large: sparse like l1, without shrinking the weights that matter.

    Gradient 2·lam·w·scale² / (scale² + w²)², largest at w = scale / √3 and vanishing beyond: a weight far above the scale costs lam
    whatever its size, one far below it is decayed as by l2 with lam / scale². Smooth, and not convex.

    Weigend, Rumelhart and Huberman 1991, "Generalization by weight-elimination with application to forecasting".
    """

    lam: NonNegative = 1e-4
    """Strength λ."""
    scale: Annotated[float, Gt(1e-9)] = 1.0
    """Size w₀ from which on a weight counts as large."""

    def value(self, w: Weights) -> Float[np.ndarray, "trial 1 1"]:
        r = w / self.scale
        r *= r
        return self.lam * (r / (1 + r)).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: Weights) -> Weights:
        r = w / self.scale
        rest = 1 / (1 + r * r)
        return 2 * self.lam / self.scale * r * rest * rest
