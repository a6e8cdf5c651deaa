"""What is particular to dual averaging."""

from __future__ import annotations

import numpy as np
import pytest
from recurrences import GRADIENTS, RATES, path

from nnbench_optimizers import FTRL, MADGRAD, AdaGrad


def test_ftrl_without_a_penalty_is_adagrad() -> None:
    np.testing.assert_allclose(path(FTRL(l1=0.0, n0=0.3), RATES, GRADIENTS), path(AdaGrad(eps=0.3), RATES, GRADIENTS), rtol=1e-12)


def test_ftrl_leaves_parameters_at_exactly_0_unless_their_gradients_agree() -> None:
    noise = np.random.default_rng(0).normal(size=100)
    rates = [0.1] * 100
    assert path(FTRL(l1=50.0), rates, noise.tolist(), start=0.0) == [0.0] * 100
    assert path(FTRL(l1=50.0), rates, (noise + 2).tolist(), start=0.0)[-1] < 0


@pytest.mark.parametrize("l1", [0.5, 5.0, 500.0])
def test_ftrl_minimizes_its_regularized_sum(l1: float) -> None:
    """z·x + √n·x²/2 + lr·l1·|x|, the sums being those of constant rates."""
    rng = np.random.default_rng(1)
    params = rng.normal(size=(1, 1, 40))
    optimizer = FTRL(l1=l1)
    state = optimizer.init(params)
    for t in range(1, 30):
        optimizer.step(params, rng.normal(0.3, 1, params.shape), state, np.full((1, 1, 1), 0.1), t)
    slope = state["z"] + np.sqrt(state["n"]) * params
    assert ((np.abs(slope + 0.1 * l1 * np.sign(params)) < 1e-12) | ((params == 0) & (np.abs(slope) <= 0.1 * l1))).all()


def test_madgrad_steps_grow_with_the_cube_root_of_gradients() -> None:
    small, large = (np.subtract(path(MADGRAD(eps=1e-300), RATES, [scale * g for g in GRADIENTS]), 1) for scale in (1, 8))
    np.testing.assert_allclose(large, 2 * small)


def test_madgrad_steps_from_its_start_and_forgets_where_it_was_moved_to() -> None:
    params = np.zeros((1, 1, 1))
    optimizer = MADGRAD(mu=0.0)
    state = optimizer.init(params)
    for t in (1, 2):
        before = params.copy()
        params[...] = 7.0
        optimizer.step(params, np.full((1, 1, 1), 0.0 if t > 1 else 1.0), state, np.full((1, 1, 1), 0.1), t)
    assert params == before
