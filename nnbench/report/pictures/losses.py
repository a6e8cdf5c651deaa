"""A loss: value and derivative against a score."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from nnbench.engine.contract import checked
from nnbench.kinds import Loss
from nnbench.report.pictures.figure import Array, Figure, Limits, Line, Panel, without_jumps
from nnbench.report.pictures.single import alone

SCORE = np.linspace(-4, 4, 401)
VALUE: Limits = (-0.3, 6.0)
DERIVATIVE: Limits = (-2.5, 2.5)
READING = "Value and derivative while one score varies."
"""How to read the pictures."""


def draw(loss: Loss, _chosen: Collection[str] = ()) -> Figure:
    """For two classes: with a score for each, the right one's varies; with a single score, a sample of either class."""
    outputs = loss.outputs(2)
    if outputs == 1:
        one, zero = (curves(loss, np.array([right])) for right in (1.0, 0.0))
        values: tuple[Line, ...] = (Line(SCORE, one[0], 0, "class 1"), Line(SCORE, zero[0], 1, "class 0", dashed=True))
        derivatives: tuple[Line, ...] = (Line(SCORE, one[1][0], 0, "class 1"), Line(SCORE, zero[1][0], 1, "class 0", dashed=True))
        x_label, caption = "score", "Two classes, one score: positive for class 1, negative for class 0."
    else:
        value, (right, *others) = curves(loss, np.eye(outputs)[0])
        values = (Line(SCORE, value),)
        derivatives = (
            Line(SCORE, right, 0, "this score"),
            *(Line(SCORE, other, 1, "the other", dashed=True) for other in others[:1]),
        )
        x_label, caption = "score of the right class", "Two classes; the wrong one's score is 0."
    x_limits = float(SCORE[0]), float(SCORE[-1])
    return Figure(
        (
            Panel("loss", values, x_label, x_limits, VALUE),
            Panel("derivative by" if outputs > 1 else "derivative", derivatives, x_label, x_limits, DERIVATIVE),
        ),
        caption,
    )


def curves(loss: Loss, target: Array) -> tuple[Array, Array]:
    """Value, and derivative by each score, of a sample with that target while its first score takes the values of `SCORE`."""
    scores = np.zeros((1, len(target), len(SCORE)))
    scores[0, 0] = SCORE
    targets = np.broadcast_to(target[None, :, None], scores.shape).copy()
    called = alone(loss)
    value = checked(loss, "value", called.value(scores, targets), scores[:, :1])[0, 0]
    gradient = checked(loss, "gradient", called.gradient(scores, targets), scores)[0]
    margins = called.margins(scores, targets)
    jumps: list[float] = []
    if margins is not None:
        signs = np.sign(margins[0])
        jumps = [float(at) for at in SCORE[1:][(signs[:, 1:] != signs[:, :-1]).any(axis=0)]]
    return value, np.array([without_jumps(SCORE, each, jumps) for each in gradient])
