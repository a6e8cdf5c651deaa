"""Schedules around another one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from nnbench import Component, Fraction, Schedule
from nnbench_schedules.annealing import Cosine
from nnbench_schedules.stairs import Constant


class _Around(Schedule):
    """What schedules share that hand a later part of the run to another; it sees a run that starts there."""

    length: Fraction = 0.1
    """Share of the run before the other schedule begins, rounded to whole steps."""
    then: Schedule = Constant()
    """What follows."""

    def adjustment(self, steps: Sequence[int], losses: Sequence[float]) -> float:
        return self.then.adjustment(steps, losses)

    def _length(self, total: int) -> int:
        return min(round(self.length * total), total - 1)

    def _following(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        """The other schedule, at its first step as long as it has not begun."""
        length = self._length(total)
        return self.then.factor(np.maximum(step - length, 0), total - length)


class Warmup(_Around):
    """A straight line from `start` up to where another schedule begins, then that schedule.

    Starts gently: the first gradients mislead most, and small steps keep them from doing harm.

    Starts at `start` times the other's first multiplier; its maximum is the other's. With `start = 0` the first update moves
    nothing, as in optax, Keras and Hugging Face's transformers; others begin at 1 / steps. A schedule that watches the validation
    loss does so from the first step on.

    Goyal et al. 2017, "Accurate, large minibatch SGD: training ImageNet in 1 hour".

    Goyal et al. 2017: https://arxiv.org/abs/1706.02677
    """

    aliases = ("linear_warmup",)

    start: Fraction = 0.0
    """Multiplier of the first step, on top of the other schedule's."""

    def starts_at(self, total: int) -> float:
        return (self.start if self._length(total) else 1.0) * self.then.starts_at(total - self._length(total))

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        length = self._length(total)
        rise = self.start + (1 - self.start) * step / max(length, 1)
        return np.where(step < length, rise, 1) * self._following(step, total)

    @classmethod
    def special_cases(cls) -> Sequence[tuple[Component, Component]]:
        return [(cls(length=0.0), Constant())]


class Delayed(_Around):
    """Where another schedule begins, for a while, then that schedule.

    Explore at full rate first and descend later: wide minima are found by wandering, not by landing early.

    Starts at the other's first multiplier; its maximum is the other's. With a cosine it is fastai's "flat, then cosine"; with
    `then = "linear"`, the knee schedule, which explores until it is in a wide minimum and descends there.

    Iyer et al. 2023, "Wide-minima density hypothesis and the explore-exploit learning rate schedule".

    Iyer et al. 2023: https://arxiv.org/abs/2003.03977
    """

    length: Fraction = 0.5
    """Share of the run before the other schedule begins, rounded to whole steps."""
    then: Schedule = Cosine()
    """What follows."""

    def starts_at(self, total: int) -> float:
        return self.then.starts_at(total - self._length(total))

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return self._following(step, total)

    @classmethod
    def special_cases(cls) -> Sequence[tuple[Component, Component]]:
        return [(cls(length=0.0), Cosine())]
