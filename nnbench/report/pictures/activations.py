"""An activation: its response and its derivative."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from nnbench.engine.contract import checked
from nnbench.kinds import Activation
from nnbench.report.pictures.figure import Array, Figure, Limits, Line, Panel, number, without_jumps
from nnbench.report.pictures.single import alone

Z = np.linspace(-5, 5, 401)
"""Pre-activations, the same for every activation."""
RESPONSE: Limits = (-3.0, 5.3)
DERIVATIVE: Limits = (-1.25, 2.1)
READING = "Response and derivative for pre-activations z, in the same axes for all."
"""How to read the pictures."""


def draw(activation: Activation, _chosen: Collection[str] = ()) -> Figure:
    """Response and derivative over the same pre-activations and with the same axes for all."""
    z = Z[None, None]
    called = alone(activation)
    a = checked(activation, "forward", called.forward(z), z)
    derivative = checked(activation, "derivative", called.derivative(z, a), z)[0, 0]
    response, kinks = a[0, 0], activation.kinks
    x_limits = float(Z[0]), float(Z[-1])
    return Figure(
        (
            Panel("response", (Line(Z, without_jumps(Z, response, kinks)),), "z", x_limits, RESPONSE),
            Panel("derivative", (Line(Z, without_jumps(Z, derivative, kinks), color=1),), "z", x_limits, DERIVATIVE),
        ),
        _beyond(response, derivative),
    )


def _beyond(response: Array, derivative: Array) -> str:
    """How far a curve goes where its panel cuts it off."""
    outside = []
    for name, values, (low, high) in (("response", response, RESPONSE), ("derivative", derivative, DERIVATIVE)):
        ends = [end for end in (float(values.min()), float(values.max())) if not low <= end <= high]
        if ends:
            outside.append(f"{name} to {' and '.join(map(number, ends))}")
    return f"Cut off: {', '.join(outside)}." if outside else ""
