"""What training does with rates, batches, dropout, divergence and the best parameters."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest

from nnbench import Activation, Catalog, Dataset
from nnbench.analysis.metrics import METRICS
from nnbench.engine import training
from nnbench.engine.batches import Batches
from nnbench.engine.data import Split, load
from nnbench.engine.dense.dropout import Dropout
from nnbench.engine.dense.initial import initial_parameters
from nnbench.engine.dense.layout import Layout
from nnbench.engine.dense.network import Network
from nnbench.engine.parts import parts
from nnbench.engine.training import evaluation_steps, train
from nnbench.engine.updates import learning_rates
from nnbench.errors import ContractError


def test_evaluations_begin_before_training_end_after_it_and_are_denser_early() -> None:
    steps = evaluation_steps(400)
    assert (steps[0], steps[-1], len(steps)) == (0, 400, 25)
    gaps = np.diff(steps)
    assert (np.diff(gaps) >= -1).all()
    assert gaps[0] < gaps[-1] / 10
    assert evaluation_steps(1) == [0, 1]
    assert evaluation_steps(3) == [0, 1, 2, 3]


def test_a_trial_that_stops_being_finite_is_recorded_and_scores_nothing(trials) -> None:
    (record,) = train(trials('optimizer = { name = "sgd", lr = 1e30 }\nactivation = "relu"'))
    assert record.status == "diverged"
    assert record.diverged_step is not None
    assert 1 <= record.diverged_step <= 3
    assert math.isnan(record.test_accuracy)
    assert math.isnan(record.test_accuracy_last)
    assert record.best_step == 0
    assert record.curve_steps == [step for step in evaluation_steps(record.steps) if step < record.diverged_step]
    assert len(record.valid_loss) == len(record.activation_std[0]) == len(record.curve_steps)


def test_parameters_that_overflow_where_the_loss_stays_finite_are_a_divergence_too(trials) -> None:
    (record,) = train(trials('optimizer = { name = "sgd", lr = 1e38 }\nactivation = "hard_tanh"\nloss = "max_margin"'))
    assert record.status == "diverged"


def test_huge_but_finite_parameters_are_no_divergence(trials) -> None:
    """Their sum overflows float32, and yet each is finite."""
    stack = trials('activation = "hard_tanh"\nhidden = [32]\noptimizer = { name = "sgd", lr = 1e-30 }')
    state = training._Training(stack)
    state.params[:] = 3e38
    with np.errstate(all="ignore"):
        assert not math.isfinite(np.vdot(state.params, state._ones))
        state._update(1)
    assert state.alive.all()


def test_the_best_parameters_by_validation_are_the_ones_reported(trials) -> None:
    """With a rate that ruins a trained network at the end, the best parameters still score."""
    table = 'epochs = 20\noptimizer = { name = "momentum", lr = 0.3 }\ntest_size = 512\nvalid_size = 256'
    for record in train(trials(table, seeds=3)):
        best = max(range(len(record.curve_steps)), key=lambda i: (record.valid_accuracy[i], -record.valid_loss[i], -i))
        assert record.best_step == record.curve_steps[best]
        assert record.best_valid_accuracy == record.valid_accuracy[best]
        assert record.best_valid_loss == record.valid_loss[best]


def test_steps_to_target_is_the_first_evaluation_that_reached_it_or_infinite(trials) -> None:
    (reached,) = train(trials('dataset = { name = "moons", noise = 0.05 }\nepochs = 60\ntrain_size = 256\nbatch_size = 32'))
    first = next(i for i, accuracy in enumerate(reached.valid_accuracy) if accuracy >= reached.target)
    assert reached.steps_to_target == reached.curve_steps[first]
    (missed,) = train(trials('dataset = "xor"\nhidden = [[]]'))
    assert missed.steps_to_target == math.inf


def test_what_diverges_after_it_reached_the_target_has_not_reached_it(trials) -> None:
    """A network that cannot be had took no time to get to."""
    schedule = 'schedule = { name = "piecewise", boundaries = [0.9], values = [1.0, 1e38] }'
    (record,) = train(
        trials(f'dataset = {{ name = "moons", noise = 0.05 }}\nepochs = 60\ntrain_size = 256\nbatch_size = 32\n{schedule}')
    )
    assert record.status == "diverged"
    assert max(record.valid_accuracy) >= record.target
    assert record.steps_to_target == math.inf


def test_train_loss_is_the_mean_of_the_batch_losses_since_the_evaluation_before(trials, monkeypatch: pytest.MonkeyPatch) -> None:
    table = 'epochs = 10\nprecision = "float64"'
    monkeypatch.setattr(training, "EVALUATIONS", 1000)
    (every,) = train(trials(table))
    monkeypatch.undo()
    (some,) = train(trials(table))
    assert every.curve_steps == list(range(41))
    previous = -1
    for step, loss in zip(some.curve_steps, some.train_loss, strict=True):
        assert loss == pytest.approx(np.mean(every.train_loss[previous + 1 : step + 1]), rel=1e-12)
        previous = step


def loss_of(state: training._Training, split: Split) -> float:
    """Mean loss of a stack's first network on one split, as the formula has it: all samples at once, nothing dropped."""
    samples = len(split.truth)
    outputs = state.model.evaluating(samples).forward(state.parameters, split.inputs[None])
    return float(state.objective.losses(outputs, split.targets[None]).mean())


def test_training_loss_is_taken_again_at_the_end_as_validation_is(trials) -> None:
    """Without dropout, on every sample, with the parameters of the last step."""
    stack = trials('dropout = 0.5\nprecision = "float64"\ntrain_size = 150\npenalty = "l2"')
    state = training._Training(stack)
    (record,) = state.run(None)
    data = load(stack[0])
    assert record.train_loss_last == pytest.approx(loss_of(state, data.train), rel=1e-12)
    assert record.valid_loss[-1] == pytest.approx(loss_of(state, data.valid), rel=1e-12)


def test_networks_that_are_the_same_overfit_the_same_whatever_dropout_is(at_rate_0) -> None:
    """With training losses measured under dropout, dropout won where nothing was learned at all."""
    stack = at_rate_0("dropout = [0.0, 0.3, 0.9]", seeds=2)
    found = {(trial.seed, METRICS["overfitting"].of(asdict(record))) for trial, record in zip(stack, train(stack), strict=True)}
    assert len(found) == 2


def test_a_trial_that_diverges_has_no_training_loss_at_the_end(trials) -> None:
    (record,) = train(trials('optimizer = { name = "sgd", lr = 1e30 }\nactivation = "relu"'))
    assert math.isnan(record.train_loss_last)


def test_learning_rates_follow_the_schedule_from_step_0(trials) -> None:
    stack = trials('schedule = ["constant", { name = "exponential", k = 0.1 }]\noptimizer = { name = "sgd", lr = 0.5 }')
    rates = learning_rates([trial.cell for trial in stack], 8)
    np.testing.assert_allclose(rates[:, 0], 0.5)
    np.testing.assert_allclose(rates[:, 1], 0.5 * np.exp(-0.1 * np.arange(8)), rtol=1e-15)


def test_fan_in_scaling_divides_each_layers_rate_by_the_root_of_its_inputs(trials) -> None:
    shared = 'hidden = [9, 4]\nprecision = "float64"\noptimizer = { name = "sgd", lr = 0.5 }\n'
    plain, scaled = (training._Training(trials(shared + f'lr_scaling = "{how}"')) for how in ("none", "fan_in"))
    before = plain.params.copy()
    for state in (plain, scaled):
        state._differentiate(0)
        state._update(1)
    for fan_in, start, with_none, with_scaling in zip(
        (2, 9, 4), *(plain.blocks.views(params) for params in (before, plain.params, scaled.params)), strict=True
    ):
        np.testing.assert_allclose(with_scaling - start, (with_none - start) / np.sqrt(fan_in), rtol=1e-9, atol=1e-15)


def test_equal_seeds_see_equal_data_order_first_weights_and_dropout_draws(trials) -> None:
    """Common random numbers: cells that differ in anything else are compared on the same luck."""
    stack = trials('activation = ["tanh", "relu"]\noptimizer = ["sgd", "adam"]\ndropout = 0.4', seeds=2)
    layout = Layout(stack[0].cell.layer_sizes)
    params = initial_parameters(stack, [load(t).train.inputs for t in stack], layout, np.dtype("float32"))
    batches = Batches(stack, [load(trial) for trial in stack])
    masks = Dropout(stack, layout, np.dtype("float32")).draw()
    x, targets = batches.next()
    for i, first in enumerate(stack):
        for j, second in enumerate(stack):
            same = first.seed == second.seed
            for array in (params, x, targets, masks[0]):
                assert np.array_equal(array[i], array[j]) == same


def test_more_seeds_or_units_elsewhere_never_shift_what_a_trial_draws(trials) -> None:
    few, many = trials(seeds=2), trials(seeds=5)
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(load(one).train.inputs, load(other).train.inputs)


def test_every_epoch_sees_every_sample_once_in_another_order(trials) -> None:
    stack = trials()
    data = [load(stack[0])]
    batches = Batches(stack, data)
    epochs = [np.concatenate([batches.next()[0][0] for _ in range(4)], axis=1) for _ in range(3)]
    expected = np.sort(data[0].train.inputs, axis=1)
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch, axis=1), expected)
    assert not np.array_equal(epochs[0], epochs[1])


def test_dropout_drops_with_its_probability_and_keeps_the_expectation(trials) -> None:
    stack = trials("dropout = [0.0, 0.25, 0.9]\nhidden = [64]\nbatch_size = 64\ntrain_size = 64")
    dropout = Dropout(stack, Layout(stack[0].cell.layer_sizes), np.dtype("float64"))
    masks = np.concatenate([dropout.draw()[0][:, :-1] for _ in range(50)], axis=2)
    n = masks[0].size
    for mask, p in zip(masks, (0.0, 0.25, 0.9), strict=True):
        dropped = (mask == 0).mean()
        assert abs(dropped - p) <= 4 * np.sqrt(p * (1 - p) / n)
        np.testing.assert_allclose(mask[mask > 0], 1 / (1 - p))
        assert mask.mean() == pytest.approx(1, abs=4 * np.sqrt(p / (1 - p) / n) + 1e-12)


def test_dropped_units_let_no_gradient_through(trials) -> None:
    stack = trials('dropout = 0.5\nhidden = [6, 5]\nprecision = "float64"')
    state = training._Training(stack)
    network = state.passes._network
    masks = [np.ones_like(a) for a in network.a]
    masks[0][:, 2] = 0
    x, targets = state.batches.next()
    scores = network.forward(state.parameters, x, masks)
    network.backward(state.parameters, state.objective.losses_and_delta(scores, targets)[1], state.gradients, masks)
    assert (state.gradients[0][:, 2] == 0).all()
    assert (state.gradients[1][:, :, 2] == 0).all()
    assert (state.gradients[0][:, 3] != 0).any()


@pytest.mark.parametrize(("initializer", "level"), [("xavier_uniform", True), ("normal", False)])
def test_xavier_keeps_the_spread_of_activations_level_and_small_weights_do_not(trials, initializer: str, level: bool) -> None:
    stack = trials(f'hidden = [128, 128, 128, 128, 128]\ninitializer = "{initializer}"\nactivation = "tanh"\nepochs = 1', seeds=3)
    for record in train(stack):
        spread = [curve[0] for curve in record.activation_std]
        gradient = [curve[0] for curve in record.gradient_std]
        assert (min(spread) / max(spread) > 0.4) == level
        assert (min(gradient) / max(gradient) > 0.4) == level


@pytest.mark.parametrize("fan_in", [16, 256])
def test_first_weights_of_each_layer_have_their_initializers_variance(trials, fan_in: int) -> None:
    stack = trials(f"hidden = [{fan_in}, 300]", seeds=4)
    layout = Layout(stack[0].cell.layer_sizes)
    params = initial_parameters(stack, [load(t).train.inputs for t in stack], layout, np.dtype("float64"))
    for (fan_out, columns), weights in zip(layout.shapes, layout.layers(params), strict=True):
        drawn = weights[:, :, :-1]
        variance = 2 / (columns - 1 + fan_out)  # of a uniform distribution up to √(6 / (fan_in + fan_out))
        assert drawn.var() == pytest.approx(variance, rel=6 / np.sqrt(drawn.size))
        assert (weights[:, :, -1] == 0).all()


@pytest.mark.parametrize("name", ["moons", "checkerboard", "rings", "hypercube"])  # all of them: tests/plugins/test_datasets.py
def test_a_hidden_layer_passes_the_target_and_a_linear_model_stays_far_below(trials, catalog: Catalog, name: str) -> None:
    dataset = catalog["dataset", name]()
    assert isinstance(dataset, Dataset)
    sizes = "train_size = 1024\nvalid_size = 256\ntest_size = 2048\nbatch_size = 64\nepochs = 100\n"
    stack = trials(sizes + f'dataset = "{name}"\nhidden = [[32, 32], []]', seeds=3)
    deep = train([trial for trial in stack if trial.cell.hidden])
    linear = train([trial for trial in stack if not trial.cell.hidden])
    assert np.mean([record.test_accuracy for record in deep]) >= dataset.target
    assert all(record.steps_to_target < math.inf for record in deep)
    assert np.mean([record.test_accuracy for record in linear]) <= dataset.target - 0.07


class Wrong(Activation):
    """Gives back what its kind does not allow."""

    what: str = "shape"

    def forward(self, z: np.ndarray) -> np.ndarray:
        return {"shape": z[:, :1], "dtype": z.astype(np.float64), "scalar": 0.0, "view": z}[self.what]  # type: ignore[return-value]

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.ones_like(z)


@pytest.mark.parametrize("what", ["shape", "dtype", "scalar"])
def test_a_component_that_breaks_its_contract_is_named_with_what_was_expected(what: str) -> None:
    dtype = np.dtype("float32")
    layout = Layout((2, 3, 2))
    network = Network(layout, parts([Wrong(what=what)], dtype), 1, 4, dtype)
    with pytest.raises(ContractError, match=r"activation wrong: forward returned .*, expected float32 \(1, 4, 4\)"):
        network.forward(layout.layers(np.zeros((1, layout.size), dtype)), np.ones((1, 3, 4), dtype))


def test_an_activation_may_return_its_argument(trials) -> None:
    """The padding is written into a copy, so that pre-activations stay what they are."""
    dtype = np.dtype("float32")
    layout = Layout((2, 3, 2))
    network = Network(layout, parts([Wrong(what="view")], dtype), 1, 4, dtype)
    params = np.full((1, layout.size), 0.5, dtype)
    network.forward(layout.layers(params), np.ones((1, 3, 4), dtype))
    np.testing.assert_array_equal(network.z[0][:, :-1], 1.5)
    assert (network.inputs[1][:, -1] == 1).all()
