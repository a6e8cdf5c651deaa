"""A component in float32 beside itself in float64: what only one of the two gets wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from nnbench.conformance.laws import Broken, NotJudged
from nnbench.conformance.tools import Array, at, number
from nnbench.kinds import Component

C = TypeVar("C", bound=Component)
UNIT = float(np.finfo(np.float32).eps)
CLOSE = 64 * UNIT
"""How far the precisions may be apart, relative to the largest number of a result: 8e-6. Those of what ships agree to 4e-7."""
NUDGES = (-4 * UNIT, 4 * UNIT)
"""By what share inputs are moved, to see how much a result depends on their rounding."""
Everything = Callable[[C, Array], Mapping[str, Array]]


def expect_equal_precisions(everything: Everything[C], single: C, double: C, inputs: Array, axes: Sequence[str]) -> None:
    """Raise Broken where what a component computes in float32 is not what it computes in float64 from the same numbers.

    A result may be off by `CLOSE` of the largest one, and by as much as it changes when its inputs move by a few units of
    float32's rounding: near a jump, or where it is steep, both precisions are right.
    """
    narrow = np.asarray(inputs, np.float32)
    wide = narrow.astype(np.float64)
    exact = everything(double, wide)
    moved = [everything(double, wide * (1 + nudge)) for nudge in NUDGES]
    judged = [
        expect_close_in_float32(what, rounded, exact[what], np.maximum(*(np.abs(each[what] - exact[what]) for each in moved)), axes)
        for what, rounded in everything(single, narrow).items()
    ]
    if not any(judged):
        raise NotJudged("no result is finite")


def expect_close_in_float32(
    what: str, rounded: Array, exact: Array, rounding: Any, axes: Sequence[str], close: float = CLOSE
) -> bool:
    """Raise Broken where a float32 result differs from the float64 one by more than rounding explains; whether any was judged."""
    judged = np.isfinite(exact) & (np.abs(exact) < float(np.finfo(np.float32).max))
    if not judged.any():
        return False  # a law of its own tells of what is not finite
    scale = np.abs(exact[judged]).max()
    error = np.abs(rounded.astype(np.float64) - exact) - close * scale - np.nan_to_num(rounding, nan=np.inf)
    error = np.where(judged, np.nan_to_num(error, nan=np.inf, posinf=np.inf), -np.inf)
    if error.max() > 0:
        index = np.unravel_index(int(error.argmax()), error.shape)
        told = f"{number(rounded[index])} in float32 and {number(exact[index])} in float64"
        raise Broken(f"{what} is {told} ({at(index, axes)}): nothing but rounding may tell the precisions apart")
    return True
