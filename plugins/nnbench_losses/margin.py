"""Losses that are 0 once the right score leads every other by a margin."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nnbench import Loss, Positive, Scores
from nnbench_losses.classes import over_classes


class _MarginLoss(Loss):
    """A loss of how much each wrong score falls short of trailing the right one by a margin."""

    margin: Positive = 1.0
    """Lead Δ that the right score needs."""

    def shortfalls(self, scores: Scores, targets: Scores) -> Scores:
        """s_j - s_y + margin for each wrong class; 0 for the right one."""
        right = over_classes(np.add, targets * scores)
        return scores - right + self.margin * (1 - targets)


class MaxMargin(_MarginLoss):
    """Σ_{j≠y} max(0, margin + s_j - s_y): each wrong class that comes too close costs.

    All that counts is being right by a margin: samples beyond it drop out, those within it pull with equal force.

    The gradient is 1 for each wrong class within the margin and, for class y, minus their number; 0 exactly at the hinge.
    With two classes it is the binary max-margin loss of the score s_1 - s_0. This is the sum over the wrong classes of Weston and
    Watkins 1999, "Support vector machines for multi-class pattern recognition", as in the lecture notes; the worst of them alone
    counts in crammer_singer. PyTorch's MultiMarginLoss divides by the number of classes.
    """

    aliases = ("weston_watkins",)

    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        return over_classes(np.add, np.maximum(self.shortfalls(scores, targets), 0))

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        too_close = (self.shortfalls(scores, targets) > 0).astype(scores.dtype)
        return too_close - targets * over_classes(np.add, too_close)

    def margins(self, scores: Scores, targets: Scores) -> Scores:
        return self.shortfalls(scores, targets)


class SquaredMaxMargin(_MarginLoss):
    """Σ_{j≠y} max(0, margin + s_j - s_y)²: max-margin that forgives what is nearly far enough.

    max_margin without a corner: gradients fade as a sample nears the margin, so that steps settle there.

    The gradient is 2·max(0, margin + s_j - s_y) for each wrong class and, for class y, minus their sum; it is continuous, so the
    hinge is no kink. PyTorch's MultiMarginLoss has it as p = 2, divided by the number of classes.

    Dogan, Glasmachers and Igel 2016, "A unified view on multi-class support vector classification".
    """

    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        excess = np.maximum(self.shortfalls(scores, targets), 0)
        return over_classes(np.add, excess * excess)

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        slopes = 2 * np.maximum(self.shortfalls(scores, targets), 0)
        return slopes - targets * over_classes(np.add, slopes)


class CrammerSinger(_MarginLoss):
    """max(0, margin + max_{j≠y} s_j - s_y): the worst of the wrong classes costs.

    Fights the strongest rival alone: one class at a time is pushed down, until none is within the margin.

    The gradient is 1 for that class and -1 for class y within the margin, else 0; classes that are exactly level share it. With two
    classes it is max_margin. optax calls it multi-class hinge. Keras' CategoricalHinge differs where all wrong scores
    are negative: it takes the largest of them to be 0.

    Crammer and Singer 2001, "On the algorithmic implementation of multiclass kernel-based vector machines".
    """

    aliases = ("multiclass_hinge_loss",)

    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        return over_classes(np.maximum, self.shortfalls(scores, targets))

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        shortfalls = self.shortfalls(scores, targets)
        worst = (shortfalls == over_classes(np.maximum, shortfalls)).astype(scores.dtype)
        worst /= over_classes(np.add, worst)
        return worst - targets

    def margins(self, scores: Scores, targets: Scores) -> Scores:
        """By how much each class is worse than all others, the right one, at 0, included: positive for the one that costs."""
        shortfalls = self.shortfalls(scores, targets)
        second, first = np.moveaxis(np.sort(shortfalls, axis=1)[:, -2:], 1, 0)[:, :, None]
        return shortfalls - np.where(shortfalls == first, second, first)
