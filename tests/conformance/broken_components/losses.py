"""Losses with one mistake each."""

from __future__ import annotations

import numpy as np

from broken_components.planting import Array, breaks
from nnbench import Loss, NonNegative


class _Squares(Loss):
    """½ Σ (s - t)²."""

    def value(self, scores: Array, targets: Array) -> Array:
        return 0.5 * ((scores - targets) ** 2).sum(axis=1, keepdims=True)

    def gradient(self, scores: Array, targets: Array) -> Array:
        return scores - targets


class _Hinge(Loss):
    """Σ max(0, 1 - y·s)."""

    def value(self, scores: Array, targets: Array) -> Array:
        return np.maximum(1 - (2 * targets - 1) * scores, 0).sum(axis=1, keepdims=True)

    def gradient(self, scores: Array, targets: Array) -> Array:
        y = 2 * targets - 1
        return -y * (y * scores < 1)

    def margins(self, scores: Array, targets: Array) -> Array | None:
        return 1 - (2 * targets - 1) * scores


@breaks("gradient_matches_differences")
class ExcusesEverySample(Loss):
    """Σ max(0, 1 + s_j - s_y) with the gradient turned around: the margin of the right class is 0, always."""

    def value(self, scores: Array, targets: Array) -> Array:
        return np.maximum(self.margins(scores, targets), 0).sum(axis=1, keepdims=True)

    def gradient(self, scores: Array, targets: Array) -> Array:
        within = (self.margins(scores, targets) > 0).astype(scores.dtype)
        return targets * within.sum(axis=1, keepdims=True) - within

    def margins(self, scores: Array, targets: Array) -> Array:
        own = (scores * targets).sum(axis=1, keepdims=True)
        return (1 + scores - own) * (1 - targets)


@breaks("gradient_matches_differences")
class SeesKinksEverywhere(_Squares):
    """½ Σ (s - t)² with the gradient turned around, and margins that change sign wherever one looks."""

    def gradient(self, scores: Array, targets: Array) -> Array:
        return targets - scores

    def margins(self, scores: Array, targets: Array) -> Array:
        return np.sin(1e9 * scores)


@breaks("gradient_matches_differences")
class WrongForTheLastOfTenClasses(_Squares):
    """½ Σ (s - t)², with half the gradient for the last of ten classes."""

    def gradient(self, scores: Array, targets: Array) -> Array:
        g = scores - targets
        if scores.shape[1] == 10:
            g[:, -1] *= 0.5
        return g


@breaks("precisions_agree")
class HalfTheGradientInFloat32(_Squares):
    """½ Σ (s - t)², with half the gradient in float32."""

    def gradient(self, scores: Array, targets: Array) -> Array:
        return (scores - targets) * (0.5 if scores.dtype == np.float32 else 1)


@breaks("samples_are_independent")
class WrongForBatchesOf64(_Squares):
    """½ Σ (s - t)², with half the gradient for 64 samples."""

    def gradient(self, scores: Array, targets: Array) -> Array:
        return (scores - targets) * (0.5 if scores.shape[2] == 64 else 1)


@breaks("gradient_matches_differences")
class TwiceTheGradient(_Squares):
    """½ Σ (s - t)² with the gradient of Σ (s - t)²."""

    def gradient(self, scores: Array, targets: Array) -> Array:
        return 2 * (scores - targets)


@breaks("gradient_matches_differences")
class SoftmaxOverSamples(Loss):
    """-log softmax, whose gradient normalizes over the wrong axis."""

    def value(self, scores: Array, targets: Array) -> Array:
        return np.logaddexp.reduce(scores, axis=1, keepdims=True) - (scores * targets).sum(axis=1, keepdims=True)

    def gradient(self, scores: Array, targets: Array) -> Array:
        return np.exp(scores - np.logaddexp.reduce(scores, axis=2, keepdims=True)) - targets


@breaks("kinks_are_declared")
class HingeDeclaredSmooth(_Hinge):
    """Σ max(0, 1 - y·s), without its margins."""

    def margins(self, scores: Array, targets: Array) -> Array | None:
        return None


@breaks("finite")
class LogarithmOfZero(Loss):
    """-log p_y with p = e^s / Σ e^s, as it stands in the book."""

    def value(self, scores: Array, targets: Array) -> Array:
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return -np.log((p * targets).sum(axis=1, keepdims=True))

    def gradient(self, scores: Array, targets: Array) -> Array:
        return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True) - targets


@breaks("non_negative_as_declared")
class LeadCosts(Loss):
    """-s_y: the more the better, below 0 as well."""

    def value(self, scores: Array, targets: Array) -> Array:
        return ((1 - 2 * targets) * scores).sum(axis=1, keepdims=True)

    def gradient(self, scores: Array, targets: Array) -> Array:
        return 1 - 2 * targets


@breaks("right_scores_cost_less")
class WrongWayRound(_Squares):
    """½ Σ (s + t)²."""

    def value(self, scores: Array, targets: Array) -> Array:
        return super().value(scores, -targets)

    def gradient(self, scores: Array, targets: Array) -> Array:
        return scores + targets


@breaks("samples_are_independent")
class MeanOverSamples(_Squares):
    """The batch's mean, for each sample."""

    def value(self, scores: Array, targets: Array) -> Array:
        value = super().value(scores, targets)
        return np.broadcast_to(value.mean(axis=2, keepdims=True), value.shape).copy()


@breaks("both_at_once_as_each_alone")
class HalfAtOnce(_Squares):
    """½ Σ (s - t)², without the ½ where both are computed together."""

    def value_and_gradient(self, scores: Array, targets: Array) -> tuple[Array, Array]:
        d = scores - targets
        return (d * d).sum(axis=1, keepdims=True), d


@breaks("arguments_untouched")
class SubtractsInPlace(_Squares):
    """½ Σ (s - t)², in the scores' own memory."""

    def gradient(self, scores: Array, targets: Array) -> Array:
        scores -= targets
        return scores.copy()


@breaks("shape_and_dtype")
class LossOfClasses(_Squares):
    """½ (s - t)², not summed over classes."""

    def value(self, scores: Array, targets: Array) -> Array:
        return 0.5 * (scores - targets) ** 2


@breaks("hyperparameters_broadcast")
class AsksForTheMargin(_Squares):
    """½ Σ (s - t)², if its weight is not 0."""

    weight: NonNegative = 1.0

    def value(self, scores: Array, targets: Array) -> Array:
        return super().value(scores, targets) * (self.weight if self.weight else 0.0)

    def gradient(self, scores: Array, targets: Array) -> Array:
        return super().gradient(scores, targets) * (self.weight if self.weight else 0.0)


@breaks("rows_are_independent")
class WorstTrialCounts(_Squares):
    """½ Σ (s - t)², over the largest of all trials."""

    def value(self, scores: Array, targets: Array) -> Array:
        return super().value(scores, targets) / (1 + np.abs(scores).max(axis=0).sum())

    def gradient(self, scores: Array, targets: Array) -> Array:
        return (scores - targets) / (1 + np.abs(scores).max(axis=0).sum())


@breaks("outputs_are_counted")
class OneScoreForAll(_Squares):
    """½ Σ (s - t)², with one score for however many classes."""

    def outputs(self, classes: int) -> int:
        return 1
