"""Schedules: the learning rate over the course of training."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from nnbench.kinds.base import Component


class Schedule(Component):
    """Multiplies the learning rate over the course of training."""

    @abstractmethod
    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        """The multiplier at each of `step` (integers from 0 to total - 1), element by element; finite and at least 0."""

    def starts_at(self, total: int) -> float:  # noqa: ARG002 - for those that warm up
        """The factor of the first of `total` steps, by the formula."""
        return 1.0

    def adjustment(self, steps: Sequence[int], losses: Sequence[float]) -> float:  # noqa: ARG002 - for those that watch
        """A further multiplier from now on, for schedules that watch the validation loss.

        `losses` has the validation loss of every evaluation so far, `steps` the number of updates before each; the last evaluation
        is the current one. The result depends on these alone: nothing is remembered between calls.
        """
        return 1.0
