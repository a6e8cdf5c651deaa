"""The distance between scores and one-hot targets."""

# NumPy's arithmetic is typed Any.

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nnbench import Loss, Scores


class SquaredError(Loss):
    """½ Σ_j (s_j - t_j)², t one-hot.

    Gradient s - t. The ½ is in, and classes are summed; PyTorch's MSELoss and scikit-learn average over them, without the ½ in
    PyTorch's case.
    """

    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        difference = scores - targets
        return 0.5 * (difference * difference).sum(axis=1, keepdims=True)

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        return scores - targets
