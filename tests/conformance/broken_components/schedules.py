"""Schedules with one mistake each."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from broken_components.planting import Array, breaks
from nnbench import Schedule


class _Linear(Schedule):
    """1 - step / total."""

    def factor(self, step: Array, total: int) -> Array:
        return 1 - step / total


@breaks("finite_and_not_negative")
class EndsBelowZero(_Linear):
    """1 - 1.01·step / (total - 1), for runs of two steps or more."""

    def factor(self, step: Array, total: int) -> Array:
        return 1 - 1.01 * step / max(total - 1, 1)


@breaks("finite_and_not_negative")
class NoRunOfOneStep(_Linear):
    """1 - step / (total - 1): 0 / 0 in a run of one step."""

    def factor(self, step: Array, total: int) -> Array:
        return 1 - step / np.float64(total - 1)


@breaks("starts_where_declared")
class OneStepAhead(_Linear):
    """1 - (step + 1) / total: an off-by-one."""

    def factor(self, step: Array, total: int) -> Array:
        return 1 - (step + 1) / total


@breaks("all_at_once_as_one_by_one")
class FromTheFirstAskedFor(_Linear):
    """1 - (step - first step) / total."""

    def factor(self, step: Array, total: int) -> Array:
        return 1 - (step - step.min(initial=total)) / total


@breaks("all_at_once_as_one_by_one")
class ByPosition(_Linear):
    """1 - position / total, whatever the steps."""

    def factor(self, step: Array, total: int) -> Array:
        return (1 - np.arange(step.size) / total).reshape(step.shape)


@breaks("shape_and_dtype")
class WholeNumbers(_Linear):
    """1, the integer."""

    def factor(self, step: Array, total: int) -> Array:
        return np.ones_like(step)


@breaks("shape_and_dtype")
class FlattensSteps(_Linear):
    """1 - step / total, in a row."""

    def factor(self, step: Array, total: int) -> Array:
        return (1 - step / total).ravel()


@breaks("arguments_untouched")
class CountsFromOne(_Linear):
    """1 - step / total, with step += 1 on the way."""

    def factor(self, step: Array, total: int) -> Array:
        step += 1
        return 1 - (step - 1) / total


@breaks("pure")
class DropsAtEveryCall(_Linear):
    """0.99 to the number of calls."""

    calls: ClassVar[list[int]] = [0]

    def factor(self, step: Array, total: int) -> Array:
        self.calls[0] += 1
        return np.full(step.shape, 0.99 ** self.calls[0])


@breaks("something_left_to_learn_with")
class NothingLeft(_Linear):
    """0 after the first step."""

    def factor(self, step: Array, total: int) -> Array:
        return np.where(step == 0, 1.0, 0.0) if total < 400 else np.zeros(step.shape)


@breaks("adjustment_is_a_factor")
class RemembersTheBest(_Linear):
    """Halves the rate whenever the loss is above the best that it ever saw, in whatever run."""

    best: ClassVar[list[float]] = [math.inf]

    def adjustment(self, steps: Any, losses: Any) -> float:
        self.best[0] = min(self.best[0], losses[-1])
        return 1.0 if losses[-1] <= self.best[0] else 0.5


@breaks("adjustment_is_a_factor")
class DividesByTheLoss(_Linear):
    """The loss over the first loss: NaN once a loss is."""

    def adjustment(self, steps: Any, losses: Any) -> float:
        return losses[-1] / losses[0]
