"""Preprocessors: what they do to the inputs they were fitted to, and to others."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from nnbench import Preprocessor
from nnbench_preprocessors import (
    MeanSubtraction,
    MinMaxScaling,
    NoPreprocessing,
    NormalScores,
    PolynomialFeatures,
    RobustScaling,
    Standardization,
    Whitening,
    ZcaWhitening,
    nnbench_components,
)

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
    assert result.std(axis=0).max() > 0.2
    assert np.ptp(result, axis=0).min() < 1e-6


@pytest.mark.parametrize(
    "preprocessor", [p() for p in nnbench_components() if p is not NoPreprocessing], ids=lambda preprocessor: preprocessor.name
)
@pytest.mark.parametrize("constant", [0.1, -1e9, 1 / 3])
def test_a_constant_feature_becomes_exactly_0(preprocessor: Preprocessor, constant: float) -> None:
    x = np.column_stack([inputs(1001)[:, 0], np.full(1001, constant)])
    result = preprocessor.fit(x).apply(x)
    assert (np.abs(result).max(axis=0) == 0).any()


@every_preprocessor
def test_all_features_constant_survive(preprocessor: Preprocessor) -> None:
    assert np.isfinite(preprocessor.fit(np.full((7, 3), 0.1)).apply(inputs())).all()


@every_preprocessor
@pytest.mark.parametrize("n", [1, 2])
def test_fewer_samples_than_features_survive(preprocessor: Preprocessor, n: int) -> None:
    result = preprocessor.fit(inputs(n)).apply(inputs())
    assert result.shape == (300, preprocessor.features(3))
    assert np.isfinite(result).all()


@every_preprocessor
def test_a_sample_does_not_depend_on_its_neighbours(preprocessor: Preprocessor) -> None:
    transform, other = preprocessor.fit(inputs()), inputs(40, seed=1)
    alone = np.concatenate([transform.apply(other[i : i + 1]) for i in range(40)])
    np.testing.assert_allclose(transform.apply(other), alone, rtol=1e-12, atol=1e-13)


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


@pytest.mark.parametrize("whitening", [Whitening(), ZcaWhitening()], ids=lambda each: each.name)
@pytest.mark.parametrize("what", ["more features than samples", "a constant feature", "two equal features", "all constant"])
def test_what_does_not_vary_in_training_never_blows_up_held_out_inputs(whitening: Any, what: str) -> None:
    """Divided by a rounding error, held-out values were about 2·10⁸."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((10, 30) if what == "more features than samples" else (100, 3))
    held_out = rng.standard_normal((50, x.shape[1]))
    if what == "a constant feature":
        x[:, 1] = 0.3
    elif what == "two equal features":
        x[:, 1] = x[:, 0]
    elif what == "all constant":
        x[:] = [1.0, -2.0, 0.1]
    fitted = whitening.fit(x)
    assert np.abs(fitted.apply(held_out)).max() < 20
    rank = {"more features than samples": 9, "all constant": 0}.get(what, 2)
    assert np.linalg.matrix_rank(np.cov(fitted.apply(x).T, bias=True), tol=1e-6) == rank


def test_min_max_scaling_worked_by_hand() -> None:
    x = np.array([[1.0, 10.0], [3.0, 30.0], [2.0, 10.0]])
    other = np.array([[2.0, 15.0], [0.0, 50.0]])
    assert MinMaxScaling().fit(x).apply(other).tolist() == [[0, -0.5], [-2, 3]]
    assert MinMaxScaling(low=0.0).fit(x).apply(other).tolist() == [[0.5, 0.25], [-0.5, 2]]
    assert MinMaxScaling(low=-1.0, high=3.0).fit(x).apply(other).tolist() == [[1, 0], [-3, 7]]


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0), (-3.5, 0.1)])
def test_min_max_scaled_inputs_fill_the_interval(low: float, high: float) -> None:
    x = MinMaxScaling(low=low, high=high).fit(inputs()).apply(inputs())
    np.testing.assert_allclose(x.min(axis=0), low, atol=1e-12)
    np.testing.assert_allclose(x.max(axis=0), high, atol=1e-12)


def test_a_constant_feature_goes_to_the_middle_of_the_interval() -> None:
    assert MinMaxScaling(low=2.0, high=5.0).fit(np.full((3, 1), 0.1)).apply(np.array([[0.1]])).tolist() == [[3.5]]


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (1.0, 0.0)])
def test_an_interval_the_wrong_way_round_is_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="low must be below high"):
        MinMaxScaling(low=low, high=high)


def test_robust_scaling_worked_by_hand() -> None:
    x = np.array([[1.0], [2.0], [3.0], [4.0], [100.0]])
    assert RobustScaling().fit(x).apply(np.array([[3.0], [5.0], [0.0]])).tolist() == [[0], [1], [-1.5]]


def test_robust_scaling_does_not_notice_outliers() -> None:
    x = np.sort(np.random.default_rng(0).standard_normal((101, 1)), axis=0)
    wild = x.copy()
    wild[:20], wild[-20:] = -1e12, 1e12
    np.testing.assert_array_equal(RobustScaling().fit(wild).apply(x), RobustScaling().fit(x).apply(x))


def test_robust_scaling_leaves_the_scale_where_most_inputs_are_equal() -> None:
    x = np.array([[7.0]] * 9 + [[9.0]])
    assert RobustScaling().fit(x).apply(x)[[0, -1]].tolist() == [[0], [2]]


@pytest.mark.parametrize("n", [4, 300, 5000])
def test_zca_whitened_features_have_covariance_identity(n: int) -> None:
    x = ZcaWhitening().fit(inputs(n)).apply(inputs(n))
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(np.cov(x, rowvar=False, bias=True), np.eye(3), atol=1e-10)


def test_zca_whitening_is_the_symmetric_root_of_the_inverse_covariance() -> None:
    matrix = ZcaWhitening().fit(inputs()).directions
    np.testing.assert_allclose(matrix, matrix.T, rtol=1e-10)
    assert (np.linalg.eigvalsh(matrix) > 0).all()
    covariance = np.cov(inputs(), rowvar=False, bias=True)
    np.testing.assert_allclose(matrix @ matrix @ covariance, np.eye(3), atol=1e-7)


def test_of_both_whitenings_zca_changes_standardized_inputs_least() -> None:
    x = Standardization().fit(inputs()).apply(inputs())
    zca, pca = (np.abs(p.fit(x).apply(x) - x).mean() for p in (ZcaWhitening(), Whitening()))
    assert zca < 0.5 * pca
    correlations = [np.corrcoef(ZcaWhitening().fit(x).apply(x)[:, j], x[:, j])[0, 1] for j in range(3)]
    assert min(correlations) > 0.8


def test_zca_whitening_is_the_rotation_of_pca_whitening() -> None:
    pca, zca = Whitening().fit(inputs()), ZcaWhitening().fit(inputs())
    rotation = np.linalg.lstsq(pca.apply(inputs()), zca.apply(inputs()), rcond=None)[0]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)


def test_normal_scores_worked_by_hand() -> None:
    x = np.array([[10.0], [20.0], [20.0], [1000.0]])
    quantiles = [NormalDist().inv_cdf(share) for share in (1 / 8, 4 / 8, 7 / 8, 11 / 16)]
    result = NormalScores().fit(x).apply(np.array([[10.0], [20.0], [1000.0], [510.0], [-5.0], [1e9]]))
    np.testing.assert_allclose(result.ravel(), [*quantiles, quantiles[0], quantiles[2]], atol=1e-15)


@pytest.mark.parametrize("shape", [np.exp, np.cbrt, lambda z: z**9])
def test_normal_scores_see_order_alone(shape: Callable[[np.ndarray], np.ndarray]) -> None:
    x = np.random.default_rng(0).standard_normal((500, 2))
    np.testing.assert_array_equal(NormalScores().fit(shape(x)).apply(shape(x)), NormalScores().fit(x).apply(x))


def test_normal_scores_are_about_normal() -> None:
    x = (
        NormalScores()
        .fit(np.random.default_rng(0).exponential(size=(2000, 1)))
        .apply(np.random.default_rng(1).exponential(size=(2000, 1)))
    )
    assert abs(x.mean()) < 0.1
    assert x.std() == pytest.approx(1, abs=0.1)
    assert np.mean(np.abs(x) < 1) == pytest.approx(0.683, abs=0.04)


def test_polynomial_features_worked_by_hand() -> None:
    x = np.array([[1.0, -2.0], [3.0, 2.0]] * 2)  # standardized: ±1
    x[2:, 1] *= -1
    z = np.array([[2.0, -1.0]])
    before, after = PolynomialFeatures(degree=2).fit(x), np.array([[2, -1, 4 - 1, -2, 1 - 1]])  # squares of ±1 are constant 1
    np.testing.assert_allclose(before.apply(z * [1, 2] + [2, 0]), after, atol=1e-15)
    np.testing.assert_allclose(
        PolynomialFeatures(degree=2, interaction_only=True).fit(x).apply(z * [1, 2] + [2, 0]), [[2, -1, -2]], atol=1e-15
    )


@pytest.mark.parametrize("degree", range(1, 6))
@pytest.mark.parametrize("interaction_only", [False, True])
def test_polynomial_features_are_as_many_as_they_say_and_standardized(degree: int, interaction_only: bool) -> None:
    for features in (1, 2, 4):
        x = np.random.default_rng(0).standard_normal((200, features)) + 100
        preprocessor = PolynomialFeatures(degree=degree, interaction_only=interaction_only)
        result = preprocessor.fit(x).apply(x)
        assert result.shape == (200, preprocessor.features(features))
        np.testing.assert_allclose(result.mean(axis=0), 0, atol=1e-10)
        np.testing.assert_allclose(result.std(axis=0), 1, atol=1e-10)


@pytest.mark.parametrize(("a", "b"), [(0.0, 1.0), (0.1, 0.3), (1e5, 1e5 + 1 / 3)])
def test_a_product_that_is_constant_but_for_rounding_is_not_scaled(a: float, b: float) -> None:
    x = np.array([[a], [b], [b], [a], [b], [a]])
    result = PolynomialFeatures(degree=3).fit(x).apply(x)
    assert np.abs(result[:, 1]).max() < 1e-9
    np.testing.assert_allclose(np.abs(result[:, [0, 2]]), 1, rtol=1e-9)


def test_products_of_degree_1_are_the_standardized_features() -> None:
    x = PolynomialFeatures(degree=1).fit(inputs()).apply(inputs())
    np.testing.assert_allclose(x, Standardization().fit(inputs()).apply(inputs()), atol=1e-10)


@pytest.mark.parametrize(("features", "degree", "count"), [(100, 5, "96,560,645"), (141, 2, "10,152")])
def test_too_many_products_are_refused_before_they_are_made(features: int, degree: int, count: str) -> None:
    message = f"degree {degree} makes {count} features out of {features}, more than 10,000; take a lower degree"
    with pytest.raises(ValueError, match=message):
        PolynomialFeatures(degree=degree).features(features)
    with pytest.raises(ValueError, match=message):
        PolynomialFeatures(degree=degree).fit(np.zeros((2, features)))


def test_a_linear_model_of_squares_separates_what_no_line_can() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (400, 2)) + 50
    inside = np.hypot(*(x - 50).T) < 0.7
    z = np.column_stack([PolynomialFeatures().fit(x).apply(x), np.ones(400)])
    side = z @ np.linalg.lstsq(z, 2.0 * inside - 1, rcond=None)[0] > 0
    assert (side == inside).mean() > 0.95


SCALED = [p() for p in nnbench_components() if p not in (NoPreprocessing, MeanSubtraction)]


@pytest.mark.parametrize("preprocessor", SCALED, ids=lambda preprocessor: preprocessor.name)
@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_the_unit_of_a_feature_does_not_matter_however_large_or_small(preprocessor: Preprocessor, unit: float) -> None:
    """Squares of such values are no numbers: features of 1e300 became 0, their means NaN."""
    x, other = (np.random.default_rng(seed).standard_normal((60, 2)) + 1 for seed in (0, 1))
    expected = preprocessor.fit(x).apply(other)
    np.testing.assert_allclose(preprocessor.fit(unit * x).apply(unit * other), expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("preprocessor", SCALED, ids=lambda preprocessor: preprocessor.name)
def test_what_varies_by_rounding_alone_is_constant(preprocessor: Preprocessor) -> None:
    rng = np.random.default_rng(0)
    x, other = rng.standard_normal((100, 2)), rng.standard_normal((50, 2))
    x[:, 1] = 1 / 3 + 6e-17 * rng.integers(-1, 2, 100)
    assert np.abs(preprocessor.fit(x).apply(other)).max() < 60


def test_products_of_what_is_constant_in_training_are_0() -> None:
    rng = np.random.default_rng(0)
    x, other = rng.standard_normal((100, 2)), rng.standard_normal((50, 2))
    x[:, 1] = 0.3
    result = PolynomialFeatures(degree=10).fit(x).apply(other)
    alone = PolynomialFeatures(degree=10).fit(x[:, :1]).apply(other[:, :1])
    np.testing.assert_allclose(result[:, np.abs(result).max(axis=0) > 0], alone)


def test_an_interval_too_narrow_to_be_filled_is_refused() -> None:
    with pytest.raises(ValueError, match="low must be below high, by 1e-06 at least"):
        MinMaxScaling(low=0.0, high=1e-320)
