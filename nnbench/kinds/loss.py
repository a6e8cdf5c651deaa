"""Losses: how bad a sample's scores are."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from nnbench.kinds.arrays import Scores
from nnbench.kinds.base import Component


class Loss(Component):
    """Measures how bad a sample's scores are."""

    plural = "losses"
    non_negative: ClassVar[bool] = True
    """Whether no sample's loss is below 0."""

    def outputs(self, classes: int) -> int:
        """How many scores the network has; a single score is positive for class 1 and negative for class 0."""
        return classes

    @abstractmethod
    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        """Loss of each sample; `targets` are one-hot (with a single score: 1 for class 1, 0 for class 0)."""

    @abstractmethod
    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        """Derivative of each sample's loss with respect to each of its scores; at a kink, any subgradient."""

    def value_and_gradient(self, scores: Scores, targets: Scores) -> tuple[Float[np.ndarray, "trial 1 sample"], Scores]:
        """Both at once; worth writing if they share work. The gradient is a new array, which the caller may change."""
        return self.value(scores, targets), self.gradient(scores, targets)

    def margins(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial _margin sample"] | None:  # noqa: ARG002
        """Quantities that change sign at a kink of the loss, for each sample; None for a loss without kinks.

        Gradient checks excuse a difference across such a kink and no other: a kink that is not declared counts as a mistake.
        """
        return None
