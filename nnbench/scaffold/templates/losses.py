"""Offers the loss example."""

import numpy as np
from jaxtyping import Float

from nnbench import Loss, Positive, Scores, hookimpl


class Example(Loss):
    """delta²·Σ_j (√(1 + ((s_j - t_j) / delta)²) - 1): squares that straighten out.

    An error s - t that is small compared with delta costs half its square; a large one costs delta times its size.
    Gradient (s - t) / √(1 + ((s - t) / delta)²).
    """

    delta: Positive = 1.0
    """Where an error begins to count as large."""

    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        """Loss of each sample; targets are one-hot."""
        errors = scores - targets
        return self.delta**2 * (np.hypot(1, errors / self.delta) - 1).sum(axis=1, keepdims=True)

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        """Derivative of each sample's loss with respect to its scores."""
        errors = scores - targets
        return errors / np.hypot(1, errors / self.delta)


@hookimpl
def nnbench_components() -> list[type[Loss]]:
    """Tell nnbench which components this package has."""
    return [Example]
