"""What the best line reaches: the accuracy of a linear model, which every target has to be above.

A task's target is worth reaching only where guessing, one class for all, and a line cannot do it. How well a line does has no
formula for most families, and so it is measured, on samples of its own: the same for the same hyperparameters, wherever that is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from nnbench import Samples

SAMPLES = 1_500
"""As many fit a line, and as many others judge it."""
DIRECTIONS = 60
"""Across which binary tasks are cut beside those that the samples suggest."""
FEW = 20
"""Classes up to which a softmax regression is tried as well."""

Labels = Int[np.ndarray, " sample"]
Draw = Callable[[np.random.Generator, int], tuple[Samples, Labels]]


def best_line(draw: Draw, classes: int) -> float:
    """The highest accuracy of several linear models, and of guessing; 1 where the samples are not finite."""
    rng = np.random.default_rng(0)
    x, labels = draw(rng, 2 * SAMPLES)
    with np.errstate(all="ignore"):
        mean, spread = x.mean(axis=0), x.std(axis=0)
        x = (x - mean) / np.where(spread > 0, spread, 1)
    if not (np.isfinite(x).all() and np.isfinite(spread).all()):
        return 1.0
    order = rng.permutation(len(x))
    fit, judge = order[:SAMPLES], order[SAMPLES:]
    weights = [_discriminant(x[fit], labels[fit], classes)]
    weights += [_softmax(x[fit], labels[fit], *weights[0])] if classes <= FEW else []
    accuracies = [float(((x[judge] @ w + b).argmax(axis=1) == labels[judge]).mean()) for w, b in weights]
    if classes == 2:
        across = np.stack([w[:, 1] - w[:, 0] for w, _ in weights], axis=1)
        accuracies.append(_best_cut(x[judge] @ np.hstack([across, _directions(x.shape[1], rng)]), labels[judge]))
    return max(1 / classes, *accuracies)


def _directions(features: int, rng: np.random.Generator) -> Float[np.ndarray, "feature direction"]:
    """All around in two dimensions, anywhere in more."""
    if features == 2:
        angle = np.pi * np.arange(DIRECTIONS) / DIRECTIONS
        return np.stack([np.cos(angle), np.sin(angle)])
    return rng.standard_normal((features, DIRECTIONS))


def _best_cut(across: Float[np.ndarray, "sample direction"], labels: Labels) -> float:
    """The highest accuracy of a threshold along any direction, either class above it."""
    sides = np.where(labels[across.argsort(axis=0)] == 1, 1, -1).cumsum(axis=0)
    ones = int(labels.sum())
    return float(max(ones - sides.min(), len(labels) - ones + sides.max(), ones, len(labels) - ones) / len(labels))


def _discriminant(
    x: Samples, labels: Labels, classes: int
) -> tuple[Float[np.ndarray, "feature class"], Float[np.ndarray, " class"]]:
    """Fisher's: normal classes with one covariance between them."""
    counts = np.maximum(np.bincount(labels, minlength=classes), 1)
    means = np.stack([np.bincount(labels, column, classes) for column in x.T]) / counts
    within = x - means.T[labels]
    covariance = within.T @ within / len(x) + 1e-6 * np.eye(x.shape[1])
    w = np.linalg.solve(covariance, means)
    return w, -(means * w).sum(axis=0) / 2


def _softmax(
    x: Samples, labels: Labels, w: Float[np.ndarray, "feature class"], b: Float[np.ndarray, " class"]
) -> tuple[Float[np.ndarray, "feature class"], Float[np.ndarray, " class"]]:
    """Sixty steps of gradient descent with momentum on the cross-entropy, from there."""
    truth = np.eye(w.shape[1])[labels]
    x = np.hstack([x, np.ones((len(x), 1))])
    w = np.vstack([w, b])
    rate, velocity = 2.0 / (1 + x.shape[1]), np.zeros_like(w)
    for _ in range(60):
        scores = x @ w
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        velocity = 0.9 * velocity + x.T @ (p / p.sum(axis=1, keepdims=True) - truth) / len(x)
        w = w - rate * velocity
    return w[:-1], w[-1]
