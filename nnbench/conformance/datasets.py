"""The laws of data sets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnbench.conformance.laws import Broken, Case, DoesNotApply, law
from nnbench.conformance.tools import Array, expect_array, expect_same, number, same
from nnbench.kinds import Dataset
from nnbench.seeds import stream

TRAIN, TEST = 1_500, 1_500
"""Samples that a model of a data set is fitted to, and judged by."""


@law("dataset", basic=True)
def shape_and_dtype(case: Case[Dataset]) -> None:
    """`sample` returns finite float64 inputs (sample, feature) and int64 labels (sample,), for even and odd numbers of samples."""
    dataset = case.component
    for n in (1, 2, 61, 500):
        x, labels = dataset.sample(case.rng(), n)
        expect_array(f"sample(rng, {n}), x,", x, (n, dataset.features), np.float64)
        expect_array(f"sample(rng, {n}), labels,", labels, (n,), np.int64)
        if not np.isfinite(x).all():
            raise Broken(f"sample(rng, {n}) holds {x[~np.isfinite(x)][0]}")


@law("dataset")
def classes_are_balanced(case: Case[Dataset]) -> None:
    """Labels run from 0 to classes - 1, and each class has at least half and at most twice its share of 1,000 samples."""
    classes = case.component.classes
    if not isinstance(classes, int) or classes < 2:
        raise Broken(f"classes is {classes!r}, expected a whole number of at least 2")
    for n in (1_000, 1_001):
        labels = case.component.sample(case.rng(), n)[1]
        if labels.min() < 0 or labels.max() >= classes:
            raise Broken(f"labels run from {labels.min()} to {labels.max()}, and classes is {classes}")
        counts = np.bincount(labels, minlength=classes)
        if counts.min() < n / classes / 2 or counts.max() > 2 * n / classes:
            raise Broken(f"of {n} samples, the classes have {', '.join(map(str, counts))}")


@law("dataset")
def stream_determines_samples(case: Case[Dataset]) -> None:
    """Equal generators draw equal samples, whatever was drawn before: equal seeds see the same data."""
    first = [array.copy() for array in case.component.sample(stream(3, "conformance"), 50)]
    case.component.sample(stream(4, "conformance"), 70)
    again = case.component.sample(stream(3, "conformance"), 50)
    expect_same("inputs drawn again from an equal generator, and at first", again[0], first[0], ("sample", "feature"))
    expect_same("labels drawn again from an equal generator, and at first", again[1], first[1], ("sample",))


@law("dataset", over="default")
def stream_matters(case: Case[Dataset]) -> None:
    """Another generator draws other samples, and so does another draw: splits that are the same samples test nothing."""
    x, other = (case.component.sample(stream(seed, "conformance"), 50)[0] for seed in (0, 1))
    if same(x, other):
        raise Broken("generators of different seeds draw the same samples")
    rng = stream(0, "conformance")
    if same(case.component.sample(rng, 50)[0], case.component.sample(rng, 50)[0]):
        raise Broken("two draws from one generator are the same samples")


@law("dataset")
def target_is_an_accuracy(case: Case[Dataset]) -> None:
    """The target lies above what guessing gets, and is at most 1; values with which it cannot are refused."""
    dataset = case.component
    if not 1 / dataset.classes < dataset.target <= 1:
        raise Broken(f"target is {number(dataset.target)} with {dataset.classes} classes")


@law("dataset")
def no_line_separates(case: Case[Dataset]) -> None:
    """A linear model, and one class for all, stay below the target: otherwise the task does not tell one component from another."""
    from sklearn.linear_model import LogisticRegression

    x, labels, test_x, test_labels = _splits(case.component)
    accuracies = {
        "one class for all": float(np.bincount(test_labels).max() / len(test_labels)),
        "a linear model": LogisticRegression(max_iter=100).fit(x, labels).score(test_x, test_labels),
    }
    for what, accuracy in accuracies.items():
        if accuracy >= case.component.target:
            raise Broken(
                f"{what} gets {number(accuracy)}, and the target is {number(case.component.target)}; "
                "raise the target there, or refuse such values in __post_init__"
            )


@law("dataset", over="default")
def target_is_reachable(case: Case[Dataset]) -> None:
    """Some model gets to the target: a kernel machine, nearest neighbours, trees or a small network, fitted to 1,500 samples."""
    target, best = case.component.target, 0.0
    if target > 1:
        raise DoesNotApply(f"a target of {number(target)} is no accuracy")
    for score in _models(*_splits(case.component)):
        best = max(best, score)
        if best >= target:
            return
    raise Broken(f"the best of several models gets {number(best)}, and the target is {number(target)}")


def exercise(dataset: Dataset, rng: np.random.Generator, size: int) -> list[Array]:
    """Everything that the component computes for some inputs."""
    return [*dataset.sample(rng, 10 * size), np.array([dataset.classes, dataset.features, dataset.target])]


def _splits(dataset: Dataset) -> tuple[Array, Array, Array, Array]:
    """Training inputs and labels, test inputs and labels; standardized by what the training inputs tell."""
    x, labels = dataset.sample(stream(0, "conformance", "splits"), TRAIN + TEST)
    order = stream(1, "conformance", "splits").permutation(len(x))
    train, test = order[:TRAIN], order[TRAIN:]
    mean, spread = x[train].mean(axis=0), x[train].std(axis=0)
    z = (x - mean) / np.where(spread > 0, spread, 1)
    return z[train], labels[train], z[test], labels[test]


def _models(x: Array, labels: Array, test_x: Array, test_labels: Array) -> Iterator[float]:
    """Test accuracies, those that are fast to come by first."""
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC

    for gamma in (1, 8, 0.1, 64):
        yield SVC(C=30, gamma=gamma / x.shape[1]).fit(x, labels).score(test_x, test_labels)
    for neighbours in (1, 15):
        yield KNeighborsClassifier(neighbours).fit(x, labels).score(test_x, test_labels)
    yield ExtraTreesClassifier(100, random_state=0).fit(x, labels).score(test_x, test_labels)
    network = MLPClassifier((32, 32), learning_rate_init=0.01, batch_size=64, alpha=0, random_state=0)
    for epoch in range(1, 51):
        network.partial_fit(x, labels, classes=np.unique(labels))
        if epoch % 10 == 0:
            yield network.score(test_x, test_labels)
