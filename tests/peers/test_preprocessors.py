"""Preprocessors agree with scikit-learn and SciPy, on the inputs fitted to and on others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    PolynomialFeatures,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from nnbench import Preprocessor
from nnbench_preprocessors import nnbench_components

N = 300


def _polynomial(p: Any) -> Any:
    products = PolynomialFeatures(p.degree, interaction_only=p.interaction_only, include_bias=False)
    return make_pipeline(StandardScaler(), products, StandardScaler())


def _normal_scores(_: Any) -> Any:
    """Its share of inputs below, from 0 to 1, moved to the middle of each input's own share."""
    shares = QuantileTransformer(n_quantiles=N, subsample=None)
    return make_pipeline(shares, FunctionTransformer(lambda share: scipy.stats.norm.ppf((share * (N - 1) + 0.5) / N)))


SCIKIT_LEARN: dict[str, Callable[[Any], Any]] = {
    "none": lambda _: FunctionTransformer(),
    "mean_subtraction": lambda _: StandardScaler(with_std=False),
    "standardization": lambda _: StandardScaler(),
    "min_max_scaling": lambda p: MinMaxScaler((p.low, p.high)),
    "robust_scaling": lambda _: RobustScaler(),
    "normal_scores": _normal_scores,
    "whitening": lambda _: PCA(whiten=True, svd_solver="full"),
    "polynomial_features": _polynomial,
}

WITHOUT = {"zca_whitening": "scikit-learn has none: SciPy's root of the inverse covariance stands in"}

OFFERED: dict[str, Any] = {preprocessor.name: preprocessor for preprocessor in nnbench_components()}
PREPROCESSORS: list[Preprocessor] = [
    *(make() for make in nnbench_components()),
    OFFERED["min_max_scaling"](low=0.0, high=1.0),
    OFFERED["polynomial_features"](degree=4),
    OFFERED["polynomial_features"](degree=3, interaction_only=True),
]


def _inputs(seed: int) -> np.ndarray:
    """Correlated features of different units and shapes, without ties."""
    x = np.random.default_rng(seed).standard_normal((N, 3)) @ np.array([[1.0, 0.8, 0.0], [0.0, 0.5, 0.3], [0.0, 0.0, 1.0]])
    return np.column_stack([x[:, 0] + 5, 100 * np.exp(x[:, 1]), 0.01 * x[:, 2] - 3])


def test_every_preprocessor_is_held_against_something() -> None:
    assert sorted([*SCIKIT_LEARN, *WITHOUT]) == sorted(OFFERED)


@pytest.mark.parametrize(
    "preprocessor",
    [preprocessor for preprocessor in PREPROCESSORS if preprocessor.name in SCIKIT_LEARN],
    ids=lambda p: "-".join(map(str, (p.name, *p.hyperparameters().values()))),
)
def test_transformed_inputs_are_scikit_learns(preprocessor: Preprocessor) -> None:
    x, other = _inputs(0), _inputs(1)
    ours, theirs = preprocessor.fit(x), SCIKIT_LEARN[preprocessor.name](preprocessor).fit(x)
    for each in (x, other):
        expected = theirs.transform(each)
        if preprocessor.name == "normal_scores":  # beyond the training inputs theirs jumps to ±5.2
            within = (each >= x.min(axis=0)) & (each <= x.max(axis=0))
            np.testing.assert_allclose(ours.apply(each)[within], expected[within], rtol=1e-9, atol=1e-9)
            continue
        if preprocessor.name == "whitening":  # theirs divides by n - 1, and each component is determined but for its sign
            expected = expected * np.sqrt(N / (N - 1)) * np.sign((expected * ours.apply(each)).sum(axis=0))
        np.testing.assert_allclose(ours.apply(each), expected, rtol=1e-9, atol=1e-11)


def test_zca_whitening_is_scipys_root_of_the_inverse_covariance() -> None:
    x, other = _inputs(0), _inputs(1)
    root = scipy.linalg.inv(scipy.linalg.sqrtm(np.cov(x, rowvar=False, bias=True)))
    np.testing.assert_allclose(
        OFFERED["zca_whitening"]().fit(x).apply(other), (other - x.mean(axis=0)) @ root, rtol=1e-8, atol=1e-9
    )


def test_normal_scores_of_training_inputs_are_those_of_scipys_ranks_ties_included() -> None:
    x = np.round(_inputs(0), 1)
    expected = scipy.stats.norm.ppf((scipy.stats.rankdata(x, axis=0) - 0.5) / N)
    np.testing.assert_allclose(OFFERED["normal_scores"]().fit(x).apply(x), expected, rtol=1e-12, atol=1e-12)
