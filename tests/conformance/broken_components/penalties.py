"""Penalties with one mistake each."""

from __future__ import annotations

import numpy as np

from broken_components.planting import Array, breaks
from nnbench import NonNegative, Penalty


class _L2(Penalty):
    """lam·Σ w²."""

    lam: NonNegative = 0.1

    def value(self, w: Array) -> Array:
        return self.lam * (w * w).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: Array) -> Array:
        return 2 * self.lam * w


@breaks("gradient_matches_differences")
class HalfThePull(_L2):
    """lam·Σ w² with the gradient of ½ lam·Σ w²."""

    def gradient(self, w: Array) -> Array:
        return self.lam * w


@breaks("precisions_agree")
class HalfThePullInFloat32(_L2):
    """lam·Σ w², with half the gradient in float32."""

    def gradient(self, w: Array) -> Array:
        return (1 if w.dtype == np.float32 else 2) * self.lam * w


@breaks("declared_kinks_are_kinks")
class KinkThatIsNone(_L2):
    """lam·Σ w², with a kink that excuses a gradient check."""

    kinks = (0.0,)


@breaks("kinks_are_declared")
class SmoothLasso(_L2):
    """lam·Σ |w|, declared smooth."""

    def value(self, w: Array) -> Array:
        return self.lam * np.abs(w).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: Array) -> Array:
        return self.lam * np.sign(w)


@breaks("non_negative_as_declared")
class PaysForWeights(_L2):
    """-lam·Σ w²."""

    def value(self, w: Array) -> Array:
        return -super().value(w)

    def gradient(self, w: Array) -> Array:
        return -super().gradient(w)


@breaks("finite")
class NormAtZero(_L2):
    """lam·‖W‖, whose gradient is 0 / 0 where there are no weights."""

    def value(self, w: Array) -> Array:
        return self.lam * np.sqrt((w * w).sum(axis=(1, 2), keepdims=True))

    def gradient(self, w: Array) -> Array:
        return self.lam * w / np.sqrt((w * w).sum(axis=(1, 2), keepdims=True))


@breaks("rows_are_independent")
class MeanOverTrials(_L2):
    """lam·Σ w², the mean of all trials'."""

    def value(self, w: Array) -> Array:
        value = super().value(w)
        return np.broadcast_to(value.mean(axis=0, keepdims=True), value.shape).copy()


@breaks("arguments_untouched")
class SquaresInPlace(_L2):
    """lam·Σ w², in the weights' own memory."""

    def value(self, w: Array) -> Array:
        np.multiply(w, w, out=w)
        return self.lam * w.sum(axis=(1, 2), keepdims=True)


@breaks("hyperparameters_broadcast")
class OneStrengthForAll(_L2):
    """lam·Σ w² with the lam of the first trial."""

    def value(self, w: Array) -> Array:
        return np.asarray(self.lam, w.dtype).ravel()[0] * (w * w).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: Array) -> Array:
        return 2 * np.asarray(self.lam, w.dtype).ravel()[0] * w


@breaks("zero_as_declared")
class SaysNothing(_L2):
    """lam·Σ w², which training is told not to ask for."""

    zero = True


@breaks("shape_and_dtype")
class OneNumberEach(_L2):
    """lam·Σ w², as (trial,)."""

    def value(self, w: Array) -> Array:
        return np.ravel(super().value(w))
