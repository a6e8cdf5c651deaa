"""Penalties: hand-worked values, gradients against central differences."""

from __future__ import annotations

import numpy as np
import pytest

from nnbench import Penalty
from nnbench_penalties import (
    L1,
    L2,
    ElasticNet,
    FrobeniusNorm,
    GroupLasso,
    MaxNorm,
    NoPenalty,
    SoftOrthogonality,
    WeightElimination,
    nnbench_components,
)

every_penalty = pytest.mark.parametrize("penalty", [p() for p in nnbench_components()], ids=lambda p: p.name)

W = np.array([[[3.0, -4.0], [0.0, 12.0]]])


@pytest.mark.parametrize(
    ("penalty", "value", "gradient"),
    [
        (NoPenalty(), 0, [0, 0, 0, 0]),
        (L2(lam=0.5), 84.5, [3, -4, 0, 12]),
        (L1(lam=0.5), 9.5, [0.5, -0.5, 0, 0.5]),
        (FrobeniusNorm(lam=26.0), 338, [6, -8, 0, 24]),
        (ElasticNet(lam=0.5, l1_ratio=0.25), 0.25 * 9.5 + 0.75 * 84.5, [2.375, -3.125, 0, 9.125]),
        (WeightElimination(lam=2.0, scale=2.0), 2 * (9 / 13 + 16 / 20 + 144 / 148), [48 / 169, -64 / 400, 0, 192 / 148**2]),
        (GroupLasso(lam=0.5), 0.5 * 2**0.5 * 17, [0.3 * 2**0.5, -0.4 * 2**0.5, 0, 0.5 * 2**0.5]),
        (MaxNorm(lam=0.5, limit=10.0), 2, [0, 0, 0, 2]),
        (MaxNorm(lam=0.5, limit=4.0), 32.5, [0.6, -0.8, 0, 8]),
        (SoftOrthogonality(lam=0.5), 0.5 * (24**2 + 2 * 48**2 + 143**2), [144, -1344, -288, 3816]),
    ],
    ids=lambda value: value.name if isinstance(value, Penalty) else "",
)
def test_values_and_gradients_worked_by_hand(penalty: Penalty, value: float, gradient: list[float]) -> None:
    assert penalty.value(W).item() == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(penalty.gradient(W).ravel(), gradient, rtol=1e-14)


@every_penalty
def test_gradient_matches_central_differences(penalty: Penalty, slopes) -> None:
    w = np.random.default_rng(0).normal(size=(3, 4, 5), scale=2)  # some units beyond max-norm's limit
    np.testing.assert_allclose(penalty.gradient(w), slopes(penalty.value, w), rtol=1e-6, atol=1e-12)


@every_penalty
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_weights_are_pulled_nowhere_and_cost_nothing_unless_they_are_to_be_orthogonal(penalty: Penalty, dtype: type) -> None:
    w = np.zeros((2, 3, 4), dtype)
    cost = 3 * penalty.lam if isinstance(penalty, SoftOrthogonality) else 0
    np.testing.assert_allclose(penalty.value(w), np.full((2, 1, 1), cost), rtol=1e-6)
    assert not penalty.gradient(w).any()


@every_penalty
def test_a_unit_without_weights_is_no_obstacle(penalty: Penalty) -> None:
    w = np.random.default_rng(0).normal(size=(2, 3, 4))
    w[0, 1] = 0
    assert np.isfinite(penalty.value(w)).all()
    assert np.isfinite(penalty.gradient(w)).all()
    assert not penalty.gradient(w)[0, 1].any()


@every_penalty
def test_the_gradient_by_a_layers_only_weight_jumps_at_declared_kinks_and_nowhere_else(penalty: Penalty) -> None:
    weights = np.linspace(-5.0001, 5, 20_001)
    gradient = penalty.gradient(weights[:, None, None]).ravel()
    jumps = np.abs(np.diff(gradient)) > 0.01 * max(np.abs(gradient).max(), 1e-9)
    straddles = [(weights[:-1] < kink) & (weights[1:] > kink) for kink in penalty.kinks]
    np.testing.assert_array_equal(jumps, np.any(straddles, axis=0) if straddles else np.zeros_like(jumps))


@every_penalty
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_dtype_are_kept_and_the_argument_left_alone(penalty: Penalty, dtype: type) -> None:
    w = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(dtype)
    original = w.copy()
    value, gradient = penalty.value(w), penalty.gradient(w)
    assert (value.shape, value.dtype) == ((3, 1, 1), dtype)
    assert (gradient.shape, gradient.dtype) == (w.shape, dtype)
    np.testing.assert_array_equal(w, original)
    assert not np.shares_memory(gradient, w)


@every_penalty
@pytest.mark.parametrize("shape", [(2, 3), (32, 33), (5, 1)])
def test_a_row_of_a_stack_equals_the_same_trial_alone_bit_for_bit(penalty: Penalty, shape: tuple[int, int], stacked) -> None:
    trials = 5
    together, alone = stacked(penalty, trials, np.float32)
    block = np.random.default_rng(1).normal(size=(trials, shape[0], shape[1] + 1)).astype(np.float32)
    w = block[:, :, :-1]  # as the engine leaves out biases
    value, gradient = together.value(w), together.gradient(w)
    assert value.dtype == gradient.dtype == np.float32
    for trial, one in enumerate(alone):
        row = slice(trial, trial + 1)
        single = block[row].copy()[:, :, :-1]
        np.testing.assert_array_equal(value[row], one.value(single))
        np.testing.assert_array_equal(gradient[row], one.gradient(single))


@pytest.mark.parametrize(
    ("penalty", "power"),
    [(L2(), 2), (L1(), 1), (FrobeniusNorm(), 1), (GroupLasso(), 1), (ElasticNet(l1_ratio=0.0), 2), (ElasticNet(l1_ratio=1.0), 1)],
    ids=lambda value: getattr(value, "name", ""),
)
def test_norms_and_squares_grow_as_they_should(penalty: Penalty, power: int) -> None:
    np.testing.assert_allclose(penalty.value(10 * W), 10.0**power * penalty.value(W), rtol=1e-12)
    np.testing.assert_allclose(penalty.gradient(10 * W), 10.0 ** (power - 1) * penalty.gradient(W), rtol=1e-12)


@pytest.mark.parametrize(("ratio", "limit"), [(0.0, L2(lam=0.3)), (1.0, L1(lam=0.3))], ids=["l2", "l1"])
def test_the_elastic_net_lies_between_l2_and_l1(ratio: float, limit: Penalty) -> None:
    np.testing.assert_allclose(ElasticNet(lam=0.3, l1_ratio=ratio).value(W), limit.value(W), rtol=1e-14)
    np.testing.assert_allclose(ElasticNet(lam=0.3, l1_ratio=ratio).gradient(W), limit.gradient(W), rtol=1e-14)


def test_weight_elimination_decays_small_weights_and_counts_large_ones() -> None:
    penalty = WeightElimination(lam=0.3, scale=2.0)
    np.testing.assert_allclose(penalty.gradient(1e-6 * W), L2(lam=0.3 / 4).gradient(1e-6 * W), rtol=1e-9)
    assert penalty.value(1e9 * W).item() == pytest.approx(3 * 0.3)  # W has a 0
    pull = penalty.gradient(np.linspace(0, 10, 1001)[None, None])[0, 0]
    assert pull.argmax() == pytest.approx(100 * 2 / 3**0.5, abs=1)


def test_group_lasso_pulls_every_unit_with_the_same_strength() -> None:
    pull = GroupLasso(lam=0.3).gradient(np.random.default_rng(0).normal(size=(2, 5, 9)) * np.logspace(-6, 6, 5)[:, None])
    np.testing.assert_allclose(np.linalg.norm(pull, axis=2), 0.3 * 3, rtol=1e-12)


def test_group_lasso_empties_whole_units_where_l1_empties_weights() -> None:
    start = np.random.default_rng(0).normal(size=(1, 6, 8)) * np.array([1, 1, 1, 0.05, 0.05, 0.05])[:, None]
    empty = {}
    for penalty in (GroupLasso(lam=0.1), L1(lam=0.1)):
        w = start.copy()
        for _ in range(2000):  # down (w - start)² / 2 + penalty
            w -= 0.005 * (w - start + penalty.gradient(w))
        empty[penalty.name] = np.abs(w[0]) < 2e-3
    assert empty["group_lasso"].all(axis=1).tolist() == [False, False, False, True, True, True]
    assert not empty["group_lasso"][:3].any()
    assert empty["l1"][:3].any()


def test_max_norm_is_free_within_its_limit_and_pulls_back_to_it() -> None:
    w = np.random.default_rng(0).normal(size=(1, 4, 5))
    longest = np.linalg.norm(w, axis=2).max()
    assert not MaxNorm(limit=1.001 * longest).gradient(w).any()
    assert MaxNorm(limit=0.999 * longest).gradient(w).any(axis=2).sum() == 1
    start = 10 * w
    for lam in (1.0, 100.0):
        w = start.copy()
        for _ in range(5000):  # down (w - start)² / 2 + penalty
            w -= 0.3 / (1 + 2 * lam) * (w - start + MaxNorm(lam=lam, limit=2.0).gradient(w))
        norms, before = np.linalg.norm(w, axis=2), np.linalg.norm(start, axis=2)
        np.testing.assert_allclose(norms, (before + 2 * lam * 2) / (1 + 2 * lam), rtol=1e-6)
        assert (norms > 2).all()
        assert (norms - 2 <= (before - 2) / (2 * lam)).all()


@pytest.mark.parametrize("shape", [(4, 9), (6, 6), (9, 4)])
def test_orthogonality_is_free_for_orthonormal_rows_or_columns_and_for_those_alone(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    q = np.linalg.qr(rng.normal(size=(max(shape), min(shape))))[0]
    w = (q if shape[0] > shape[1] else q.T)[None]
    penalty = SoftOrthogonality(lam=0.3)
    assert penalty.value(w).item() == pytest.approx(0, abs=1e-28)
    np.testing.assert_allclose(penalty.gradient(w), 0, atol=1e-14)
    assert penalty.value(2 * w).item() == pytest.approx(0.3 * 9 * min(shape))
    w = rng.normal(size=(1, *shape)) / 3
    for _ in range(3000):
        w -= 0.1 * penalty.gradient(w)
    np.testing.assert_allclose(np.linalg.svd(w[0])[1], 1, atol=1e-6)


def test_the_frobenius_norm_pulls_with_the_same_strength_whatever_the_size_of_the_weights() -> None:
    for scale in (1e-6, 1.0, 1e6):
        assert np.linalg.norm(FrobeniusNorm(lam=0.3).gradient(scale * W)) == pytest.approx(0.3)
