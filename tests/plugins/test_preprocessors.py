"""Preprocessors: what they do to the inputs they were fitted to, and to others."""

from __future__ import annotations

import numpy as np
import pytest

from nnbench import Preprocessor
from nnbench_preprocessors import MeanSubtraction, NoPreprocessing, Standardization, Whitening, nnbench_components

every_preprocessor = pytest.mark.parametrize("preprocessor", [p() for p in nnbench_components()], ids=lambda p: p.name)


def inputs(n: int = 300, seed: int = 0) -> np.ndarray:
    """Correlated features of different units, far from 0."""
    rng = np.random.default_rng(seed)
    mixing = np.array([[1.0, 0.8, 0.0], [0.0, 0.5, 0.3], [0.0, 0.0, 1.0]])
    return rng.standard_normal((n, 3)) @ mixing * [1.0, 100.0, 0.01] + [5.0, -2000.0, 0.3]


@every_preprocessor
def test_shape_is_kept_and_arguments_left_alone(preprocessor: Preprocessor) -> None:
    x, other = inputs(), inputs(50, seed=1)
    originals = x.copy(), other.copy()
    transform = preprocessor.fit(x)
    result = transform.apply(other)
    assert result.shape == (50, preprocessor.features(3))
    assert result.dtype == np.float64
    assert not np.shares_memory(result, other)
    np.testing.assert_array_equal(x, originals[0])
    np.testing.assert_array_equal(other, originals[1])


@every_preprocessor
def test_everything_estimated_comes_from_the_inputs_fitted_to(preprocessor: Preprocessor) -> None:
    transform = preprocessor.fit(inputs())
    few, many = inputs(5, seed=1), np.concatenate([inputs(5, seed=1), 1e6 + inputs(100, seed=2)])
    np.testing.assert_allclose(transform.apply(many)[:5], transform.apply(few), rtol=1e-12)


@every_preprocessor
def test_a_fitted_transform_does_not_follow_later_changes_of_its_inputs(preprocessor: Preprocessor) -> None:
    x, other = inputs(), inputs(5, seed=1)
    transform = preprocessor.fit(x)
    before = transform.apply(other)
    x *= 2
    np.testing.assert_array_equal(transform.apply(other), before)


@every_preprocessor
def test_fitting_twice_gives_the_same_bits(preprocessor: Preprocessor) -> None:
    first, second = (preprocessor.fit(inputs()).apply(inputs(20, seed=1)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@every_preprocessor
@pytest.mark.parametrize("constant", [0.0, 0.1, -1e9])
def test_constant_features_survive(preprocessor: Preprocessor, constant: float) -> None:
    x = np.column_stack([inputs(1001)[:, 0], np.full(1001, constant)])
    result = preprocessor.fit(x).apply(x)
    assert np.isfinite(result).all()
    assert result.std(axis=0).max() > 0.5
    assert np.ptp(result, axis=0).min() < 1e-6


@every_preprocessor
def test_all_features_constant_survive(preprocessor: Preprocessor) -> None:
    assert np.isfinite(preprocessor.fit(np.full((7, 3), 0.1)).apply(inputs())).all()


@every_preprocessor
@pytest.mark.parametrize("n", [1, 2])
def test_fewer_samples_than_features_survive(preprocessor: Preprocessor, n: int) -> None:
    result = preprocessor.fit(inputs(n)).apply(inputs())
    assert result.shape == (300, 3)
    assert np.isfinite(result).all()


def test_none_changes_nothing() -> None:
    np.testing.assert_array_equal(NoPreprocessing().fit(inputs()).apply(inputs(9, seed=1)), inputs(9, seed=1))


def test_mean_subtraction_worked_by_hand() -> None:
    x = np.array([[1.0, 10.0], [3.0, 30.0]])
    assert MeanSubtraction().fit(x).apply(np.array([[2.0, 20.0], [0.0, 50.0]])).tolist() == [[0, 0], [-2, 30]]


def test_standardization_worked_by_hand() -> None:
    x = np.array([[1.0, 10.0], [3.0, 30.0]])
    assert Standardization().fit(x).apply(np.array([[2.0, 20.0], [0.0, 50.0]])).tolist() == [[0, 0], [-2, 3]]


def test_standardized_features_have_mean_0_and_variance_1() -> None:
    x = Standardization().fit(inputs()).apply(inputs())
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(x.var(axis=0), 1, atol=1e-10)


@pytest.mark.parametrize("n", [4, 300, 5000])
def test_whitened_features_have_covariance_identity(n: int) -> None:
    x = Whitening().fit(inputs(n)).apply(inputs(n))
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(np.cov(x, rowvar=False, bias=True), np.eye(3), atol=1e-10)


def test_whitening_keeps_a_duplicated_feature_near_0_in_its_second_direction() -> None:
    x = np.repeat(inputs()[:, :1], 2, axis=1)
    whitened = Whitening().fit(x).apply(x)
    assert whitened[:, 0].var() == pytest.approx(1)
    assert np.abs(whitened[:, 1]).max() < 1e-4


def test_whitening_raises_small_singular_values_to_its_floor() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 2)) * [1.0, 1e-3]
    spread = Whitening(floor=0.1).fit(x).apply(x).std(axis=0)
    assert spread[0] == pytest.approx(1)
    assert spread[1] == pytest.approx(0.01, rel=0.2)
