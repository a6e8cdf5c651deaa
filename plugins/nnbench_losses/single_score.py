"""Losses of y·s, y = ±1: a single score for two classes, positive for class 1; for more, each class against the rest.

With more than two classes each has a score, the right class y = 1 and all others y = -1, and their losses are summed.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from jaxtyping import Float

from nnbench import Loss, Positive, Scores
from nnbench_losses.classes import over_classes


class _SingleScoreLoss(Loss):
    """A sum over scores of a function of m = y·s."""

    @abstractmethod
    def cost(self, m: Scores) -> Scores:
        """What each score costs."""

    @abstractmethod
    def slope(self, m: Scores) -> Scores:
        """Derivative of the cost by m."""

    def outputs(self, classes: int) -> int:
        return 1 if classes == 2 else classes

    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        return over_classes(np.add, self.cost((2 * targets - 1) * scores))

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        y = 2 * targets - 1
        return y * self.slope(y * scores)

    def value_and_gradient(self, scores: Scores, targets: Scores) -> tuple[Float[np.ndarray, "trial 1 sample"], Scores]:
        y = 2 * targets - 1
        m = y * scores
        return over_classes(np.add, self.cost(m)), y * self.slope(m)


class BinaryMaxMargin(_SingleScoreLoss):
    """max(0, margin - y·s), y = ±1: one score, positive for class 1.

    The loss of support vector machines: samples that are far enough on the right side no longer count.

    The gradient is -y within the margin, else 0; 0 exactly at the hinge. Two classes need a single score. With more, each
    class has one, the right class y = 1 and all others y = -1, and their losses are summed.

    Cortes and Vapnik 1995, "Support-vector networks".

    Cortes and Vapnik 1995: https://doi.org/10.1007/BF00994018
    """

    aliases = ("hinge", "hinge_loss")

    margin: Positive = 1.0
    """Distance Δ from 0 that a score needs."""

    def cost(self, m: Scores) -> Scores:
        return np.maximum(self.margin - m, 0)

    def slope(self, m: Scores) -> Scores:
        return -(self.margin - m > 0).astype(m.dtype)

    def margins(self, scores: Scores, targets: Scores) -> Scores:
        return self.margin - (2 * targets - 1) * scores


class SquaredHinge(_SingleScoreLoss):
    """max(0, margin - y·s)², y = ±1: one score, positive for class 1; the L2-SVM's loss.

    A hinge that starts softly and hits hard: large violations cost most, so outliers rule more than with the hinge.

    The gradient is -2y·max(0, margin - y·s), continuous, so the hinge is no kink. Two classes need a single score; with more, each
    against the rest, summed (Keras' SquaredHinge averages). The form that compares the right score with the others is
    squared_max_margin.

    Lee and Mangasarian 2001, "SSVM: a smooth support vector machine"; for networks Tang 2013, "Deep learning using linear support
    vector machines".

    Lee and Mangasarian 2001: https://doi.org/10.1023/A:1011215321374
    Tang 2013: https://arxiv.org/abs/1306.0239
    """

    margin: Positive = 1.0
    """Distance Δ from 0 that a score needs."""

    def cost(self, m: Scores) -> Scores:
        excess = np.maximum(self.margin - m, 0)
        return excess * excess

    def slope(self, m: Scores) -> Scores:
        return -2 * np.maximum(self.margin - m, 0)


class ModifiedHuber(_SingleScoreLoss):
    """max(0, 1 - y·s)² for y·s ≥ -1, else -4y·s: a squared hinge that grows straight on.

    A hinge for noisy labels: smooth near the margin, and no sample pulls without limit.

    The gradient is -2y·max(0, 1 - y·s), at most 4 in size: a sample far on the wrong side, as one with a wrong label, pulls no more
    than one at -1. It is continuous, so there is no kink. As in scikit-learn's SGDClassifier; two classes need a single score,
    more are each set against the rest and summed.

    Zhang 2004, "Solving large scale linear prediction problems using stochastic gradient descent algorithms".

    Zhang 2004: https://doi.org/10.1145/1015330.1015332
    """

    def cost(self, m: Scores) -> Scores:
        excess = np.maximum(1 - m, 0)
        near = np.minimum(excess, 2)
        return near * (2 * excess - near)

    def slope(self, m: Scores) -> Scores:
        return -2 * np.clip(1 - m, 0, 2)


class BinaryLogistic(_SingleScoreLoss):
    """log(1 + e^(-y·s)), y = ±1, in nats: one score, positive for class 1.

    Logistic regression on top of the network: says how sure it is, and never stops asking right samples for more.

    The gradient is σ(s) - t, t = 1 for class 1, else 0: the cross-entropy of a sigmoid, and that of a softmax of scores 0 and s. It
    is computed from e^(-|s|), which neither overflows nor loses what is small. Two classes need a single score; with more,
    each has a sigmoid of its own, against the rest, and their losses are summed: PyTorch's BCEWithLogitsLoss averages them.

    Cox 1958, "The regression analysis of binary sequences".

    Cox 1958: https://doi.org/10.1111/j.2517-6161.1958.tb00292.x
    """

    aliases = ("bce", "binary_cross_entropy", "BCEWithLogitsLoss", "sigmoid_binary_cross_entropy")

    def cost(self, m: Scores) -> Scores:
        return np.maximum(-m, 0) + np.log1p(np.exp(-np.abs(m)))

    def slope(self, m: Scores) -> Scores:
        small = np.exp(-np.abs(m))
        return -np.maximum(small, m < 0) / (1 + small)
