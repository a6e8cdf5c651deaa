"""Two axes along which classes can be seen apart, for data with any number of features."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from nnbench.report.pictures.figure import Array

NEIGHBOURS = 9
LOOKED_AT = 300
"""Samples by which axes are chosen."""
MOST_FEATURES = 16
"""Pairs are formed among the first so many features."""
WORTH = 0.02
"""What principal components must gain in accuracy over two features, which are easier to read."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Two directions (feature, axis) through a centre, all in standardized features."""

    directions: Array
    labels: tuple[str, str]
    how: str = ""
    """How the axes were chosen, in words; empty where there was no choice."""

    def apply(self, x: Array) -> Array:
        """Coordinates of samples along the axes, (sample, axis)."""
        coordinates: Array = x @ self.directions
        return coordinates

    def embed(self, points: Array) -> Array:
        """Samples that lie in the plane, all else average."""
        samples: Array = points @ self.directions.T
        return samples


def projection(x: Array, labels: np.ndarray) -> Projection:
    """The plane in which a sample's neighbours tell its class best: two features, or the first two principal components."""
    features = x.shape[1]
    if features <= 2:
        return Projection(np.eye(features, 2), ("x₀", "x₁" if features == 2 else ""))
    few, classes = x[:LOOKED_AT], labels[:LOOKED_AT]
    pairs = list(combinations(range(min(features, MOST_FEATURES)), 2))
    scores = [neighbour_accuracy(few[:, pair], classes) for pair in pairs]
    best = int(np.argmax(scores))
    principal = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2][:2].T
    if neighbour_accuracy(few @ principal, classes) > scores[best] + WORTH:
        return Projection(principal, ("component 1", "component 2"), f"the first two principal components of {features} features")
    i, j = pairs[best]
    names = f"x{_low(i)}", f"x{_low(j)}"
    return Projection(np.eye(features)[:, [i, j]], names, f"{names[0]} and {names[1]}, which tell most of {features} features")


def neighbour_accuracy(points: Array, labels: np.ndarray) -> float:
    """How often most of a point's nearest neighbours are of its class."""
    squares = (points**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * points @ points.T
    np.fill_diagonal(distance, np.inf)
    count = min(NEIGHBOURS, len(points) - 1)
    nearest = labels[np.argpartition(distance, count - 1, axis=1)[:, :count]]
    votes = (nearest[:, :, None] == np.arange(labels.max() + 1)).sum(axis=1)
    return float((votes.argmax(axis=1) == labels).mean())


def _low(index: int) -> str:
    return str(index).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
