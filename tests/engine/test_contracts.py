"""What the contracts let a component see and do: averages, whole networks, validation losses, the data that reach a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers import bits

from nnbench import Activation, Component, Initializer, Optimizer, Schedule, Weights
from nnbench.engine import training
from nnbench.engine.data import load
from nnbench.engine.dense.initial import ADAPTED_TO, initial_parameters
from nnbench.engine.dense.layout import Layout
from nnbench.engine.training import train
from nnbench.errors import ContractError
from nnbench.grid import Trial


def having(trials: list[Trial], **components: Component) -> list[Trial]:
    """The same trials with other components, made here."""
    return [replace(trial, cell=replace(trial.cell, **components)) for trial in trials]


class Averaged(Optimizer):
    """SGD that is judged by the mean of all its positions, the first included."""

    def init(self, params: Weights) -> dict[str, Weights]:
        return {"mean": params.copy()}

    def step(self, params: Weights, grads: Weights, state: dict[str, Weights], lr: np.ndarray, t: int) -> None:
        params -= lr * grads
        state["mean"] += (params - state["mean"]) / (t + 1)

    def evaluated(self, params: Weights, state: dict[str, Weights]) -> Weights:
        return state["mean"]


class Normalized(Optimizer):
    """A step of length lr against the gradient of everything that comes at once."""

    scope = "network"

    def step(self, params: Weights, grads: Weights, state: dict[str, Weights], lr: np.ndarray, t: int) -> None:
        params -= lr * grads / np.sqrt((grads * grads).sum(axis=(1, 2), keepdims=True))


class NormalizedByLayer(Normalized):
    """The same, layer by layer."""

    scope = "layer"


class Halving(Schedule):
    """Half the rate at every evaluation after the first."""

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        return np.ones(step.shape)

    def adjustment(self, steps: Sequence[int], losses: Sequence[float]) -> float:
        assert len(steps) == len(losses)
        assert list(steps) == sorted(steps)
        return 0.5 ** (len(losses) - 1)


class UnitVariance(Initializer):
    """Layers scaled such that their pre-activations have variance 1."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
        return rng.normal(size=(fan_out, fan_in))

    def adapt(self, w: np.ndarray, inputs: np.ndarray, activation: Activation | None) -> np.ndarray:
        return w / (w @ inputs).std()


def positions(state: training._Training, steps: int) -> np.ndarray:
    found = [state.params.copy()]
    for step in range(steps):
        state._differentiate(step)
        state._update(step + 1)
        found.append(state.params.copy())
    return np.stack(found)


@pytest.mark.parametrize("scattered", [False, True])
def test_what_an_optimizer_averages_is_what_is_validated_and_tested(trials, scattered: bool) -> None:
    plain = trials("", seeds=3)
    averaged = having(plain, optimizer=Averaged(lr=0.1))
    stack = [averaged[0], *having(plain[1:2], optimizer=Normalized(lr=0.1)), averaged[2]] if scattered else averaged
    state = training._Training(stack)
    path = positions(state, 4)
    np.testing.assert_allclose(state.updater.evaluated()[[0, 2]], path.mean(axis=0)[[0, 2]], rtol=1e-5, atol=1e-7)
    loss, _ = state.validate(state.blocks.views(state.updater.evaluated()))
    assert (state._evaluate(4, loss)["valid_loss"] == loss).all()
    if scattered:
        np.testing.assert_array_equal(state.updater.evaluated()[1], state.params[1])


def test_without_averaging_optimizers_the_training_parameters_are_evaluated_uncopied(trials) -> None:
    state = training._Training(trials("", seeds=2))
    assert state.updater.evaluated() is state.params


@pytest.mark.parametrize("scaling", ["none", "fan_in"])
def test_the_scope_of_an_optimizer_is_what_it_sees_at_once(trials, scaling: str) -> None:
    stack = trials(f"precision = 'float64'\nlr_scaling = {scaling!r}\nhidden = [9, 4]", seeds=2)
    fan_ins = (2, 9, 4)
    scales = [1 / np.sqrt(fan_in) if scaling == "fan_in" else 1.0 for fan_in in fan_ins]
    for optimizer in (Normalized(lr=0.1), NormalizedByLayer(lr=0.1)):
        state = training._Training(having(stack, optimizer=optimizer))
        first, second = positions(state, 1)
        moved = [np.sqrt((layer**2).sum(axis=(1, 2))) for layer in state.blocks.views(second - first)]
        if optimizer.scope == "layer":
            np.testing.assert_allclose(moved, [[0.1 * scale] * 2 for scale in scales])
        else:
            unscaled = [length / scale for length, scale in zip(moved, scales, strict=True)]
            np.testing.assert_allclose(np.sqrt(np.square(unscaled).sum(axis=0)), 0.1)


def test_a_schedule_that_watches_changes_the_rates_that_follow(trials) -> None:
    (trial,) = having(trials("precision = 'float64'\nepochs = 3"), schedule=Halving(), optimizer=Normalized(lr=0.1))
    rates: list[float] = []

    class Spy(Normalized):
        def step(self, params: Weights, grads: Weights, state: dict[str, Weights], lr: np.ndarray, t: int) -> None:
            rates.append(lr.item())
            super().step(params, grads, state, lr, t)

    (record,) = train(having([trial], optimizer=Spy(lr=0.1)))
    evaluated = np.isin(np.arange(len(rates)), record.curve_steps)
    np.testing.assert_allclose(rates, 0.1 * 0.5 ** (np.cumsum(evaluated) - 1))


def test_weights_are_adapted_to_what_arrives_through_the_layers_before(trials) -> None:
    (trial,) = having(trials("hidden = [6, 5]\nactivation = 'relu'"), initializer=UnitVariance())
    inputs = load(trial).train.inputs
    layout = Layout(trial.cell.layer_sizes)
    params = initial_parameters([trial], [inputs], layout, np.dtype("float64"))
    x = inputs[:-1, :ADAPTED_TO].astype(float)
    for weights in layout.layers(params):
        z = weights[0, :, :-1] @ x
        assert z.std() == pytest.approx(1)
        x = np.maximum(z, 0)


CUSTOM: list[dict[str, Any]] = [
    {"optimizer": Averaged(lr=0.2)},
    {"optimizer": Normalized(lr=0.02)},
    {"optimizer": NormalizedByLayer(lr=0.05), "schedule": Halving()},
    {"initializer": UnitVariance(), "optimizer": Averaged(lr=0.1), "schedule": Halving()},
]


@pytest.mark.parametrize("scaling", ["none", "fan_in"])
def test_trials_that_use_them_train_the_same_alone_and_in_company(trials, scaling: str) -> None:
    plain = trials(f"lr_scaling = {scaling!r}", seeds=3)
    stack = [trial for components in CUSTOM for trial in having(plain, **components)] + plain
    mixed = stack[::3] + stack[1::3] + stack[2::3]
    for trial, record in zip(mixed, train(mixed), strict=True):
        assert bits(record) == bits(train([trial])[0])


class Unbounded(Halving):
    """A rate that has no end."""

    def adjustment(self, steps: Sequence[int], losses: Sequence[float]) -> float:
        return float("inf")


class Misshapen(UnitVariance):
    """One unit too many."""

    def adapt(self, w: np.ndarray, inputs: np.ndarray, activation: Activation | None) -> np.ndarray:
        return np.vstack([w, w[:1]])


class Unlike(Averaged):
    """An average of another precision."""

    def evaluated(self, params: Weights, state: dict[str, Weights]) -> Weights:
        return params.astype(np.float64)


@pytest.mark.parametrize(
    ("components", "problem"),
    [
        ({"schedule": Unbounded()}, "schedule unbounded: adjustment returned inf"),
        ({"initializer": Misshapen()}, r"initializer misshapen: adapt returned float64 \(9, 2\), expected float64 \(8, 2\)"),
        ({"optimizer": Unlike()}, "optimizer unlike: evaluated returned float64"),
    ],
)
def test_what_breaks_these_contracts_is_named(trials, components: dict[str, Any], problem: str) -> None:
    with pytest.raises(ContractError, match=problem):
        train(having(trials("hidden = [8]"), **components))


class Counter:
    """Something of a library's own that an optimizer remembers."""

    def __init__(self, trials: int) -> None:
        self.steps = [0] * trials


class Foreign(Optimizer):
    """params -= lr·g / √t, counted by an object and by whole numbers."""

    free_state = True

    def init(self, params: np.ndarray) -> dict[str, Any]:
        return {"counter": Counter(len(params)), "steps": np.zeros(len(params), np.int64)}

    def step(self, params: np.ndarray, grads: np.ndarray, state: dict[str, Any], lr: np.ndarray, t: int) -> None:
        state["steps"] += 1
        state["counter"].steps = [count + 1 for count in state["counter"].steps]
        assert state["steps"].tolist() == state["counter"].steps
        params -= lr * grads / np.sqrt(state["steps"]).astype(params.dtype)[:, None, None]

    def forget(self, state: dict[str, Any], trial: int) -> None:
        state["steps"][trial] = 0
        state["counter"].steps[trial] = 0


def test_a_state_may_be_anything_where_the_optimizer_says_so(trials) -> None:
    calm, wild = (trials(f'optimizer = {{ name = "sgd", lr = {lr} }}\nactivation = "relu"', seeds=2) for lr in (0.1, 1e30))
    foreign = [replace(trial, cell=replace(trial.cell, optimizer=Foreign(lr=trial.cell.optimizer.lr))) for trial in (*calm, *wild)]
    records = training.train(foreign)
    assert [record.status for record in records] == ["done", "done", "diverged", "diverged"]
    assert [bits(record) for record in records] == [bits(training.train([trial])[0]) for trial in foreign]

    class Undeclared(Foreign):
        free_state = False

    with pytest.raises(ContractError, match=r"optimizer undeclared: init returned Counter as counter, expected float32"):
        training.train([replace(foreign[0], cell=replace(foreign[0].cell, optimizer=Undeclared()))])
