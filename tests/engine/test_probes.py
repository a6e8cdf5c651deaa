"""Which units count as saturated and as dead: by the range of their own activation's slopes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import pytest
from helpers import bits

from nnbench import Activation
from nnbench.analysis.metrics import METRICS
from nnbench.engine import training
from nnbench.engine.dense import probes
from nnbench.engine.training import train
from nnbench.grid import Trial

F32 = np.dtype("float32")


def having(trials: Sequence[Trial], activation: Activation) -> list[Trial]:
    return [replace(trial, cell=replace(trial.cell, activation=activation)) for trial in trials]


def shares(stack: Sequence[Trial], weights: float = 1.0, bias: float = 0.0) -> dict[str, np.ndarray]:
    """Dead and saturated shares of the first hidden layer, its first weights multiplied and half of its units biased."""
    state = training._Training(stack)
    state.parameters[0][:, :, :-1] *= weights
    state.parameters[0][:, : len(state.parameters[0][0]) // 2, -1] = bias
    state._differentiate(0)
    return {name: values[:, 0] for name, values in state.passes.inside().items()}


def test_units_with_nearly_no_slope_are_saturated_and_dead_if_so_for_the_whole_batch(trials) -> None:
    (dead,) = shares(trials('activation = "relu"\nhidden = [8]'), bias=-100)["dead"]
    assert dead == 0.5
    found = shares(trials('activation = "tanh"\nhidden = [8]'), bias=100)
    assert found["saturated"] == found["dead"] == [0.5]


def test_sigmoid_is_no_more_saturated_than_the_tanh_that_it_is(trials) -> None:
    """tanh z = 2σ(2z) - 1, so both are flat at the same places, though σ has a quarter of the slope."""
    tanh = shares(trials('activation = "tanh"\nhidden = [32]', seeds=4), weights=20)
    sigmoid = shares(trials('activation = "sigmoid"\nhidden = [32]', seeds=4), weights=40)
    assert (tanh["saturated"] > 0.1).all()
    np.testing.assert_array_equal(sigmoid["saturated"], tanh["saturated"])


@pytest.mark.parametrize(("k", "share"), [(0.01, 0.5), (0.3, 0.5)])
def test_a_leaky_rectifier_can_be_stuck_on_its_flat_side_as_a_rectifier_can(trials, k: float, share: float) -> None:
    (dead,) = shares(trials(f'activation = {{ name = "leaky_relu", k = {k} }}\nhidden = [8]'), bias=-100)["dead"]
    assert dead == share


def test_each_trial_is_held_against_its_own_hyperparameters_alone_and_in_company(trials) -> None:
    stack = trials('activation = { name = "scaled_tanh", amplitude = [0.1, 1.0, 30.0], slope = [0.5, 2.0] }\nhidden = [5, 4]')
    largest = [trial.cell.activation.amplitude * trial.cell.activation.slope for trial in stack]
    flat_below = probes.flat_below([trial.cell.activation for trial in stack], F32)
    np.testing.assert_allclose(flat_below[:, 0, 0], 0.05 * np.array(largest), rtol=1e-6)
    assert flat_below.dtype == F32
    for trial, record in zip(stack, train(stack), strict=True):
        assert bits(train([trial])[0]) == bits(record)


class Narrow(Activation):
    """Is not defined everywhere."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        if (np.abs(z) > 4.5).any():
            raise ValueError("too far out")
        return z.copy()

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.ones_like(z)


class Steep(Activation):
    """√|z|, whose slope is infinite at 0."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        return np.sqrt(np.abs(z))

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.sign(z) / (2 * a)


class Step(Activation):
    """1 if z > 0 else 0, which lets no error through anywhere."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        return (z > 0).astype(z.dtype)

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.zeros_like(z)


def test_a_slope_that_cannot_be_computed_makes_shares_unknown_and_no_trial_fail(trials) -> None:
    plain = trials("hidden = [5]\nepochs = 1")
    narrow, tanh = train([*having(plain, Narrow()), *plain])
    assert narrow.status == "done"
    assert np.isnan(narrow.saturated).all()
    assert np.isnan(narrow.dead).all()
    assert bits(tanh) == bits(train(plain)[0])


def test_slopes_that_are_not_finite_do_not_count() -> None:
    assert probes.slope_range(Steep()) == pytest.approx((0.5 / np.sqrt(50), 0.5 / np.sqrt(0.01)))


def test_an_activation_without_any_slope_is_dead(trials) -> None:
    found = shares(having(trials("hidden = [5]"), Step()))
    assert found["dead"] == found["saturated"] == [1.0]


@pytest.mark.parametrize("metric", ["saturated", "dead"])
def test_networks_that_learn_nothing_gain_no_saturated_or_dead_units(at_rate_0, metric: str) -> None:
    """Whatever share they begin with: activations that saturate early would be worse by construction."""
    table = 'activation = ["sigmoid", "hard_tanh", "relu", "leaky_relu", "exponential"]\nbatch_size = 64\n'  # all samples
    records = train(at_rate_0(table, seeds=2))
    assert max(np.max(record.saturated) for record in records) > 0
    assert {METRICS[metric].of(asdict(record)) for record in records} == {0.0}
