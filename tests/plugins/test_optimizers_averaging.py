"""What optimizers that average are judged by, and optimizers around others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from recurrences import GRADIENTS, RATES, path

from nnbench import Optimizer
from nnbench_optimizers import ASGD, EMA, SGD, Adam, AdamWScheduleFree, Lookahead, Momentum, Prodigy, SGDScheduleFree


def judged(optimizer: Optimizer, rates: list[float], gradients: list[float], start: float = 1.0) -> list[float]:
    """What is evaluated before the first step and after each."""
    params = np.full((1, 1, 1), start)
    state = optimizer.init(params)
    found = [optimizer.evaluated(params, state).item()]
    for t, (rate, g) in enumerate(zip(rates, gradients, strict=True), start=1):
        optimizer.step(params, np.full((1, 1, 1), g), state, np.full((1, 1, 1), rate), t)
        found.append(optimizer.evaluated(params, state).item())
    return found


def test_averaged_sgd_is_judged_by_the_mean_of_its_positions_after_t0() -> None:
    positions = path(SGD(), RATES, GRADIENTS)
    means = [np.mean(positions[2:t]) for t in range(3, len(RATES) + 1)]
    np.testing.assert_allclose(judged(ASGD(t0=2), RATES, GRADIENTS), [1.0, *positions[:2], *means], rtol=1e-14)


def test_averaging_cancels_noise_that_a_constant_rate_does_not() -> None:
    gradients = np.random.default_rng(0)
    x, ends = np.ones((200, 1, 1)), []
    for optimizer in (SGD(), ASGD(t0=100)):
        params = x.copy()
        state = optimizer.init(params)
        for t in range(1, 501):
            optimizer.step(params, params + gradients.normal(size=params.shape), state, np.full((1, 1, 1), 0.3), t)
        ends.append(np.square(optimizer.evaluated(params, state)).mean())
    assert ends[1] < ends[0] / 10


@pytest.mark.parametrize("inner", [SGD(lr=2.0), Momentum(lr=0.5)], ids=lambda o: o.name)
def test_looking_ahead_is_judged_by_the_slow_weights(inner: Optimizer) -> None:
    found = judged(Lookahead(inner=inner, k=3), RATES, GRADIENTS)
    assert found[:3] == [1.0] * 3
    assert found[3] == found[4] == found[5] != 1.0
    reached = path(inner, [rate * inner.lr for rate in RATES[:3]], GRADIENTS[:3])[-1]
    assert found[3] == pytest.approx((1.0 + reached) / 2)
    assert path(Lookahead(inner=inner, k=3), RATES, GRADIENTS)[2] == found[3]


def test_looking_ahead_with_an_optimizer_that_averages_is_judged_by_its_average() -> None:
    inner = ASGD(lr=1.0, t0=0)
    fast: list[float] = []
    x = slow = 1.0
    for t, (rate, g) in enumerate(zip(RATES, GRADIENTS, strict=True), start=1):
        fast.append(x - rate * g)
        x = fast[-1]
        if t % 2 == 0:
            x = slow = (slow + x) / 2
    assert judged(Lookahead(inner=inner, k=2), RATES, GRADIENTS)[-1] == pytest.approx(np.mean(fast))


def test_an_exponential_moving_average_weighs_positions_by_their_age() -> None:
    positions = path(SGD(), RATES, GRADIENTS)
    weights = [0.75 ** (len(positions) - 1), *(0.25 * 0.75**age for age in range(len(positions) - 2, -1, -1))]
    assert sum(weights) == pytest.approx(1)
    found = judged(EMA(inner=SGD(lr=1.0), decay=0.75), RATES, GRADIENTS)
    assert found[:2] == [1.0, positions[0]]
    assert found[-1] == pytest.approx(np.dot(weights, positions))


def test_an_average_of_an_optimizer_that_averages_is_one_of_its_averages() -> None:
    averages = judged(ASGD(lr=1.0, t0=0), RATES, GRADIENTS)
    expected = averages[1]
    for average in averages[2:]:
        expected = 0.9 * expected + 0.1 * average
    assert judged(EMA(inner=ASGD(lr=1.0, t0=0), decay=0.9), RATES, GRADIENTS)[-1] == pytest.approx(expected)


def test_schedule_free_sgd_is_judged_by_the_mean_of_where_plain_steps_lead() -> None:
    """With a rate that never rises; then all weights are equal."""
    rates = sorted(RATES, reverse=True)
    zs = 1.0 - np.cumsum(np.multiply(rates, GRADIENTS))
    means = np.cumsum(zs) / np.arange(1, len(zs) + 1)
    np.testing.assert_allclose(judged(SGDScheduleFree(beta=0.6), rates, GRADIENTS), [1.0, *means], rtol=1e-13)
    np.testing.assert_allclose(path(SGDScheduleFree(beta=0.6), rates, GRADIENTS), 0.6 * means + 0.4 * zs, rtol=1e-13)


def test_a_warm_up_counts_less_in_a_schedule_free_average() -> None:
    rates, gradients = [0.0, 0.1, 0.2, 0.2, 0.1], [5.0, 1.0, -2.0, 0.5, 3.0]
    zs = 1.0 - np.cumsum(np.multiply(rates, gradients))
    weights = np.array([0.0, 0.01, 0.04, 0.04, 0.04])
    expected = np.dot(weights, zs) / weights.sum()
    assert judged(SGDScheduleFree(), rates, gradients)[-1] == pytest.approx(expected)


def test_schedule_free_rates_of_the_parameters_of_a_network_give_one_average() -> None:
    """Layers with rates of their own are averaged with the same weights."""
    params = np.ones((1, 1, 2))
    optimizer = SGDScheduleFree()
    state = optimizer.init(params)
    for t, rate in enumerate((0.1, 0.3, 0.2), start=1):
        optimizer.step(params, np.ones((1, 1, 2)), state, np.array([[[rate, rate / 5]]]), t)
    moved = 1 - optimizer.evaluated(params, state)
    assert moved[0, 0, 0] == pytest.approx(5 * moved[0, 0, 1])
    assert state["total"].shape == (1, 1, 1)


def test_the_rates_of_an_optimizer_and_of_the_one_inside_are_multiplied() -> None:
    for around in (Lookahead, EMA):
        fast, slow = (path(around(inner=SGD(lr=lr)), RATES, GRADIENTS) for lr in (0.5, 0.25))
        assert fast != slow
        assert path(around(inner=SGD(lr=0.25)), [2 * rate for rate in RATES], GRADIENTS) == fast


def test_an_optimizer_around_another_sees_what_the_inner_one_needs_to_see() -> None:
    made: Any = [Lookahead(inner=EMA(inner=each)) for each in (SGD(), Prodigy())]
    assert [each.scope for each in made] == ["parameter", "network"]


def test_states_within_states_have_names_of_their_own() -> None:
    state = Lookahead(inner=EMA(inner=Adam())).init(np.ones((1, 1, 2)))
    assert list(state) == ["slow", "inner.average", "inner.inner.m", "inner.inner.v"]


def test_schedule_free_adamw_decays_towards_0_from_where_gradients_are_taken() -> None:
    positions = path(AdamWScheduleFree(weight_decay=0.5, beta=0.9), [0.1] * 3, [0.0] * 3)
    z = x = y = 1.0
    for t in (1, 2, 3):
        z -= 0.1 * 0.5 * y
        x += (z - x) / t
        y = 0.9 * x + 0.1 * z
        assert positions[t - 1] == pytest.approx(y)
