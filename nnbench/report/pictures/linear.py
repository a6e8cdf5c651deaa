"""The best linear model of a data set."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np

from nnbench.report.pictures.figure import Array

SWEEPS = 3


@dataclass(frozen=True, eq=False)
class Linear:
    """A score for each class, linear in the features; the largest one wins."""

    classes: np.ndarray
    weights: Array
    """(feature, class)."""
    offsets: Array
    """(class,)."""

    def scores(self, x: Array) -> Array:
        """(sample, class)."""
        scores: Array = x @ self.weights + self.offsets
        return scores

    def predict(self, x: Array) -> np.ndarray:
        """The class of each sample."""
        return self.classes[self.scores(x).argmax(axis=1)]

    def accuracy(self, x: Array, labels: np.ndarray) -> float:
        """Share of samples whose class it tells."""
        return float((self.predict(x) == labels).mean())


def best_linear(x: Array, labels: np.ndarray) -> Linear:
    """The more accurate of a logistic regression and a linear support vector machine, offsets then fitted for accuracy.

    Where both find nothing, in rings for instance, an offset that cuts a side off is still right more often than chance.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    models = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # hardly converged is good enough for a picture
        for model in (LogisticRegression().fit(x, labels), LinearSVC(random_state=0).fit(x, labels)):
            weights, offsets = model.coef_.T, model.intercept_
            if len(offsets) == 1 and len(model.classes_) == 2:  # one score, for the second class
                weights, offsets = np.hstack([np.zeros_like(weights), weights]), np.append(0.0, offsets)
            models.append(_shifted(Linear(model.classes_, weights, offsets), x, labels))
    return max(models, key=lambda model: model.accuracy(x, labels))


def _shifted(model: Linear, x: Array, labels: np.ndarray) -> Linear:
    """The model with each class's offset, one after the other, where most samples are right."""
    scores, offsets = x @ model.weights, model.offsets.copy()
    for _ in range(SWEEPS):
        for at in range(len(offsets)):
            others = scores + offsets
            others[:, at] = -np.inf
            needed = others.max(axis=1) - scores[:, at]
            order = np.argsort(needed)
            right_as_own = labels[order] == model.classes[at]
            right_as_other = (model.classes[others.argmax(axis=1)] == labels)[order]
            right = np.append(0, np.cumsum(right_as_own)) + right_as_other.sum() - np.append(0, np.cumsum(right_as_other))
            edges = np.concatenate([[needed[order[0]] - 1], needed[order], [needed[order[-1]] + 1]])
            middles = (edges[:-1] + edges[1:]) / 2
            now = right[np.searchsorted(needed[order], offsets[at])]
            if right.max() > now:
                offsets[at] = middles[right.argmax()]
    return replace(model, offsets=offsets)
