"""A penalty: value and derivative against a weight."""

from __future__ import annotations

import numpy as np

from nnbench.components import Penalty
from nnbench.engine.network import checked
from nnbench.report.pictures.figure import Figure, Line, Panel, limits, without_jumps
from nnbench.report.pictures.single import alone

WEIGHT = np.linspace(-2, 2, 401)


def draw(penalty: Penalty) -> Figure:
    """Both for a matrix that has one weight alone."""
    w = WEIGHT[:, None, None]
    called = alone(penalty)
    value = np.ravel(checked(penalty, "value", called.value(w), w))
    derivative = np.ravel(checked(penalty, "gradient", called.gradient(w), w))
    x_limits = float(WEIGHT[0]), float(WEIGHT[-1])
    kinked = without_jumps(WEIGHT, derivative, penalty.kinks)
    return Figure(
        (
            Panel("penalty", (Line(WEIGHT, value),), "weight", x_limits, limits([value])),
            Panel("derivative", (Line(WEIGHT, kinked, color=1),), "weight", x_limits, limits([derivative])),
        )
    )
