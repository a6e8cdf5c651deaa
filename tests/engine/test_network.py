"""Forward and backward passes, against a reference that knows no arrays and against differences."""

from __future__ import annotations

from itertools import cycle, islice
from typing import Any

import numpy as np
import pytest
from reference import ACTIVATIONS, LOSSES, PENALTIES, objective

from nnbench import Catalog
from nnbench.engine.batches import Batches
from nnbench.engine.data import load
from nnbench.engine.dense.initial import initial_parameters
from nnbench.engine.dense.layout import Layout
from nnbench.engine.dense.network import Network
from nnbench.engine.objective import Objective
from nnbench.engine.parts import parts
from nnbench.grid import Trial

F64 = np.dtype(np.float64)


def without_biases(layers: Any) -> list[np.ndarray]:
    return [layer[:, :, :-1] for layer in layers]


class Pass:
    """One batch through a stack: objective, gradients and scores."""

    def __init__(self, stack: list[Trial]) -> None:
        cell = stack[0].cell
        self.layout = Layout(cell.layer_sizes)
        self.params = initial_parameters(stack, [load(t).train.inputs for t in stack], self.layout, F64)
        rng = np.random.default_rng(3)
        self.params += rng.normal(scale=0.3, size=self.params.shape)  # biases too, and units far enough to saturate
        self.data = [load(trial) for trial in stack]
        self.batches = Batches(stack, self.data)
        self.x, self.targets = self.batches.next()
        self.network = Network(self.layout, parts([t.cell.activation for t in stack], F64), len(stack), cell.batch_size, F64)
        self.objective = Objective([t.cell for t in stack], F64)

    def value(self) -> np.ndarray:
        weights = self.layout.layers(self.params)
        scores = self.network.forward(weights, self.x)
        return self.objective.losses(scores, self.targets).mean(axis=(1, 2)) + self.objective.penalties(without_biases(weights))

    def gradient(self) -> np.ndarray:
        rows = np.zeros_like(self.params)
        weights, gradients = self.layout.layers(self.params), self.layout.layers(rows)
        scores = self.network.forward(weights, self.x)
        self.network.backward(weights, self.objective.losses_and_delta(scores, self.targets)[1], gradients)
        self.objective.add_penalty_gradients(without_biases(weights), without_biases(gradients))
        return rows


def labels(one: Pass, trial: int) -> list[int]:
    targets = one.targets[trial]
    return [int(t) for t in (targets[0] if len(targets) == 1 else targets.argmax(axis=0))]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", ["[]", "[3]", "[4, 2]", "[3, 2, 5]"])
def test_networks_equal_a_loops_only_reference_to_1e_12(trials, activation: str, loss: str, hidden: str) -> None:
    dataset = '"moons"' if loss == "binary_max_margin" else '{ name = "spirals", arms = 3 }'
    penalties = ["none", *PENALTIES]
    components = f'activation = "{activation}"\nloss = "{loss}"\ndataset = {dataset}\nhidden = [{hidden}]\nprecision = "float64"\n'
    penalized = ", ".join(f'{{ name = "{name}", lam = 0.1 }}' for name in PENALTIES)
    stack = trials(components + f'penalty = ["none", {penalized}]')
    one = Pass(stack)
    value, gradient = one.value(), one.gradient()
    assert [trial.cell.penalty.name for trial in stack] == penalties
    for i, name in enumerate(penalties):
        layers = [w[i].tolist() for w in one.layout.layers(one.params)]
        samples = list(zip(one.x[i, :-1].T.tolist(), labels(one, i), strict=True))
        expected, gradients, scores = objective(layers, samples, activation, loss, None if name == "none" else name, 0.1)
        assert value[i] == pytest.approx(expected, rel=1e-12)
        flat = np.concatenate([np.ravel(each) for each in gradients])
        np.testing.assert_allclose(gradient[i], flat, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(one.network.scores[i].T, scores, rtol=1e-12, atol=1e-13)


def test_gradients_of_every_component_match_central_differences(trials, catalog: Catalog) -> None:
    names = [catalog.names(kind) for kind in ("activation", "loss", "penalty")]  # which of them meet is test_pairwise.py's concern
    for activation, loss, penalty in islice(zip(*map(cycle, names), strict=True), max(map(len, names))):
        components = f'activation = "{activation}"\nloss = "{loss}"\npenalty = "{penalty}"\n'
        stack = trials(components + 'hidden = [4, 3]\nprecision = "float64"\nbatch_size = 4')
        one = Pass(stack)
        analytic = one.gradient()[0]
        epsilon = 1e-6
        kinks = np.array(stack[0].cell.activation.kinks)
        for index in range(one.layout.size):
            kept = one.params[0, index]
            one.params[0, index] = kept + epsilon
            above = one.value()[0]
            z_above = [z.copy() for z in one.network.z]
            margins_above = one.network.scores.copy()
            one.params[0, index] = kept - epsilon
            below = one.value()[0]
            crossed = any(
                ((za[:, :-1] > kink) != (zb[:, :-1] > kink)).any()
                for za, zb in zip(z_above, one.network.z, strict=True)
                for kink in kinks
            )
            hinge = "margin" in loss and np.any(np.sign(margins_above) != np.sign(one.network.scores))
            one.params[0, index] = kept
            if crossed or hinge:
                continue
            numeric = (above - below) / (2 * epsilon)
            rounding = 4 * np.finfo(float).eps * abs(above) / epsilon
            assert analytic[index] == pytest.approx(numeric, rel=1e-5, abs=1e-8 + rounding), (activation, loss, penalty, index)


def test_layer_views_share_the_memory_of_the_row_of_parameters() -> None:
    layout = Layout((2, 5, 3))
    flat = np.zeros((4, layout.size))
    for view in layout.layers(flat):
        assert np.shares_memory(view, flat)
        view += 1
    assert (flat == 1).all()


def test_shares_of_batches_come_out_the_same_in_parts_and_whole(trials) -> None:
    """A stack of mixed components gives each trial what a stack of its own gives."""
    stack = trials(
        'activation = ["tanh", "relu", "sigmoid"]\nloss = ["max_margin", "softmax_cross_entropy"]\nprecision = "float64"'
    )
    together = Pass(stack)
    params = together.params.copy()
    gradient = together.gradient()
    for i, trial in enumerate(stack):
        alone = Pass([trial])
        alone.params[:] = params[i]
        np.testing.assert_array_equal(alone.gradient()[0], gradient[i])
