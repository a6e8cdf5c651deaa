"""Data sets: determinism, balance, and that their targets separate small networks from linear models.

Measured with scikit-learn, 1,000 training and 2,000 test samples, mean of two seeds: a logistic regression; a 2-32-32 tanh
network (MLPClassifier, Adam, lr 0.01, batches of 64, no penalty) after 10 and after 50 epochs; the best of four support vector
machines with Gaussian kernels.

| data set                                | linear | 10 epochs | 50 epochs | SVM   | target |
|-----------------------------------------|--------|-----------|-----------|-------|--------|
| moons, noise 0.2                        | 0.867  | 0.958     | 0.970     | 0.969 | 0.951  |
| circles, noise 0.1, factor 0.5          | 0.498  | 0.989     | 0.989     | 0.991 | 0.974  |
| xor, noise 0.4                          | 0.499  | 0.988     | 0.988     | 0.988 | 0.968  |
| checkerboard, squares 3                 | 0.502  | 0.751     | 0.974     | 0.982 | 0.940  |
| spirals, arms 2, turns 1, noise 0.02    | 0.745  | 0.983     | 1.000     | 1.000 | 0.950  |
| moons, noise 0.1                        | 0.883  | 0.994     | 0.999     | 1.000 | 0.980  |
| moons, noise 0                          | 0.892  | 1.000     | 1.000     | 1.000 | 0.980  |
| circles, noise 0.05, factor 0.7         | 0.499  | 0.996     | 0.992     | 0.998 | 0.979  |
| xor, noise 0.2                          | 0.493  | 1.000     | 1.000     | 1.000 | 0.980  |
| xor, noise 0.6                          | 0.493  | 0.901     | 0.904     | 0.903 | 0.889  |
| checkerboard, squares 2                 | 0.488  | 0.970     | 0.990     | 0.988 | 0.960  |
| checkerboard, squares 4                 | 0.510  | 0.540     | 0.895     | 0.974 | 0.920  |
| spirals, arms 2, turns 1.5, noise 0.02  | 0.663  | 0.697     | 0.999     | 1.000 | 0.950  |
| spirals, arms 3, turns 1, noise 0.02    | 0.525  | 0.890     | 0.997     | 0.999 | 0.950  |
| spirals, arms 3, turns 1, noise 0.05    | 0.525  | 0.861     | 0.987     | 0.993 | 0.950  |
| spirals, arms 5, turns 1, noise 0.02    | 0.331  | 0.587     | 0.987     | 0.999 | 0.950  |
"""

from __future__ import annotations

import numpy as np
import pytest

from nnbench import Dataset
from nnbench_datasets import XOR, Checkerboard, Circles, Moons, Spirals, nnbench_components

DEFAULTS = [dataset() for dataset in nnbench_components()]
VARIANTS = [
    Moons(noise=0.1),
    Moons(noise=0.0),
    Circles(noise=0.05, factor=0.7),
    XOR(noise=0.2),
    XOR(noise=0.6),
    Checkerboard(squares=2),
    Checkerboard(squares=4),
    Spirals(turns=1.5),
    Spirals(arms=3),
    Spirals(arms=3, noise=0.05),
    Spirals(arms=5),
]


def shown(dataset: Dataset) -> str:
    return "-".join([dataset.name, *(f"{field}={value}" for field, value in dataset.hyperparameters().items())])


every_default = pytest.mark.parametrize("dataset", DEFAULTS, ids=shown)
every_dataset = pytest.mark.parametrize("dataset", DEFAULTS + VARIANTS, ids=shown)


def split(dataset: Dataset, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training inputs and labels, test inputs and labels, standardized."""
    x, labels = dataset.sample(np.random.default_rng(seed), 1000)
    test_x, test_labels = dataset.sample(np.random.default_rng(seed + 100), 2000)
    return (x - x.mean(axis=0)) / x.std(axis=0), labels, (test_x - x.mean(axis=0)) / x.std(axis=0), test_labels


@every_dataset
def test_samples_have_the_declared_shapes(dataset: Dataset) -> None:
    x, labels = dataset.sample(np.random.default_rng(0), 60)
    assert (x.shape, x.dtype) == ((60, dataset.features), np.float64)
    assert (labels.shape, labels.dtype) == ((60,), np.int64)
    assert np.isfinite(x).all()
    assert set(labels.tolist()) == set(range(dataset.classes))


@every_dataset
@pytest.mark.parametrize("n", [20, 61, 500])
def test_classes_are_balanced(dataset: Dataset, n: int) -> None:
    counts = np.bincount(dataset.sample(np.random.default_rng(0), n)[1])
    assert counts.max() - counts.min() <= 1


@every_default
def test_samples_depend_on_the_generator_alone(dataset: Dataset) -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002 -- the state that must not matter
    x, labels = dataset.sample(np.random.default_rng(5), 50)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.random.random(10)  # noqa: NPY002
    again_x, again_labels = dataset.sample(np.random.default_rng(5), 50)
    np.testing.assert_array_equal(x, again_x)
    np.testing.assert_array_equal(labels, again_labels)


@every_default
def test_another_seed_and_another_call_draw_other_samples(dataset: Dataset) -> None:
    rng = np.random.default_rng(5)
    draws = [dataset.sample(rng, 50)[0], dataset.sample(rng, 50)[0], dataset.sample(np.random.default_rng(6), 50)[0]]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert not np.isclose(draws[first], draws[second]).all(axis=1).any()


@every_dataset
def test_a_linear_model_stays_below_the_target(dataset: Dataset) -> None:
    from sklearn.linear_model import LogisticRegression

    x, labels, test_x, test_labels = split(dataset)
    accuracy = LogisticRegression().fit(x, labels).score(test_x, test_labels)
    assert accuracy <= dataset.target - (0.07 if isinstance(dataset, Moons) else 0.15)


@every_dataset
def test_a_kernel_machine_reaches_the_target(dataset: Dataset) -> None:
    from sklearn.svm import SVC

    x, labels, test_x, test_labels = split(dataset)
    accuracy = max(SVC(C=100, gamma=gamma).fit(x, labels).score(test_x, test_labels) for gamma in (0.5, 2, 8, 32))
    assert accuracy >= dataset.target


@every_dataset
def test_a_small_network_reaches_the_target(dataset: Dataset) -> None:
    from sklearn.neural_network import MLPClassifier

    x, labels, test_x, test_labels = split(dataset)
    network = MLPClassifier((32, 32), "tanh", learning_rate_init=0.01, batch_size=64, alpha=0, random_state=0)
    best = 0.0
    for epoch in range(1, 151):
        network.partial_fit(x, labels, classes=range(dataset.classes))
        if epoch % 10 == 0:
            best = max(best, network.score(test_x, test_labels))
            if best >= dataset.target:
                break
    assert best >= dataset.target


def test_more_noise_lowers_the_target() -> None:
    for dataset in (Moons, Circles, XOR):
        targets = [dataset(noise=noise).target for noise in (0.05, 0.2, 0.4, 0.8)]
        assert sorted(targets, reverse=True) == targets
        assert 0.5 < targets[0] < 1


def test_without_noise_curves_are_exact() -> None:
    x, labels = Circles(noise=0.0, factor=0.25).sample(np.random.default_rng(0), 100)
    np.testing.assert_allclose(np.hypot(*x.T), np.where(labels == 1, 0.25, 1))
    x, labels = Spirals(arms=3, turns=2.0, noise=0.0).sample(np.random.default_rng(0), 99)
    radius = np.hypot(*x.T)
    angle = 2 * np.pi * (2.0 * radius + labels / 3)
    np.testing.assert_allclose(x, radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]), atol=1e-12)


def test_the_label_of_xor_is_whether_the_signs_of_its_cloud_differ() -> None:
    x, labels = XOR(noise=0.05).sample(np.random.default_rng(0), 200)
    np.testing.assert_array_equal(labels, x[:, 0] * x[:, 1] < 0)


@pytest.mark.parametrize("squares", [2, 3, 4, 7])
def test_neighbouring_squares_of_the_board_differ_and_all_are_filled(squares: int) -> None:
    x, labels = Checkerboard(squares=squares).sample(np.random.default_rng(0), 4000)
    assert np.abs(x).max() <= 1
    cell = np.minimum(np.floor((x + 1) * squares / 2), squares - 1).astype(int)
    np.testing.assert_array_equal(labels, cell.sum(axis=1) % 2)
    assert len(np.unique(cell, axis=0)) == squares**2


@pytest.mark.parametrize("arms", [2, 3, 5])
def test_spirals_have_as_many_classes_as_arms(arms: int) -> None:
    spirals = Spirals(arms=arms)
    assert spirals.classes == arms
    assert np.bincount(spirals.sample(np.random.default_rng(0), 20 * arms)[1]).tolist() == [20] * arms
