"""The learning-rate schedules that ship with nnbench."""

# NumPy's arithmetic is typed Any.

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from jaxtyping import Float, Int

from nnbench import Ge, Gt, Le, NonNegative, Positive, Schedule, hookimpl

__all__ = ["Constant", "Exponential", "InverseTime", "StepDecay", "nnbench_components"]


class Constant(Schedule):
    """1: the rate stays as it is."""

    default = True

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return np.ones(step.shape)


class StepDecay(Schedule):
    """drop^⌊step / every⌋: lower by the factor `drop` after every so many steps."""

    drop: Annotated[float, Gt(0), Le(1)] = 0.5
    """What the rate is multiplied by each time (x in the lecture notes)."""
    every: Annotated[int, Ge(1)] = 100
    """Steps between two drops (n in the lecture notes), not epochs."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return self.drop ** (step // self.every)


class Exponential(Schedule):
    """e^(-k·step).

    Halves every ln 2 / k steps: 139 with the default k.
    """

    k: NonNegative = 0.005
    """Decay of each step."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return np.exp(-self.k * step)


class InverseTime(Schedule):
    """tau / max(step, tau): constant for tau steps, then falling like 1 / step.

    The lecture notes' form. Others decay from the start: Keras' InverseTimeDecay is 1 / (1 + rate·step / every).
    """

    tau: Positive = 100.0
    """Steps before the decay begins."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        return self.tau / np.maximum(step, self.tau)


@hookimpl
def nnbench_components() -> Sequence[type[Schedule]]:
    """Offer the schedules of this package."""
    return [Constant, StepDecay, Exponential, InverseTime]
