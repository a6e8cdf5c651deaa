"""Losses: what a sample's scores cost."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from nnbench.kinds.arrays import Scores
from nnbench.kinds.base import Component


class Loss(Component):
    """What a sample's scores cost."""

    plural = "losses"
    non_negative: ClassVar[bool] = True
    """Whether no sample's loss lies below 0."""

    def outputs(self, classes: int) -> int:
        """How many scores the network has; with a single one, it is positive for class 1 and negative for class 0."""
        return classes

    @abstractmethod
    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        """Loss of each sample; `targets` are one-hot (with a single score: 1 for class 1, 0 for class 0)."""

    @abstractmethod
    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        """Derivative of each sample's loss by each of its scores; at a kink, any subgradient."""

    def value_and_gradient(self, scores: Scores, targets: Scores) -> tuple[Float[np.ndarray, "trial 1 sample"], Scores]:
        """Both at once; worth writing where they share work. The gradient is fresh memory, for the caller to change."""
        return self.value(scores, targets), self.gradient(scores, targets)

    def margins(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial _margin sample"] | None:  # noqa: ARG002
        """Quantities whose change of sign is a kink of the loss, for each sample; None for a loss without kinks.

        Gradient checks excuse a difference that straddles such a kink, and no other: an undeclared kink counts as a mistake.
        """
        return None
