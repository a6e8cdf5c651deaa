"""A data set: its points by class, and what the best linear model makes of them."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from nnbench.components import Dataset
from nnbench.errors import ContractError
from nnbench.report.pictures.contours import contours
from nnbench.report.pictures.figure import MUTED, Array, Figure, Limits, Line, Mark, Panel, Points, limits
from nnbench.report.pictures.projection import Projection, projection
from nnbench.seeds import stream

FITTED = 1000
SCORED = 2000
SHOWN = 300
COLORS = 8
"""Classes beyond so many share colours."""
SIMILAR = 2.5
"""Axes whose ranges differ by less are drawn to one scale."""


def draw(dataset: Dataset) -> Figure:
    """The points along two axes, and the same with a linear model's boundary and its errors; features are standardized for it."""
    x, labels = sampled(dataset, "fitted", FITTED)
    mean, std = x.mean(axis=0), np.where(x.std(axis=0) > 0, x.std(axis=0), 1)
    model, accuracy = linear(dataset, (x - mean) / std, labels, mean, std)
    plane = projection((x - mean) / std, labels)
    raw = dataset.features <= 2
    shift, scale = (mean, std) if raw else (np.zeros_like(mean), np.ones_like(std))
    few, own = ((x - mean) / std)[:SHOWN], labels[:SHOWN]
    points = plane.apply(few * scale + shift)
    wrong = model.predict(few) != own
    if dataset.features == 1:
        points[:, 1] = own + 0.6 * stream(0, "picture", "jitter").random(len(own)) - 0.3
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
        *(replace(each, faint=True) for each in _by_class(points[~wrong], own[~wrong])),
        *(replace(each, marker="cross") for each in _by_class(points[wrong], own[wrong])),
    )
    panels = (
        Panel(f"{dataset.classes} classes", _by_class(points, own), **axes),
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


def linear(dataset: Dataset, x: Array, labels: np.ndarray, mean: Array, std: Array) -> tuple[Any, float]:
    """A logistic regression fitted to standardized samples, and its accuracy on others of the same data set."""
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # hardly converged is good enough for a picture
        model = LogisticRegression().fit(x, labels)
    others, classes = sampled(dataset, "scored", SCORED)
    return model, float(model.score((others - mean) / std, classes))


def _by_class(points: Array, labels: np.ndarray) -> tuple[Points, ...]:
    return tuple(Points(points[labels == each, 0], points[labels == each, 1], int(each) % COLORS) for each in np.unique(labels))


def _boundary(model: Any, plane: Projection, shift: Array, scale: Array, x_limits: Limits, y_limits: Limits) -> list[Array]:
    """Where the model's likeliest class changes within the plane."""
    across, up = np.linspace(*x_limits, 121), np.linspace(*y_limits, 121)
    grid = np.stack([each.ravel() for each in np.meshgrid(across, up)], axis=1)
    decision = model.decision_function((plane.embed(grid) - shift) / scale)
    if decision.ndim == 1:
        return contours(across, up, decision.reshape(121, 121), [0])
    lines: list[Array] = []
    for each in range(decision.shape[1] - 1):
        rest = np.delete(decision, each, axis=1).max(axis=1)
        lines += contours(across, up, (decision[:, each] - rest).reshape(121, 121), [0])
    return lines


def _caption(dataset: Dataset, accuracy: float, plane: Projection) -> str:
    said = f"Accuracy of the best linear model {accuracy:.2f}, target {dataset.target:.2f}."
    if plane.how:
        said += f" Drawn: {plane.how}, standardized; the boundary is where all else is average."
    return said
