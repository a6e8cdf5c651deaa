"""Schedules that watch the validation loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from jaxtyping import Float, Int

from nnbench import Fraction, Ge, Gt, Lt, Schedule


class ReduceOnPlateau(Schedule):
    """drop^(plateaus so far): lower whenever the validation loss has not improved for long.

    Watches instead of counting: the rate falls when the validation loss stalls, whenever that is.

    Starts at 1, its maximum. An evaluation improves if its loss is below the best one by more than the share `threshold` of
    that. One that comes more than `patience` update steps after the last improvement or reduction, and does not improve, lowers
    the rate. Steps are counted, not evaluations, because evaluations are denser early in a run (the last ones of a default run
    are 33 of its 400 steps apart); with one at each step it is PyTorch's ReduceLROnPlateau, where losses are not negative: below
    0 that takes equal losses for ever lower ones. Keras' threshold (min_delta) is absolute.

    Krizhevsky, Sutskever and Hinton 2012, "ImageNet classification with deep convolutional neural networks", did so by hand.
    """

    aliases = ("ReduceLROnPlateau",)

    drop: Annotated[float, Gt(0), Lt(1)] = 0.5
    """What the rate is multiplied by each time."""
    patience: Annotated[int, Ge(0)] = 50
    """Update steps without improvement that are let pass."""
    threshold: Fraction = 1e-4
    """By what share of the best loss another has to be lower."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return np.ones(step.shape)

    def adjustment(self, steps: Sequence[int], losses: Sequence[float]) -> float:
        best, since, multiplier = float("inf"), 0, 1.0
        for step, loss in zip(steps, losses, strict=True):
            if loss < best * (1 - math.copysign(self.threshold, best)):  # which is below the best one, also where that is negative
                best, since = loss, step
            elif step - since > self.patience:
                multiplier, since = multiplier * self.drop, step
        return multiplier
