"""Loss and penalty of a stack, part by part."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from nnbench.engine.blocks import Matrices
from nnbench.engine.contract import checked, read_only
from nnbench.engine.parts import Part, parts
from nnbench.grid.trial import Cell
from nnbench.kinds import Loss, Penalty, Scores


class Objective:
    """Mean loss over the samples plus the penalty of every matrix of weights."""

    def __init__(self, cells: Sequence[Cell], dtype: np.dtype[Any]) -> None:
        self._losses: list[Part[Loss]] = parts([cell.loss for cell in cells], dtype)
        self._penalties: list[Part[Penalty]] = [
            part for part in parts([cell.penalty for cell in cells], dtype) if not part.component.zero
        ]
        self._dtype = dtype

    def repeated(self, trials: int) -> Objective:
        """The objective of so many trials, all like the one that this was made for."""
        made = copy.copy(self)
        made._losses = [Part(0, trials, part.component) for part in self._losses]
        made._penalties = [Part(0, trials, part.component) for part in self._penalties]
        return made

    def losses(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        """Loss of each sample."""
        losses = [
            checked(part.component, "value", part.component.value(scores[part.rows], targets[part.rows]), scores[part.rows, :1])
            for part in self._losses
        ]
        return losses[0] if len(losses) == 1 else np.concatenate(losses)

    def losses_and_delta(self, scores: Scores, targets: Scores) -> tuple[Float[np.ndarray, "trial 1 sample"], Scores]:
        """Loss of each sample, and the derivative of their mean by the scores."""
        if len(self._losses) == 1:
            losses, delta = self._part(self._losses[0].component, scores, targets)
        else:
            pieces = [self._part(part.component, scores[part.rows], targets[part.rows]) for part in self._losses]
            losses, delta = (np.concatenate(each) for each in zip(*pieces, strict=True))
        delta *= self._dtype.type(1 / scores.shape[2])
        return losses, delta

    @staticmethod
    def _part(loss: Loss, scores: Scores, targets: Scores) -> tuple[Float[np.ndarray, "trial 1 sample"], Scores]:
        value, gradient = loss.value_and_gradient(scores, targets)
        checked(loss, "value", value, scores[:, :1])
        checked(loss, "gradient", gradient, scores)
        return value, gradient if gradient.flags.writeable else gradient.copy()

    def penalties(self, weights: Matrices) -> Float[np.ndarray, " trial"]:
        """Penalty of each trial, summed over matrices."""
        total = np.zeros(len(weights[0]), self._dtype)
        for part in self._penalties:
            for matrix in weights:
                w = read_only(matrix[part.rows])
                total[part.rows] += checked(part.component, "value", part.component.value(w), w[:, :1, :1])[:, 0, 0]
        return total

    def add_penalty_gradients(self, weights: Matrices, gradients: Matrices) -> None:
        """Add the penalty's derivative to that of the loss."""
        for part in self._penalties:
            for matrix, gradient in zip(weights, gradients, strict=True):
                w = read_only(matrix[part.rows])
                gradient[part.rows] += checked(part.component, "gradient", part.component.gradient(w), w)
