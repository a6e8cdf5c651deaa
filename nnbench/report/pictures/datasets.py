"""A data set: its points by class, and what the best linear model makes of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from nnbench.errors import ContractError
from nnbench.kinds import Dataset
from nnbench.report.pictures.contours import contours
from nnbench.report.pictures.figure import MUTED, Array, Figure, Limits, Line, Mark, Panel, Points, limits
from nnbench.report.pictures.linear import Linear, best_linear
from nnbench.report.pictures.projection import Projection, projection
from nnbench.seeds import stream

FITTED = 1000
SCORED = 2000
SHOWN = 300
GRID = 121
"""Places along each axis at which the model is asked, to find its boundary."""
COLORS = 8
"""Classes beyond so many share colours."""
SIMILAR = 2.5
"""Axes whose ranges differ by less are drawn to one scale."""
READING = "Samples by class, and what the best linear model makes of them: its boundary, and × where it errs."
"""How to read the pictures."""


def draw(dataset: Dataset, _chosen: Collection[str] = ()) -> Figure:
    """The points along two axes, and the same with a linear model's boundary and its errors; features are standardized for it."""
    x, labels = sampled(dataset, "fitted", FITTED)
    mean, std = x.mean(axis=0), np.where(x.std(axis=0) > 0, x.std(axis=0), 1)
    model = best_linear((x - mean) / std, labels)
    others, classes = sampled(dataset, "scored", SCORED)
    accuracy = model.accuracy((others - mean) / std, classes)
    plane = projection((x - mean) / std, labels)
    raw = dataset.features <= 2
    shift, scale = (mean, std) if raw else (np.zeros_like(mean), np.ones_like(std))
    few, classes = ((x - mean) / std)[:SHOWN], labels[:SHOWN]
    points = plane.apply(few * scale + shift)
    wrong = model.predict(few) != classes
    if dataset.features == 1:
        points[:, 1] = classes + 0.6 * stream(0, "picture", "jitter").random(len(classes)) - 0.3
    x_limits, y_limits = limits([points[:, 0]]), limits([points[:, 1]])
    ratio = (x_limits[1] - x_limits[0]) / (y_limits[1] - y_limits[0])
    square = 1 / SIMILAR < ratio < SIMILAR and dataset.features > 1
    axes: dict[str, Any] = {
        "x_label": plane.labels[0],
        "y_label": plane.labels[1] if dataset.features > 1 else "class",
        "x_limits": x_limits,
        "y_limits": y_limits,
        "square": square,
    }
    boundary = _boundary(model, plane, shift, scale, x_limits, y_limits)
    seen: tuple[Mark, ...] = (
        *(Line(line[:, 0], line[:, 1], MUTED) for line in boundary),
        *(replace(each, faint=True) for each in _by_class(points[~wrong], classes[~wrong])),
        *(replace(each, marker="cross") for each in _by_class(points[wrong], classes[wrong])),
    )
    panels = (
        Panel(f"{dataset.classes} classes", _by_class(points, classes), **axes),
        Panel("best linear model, × wrong", seen, **axes),
    )
    return Figure(panels, _caption(dataset, accuracy, plane))


def sampled(dataset: Dataset, purpose: str, n: int) -> tuple[Array, np.ndarray]:
    """Shuffled samples; raises ContractError where they are none of this data set's."""
    rng = stream(0, "picture", purpose)
    x, labels = dataset.sample(rng, n)
    x, labels = np.asarray(x, dtype=np.float64), np.asarray(labels)
    if x.shape != (n, dataset.features) or labels.shape != (n,):
        raise ContractError(
            f"dataset {dataset.name}: sample(rng, {n}) returned x {x.shape} and labels {labels.shape}, "
            f"expected ({n}, {dataset.features}) and ({n},)"
        )
    order = rng.permutation(n)
    return x[order], labels[order]


def _by_class(points: Array, labels: np.ndarray) -> tuple[Points, ...]:
    return tuple(Points(points[labels == each, 0], points[labels == each, 1], int(each) % COLORS) for each in np.unique(labels))


def _boundary(model: Linear, plane: Projection, shift: Array, scale: Array, x_limits: Limits, y_limits: Limits) -> list[Array]:
    """Where the model's choice changes within the plane."""
    across, up = np.linspace(*x_limits, GRID), np.linspace(*y_limits, GRID)
    points = np.stack([each.ravel() for each in np.meshgrid(across, up)], axis=1)
    scores = model.scores((plane.embed(points) - shift) / scale)
    lines: list[Array] = []
    for each in range(scores.shape[1] - 1):
        lead = scores[:, each] - np.delete(scores, each, axis=1).max(axis=1)
        lines += contours(across, up, lead.reshape(GRID, GRID), [0])
    return lines


def _caption(dataset: Dataset, accuracy: float, plane: Projection) -> str:
    said = f"The best linear boundary gets {accuracy:.2f} right, the target is {dataset.target:.2f}."
    if plane.how:
        said += f" Drawn: {plane.how}, standardized; the boundary is where all else is average."
    return said
