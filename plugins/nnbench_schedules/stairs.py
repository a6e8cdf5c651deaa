"""Schedules that are constant between jumps."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import numpy as np
from jaxtyping import Float, Int

from nnbench import Fraction, Ge, Gt, Le, NonNegative, Schedule


class Constant(Schedule):
    """1: the rate stays as it is.

    The baseline: one rate throughout; too large it never settles, too small it never arrives.
    """

    default = True

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return np.ones(step.shape)


class StepDecay(Schedule):
    """drop^⌊step / every⌋: lower by the factor `drop` after every so many steps.

    The rate drops at even intervals: explores at each level, then settles a little deeper.

    Starts at 1, its maximum. PyTorch calls it StepLR, Keras and optax an exponential decay with staircase.
    """

    aliases = ("StepLR",)

    drop: Annotated[float, Gt(0), Le(1)] = 0.5
    """What the rate is multiplied by each time (x in the lecture notes)."""
    every: Annotated[int, Ge(1)] = 100
    """Steps between two drops (n in the lecture notes), not epochs."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return self.drop ** (step // self.every)


class MultiStep(Schedule):
    """drop^(milestones passed): lower by the factor `drop` at each of some points of the run.

    Drops at chosen moments: the loss stalls at one rate, and falls at once when the rate does.

    Starts at 1, its maximum. A milestone is rounded to a whole step, never the first, and that step has the lower rate already,
    as in PyTorch's MultiStepLR, where milestones are steps and not shares of the run.

    The default is that of He et al. 2016, "Deep residual learning for image recognition", on CIFAR-10: a tenth after half of the
    run, and again after three quarters.

    He et al. 2016: https://arxiv.org/abs/1512.03385
    """

    aliases = ("MultiStepLR",)

    drop: Annotated[float, Gt(0), Le(1)] = 0.1
    """What the rate is multiplied by each time."""
    milestones: tuple[Fraction, ...] = (0.5, 0.75)
    """Shares of the run after which it falls, ascending."""

    def __post_init__(self) -> None:
        _check_ascending("milestones", self.milestones)

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return self.drop ** np.searchsorted([_step(share, total) for share in self.milestones], step, side="right")


class Piecewise(Schedule):
    """values[boundaries passed]: any multipliers, one for each part of the run.

    Draw any staircase: for copying a paper's rates, or for trying what no other schedule does.

    Starts at the first value; with the defaults at 1, the maximum. A boundary is rounded to a whole step, never the first, which
    has the next value already, as in optax' piecewise_constant_schedule; in Keras' PiecewiseConstantDecay the step after it is
    the first.
    """

    aliases = ("piecewise_constant",)

    boundaries: tuple[Fraction, ...] = (0.25, 0.5, 0.75)
    """Shares of the run after which the next value holds, ascending."""
    values: tuple[NonNegative, ...] = (1.0, 0.3, 0.1, 0.03)
    """Multipliers of the rate, one more than boundaries."""

    def __post_init__(self) -> None:
        _check_ascending("boundaries", self.boundaries)
        if len(self.values) != len(self.boundaries) + 1:
            needed = len(self.boundaries) + 1
            raise ValueError(f"values must be one more than boundaries, so {needed}, not {len(self.values)}")

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        passed = np.searchsorted([_step(share, total) for share in self.boundaries], step, side="right")
        return np.array(self.values, dtype=np.float64)[passed]


def _step(share: float, total: int) -> int:
    """The step after that share of the run; the first step is before every other, however short the run is."""
    return max(round(share * total), 1)


def _check_ascending(name: str, shares: tuple[float, ...]) -> None:
    if any(later <= earlier for earlier, later in pairwise(shares)):
        raise ValueError(f"{name} must ascend")
