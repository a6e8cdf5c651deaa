"""Schedules that rise again and again: whole cycles, which fill the run."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from jaxtyping import Float, Int

from nnbench import Fraction, Ge, Gt, Le, Schedule

Count = Annotated[int, Ge(1)]


class CosineRestarts(Schedule):
    """end + (1 - end)·(1 + cos(π·p)) / 2, p from 0 to 1 in each of some cycles (SGDR).

    Lands several times: each jump back up can leave a poor minimum, each landing is a model to keep.

    Starts at 1, its maximum, and jumps back to it at each restart. The cycles fill the run, each `growth` times as long as the
    one before: 1/7, 2/7 and 4/7 of it with the defaults. PyTorch's CosineAnnealingWarmRestarts and Keras' CosineDecayRestarts
    take the first one's length in place of their number, so that a run may end within a cycle, where the rate is high.

    Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm restarts". With `growth = 1`, the cycles of Huang et
    al. 2017, "Snapshot ensembles".

    Loshchilov and Hutter 2017: https://arxiv.org/abs/1608.03983
    Huang et al. 2017: https://arxiv.org/abs/1704.00109
    """

    aliases = ("sgdr",)

    cycles: Count = 3
    """How many."""
    growth: Annotated[float, Ge(1)] = 2.0
    """How many times as long as the one before a cycle is (T_mult)."""
    end: Fraction = 0.0
    """What is left of the rate at the end of each cycle."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        at = step * sum(self.growth**cycle for cycle in range(self.cycles)) / total  # in lengths of the first cycle
        start, length = np.zeros(step.shape), np.ones(step.shape)
        for _ in range(self.cycles - 1):
            over = at >= start + length
            start, length = start + over * length, np.where(over, self.growth * length, length)
        return self.end + (1 - self.end) * (1 + np.cos(np.pi * (at - start) / length)) / 2


class _Triangles(Schedule):
    """What the policies of Smith's cyclical learning rates share."""

    cycles: Count = 4
    """How many; the paper advises a half cycle of 2 to 10 epochs."""
    low: Fraction = 0.1
    """Where each cycle starts and ends, for a maximum of 1."""

    def starts_at(self, total: int) -> float:
        return self.low

    def _height(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        """Within each cycle, from 0 to 1 and back."""
        return 1 - np.abs(2 * (step * self.cycles / total % 1) - 1)


class Cyclic(_Triangles):
    """low + (1 - low)·h, h from 0 to 1 and back in each of some cycles: "triangular".

    Up and down again: large rates explore, small ones settle, and one need not know which of them is right.

    Starts at `low`; its maximum is 1. PyTorch's CyclicLR, whose momentum cycles the other way: here it does not.

    Smith 2017, "Cyclical learning rates for training neural networks".

    Smith 2017: https://arxiv.org/abs/1506.01186
    """

    aliases = ("CyclicLR", "triangular")

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return self.low + (1 - self.low) * self._height(step, total)


class Triangular2(_Triangles):
    """low + (1 - low)·h / 2^(cycles before): triangles, each half as high as the one before.

    Cycles that halve: wide exploration first, then ever narrower around what was found.

    Starts at `low`; its maximum is 1, in the middle of the first cycle. Smith 2017, "Cyclical learning rates for training neural
    networks".

    Smith 2017: https://arxiv.org/abs/1506.01186
    """

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return self.low + (1 - self.low) * self._height(step, total) * 0.5 ** (step * self.cycles // total)


class ExpRange(_Triangles):
    """low + (1 - low)·h·gamma^(step / total): triangles whose height decays exponentially.

    Cycles that grow tamer: explores early, and does less and less of it towards the end.

    Starts at `low`; its maximum is below 1, 0.77 with the defaults. As in PyTorch the decay is that of the height,
    where the paper speaks of both boundaries; its gamma is for a step, this one for the run.

    Smith 2017, "Cyclical learning rates for training neural networks".

    Smith 2017: https://arxiv.org/abs/1506.01186
    """

    gamma: Annotated[float, Gt(0), Le(1)] = 0.1
    """What is left of the height after the last step."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return self.low + (1 - self.low) * self._height(step, total) * self.gamma ** (step / total)
