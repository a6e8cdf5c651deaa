"""Initializers: their distributions, and where their randomness comes from."""

from __future__ import annotations

import numpy as np
import pytest

from nnbench import Initializer
from nnbench_initializers import Normal, XavierUniform, Zeros, nnbench_components

every_initializer = pytest.mark.parametrize("initializer", [i() for i in nnbench_components()], ids=lambda i: i.name)


@every_initializer
def test_weights_are_fan_out_by_fan_in_in_float64(initializer: Initializer) -> None:
    w = initializer.sample(np.random.default_rng(0), 3, 5)
    assert w.shape == (5, 3)
    assert w.dtype == np.float64
    assert np.isfinite(w).all()


@every_initializer
def test_weights_depend_on_the_generator_alone(initializer: Initializer) -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002 -- the state that must not matter
    first = initializer.sample(np.random.default_rng(7), 4, 6)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.random.random(10)  # noqa: NPY002
    np.testing.assert_array_equal(initializer.sample(np.random.default_rng(7), 4, 6), first)


@pytest.mark.parametrize("initializer", [Normal(), XavierUniform()], ids=lambda i: i.name)
def test_another_seed_draws_other_weights(initializer: Initializer) -> None:
    first, second = (initializer.sample(np.random.default_rng(seed), 4, 6) for seed in (1, 2))
    assert not np.isclose(first, second).any()


@pytest.mark.parametrize("std", [0.01, 0.5])
def test_normal_has_mean_0_and_the_standard_deviation_asked_for(std: float) -> None:
    w = Normal(std=std).sample(np.random.default_rng(0), 400, 500) / std
    assert abs(w.mean()) < 4 / np.sqrt(w.size)
    assert w.var() == pytest.approx(1, abs=4 * np.sqrt(2 / w.size))
    assert np.mean(np.abs(w) < 1) == pytest.approx(0.6827, abs=0.005)  # the normal distribution's share


def test_normal_draws_the_same_directions_whatever_its_standard_deviation() -> None:
    small, large = (Normal(std=std).sample(np.random.default_rng(0), 4, 6) for std in (0.01, 1.0))
    np.testing.assert_allclose(100 * small, large)


@pytest.mark.parametrize(("fan_in", "fan_out"), [(2, 32), (300, 500), (500, 300), (100, 100)])
def test_xavier_fills_its_bounds_and_no_more(fan_in: int, fan_out: int) -> None:
    bound = np.sqrt(6 / (fan_in + fan_out))
    draws = np.stack([XavierUniform().sample(np.random.default_rng(seed), fan_in, fan_out) for seed in range(20)])
    assert np.abs(draws).max() <= bound
    assert np.abs(draws).max() > 0.98 * bound
    assert abs(draws.mean()) < 4 * bound / np.sqrt(3 * draws.size)


def test_xavier_has_variance_2_over_the_sum_of_fans() -> None:
    w = XavierUniform().sample(np.random.default_rng(0), 300, 500)
    assert w.var() == pytest.approx(2 / 800, rel=0.01)


def test_xavier_keeps_the_variance_of_signals_through_square_layers() -> None:
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((200, 1000))
    for _ in range(5):
        signal = XavierUniform().sample(rng, 200, 200) @ signal
    assert signal.var() == pytest.approx(1, rel=0.15)


def test_zeros_are_zeros() -> None:
    assert not Zeros().sample(np.random.default_rng(0), 3, 5).any()
