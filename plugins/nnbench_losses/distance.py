"""The distance between scores and one-hot targets: classification as regression."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nnbench import Loss, Positive, Scores
from nnbench_losses.classes import over_classes


class SquaredError(Loss):
    """½ Σ_j (s_j - t_j)², t one-hot.

    Regression on labels: simple and smooth, and it even punishes scores that are more than right.

    Gradient s - t. The ½ is in, and classes are summed; PyTorch's MSELoss and scikit-learn average over them, without the ½ in
    PyTorch's case. Hui and Belkin 2021, "Evaluation of neural architectures trained with square loss vs cross-entropy in
    classification tasks".

    Hui and Belkin 2021: https://arxiv.org/abs/2006.07322
    """

    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        difference = scores - targets
        return 0.5 * over_classes(np.add, difference * difference)

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        return scores - targets


class AbsoluteError(Loss):
    """Σ_j |s_j - t_j|, t one-hot.

    Far-off samples pull no harder than near ones: robust against outliers, slow to finish.

    Gradient sgn(s - t), of the same size however close the target is; 0 exactly there. Scores tend to the median, not the mean, of
    the targets around: they do not move where most of those agree, so that it takes longer than squared_error. Classes are
    summed; PyTorch's L1Loss and Keras' MeanAbsoluteError average over them. It is of the scores; the absolute error of
    probabilities, which withstands wrong labels, is twice generalized_cross_entropy with q = 1.

    Janocha and Czarnecki 2017, "On loss functions for deep neural networks in classification".

    Janocha and Czarnecki 2017: https://arxiv.org/abs/1702.05659
    """

    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        return over_classes(np.add, np.abs(scores - targets))

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        return np.sign(scores - targets)

    def margins(self, scores: Scores, targets: Scores) -> Scores:
        return scores - targets


class Huber(Loss):
    """Σ_j h(s_j - t_j), h(d) = ½d² for |d| ≤ delta, else delta·(|d| - ½delta), t one-hot.

    Careful near the target like squared error, calm far from it like absolute error: outliers pull with bounded force.

    Gradient d clipped to [-delta, delta]: squared error near the target, absolute error far from it. The derivative is
    continuous, so there is no kink. Classes are summed, as in optax; PyTorch's HuberLoss and Keras' Huber average over them, and
    PyTorch's SmoothL1Loss divides by delta as well.

    Huber 1964, "Robust estimation of a location parameter".

    Huber 1964: https://doi.org/10.1214/aoms/1177703732
    """

    delta: Positive = 1.0
    """Distance beyond which the loss grows no faster."""

    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        distance = np.abs(scores - targets)
        near = np.minimum(distance, self.delta)
        return over_classes(np.add, near * (distance - 0.5 * near))

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        return np.clip(scores - targets, -self.delta, self.delta)
