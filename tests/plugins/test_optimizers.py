"""Optimizers against recurrences for a single number, in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sqrt

import numpy as np
import pytest

from nnbench import Optimizer
from nnbench_optimizers import SGD, AdaGrad, Adam, AdamUncorrected, Momentum, RMSProp, nnbench_components

every_optimizer = pytest.mark.parametrize("optimizer", [o() for o in nnbench_components()], ids=lambda o: o.name)

RATES = [0.1, 0.1, 0.05, 0.2, 0.01, 0.3, 0.1, 0.1]
GRADIENTS = [2.0, -1.0, 0.5, 0.0, -3.0, 1e-4, 40.0, -0.25]
Steps = Iterator[tuple[float, float]]


def sgd(steps: Steps) -> Iterator[float]:
    x = 1.0
    for rate, g in steps:
        x = x - rate * g
        yield x


def momentum(steps: Steps) -> Iterator[float]:
    x, v = 1.0, 0.0
    for rate, g in steps:
        v = 0.9 * v - rate * g
        x = x + v
        yield x


def adagrad(steps: Steps) -> Iterator[float]:
    x, past = 1.0, []
    for rate, g in steps:
        past.append(g**2)
        x = x - rate * g / sqrt(sum(past) + 1e-8)
        yield x


def rmsprop(steps: Steps) -> Iterator[float]:
    x, cache = 1.0, 0.0
    for rate, g in steps:
        cache = 0.9 * cache + 0.1 * g**2
        x = x - rate * g / (sqrt(cache) + 1e-8)
        yield x


def adam(steps: Steps) -> Iterator[float]:
    x, m, v = 1.0, 0.0, 0.0
    for t, (rate, g) in enumerate(steps, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        x = x - rate * (m / (1 - 0.9**t)) / (sqrt(v / (1 - 0.999**t)) + 1e-8)
        yield x


def adam_uncorrected(steps: Steps) -> Iterator[float]:
    x, m, v = 1.0, 0.0, 0.0
    for rate, g in steps:
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        x = x - rate * m / (sqrt(v) + 1e-8)
        yield x


RECURRENCES: dict[str, Callable[[Steps], Iterator[float]]] = {
    f.__name__: f for f in (sgd, momentum, adagrad, rmsprop, adam, adam_uncorrected)
}


def path(optimizer: Optimizer, rates: list[float], gradients: list[float], start: float = 1.0) -> list[float]:
    params = np.full((1, 1, 1), start)
    state = optimizer.init(params)
    positions = []
    for t, (rate, g) in enumerate(zip(rates, gradients, strict=True), start=1):
        optimizer.step(params, np.full((1, 1, 1), g), state, np.full((1, 1, 1), rate), t)
        positions.append(params.item())
    return positions


def test_every_optimizer_has_a_recurrence() -> None:
    assert set(RECURRENCES) == {o.name for o in nnbench_components()}


@every_optimizer
def test_steps_follow_the_recurrence(optimizer: Optimizer) -> None:
    expected = list(RECURRENCES[optimizer.name](zip(RATES, GRADIENTS, strict=True)))
    np.testing.assert_allclose(path(optimizer, RATES, GRADIENTS), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("optimizer", "gradients", "positions"),
    [
        (SGD(), [2.0, -4.0], [-1.0, 1.0]),
        (Momentum(mu=0.5), [4.0, 4.0, 4.0], [-2.0, -5.0, -8.5]),  # v = -2, -3, -3.5
        (AdaGrad(eps=16.0), [3.0, 0.0], [-0.3, -0.3]),  # cache = 9; √(9 + 16) = 5
        (AdaGrad(eps=11.0), [5.0, 8.0], [-5 / 12, -5 / 12 - 0.4]),  # cache = 25, 89; roots 6, 10
        (RMSProp(rho=0.75, eps=0.5), [4.0, 2.0], [-0.8, -1.2]),  # cache = 4, 4; divisor 2.5
        (Adam(beta1=0.5, beta2=0.75, eps=0.5), [2.0], [-0.4]),  # m̂ = 2, v̂ = 4; divisor 2.5
        (AdamUncorrected(beta1=0.5, beta2=0.75, eps=0.25), [2.0], [-0.4]),  # m = 1, v = 1; divisor 1.25
    ],
    ids=lambda value: value.name if isinstance(value, Optimizer) else "",
)
def test_steps_worked_by_hand(optimizer: Optimizer, gradients: list[float], positions: list[float]) -> None:
    assert path(optimizer, [0.5] * len(gradients), gradients, start=0.0) == pytest.approx(positions, rel=1e-14)


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_step_changes_params_and_state_in_place_and_nothing_else(optimizer: Optimizer, dtype: type) -> None:
    rng = np.random.default_rng(0)
    params, grads = (rng.normal(size=(2, 3, 4)).astype(dtype) for _ in range(2))
    start, given, lr = params.copy(), grads.copy(), np.full((2, 1, 1), 0.1, dtype)
    state = optimizer.init(params)
    np.testing.assert_array_equal(params, start)
    arrays = dict(state)
    for t in (1, 2):
        optimizer.step(params, grads, state, lr, t)
    assert (params != start).all()
    assert params.dtype == dtype
    np.testing.assert_array_equal(grads, given)
    assert (lr == dtype(0.1)).all()
    assert state.keys() == arrays.keys()
    for name, array in state.items():
        assert array is arrays[name]
        assert (array.shape, array.dtype) == (params.shape, params.dtype)
        assert array.any()
        assert not np.shares_memory(array, params)


@every_optimizer
def test_params_may_be_a_view(optimizer: Optimizer) -> None:
    whole = np.ones((2, 9))
    view = whole[:, 3:].reshape(2, 2, 3)
    assert view.base is whole
    optimizer.step(view, np.ones((2, 2, 3)), optimizer.init(view), np.full((1, 1, 1), 0.1), 1)
    assert (whole[:, :3] == 1).all()
    assert (whole[:, 3:] < 1).all()


@every_optimizer
def test_a_row_of_a_stack_equals_the_same_trial_alone_bit_for_bit(optimizer: Optimizer, stacked) -> None:
    trials, steps = 5, 30
    together, alone = stacked(optimizer, trials, np.float32)
    rng = np.random.default_rng(2)
    start = rng.normal(size=(trials, 7, 9)).astype(np.float32)
    grads = rng.normal(size=(steps, *start.shape)).astype(np.float32)
    lr = rng.uniform(0.01, 0.1, (trials, 1, 1)).astype(np.float32)
    params = start.copy()
    state = together.init(params)
    for t in range(1, steps + 1):
        together.step(params, grads[t - 1], state, lr, t)
    assert params.dtype == np.float32
    for trial, single in enumerate(alone):
        row = slice(trial, trial + 1)
        single_params = start[row].copy()
        single_state = single.init(single_params)
        for t in range(1, steps + 1):
            single.step(single_params, grads[t - 1, row].copy(), single_state, lr[row], t)
        np.testing.assert_array_equal(single_params, params[row])


@every_optimizer
def test_an_optimizer_of_single_parameters_takes_layers_in_any_shape(optimizer: Optimizer) -> None:
    assert optimizer.scope == "parameter"
    rng = np.random.default_rng(3)
    params, grads = rng.normal(size=(2, 3, 4, 5))
    flat = params.reshape(3, 1, 20).copy()
    lr = np.full((3, 1, 1), 0.1)
    state, flat_state = optimizer.init(params), optimizer.init(flat)
    for t in range(1, 6):
        optimizer.step(params, grads, state, lr, t)
        optimizer.step(flat, grads.reshape(3, 1, 20), flat_state, lr, t)
    np.testing.assert_array_equal(params.reshape(flat.shape), flat)


@every_optimizer
def test_a_rate_of_0_moves_nothing(optimizer: Optimizer) -> None:
    assert path(optimizer, [0.0] * 3, [1.0, -2.0, 0.5]) == [1.0] * 3


@every_optimizer
def test_gradients_of_0_from_the_start_move_nothing(optimizer: Optimizer) -> None:
    assert path(optimizer, [0.1] * 3, [0.0] * 3) == [1.0] * 3


@every_optimizer
def test_descends_a_parabola_with_its_own_rate(optimizer: Optimizer) -> None:
    params = np.array([[[1.0, -1.0]]])
    state = optimizer.init(params)
    for t in range(1, 401):
        optimizer.step(params, params.copy(), state, np.full((1, 1, 1), optimizer.lr), t)
    assert np.abs(params).max() < 0.05


@every_optimizer
def test_search_spaces_are_of_equal_size_around_the_default(optimizer: Optimizer) -> None:
    rates = optimizer.search_space["lr"]
    assert len(rates) == 7
    assert sorted(rates) == list(rates)
    assert optimizer.lr in rates[2:5]


def test_momentum_without_mu_is_sgd() -> None:
    assert path(Momentum(mu=0.0), RATES, GRADIENTS) == path(SGD(), RATES, GRADIENTS)


def test_momentum_approaches_its_terminal_velocity() -> None:
    positions = path(Momentum(mu=0.9), [0.1] * 200, [1.0] * 200)
    assert positions[-2] - positions[-1] == pytest.approx(0.1 / (1 - 0.9), rel=1e-6)


def test_adagrad_steps_shrink_monotonically_for_a_constant_gradient() -> None:
    sizes = -np.diff([1.0, *path(AdaGrad(), [0.1] * 50, [3.0] * 50)])
    assert (np.diff(sizes) < 0).all()
    np.testing.assert_allclose(sizes, 0.1 / np.sqrt(np.arange(1, 51)), rtol=1e-6)


def test_adagrad_moves_a_rarely_updated_parameter_further_at_each_update() -> None:
    often = path(AdaGrad(), [0.1] * 20, [1.0] * 20)
    rarely = path(AdaGrad(), [0.1] * 20, [0.0] * 19 + [1.0])
    assert rarely[-2] - rarely[-1] > 4 * (often[-2] - often[-1])


def test_rmsprop_steps_grow_again_when_gradients_shrink() -> None:
    sizes = -np.diff([1.0, *path(RMSProp(), [0.1] * 60, [10.0] * 10 + [1.0] * 50)])
    assert sizes[-1] > 5 * sizes[10]
    assert sizes[-1] == pytest.approx(0.1, rel=0.25)


@pytest.mark.parametrize("g", [1e-3, -0.5, 700.0])
def test_the_first_step_of_adam_is_the_rate_against_the_sign_of_the_gradient(g: float) -> None:
    moved = path(Adam(), [0.1], [g])[0] - 1
    assert moved == pytest.approx(-0.1 * np.sign(g), rel=1e-4)


def test_the_first_step_of_uncorrected_adam_is_longer_by_the_missing_correction() -> None:
    moved = path(AdamUncorrected(), [0.1], [1.0])[0] - 1
    assert moved == pytest.approx(-0.1 * 0.1 / sqrt(0.001), rel=1e-4)


def test_bias_correction_no_longer_matters_after_many_steps() -> None:
    gradients = np.random.default_rng(0).normal(1, 0.5, 12_000).tolist()
    rates = [1e-3] * len(gradients)
    corrected, uncorrected = (np.diff(path(o, rates, gradients)[-2:]) for o in (Adam(), AdamUncorrected()))
    np.testing.assert_allclose(corrected, uncorrected, rtol=1e-4)
