"""The negative log-likelihood of a softmax."""

# NumPy's arithmetic is typed Any.

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nnbench import Loss, Scores


class SoftmaxCrossEntropy(Loss):
    """-log p_y with p = softmax(s) = e^s / Σ_j e^(s_j), in nats.

    Gradient p - targets. The largest score is subtracted first, which changes no p and keeps e^s from overflowing.
    """

    default = True

    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        largest = scores.max(axis=1, keepdims=True)
        right = (targets * scores).sum(axis=1, keepdims=True)
        return np.log(np.exp(scores - largest).sum(axis=1, keepdims=True)) + (largest - right)

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        return p - targets
