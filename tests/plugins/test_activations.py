"""Activations: values and derivatives, and what the engine relies on."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnbench import Activation
from nnbench_activations import HardTanh, LeakyReLU, ReLU, Sigmoid, nnbench_components

every_activation = pytest.mark.parametrize("activation", [a() for a in nnbench_components()], ids=lambda a: a.name)

Z = sympy.Symbol("z", real=True)
K = sympy.Rational(1, 100)
FORMULAS = {  # written anew, not the plugins' own
    "sigmoid": sympy.exp(Z) / (1 + sympy.exp(Z)),
    "tanh": (sympy.exp(Z) - sympy.exp(-Z)) / (sympy.exp(Z) + sympy.exp(-Z)),
    "hard_tanh": sympy.Piecewise((-1, Z < -1), (1, Z > 1), (Z, True)),
    "soft_sign": sympy.Piecewise((Z / (1 - Z), Z < 0), (Z / (1 + Z), True)),
    "relu": sympy.Piecewise((0, Z < 0), (Z, True)),
    "leaky_relu": sympy.Piecewise((K * Z, Z < 0), (Z, True)),
    "identity": Z,
}


def off_kinks(activation: Activation, z: np.ndarray, distance: float) -> np.ndarray:
    near = [np.abs(z - kink) < distance for kink in activation.kinks]
    return z[~np.any(near, axis=0)] if near else z


def exactly(formula: sympy.Expr, z: np.ndarray) -> np.ndarray:
    with mpmath.workdps(80):
        evaluate = sympy.lambdify(Z, formula, "mpmath")
        return np.array([float(evaluate(mpmath.mpf(float(value)))) for value in z])


def test_every_activation_has_an_independent_formula() -> None:
    assert set(FORMULAS) == {a.name for a in nnbench_components()}


@every_activation
def test_values_match_the_symbolic_formula(activation: Activation) -> None:
    z = np.concatenate([np.linspace(-50, 50, 201), np.linspace(-2.03, 2.03, 40)])
    np.testing.assert_allclose(activation.forward(z[None, None])[0, 0], exactly(FORMULAS[activation.name], z), rtol=1e-12)


@every_activation
def test_derivative_matches_the_symbolic_derivative(activation: Activation) -> None:
    z = off_kinks(activation, np.concatenate([np.linspace(-50, 50, 200), np.linspace(-2.03, 2.03, 40)]), 1e-9)
    derivative = activation.derivative(z[None, None], activation.forward(z[None, None]))[0, 0]
    rounding_of_1 = 4 * np.finfo(float).eps  # 1 - a and 1 - a², where a unit saturates
    np.testing.assert_allclose(derivative, exactly(sympy.diff(FORMULAS[activation.name], Z), z), rtol=1e-12, atol=rounding_of_1)


@every_activation
def test_derivative_matches_central_differences(activation: Activation) -> None:
    eps = 1e-5
    z = off_kinks(activation, np.linspace(-6, 6, 996), 2 * eps)[None, None]  # without 0, where soft sign's second derivative jumps
    slope = (activation.forward(z + eps) - activation.forward(z - eps)) / (2 * eps)
    np.testing.assert_allclose(activation.derivative(z, activation.forward(z)), slope, rtol=1e-6, atol=1e-9)


@every_activation
def test_derivative_at_a_kink_is_one_of_the_one_sided(activation: Activation) -> None:
    for kink in activation.kinks:
        z = np.array([[[kink - 1e-6, kink, kink + 1e-6]]])
        left, at, right = activation.derivative(z, activation.forward(z))[0, 0]
        assert left != right
        assert at in (left, right)


@every_activation
@settings(deadline=None)
@example(float(np.finfo(np.float32).max))
@example(float(np.finfo(np.float32).min))
@example(float(np.finfo(np.float32).tiny))
@example(-0.0)
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_finite_for_every_float32(activation: Activation, value: float) -> None:
    z = np.full((1, 2, 17), value, np.float32)
    a = activation.forward(z)
    assert np.isfinite(a).all()
    assert np.isfinite(activation.derivative(z, a)).all()


@every_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shape_and_dtype_are_kept_and_arguments_left_alone(activation: Activation, dtype: type) -> None:
    z = np.random.default_rng(0).normal(size=(2, 3, 5)).astype(dtype)
    original = z.copy()
    a = activation.forward(z)
    value = a.copy()
    derivative = activation.derivative(z, a)
    for result in (a, derivative):
        assert (result.shape, result.dtype) == (z.shape, z.dtype)
    np.testing.assert_array_equal(z, original)
    np.testing.assert_array_equal(a, value)


@every_activation
def test_results_share_no_memory_with_arguments(activation: Activation) -> None:
    z = np.random.default_rng(0).normal(size=(2, 3, 5))
    a = activation.forward(z)
    derivative = activation.derivative(z, a)
    assert not np.shares_memory(a, z)
    assert not np.shares_memory(derivative, z)
    assert not np.shares_memory(derivative, a)


@every_activation
@pytest.mark.parametrize("samples", [1, 7, 64])
def test_a_row_of_a_stack_equals_the_same_trial_alone_bit_for_bit(activation: Activation, samples: int, stacked) -> None:
    trials = 6
    together, alone = stacked(activation, trials, np.float32)
    z = np.random.default_rng(1).normal(scale=3, size=(trials, 33, samples)).astype(np.float32)
    a = together.forward(z)
    derivative = together.derivative(z, a)
    assert a.dtype == derivative.dtype == np.float32
    for trial, single in enumerate(alone):
        row = slice(trial, trial + 1)
        single_z = z[row].copy()
        single_a = single.forward(single_z)
        np.testing.assert_array_equal(a[row], single_a)
        np.testing.assert_array_equal(derivative[row], single.derivative(single_z, single_a))


def test_sigmoid_keeps_its_relative_accuracy_far_below_0() -> None:
    value = Sigmoid().forward(np.full((1, 1, 1), -50.0)).item()
    assert value == pytest.approx(1.928749847963918e-22, rel=1e-12)


def test_rectifiers_pass_positive_and_scale_negative_pre_activations() -> None:
    z = np.array([[[-2.0, -0.5, 0.0, 0.5, 2.0]]])
    assert ReLU().forward(z).ravel().tolist() == [0, 0, 0, 0.5, 2]
    assert ReLU().derivative(z, ReLU().forward(z)).ravel().tolist() == [0, 0, 0, 1, 1]
    leaky = LeakyReLU(k=0.25)
    assert leaky.forward(z).ravel().tolist() == [-0.5, -0.125, 0, 0.5, 2]
    assert leaky.derivative(z, leaky.forward(z)).ravel().tolist() == [0.25, 0.25, 0.25, 1, 1]


def test_hard_tanh_has_slope_1_up_to_and_including_its_kinks() -> None:
    z = np.array([[[-1.5, -1.0, 0.0, 1.0, 1.5]]])
    assert HardTanh().derivative(z, HardTanh().forward(z)).ravel().tolist() == [0, 1, 1, 1, 0]


@pytest.mark.parametrize("activation", [a() for a in nnbench_components()], ids=lambda a: a.name)
def test_a_nan_is_not_hidden(activation: Activation) -> None:
    assert np.isnan(activation.forward(np.full((1, 1, 9), np.nan))).all()
