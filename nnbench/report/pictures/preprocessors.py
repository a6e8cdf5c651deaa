"""A preprocessor: points before and after."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from nnbench.errors import ContractError
from nnbench.kinds import Preprocessor
from nnbench.report.pictures.figure import MUTED, Array, Figure, Limits, Line, Mark, Panel, Points, widened
from nnbench.seeds import stream

SAMPLES = 240
X: Limits = (-4.2, 6.6)
Y: Limits = (-3.9, 4.5)
READING = f"{SAMPLES} points before and after, in the same axes where they fit; colours help to follow."
"""How to read the pictures."""


def draw(preprocessor: Preprocessor, _chosen: Collection[str] = ()) -> Figure:
    """The same points in the same axes before and after, in two colours by which they can be followed."""
    x, labels = cloud()
    after = np.asarray(preprocessor.fit(x).apply(x))
    features = preprocessor.features(2)
    if after.shape != (SAMPLES, features):
        raise ContractError(f"preprocessor {preprocessor.name}: apply returned shape {after.shape}, expected {(SAMPLES, features)}")
    shown = after[:, :2] if features > 1 else np.hstack([after, np.zeros_like(after)])
    wide = widened(X, [shown[:, 0]]), widened(Y, [shown[:, 1]])
    drawn = "" if features <= 2 else ", of which the first two are drawn"
    return Figure(
        (_panel("before", x, labels, X, Y), _panel("after", shown, labels, *wide)),
        "" if features == 2 else f"Two features become {features}{drawn}.",
    )


def cloud() -> tuple[Array, Array]:
    """Two correlated features of different means and spreads, a few outliers among them, and which half each point is in."""
    rng = stream(0, "picture", "cloud")
    x = rng.standard_normal((SAMPLES, 2)) @ np.array([[1.3, 0.6], [0.0, 0.35]])
    x[: SAMPLES // 40] *= 1.8
    labels = (x[:, 0] > 0).astype(np.float64)
    return x + np.array([2.5, 1.5]), labels


def _panel(title: str, x: Array, labels: Array, x_limits: Limits, y_limits: Limits) -> Panel:
    """Points by colour, and the axes through 0."""
    marks: tuple[Mark, ...] = (
        Line(np.array(x_limits), np.zeros(2), MUTED),
        Line(np.zeros(2), np.array(y_limits), MUTED),
        *(Points(x[labels == label, 0], x[labels == label, 1], color) for color, label in enumerate((0.0, 1.0))),
    )
    return Panel(title, marks, "x₀", x_limits, y_limits, "x₁", square=(x_limits, y_limits) == (X, Y))
