"""A penalty: value and derivative against a weight."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from nnbench.engine.contract import checked
from nnbench.kinds import Penalty
from nnbench.report.pictures.figure import Array, Figure, Line, Panel, limits, without_jumps
from nnbench.report.pictures.single import alone

REACHES = (2, 4, 8)
"""Weights up to the first of these are drawn, further ones where the penalty is level so far."""
READING = "Value and derivative for a single weight; each has its own vertical scale, because strengths differ."
"""How to read the pictures."""


def draw(penalty: Penalty, _chosen: Collection[str] = ()) -> Figure:
    """Both for a matrix that has one weight alone."""
    drawn = [_curves(penalty, reach) for reach in REACHES]
    w, value, derivative = next((each for each in drawn if np.ptp(each[1]) > 0), drawn[0])
    x_limits = float(w[0]), float(w[-1])
    return Figure(
        (
            Panel("penalty", (Line(w, value),), "weight", x_limits, limits([value])),
            Panel("derivative", (Line(w, derivative, color=1),), "weight", x_limits, limits([derivative])),
        )
    )


def _curves(penalty: Penalty, reach: int) -> tuple[Array, Array, Array]:
    """Weights up to there, and value and derivative at each."""
    w = np.linspace(-reach, reach, 401)
    matrices = w[:, None, None]
    called = alone(penalty)
    value = np.ravel(checked(penalty, "value", called.value(matrices), matrices))
    derivative = np.ravel(checked(penalty, "gradient", called.gradient(matrices), matrices))
    return w, value, without_jumps(w, derivative, penalty.kinks)
