"""Penalties: hand-worked values, gradients against central differences."""

from __future__ import annotations

import numpy as np
import pytest

from nnbench import Penalty
from nnbench_penalties import L1, L2, FrobeniusNorm, NoPenalty, nnbench_components

every_penalty = pytest.mark.parametrize("penalty", [p() for p in nnbench_components()], ids=lambda p: p.name)

W = np.array([[[3.0, -4.0], [0.0, 12.0]]])


@pytest.mark.parametrize(
    ("penalty", "value", "gradient"),
    [
        (NoPenalty(), 0, [0, 0, 0, 0]),
        (L2(lam=0.5), 84.5, [3, -4, 0, 12]),
        (L1(lam=0.5), 9.5, [0.5, -0.5, 0, 0.5]),
        (FrobeniusNorm(lam=26.0), 338, [6, -8, 0, 24]),
    ],
    ids=lambda value: value.name if isinstance(value, Penalty) else "",
)
def test_values_and_gradients_worked_by_hand(penalty: Penalty, value: float, gradient: list[float]) -> None:
    assert penalty.value(W).item() == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(penalty.gradient(W).ravel(), gradient, rtol=1e-14)


@every_penalty
def test_gradient_matches_central_differences(penalty: Penalty, slopes) -> None:
    w = np.random.default_rng(0).normal(size=(3, 4, 5))
    np.testing.assert_allclose(penalty.gradient(w), slopes(penalty.value, w), rtol=1e-6, atol=1e-12)


@every_penalty
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_weights_cost_nothing_and_are_pulled_nowhere(penalty: Penalty, dtype: type) -> None:
    w = np.zeros((2, 3, 4), dtype)
    assert not penalty.value(w).any()
    assert not penalty.gradient(w).any()


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


@every_penalty
def test_only_l2_is_quadratic_in_the_size_of_the_weights(penalty: Penalty) -> None:
    power = 2 if isinstance(penalty, L2) else 1
    np.testing.assert_allclose(penalty.value(10 * W), 10.0**power * penalty.value(W), rtol=1e-12)


def test_the_frobenius_norm_pulls_with_the_same_strength_whatever_the_size_of_the_weights() -> None:
    for scale in (1e-6, 1.0, 1e6):
        assert np.linalg.norm(FrobeniusNorm(lam=0.3).gradient(scale * W)) == pytest.approx(0.3)
