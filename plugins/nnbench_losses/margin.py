"""Losses that are 0 once the right score leads by a margin."""

# NumPy's arithmetic is typed Any.

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nnbench import Loss, Positive, Scores


class MaxMargin(Loss):
    """Σ_{j≠y} max(0, margin + s_j - s_y): each wrong class that comes too close costs.

    The gradient is 1 for each wrong class within the margin and, for class y, minus their number; 0 exactly at the hinge.
    With two classes it is the binary max-margin loss of the score s_1 - s_0. Crammer and Singer 2001 count only the worst
    of the wrong classes, max_{j≠y}; this is the sum over them of Weston and Watkins 1999, as in the lecture notes.
    """

    margin: Positive = 1.0
    """Lead Δ that the right score needs."""

    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        return np.maximum(self._shortfalls(scores, targets), 0).sum(axis=1, keepdims=True)

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        too_close = (self._shortfalls(scores, targets) > 0).astype(scores.dtype)
        return too_close - targets * too_close.sum(axis=1, keepdims=True)

    def margins(self, scores: Scores, targets: Scores) -> Scores:
        return self._shortfalls(scores, targets)

    def _shortfalls(self, scores: Scores, targets: Scores) -> Scores:
        """How much each wrong score exceeds s_y - margin; 0 for the right one."""
        right = (targets * scores).sum(axis=1, keepdims=True)
        return scores - right + self.margin * (1 - targets)


class BinaryMaxMargin(Loss):
    """max(0, margin - y·s), y = ±1: one score, positive for class 1.

    The gradient is -y within the margin, else 0; 0 exactly at the hinge. Two classes need a single score. With more, each
    class has one, the right class y = 1 and all others y = -1, and their losses are summed.

    Cortes and Vapnik 1995, "Support-vector networks".
    """

    margin: Positive = 1.0
    """Distance Δ from 0 that a score needs."""

    def outputs(self, classes: int) -> int:
        return 1 if classes == 2 else classes

    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        return np.maximum(self.margin - (2 * targets - 1) * scores, 0).sum(axis=1, keepdims=True)

    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        y = 2 * targets - 1
        return -y * (self.margin - y * scores > 0)

    def margins(self, scores: Scores, targets: Scores) -> Scores:
        return self.margin - (2 * targets - 1) * scores
