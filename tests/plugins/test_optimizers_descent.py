"""What is particular to gradient descent, its velocities and its signs."""

from __future__ import annotations

import numpy as np
import pytest
from recurrences import GRADIENTS, RATES, path

from nnbench import Optimizer
from nnbench_optimizers.descent import QHM, SGD, AggMo, Lion, Momentum, Nesterov, SignSGD, Signum

CONSTANT = [0.1] * len(GRADIENTS)


@pytest.mark.parametrize("optimizer", [Momentum(mu=0.0), Nesterov(mu=0.0), AggMo(velocities=1), QHM(nu=0.0), QHM(beta=0.0)])
def test_without_a_velocity_the_rest_is_sgd(optimizer: Optimizer) -> None:
    assert path(optimizer, RATES, GRADIENTS) == pytest.approx(path(SGD(), RATES, GRADIENTS), rel=1e-14)


@pytest.mark.parametrize("optimizer", [Momentum(mu=0.9), Nesterov(mu=0.9)])
def test_velocities_approach_their_terminal_value(optimizer: Optimizer) -> None:
    positions = path(optimizer, [0.1] * 200, [1.0] * 200)
    assert positions[-2] - positions[-1] == pytest.approx(0.1 / (1 - 0.9), rel=1e-6)


def test_lower_rates_leave_the_velocity_that_was_gained_before() -> None:
    for optimizer in (Momentum(mu=0.5), Nesterov(mu=0.5)):
        positions = path(optimizer, [0.5, 0.0], [4.0, 4.0], start=0.0)
        assert positions[1] < positions[0]


def test_quasi_hyperbolic_momentum_holds_momentum_and_nesterov_as_special_cases() -> None:
    larger = [rate / (1 - 0.9) for rate in CONSTANT]
    assert path(QHM(beta=0.9, nu=1.0), larger, GRADIENTS) == pytest.approx(path(Momentum(mu=0.9), CONSTANT, GRADIENTS), rel=1e-12)
    assert path(QHM(beta=0.9, nu=0.9), larger, GRADIENTS) == pytest.approx(path(Nesterov(mu=0.9), CONSTANT, GRADIENTS), rel=1e-12)


def test_aggregated_momentum_is_the_mean_of_momenta() -> None:
    paths = [path(Momentum(mu=mu), CONSTANT, GRADIENTS) for mu in (0.0, 0.75, 0.9375)]
    assert path(AggMo(scale=0.25), CONSTANT, GRADIENTS) == pytest.approx(np.mean(paths, axis=0), rel=1e-12)


@pytest.mark.parametrize("optimizer", [SignSGD(), Signum(), Lion()])
def test_signs_step_by_the_rate_however_large_the_gradients(optimizer: Optimizer) -> None:
    positions = path(optimizer, RATES, GRADIENTS, start=0.0)
    assert path(optimizer, RATES, [1024 * g for g in GRADIENTS], start=0.0) == positions
    steps = np.abs(np.diff([0.0, *positions]))
    np.testing.assert_allclose(steps, RATES if not isinstance(optimizer, SignSGD) else np.sign(np.abs(GRADIENTS)) * RATES)


def test_signum_without_memory_is_sign_descent() -> None:
    assert path(Signum(beta=0.0), RATES, GRADIENTS) == path(SignSGD(), RATES, GRADIENTS)


def test_lion_with_equal_betas_is_signum() -> None:
    assert path(Lion(beta1=0.9, beta2=0.9), RATES, GRADIENTS) == path(Signum(beta=0.9), RATES, GRADIENTS)


def test_weights_decay_under_lion_at_the_pace_of_the_rate() -> None:
    assert path(Lion(weight_decay=0.5), [0.1, 0.2], [0.0, 0.0]) == pytest.approx([0.95, 0.95 * 0.9])
