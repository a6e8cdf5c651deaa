"""The negative log-likelihood of a softmax."""

from __future__ import annotations

from functools import reduce

import numpy as np
from jaxtyping import Float

from nnbench import Loss, Scores


class SoftmaxCrossEntropy(Loss):
    """-log p_y with p = softmax(s) = e^s / Σ_j e^(s_j), in nats.

    Gradient p - targets. The largest score is subtracted first, which changes no p and keeps e^s from overflowing.
    """

    default = True

    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        shifted = scores - _over_classes(np.maximum, scores)
        return np.log(_over_classes(np.add, np.exp(shifted))) - _over_classes(np.add, targets * shifted)

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        return self.value_and_gradient(scores, targets)[1]

    def value_and_gradient(self, scores: Scores, targets: Scores) -> tuple[Float[np.ndarray, "trial 1 sample"], Scores]:
        shifted = scores - _over_classes(np.maximum, scores)
        p = np.exp(shifted)
        total = _over_classes(np.add, p)
        shifted *= targets
        value = np.log(total) - _over_classes(np.add, shifted)
        p /= total
        p -= targets
        return value, p


def _over_classes(combine: np.ufunc, x: Scores) -> Float[np.ndarray, "trial 1 sample"]:
    """The ufunc's reduction over the few classes; as whole arrays, three times as fast as NumPy's own over so short an axis."""
    return reduce(combine, (x[:, i : i + 1] for i in range(x.shape[1])))
