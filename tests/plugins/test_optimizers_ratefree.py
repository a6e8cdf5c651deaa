"""What is particular to rates that are estimated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnbench import Optimizer
from nnbench_optimizers import DAdaptAdam, DoG, DoWG, Prodigy

ESTIMATES = {"dog": "r", "dowg": "squared", "dadapt_adam": "d", "prodigy": "d"}
OPTIMIZERS: list[Optimizer] = [DoG(), DoWG(), DAdaptAdam(), Prodigy()]
rate_free = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: o.name)
RNG = np.random.default_rng(8)
NOISE = RNG.normal(size=(300, 2, 1, 6))


def walk(optimizer: Any, scale: float = 1.0, far: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Positions and estimates on noisy parabolas whose minimum is `far` away in each direction."""
    params = np.zeros((2, 1, 6))
    state = optimizer.init(params)
    positions, estimates = [], []
    for t, noise in enumerate(NOISE, start=1):
        optimizer.step(params, scale * (params - far + noise), state, np.full((1, 1, 1), 1.0), t)
        positions.append(params.copy())
        estimates.append(state[ESTIMATES[optimizer.name]].copy())
    return np.stack(positions), np.stack(estimates)


@rate_free
def test_estimates_never_fall_and_outgrow_their_start_by_far(optimizer: Optimizer) -> None:
    _, estimates = walk(optimizer)
    assert estimates.shape == (300, 2, 1, 1)
    assert (np.diff(estimates, axis=0) >= 0).all()
    assert (estimates[-1] > 100 * estimates[0]).all()


@rate_free
@pytest.mark.parametrize("far", [0.3, 3.0, 30.0])
def test_a_minimum_is_reached_however_far_it_is(optimizer: Optimizer, far: float) -> None:
    positions, _ = walk(optimizer, far=far)
    assert np.abs(positions[-50:].mean(axis=0) - far).max() < 0.15 * far + 0.8


@pytest.mark.parametrize("optimizer", [DoG(eps=1e-300), DAdaptAdam(eps=1e-300), Prodigy(eps=1e-300)], ids=lambda o: o.name)
def test_the_size_of_gradients_does_not_matter(optimizer: Optimizer) -> None:
    np.testing.assert_allclose(walk(optimizer, scale=100.0)[0], walk(optimizer)[0], rtol=1e-6, atol=1e-9)


def test_dog_measures_the_distance_from_its_start() -> None:
    positions, estimates = walk(DoG())
    distances = np.sqrt(np.square(positions).sum(axis=(2, 3)))
    np.testing.assert_allclose(estimates[1:, :, 0, 0], np.maximum.accumulate(np.maximum(distances[:-1], 1e-3), axis=0))


def test_the_whole_network_shares_one_rate() -> None:
    params = np.zeros((1, 1, 2))
    optimizer = DoG()
    state = optimizer.init(params)
    for t in range(1, 6):
        optimizer.step(params, np.array([[[1.0, 0.25]]]), state, np.full((1, 1, 1), 1.0), t)
    assert params[0, 0, 1] == pytest.approx(0.25 * params[0, 0, 0])
