"""Activations: values and derivatives, and what the engine relies on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbench import Activation, Catalog, Grid
from nnbench.engine.stack import stacks
from nnbench.engine.training import train
from nnbench_activations import ELU, HardTanh, LeakyReLU, ReLU, Sigmoid, nnbench_components

OTHERWISE: dict[str, dict[str, Any]] = {  # hyperparameters other than the defaults
    "scaled_tanh": {"amplitude": 0.75, "slope": 3.0},
    "penalized_tanh": {"alpha": 0.6},
    "isru": {"alpha": 3.0},
    "leaky_relu": {"k": 0.3},
    "prelu": {"k": 0.1, "per": "unit"},
    "threshold": {"theta": -0.7, "value": 2.0},
    "softplus": {"beta": 4.0},
    "squareplus": {"b": 0.3},
    "elu": {"alpha": 0.3},
    "celu": {"alpha": 0.3},
    "isrlu": {"alpha": 3.0},
    "soft_exponential": {"alpha": 0.9},
    "silu": {"beta": 1.7},
    "soft_shrink": {"lam": 1.3},
    "hard_shrink": {"lam": 1.3},
    "sine": {"omega": 4.0},
    "snake": {"alpha": 2.0},
}
DEFAULTS = [activation() for activation in nnbench_components()]
SETTINGS = DEFAULTS + [type(activation)(**OTHERWISE[activation.name]) for activation in DEFAULTS if activation.name in OTHERWISE]


def label(activation: Activation) -> str:
    values = activation.hyperparameters()
    return activation.name + (str(values) if values != type(activation)().hyperparameters() else "")


every_activation = pytest.mark.parametrize("activation", DEFAULTS, ids=label)
every_setting = pytest.mark.parametrize("activation", SETTINGS, ids=label)
either_precision = pytest.mark.parametrize("dtype", [np.float32, np.float64])

Z = sympy.Symbol("z", real=True)
E = sympy.exp(Z)


def right_of(knot: sympy.Expr, right: sympy.Expr, left: sympy.Expr) -> sympy.Expr:
    return sympy.Piecewise((left, knot > Z), (right, True))


def tanh(z: sympy.Expr) -> sympy.Expr:
    return (sympy.exp(z) - sympy.exp(-z)) / (sympy.exp(z) + sympy.exp(-z))


def clipped(z: sympy.Expr, low: float, high: float) -> sympy.Expr:
    return sympy.Piecewise((low, z < low), (high, z > high), (z, True))


FORMULAS: dict[str, Callable[..., sympy.Expr]] = {  # written anew, not the plugins' own
    "sigmoid": lambda: E / (1 + E),
    "tanh": lambda: tanh(Z),
    "scaled_tanh": lambda amplitude, slope: amplitude * tanh(slope * Z),
    "penalized_tanh": lambda alpha: right_of(0, tanh(Z), alpha * tanh(Z)),
    "hard_tanh": lambda: clipped(Z, -1, 1),
    "hard_sigmoid": lambda: clipped(Z / 6 + sympy.Rational(1, 2), 0, 1),
    "sparse_sigmoid": lambda: clipped(Z / 2 + sympy.Rational(1, 2), 0, 1),
    "soft_sign": lambda: right_of(0, Z / (1 + Z), Z / (1 - Z)),
    "isru": lambda alpha: Z / sympy.sqrt(1 + alpha * Z**2),
    "arctan": lambda: sympy.atan(Z),
    "relu": lambda: right_of(0, Z, 0),
    "leaky_relu": lambda k: right_of(0, Z, k * Z),
    "prelu": lambda k, per: right_of(0, Z, k * Z),
    "relu6": lambda: clipped(Z, 0, 6),
    "squared_relu": lambda: right_of(0, Z**2, 0),
    "threshold": lambda theta, value: right_of(theta, Z, value),
    "softplus": lambda beta: sympy.log(1 + sympy.exp(beta * Z)) / beta,
    "squareplus": lambda b: (Z + sympy.sqrt(Z**2 + b)) / 2,
    "sparse_plus": lambda: sympy.Piecewise((0, Z < -1), (Z, Z > 1), ((Z + 1) ** 2 / 4, True)),
    "log_sigmoid": lambda: -sympy.log(1 + 1 / E),
    "elu": lambda alpha: right_of(0, Z, alpha * (E - 1)),
    "celu": lambda alpha: right_of(0, Z, alpha * (sympy.exp(Z / alpha) - 1)),
    "selu": lambda: SCALE * right_of(0, Z, ALPHA * (E - 1)),
    "isrlu": lambda alpha: right_of(0, Z, Z / sympy.sqrt(1 + alpha * Z**2)),
    "exponential": lambda: E,
    "soft_exponential": lambda alpha: (sympy.exp(alpha * Z) - 1) / alpha + alpha,
    "silu": lambda beta: Z / (1 + sympy.exp(-beta * Z)),
    "gelu": lambda: Z * sympy.erfc(-Z / sympy.sqrt(2), evaluate=False) / 2,  # evaluated, it is 2 - erfc(z/√2), which cancels
    "gelu_tanh": lambda: Z / (1 + sympy.exp(-2 * sympy.sqrt(2 / sympy.pi) * (Z + sympy.Rational("0.044715") * Z**3))),
    "hard_silu": lambda: Z * clipped(Z + 3, 0, 6) / 6,
    "mish": lambda: Z * tanh(sympy.log(1 + E)),
    "lisht": lambda: Z * tanh(Z),
    "soft_shrink": lambda lam: sympy.Piecewise((Z + lam, -lam > Z), (Z - lam, lam < Z), (0, True)),
    "hard_shrink": lambda lam: sympy.Piecewise((Z, -lam > Z), (Z, lam < Z), (0, True)),
    "tanh_shrink": lambda: Z - tanh(Z),
    "sine": lambda omega: sympy.sin(omega * Z),
    "snake": lambda alpha: Z + (1 - sympy.cos(2 * alpha * Z)) / (2 * alpha),
    "gaussian": lambda: sympy.exp(-(Z**2)),
    "identity": lambda: Z,
    "bent_identity": lambda: (sympy.sqrt(Z**2 + 1) - 1) / 2 + Z,
}
DIGITS = 120
"""Enough for 1 + e^-200 not to be 1."""
# of SELU, from its definition: f(z) has mean 0 and variance 1 if z does
HALF, ROOT2 = sympy.Rational(1, 2), sympy.sqrt(2)
TAIL, TAIL2 = sympy.erfc(1 / ROOT2) * sympy.exp(HALF) / 2, sympy.erfc(ROOT2) * sympy.exp(2) / 2  # E[e^z; z < 0], E[e^2z; z < 0]
ALPHA = sympy.N(1 / sympy.sqrt(2 * sympy.pi) / (HALF - TAIL), DIGITS)
SCALE = sympy.N((HALF + ALPHA**2 * (TAIL2 - 2 * TAIL + HALF)) ** -HALF, DIGITS)

ROUNDING = 4 * np.finfo(float).eps
"""Of 1 - a, 1 - a² and a + α, where a unit saturates."""
TOO_SMALL = 1e-300
"""What float64 cannot hold to its full precision."""
POINTS = np.concatenate([np.linspace(-50, 50, 200), np.linspace(-2.03, 2.03, 40), [0, 1e-9, -1e-9, 1e-5, -1e-5, 0.01, -0.01]])
EXTREMES = [0.0, -0.0]
for largest in (np.finfo(np.float32).max, 2.0**127, 1.9e19, 1e15, 89.0, 20.0, 6.0, 3.0, 1.0, 0.5):
    EXTREMES += [float(largest), -float(largest)]
for exponent in range(-149, 128, 4):  # of the smallest number that is not 0, to that of the largest
    EXTREMES += [1.5 * 2.0**exponent, -1.5 * 2.0**exponent]


def off_kinks(activation: Activation, z: np.ndarray, distance: float) -> np.ndarray:
    near = [np.abs(z - kink) < distance for kink in activation.kinks]
    return z[~np.any(near, axis=0)] if near else z


def exactly(formula: sympy.Expr, z: np.ndarray) -> np.ndarray:
    with mpmath.workdps(DIGITS):
        evaluate = sympy.lambdify(Z, formula, "mpmath")
        return np.array([float(evaluate(mpmath.mpf(float(value)))) for value in z])


def formula_of(activation: Activation) -> sympy.Expr:
    values = activation.hyperparameters().items()
    return FORMULAS[activation.name](**{name: value if isinstance(value, str) else sympy.Rational(value) for name, value in values})


def response(activation: Activation, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a = activation.forward(z[None, None])
    return a[0, 0], activation.derivative(z[None, None], a)[0, 0]


def test_every_activation_has_an_independent_formula() -> None:
    assert set(FORMULAS) == {a.name for a in nnbench_components()}


def test_hyperparameters_other_than_the_defaults_are_tried_for_every_activation_that_has_some() -> None:
    assert set(OTHERWISE) == {a.name for a in DEFAULTS if a.hyperparameters()}
    for activation in SETTINGS[len(DEFAULTS) :]:
        default = type(activation)().hyperparameters()
        assert all(value != default[name] for name, value in activation.hyperparameters().items())


@every_setting
def test_values_match_the_symbolic_formula(activation: Activation) -> None:
    z = off_kinks(activation, POINTS, 1e-9)
    lost = ROUNDING if activation.name == "tanh_shrink" else 0  # z - tanh z cancels near 0
    value, _ = response(activation, z)
    np.testing.assert_allclose(value, exactly(formula_of(activation), z), rtol=1e-12, atol=TOO_SMALL + lost)


@every_setting
def test_derivative_matches_the_symbolic_derivative(activation: Activation) -> None:
    z = off_kinks(activation, POINTS, 1e-9)
    _, derivative = response(activation, z)
    np.testing.assert_allclose(derivative, exactly(sympy.diff(formula_of(activation), Z), z), rtol=1e-12, atol=ROUNDING)


@every_setting
def test_float32_is_as_exact_as_it_can_be(activation: Activation) -> None:
    z = off_kinks(activation, np.linspace(-8, 8, 801, dtype=np.float32), 1e-3)
    for single, double in zip(response(activation, z), response(activation, z.astype(np.float64)), strict=True):
        np.testing.assert_allclose(single, double, rtol=4e-6, atol=1e-6)


@every_setting
def test_derivative_matches_central_differences(activation: Activation) -> None:
    eps = 1e-5
    z = off_kinks(activation, np.linspace(-6, 6, 996), 2 * eps)[None, None]  # without 0, where soft sign's second derivative jumps
    slope = (activation.forward(z + eps) - activation.forward(z - eps)) / (2 * eps)
    np.testing.assert_allclose(activation.derivative(z, activation.forward(z)), slope, rtol=1e-6, atol=1e-8)


@every_setting
def test_derivative_at_a_kink_is_one_of_the_one_sided(activation: Activation) -> None:
    for kink in activation.kinks:
        _, (left, at, right) = response(activation, np.array([kink - 1e-9, kink, kink + 1e-9]))
        assert left != pytest.approx(right, rel=1e-3)
        assert at in (pytest.approx(left, abs=1e-8), pytest.approx(right, abs=1e-8))


@every_setting
def test_the_derivative_jumps_at_the_declared_kinks_and_nowhere_else(activation: Activation) -> None:
    ends = np.linspace(-12.1, 12.3, 2000)
    low, high = ends[:-1], ends[1:]
    for _ in range(60):  # into the half over which the derivative changes more: to a jump, if there is one
        middle = (low + high) / 2
        at_low, at_middle, at_high = (response(activation, each)[1] for each in (low, middle, high))
        left = np.abs(at_middle - at_low) > np.abs(at_high - at_middle)
        low, high = np.where(left, low, middle), np.where(left, middle, high)
    jumps = np.abs(at_high - at_low) > 1e-9 * np.maximum(1, np.abs(at_low))
    np.testing.assert_allclose(middle[jumps], sorted(activation.kinks), atol=1e-9)


def test_an_elu_is_smooth_with_the_usual_alpha_only() -> None:
    assert ELU().kinks == ()
    assert ELU(alpha=0.5).kinks == (0.0,)


@every_setting
@either_precision
def test_finite_at_extremes(activation: Activation, dtype: type) -> None:
    for results in response(activation, np.array(EXTREMES, dtype)):
        assert np.isfinite(results).all()


@either_precision
@settings(deadline=None)
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_finite_for_every_float32(dtype: type, value: float) -> None:
    for activation in SETTINGS:
        z = np.full((1, 2, 17), value, dtype)
        a = activation.forward(z)
        assert np.isfinite(a).all(), label(activation)
        assert np.isfinite(activation.derivative(z, a)).all(), label(activation)


def test_what_overflows_is_the_largest_number() -> None:
    for dtype, beyond in ((np.float32, {"exponential": 88.8, "squared_relu": 1.9e19}), (np.float64, {"exponential": 709.8})):
        for activation in DEFAULTS:
            if activation.name in beyond:
                (value,), _ = response(activation, np.array([beyond[activation.name]], dtype))
                assert value == np.finfo(dtype).max


@every_setting
@either_precision
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


@every_setting
@either_precision
@pytest.mark.parametrize("samples", [1, 7, 64])
def test_a_row_of_a_stack_equals_the_same_trial_alone_bit_for_bit(activation, dtype: type, samples: int, stacked) -> None:
    trials = 6
    together, alone = stacked(activation, trials, dtype)
    z = np.random.default_rng(1).normal(scale=3, size=(trials, 33, samples)).astype(dtype)
    a = together.forward(z)
    derivative = together.derivative(z, a)
    assert a.dtype == derivative.dtype == dtype
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


@every_setting
def test_a_nan_is_not_hidden(activation: Activation) -> None:
    assert np.isnan(activation.forward(np.full((1, 1, 9), np.nan))).all()


def test_every_activation_trains_a_small_network_with_its_defaults(catalog: Catalog) -> None:
    names = str([activation.name for activation in DEFAULTS]).replace("'", '"')
    table = f"hidden = [[16]]\ntrain_size = 256\nbatch_size = 32\nepochs = 8\nactivation = {names}\n"
    table += 'optimizer = { name = "adam", lr = 0.01 }'
    trials = Grid.from_text(f"[trial]\n{table}", "test", catalog).trials(catalog)
    records = {
        trial.cell.activation.name: record for stack in stacks(trials) for trial, record in zip(stack, train(stack), strict=True)
    }
    assert set(records) == {activation.name for activation in DEFAULTS}
    assert {name for name, record in records.items() if record.status != "done"} == set()
    assert {name for name, record in records.items() if not record.train_loss[-1] < 0.6 * record.train_loss[0]} == set()
