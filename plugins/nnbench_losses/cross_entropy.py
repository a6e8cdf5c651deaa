"""Losses of p = softmax(s) that grow from the negative log-likelihood."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, TypeAlias

import numpy as np
from jaxtyping import Float

from nnbench import Component, Fraction, Ge, Gt, Le, Loss, NonNegative, Scores
from nnbench_losses.classes import over_classes

PerSample: TypeAlias = Float[np.ndarray, "trial 1 sample"]


class SoftmaxCrossEntropy(Loss):
    """-log p_y with p = softmax(s) = e^s / Σ_j e^(s_j), in nats.

    The default of classifiers: the surprise at the right answer, with strong gradients exactly where they are needed.

    Gradient p - targets. The largest score is subtracted first, which changes no p and keeps e^s from overflowing.
    """

    aliases = ("cross_entropy", "CrossEntropyLoss", "categorical_crossentropy", "sparse_categorical_crossentropy")
    default = True

    def value(self, scores: Scores, targets: Scores) -> PerSample:
        return _cross_entropy(scores, targets)

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        return self.value_and_gradient(scores, targets)[1]

    def value_and_gradient(self, scores: Scores, targets: Scores) -> tuple[PerSample, Scores]:
        return _cross_entropy_and_gradient(scores, targets)


class LabelSmoothing(Loss):
    """-Σ_j u_j log p_j, cross-entropy to u = (1 - smoothing)·t + smoothing / classes.

    Keeps a network from being too sure: scores stay finite, and it often does better on new samples.

    Gradient p - u. The right class is asked for with 1 - smoothing + smoothing / classes, each other one with smoothing / classes,
    so that finite scores are best and no sample is ever quite certain. The smallest value is the entropy of u, not 0. PyTorch,
    Keras and optax define it so; where smoothing is shared among the wrong classes alone, it is classes / (classes - 1) times this.

    Szegedy et al. 2016, "Rethinking the Inception architecture for computer vision", with 0.1; Müller, Kornblith and Hinton 2019,
    "When does label smoothing help?".

    Szegedy et al. 2016: https://arxiv.org/abs/1512.00567
    Müller et al. 2019: https://arxiv.org/abs/1906.02629
    """

    aliases = ("label_smoothed_cross_entropy",)

    smoothing: Fraction = 0.1
    """Share of the target that is spread evenly over all classes."""

    def value(self, scores: Scores, targets: Scores) -> PerSample:
        return _cross_entropy(scores, self._smoothed(targets))

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        return self.value_and_gradient(scores, targets)[1]

    def value_and_gradient(self, scores: Scores, targets: Scores) -> tuple[PerSample, Scores]:
        return _cross_entropy_and_gradient(scores, self._smoothed(targets))

    def _smoothed(self, targets: Scores) -> Scores:
        return (1 - self.smoothing) * targets + self.smoothing / targets.shape[1]

    @classmethod
    def special_cases(cls) -> Sequence[tuple[Component, Component]]:
        return [(cls(smoothing=0.0), SoftmaxCrossEntropy())]


class _LikelihoodLoss(Loss):
    """A loss that sees nothing but p_y, how likely the softmax takes the right class to be."""

    @abstractmethod
    def of_log_likelihood(self, log_p: PerSample) -> tuple[PerSample, PerSample]:
        """Value at log p_y ≤ 0, and minus its derivative by it: the multiple of cross-entropy's gradient, p - targets."""

    def value(self, scores: Scores, targets: Scores) -> PerSample:
        return self.of_log_likelihood(-_cross_entropy(scores, targets))[0]

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        return self.value_and_gradient(scores, targets)[1]

    def value_and_gradient(self, scores: Scores, targets: Scores) -> tuple[PerSample, Scores]:
        cross_entropy, gradient = _cross_entropy_and_gradient(scores, targets)
        value, multiple = self.of_log_likelihood(-cross_entropy)
        gradient *= multiple
        return value, gradient


class Focal(_LikelihoodLoss):
    """-(1 - p_y)^gamma · log p_y: cross-entropy that turns away from samples already right.

    Spends its effort on hard samples: those already right hardly pull, which helps where easy ones are many.

    Gradient (1 - p_y)^gamma · (1 - gamma·p_y log p_y / (1 - p_y)) · (p - targets); gamma = 0 is cross-entropy. The paper has one
    sigmoid for each class; this is its form for a softmax, the same for two classes. The weights α of the classes are left
    out, as the tasks here are balanced: Keras' CategoricalFocalCrossentropy multiplies by α = 0.25 unless told otherwise.

    Lin et al. 2017, "Focal loss for dense object detection", with gamma = 2.

    Lin et al. 2017: https://arxiv.org/abs/1708.02002
    """

    aliases = ("focal_loss",)

    gamma: NonNegative = 2.0
    """Focusing γ: how fast interest falls with p_y."""

    def of_log_likelihood(self, log_p: PerSample) -> tuple[PerSample, PerSample]:
        wrong = np.maximum(-np.expm1(log_p), np.finfo(log_p.dtype).tiny)
        focus = np.exp(self.gamma * np.log(wrong))  # NumPy's power rounds differently where all exponents are equal
        return -focus * log_p, focus * (1 - self.gamma * (1 - wrong) * (log_p / wrong))

    @classmethod
    def special_cases(cls) -> Sequence[tuple[Component, Component]]:
        return [(cls(gamma=0.0), SoftmaxCrossEntropy())]


class GeneralizedCrossEntropy(_LikelihoodLoss):
    """(1 - p_y^q) / q, between cross-entropy (q → 0) and the absolute error 1 - p_y (q = 1).

    For wrong labels: what the network cannot believe it need not learn; q turns trust in labels into caution.

    Range [0, 1/q], gradient p_y^q · (p - targets): a sample that the network finds absurd, as one with a wrong label, pulls little.
    The price is a slow start from hopeless scores. The paper also truncates the loss and drops samples; this is the loss alone.

    Zhang and Sabuncu 2018, "Generalized cross entropy loss for training deep neural networks with noisy labels", with q = 0.7.

    Zhang and Sabuncu 2018: https://arxiv.org/abs/1805.07836
    """

    aliases = ("gce",)

    q: Annotated[float, Gt(0), Le(1)] = 0.7
    """Where between cross-entropy and absolute error."""

    def of_log_likelihood(self, log_p: PerSample) -> tuple[PerSample, PerSample]:
        less = np.expm1(self.q * log_p)
        return -less / self.q, 1 + less


class PolyCrossEntropy(_LikelihoodLoss):
    """-log p_y + epsilon·(1 - p_y): Poly-1, cross-entropy with another first coefficient.

    Cross-entropy with one knob: how hard samples that are nearly right go on pulling.

    Gradient (1 + epsilon·p_y) · (p - targets). In powers of 1 - p_y, cross-entropy's coefficients are 1, 1/2, 1/3, …; epsilon is
    added to the first of them, which matters most to samples that are nearly right. epsilon = 0 is cross-entropy.

    Leng et al. 2022, "PolyLoss: a polynomial expansion perspective of classification loss functions": 2 for ImageNet, the
    default here and in optax; -1 for detection.

    Leng et al. 2022: https://arxiv.org/abs/2204.12511
    """

    aliases = ("poly_loss_cross_entropy", "poly1")

    epsilon: Annotated[float, Ge(-1)] = 2.0
    """What is added to the first coefficient."""

    def of_log_likelihood(self, log_p: PerSample) -> tuple[PerSample, PerSample]:
        wrong = -np.expm1(log_p)
        return self.epsilon * wrong - log_p, 1 + self.epsilon * (1 - wrong)


class BrierScore(Loss):
    """Σ_j (p_j - t_j)² with p = softmax(s): the squared error of probabilities.

    Honest probabilities without cross-entropy's unbounded fines; a network that is sure and wrong learns slowly.

    Range [0, 2], gradient 2·p_j · (d_j - Σ_i d_i p_i) with d = p - t. Proper like cross-entropy, but bounded: the gradient
    vanishes where the network is sure and wrong, too. Summed over classes as Brier did, where others halve or average it.

    Brier 1950, "Verification of forecasts expressed in terms of probability"; compared with other losses for networks by Janocha
    and Czarnecki 2017, "On loss functions for deep neural networks in classification".

    Brier 1950: https://doi.org/10.1175/1520-0493(1950)078%3C0001:VOFEIT%3E2.0.CO;2
    Janocha and Czarnecki 2017: https://arxiv.org/abs/1702.05659
    """

    aliases = ("brier",)

    def value(self, scores: Scores, targets: Scores) -> PerSample:
        d = _softmax(scores) - targets
        return over_classes(np.add, d * d)

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        return self.value_and_gradient(scores, targets)[1]

    def value_and_gradient(self, scores: Scores, targets: Scores) -> tuple[PerSample, Scores]:
        p = _softmax(scores)
        d = p - targets
        value = over_classes(np.add, d * d)
        d -= over_classes(np.add, d * p)
        d *= 2 * p
        return value, d


def _softmax(scores: Scores) -> Scores:
    p = np.exp(scores - over_classes(np.maximum, scores))
    p /= over_classes(np.add, p)
    return p


def _cross_entropy(scores: Scores, targets: Scores) -> PerSample:
    shifted = scores - over_classes(np.maximum, scores)
    return np.log(over_classes(np.add, np.exp(shifted))) - over_classes(np.add, targets * shifted)


def _cross_entropy_and_gradient(scores: Scores, targets: Scores) -> tuple[PerSample, Scores]:
    shifted = scores - over_classes(np.maximum, scores)
    p = np.exp(shifted)
    total = over_classes(np.add, p)
    shifted *= targets
    value = np.log(total) - over_classes(np.add, shifted)
    p /= total
    p -= targets
    return value, p
