"""What is decided while a stack trains and of what size stacks are: each test fails where one comparison or number is another."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nnbench import Dataset, Loss, Penalty, Scores
from nnbench.engine import stack as stacking
from nnbench.engine.assembly import size
from nnbench.engine.batches import Batches
from nnbench.engine.classification import Classification, predicted
from nnbench.engine.curves import Best, Curves
from nnbench.engine.data import load
from nnbench.engine.objective import Objective
from nnbench.engine.training import train
from nnbench.errors import ContractError
from nnbench.grid import Cell, Trial

F32 = np.dtype("float32")


@pytest.fixture
def cell(trials) -> Cell:
    return trials("hidden = [4]")[0].cell


def offered(cell: Cell, *evaluations: tuple[float, float]) -> Best:
    """What is best of (score, loss) at steps 0, 10, 20, …, with parameters that are the number of the evaluation."""
    best = Best(np.zeros((1, 1)))
    for number, (score, loss) in enumerate(evaluations):
        params = np.full((1, 1), float(number))
        best.offer(10 * number, np.array([score]), np.array([loss]), params, np.array([True]), Classification(cell))
    return best


@pytest.mark.parametrize(
    ("evaluations", "at"),
    [
        ([(0.5, 1.0), (0.6, 2.0)], 1),  # a higher score, whatever the loss
        ([(0.6, 2.0), (0.5, 1.0)], 0),
        ([(0.5, 1.0), (0.5, 0.9)], 1),  # of equal scores the lower loss
        ([(0.5, 0.9), (0.5, 1.0)], 0),
        ([(0.5, 0.9), (0.5, 0.9)], 0),  # of equal losses the earliest
        ([(0.5, 0.9), (0.6, 0.9), (0.6, 0.9), (0.5, 0.1)], 1),
        ([(0.0, 5.0), (0.0, 6.0)], 0),  # the first one, even if nothing is right
        ([(0.5, math.nan), (0.5, math.nan)], 0),
    ],
)
def test_the_best_evaluation_has_the_highest_score_then_the_lowest_loss_and_is_the_earliest_of_those(
    cell: Cell, evaluations: list[tuple[float, float]], at: int
) -> None:
    best = offered(cell, *evaluations)
    assert best.step[0] == 10 * at
    assert best.params[0, 0] == at
    np.testing.assert_equal((best.score[0], best.loss[0]), evaluations[at])


def test_what_has_diverged_is_never_best_and_changes_no_other_trial(cell: Cell) -> None:
    best = Best(np.zeros((2, 1)))
    params = np.array([[1.0], [2.0]])
    assert (best.step.tolist(), np.isnan(best.score).all(), np.isnan(best.loss).all()) == ([-1, -1], True, True)
    best.offer(3, np.array([0.5, 0.9]), np.array([1.0, 0.1]), params, np.array([True, False]), Classification(cell))
    assert best.step.tolist() == [3, -1]
    assert best.params.tolist() == [[1.0], [0.0]]
    assert math.isnan(best.score[1])


def with_target(dataset: Dataset, target: float) -> Dataset:
    own = {"name": dataset.name, "target": target, "__doc__": "The same samples with another target."}
    return type("Targeted", (type(dataset),), own)()


def test_the_target_itself_is_reached_and_what_is_just_below_is_not(cell: Cell) -> None:
    judged = Classification(replace(cell, dataset=with_target(cell.dataset, 0.75)))
    assert judged.reached(0.75)
    assert judged.reached(0.76)
    assert not judged.reached(math.nextafter(0.75, 0))


def test_steps_to_target_are_those_of_the_first_evaluation_with_exactly_the_target(trials) -> None:
    (plain,) = trials("epochs = 30")
    (record,) = train([plain])
    at = int(np.argmax(np.asarray(record.valid_accuracy) > record.valid_accuracy[0]))
    assert at > 0
    exactly = replace(plain.cell, dataset=with_target(plain.cell.dataset, record.valid_accuracy[at]))
    (again,) = train([Trial(exactly, plain.seed)])
    first = next(step for step, each in zip(again.curve_steps, again.valid_accuracy, strict=True) if each >= exactly.dataset.target)
    assert again.steps_to_target == first < math.inf


def test_a_single_score_says_class_1_where_it_is_positive() -> None:
    outputs = np.array([[[-2.0, -0.1, 0.0, 0.1, 2.0]]])
    assert predicted(outputs).tolist() == [[0, 0, 0, 1, 1]]


def test_of_several_scores_the_highest_says_the_class(cell: Cell) -> None:
    outputs = np.array([[[0.1, 0.5], [0.3, 0.2], [0.2, 0.6]]])
    assert predicted(outputs).tolist() == [[1, 2]]
    assert Classification(cell).score(outputs, np.array([[1, 0]])).tolist() == [0.5]
    assert Classification(cell).better(np.array([0.5, 0.6]), np.array([0.5, 0.5])).tolist() == [False, True]


def test_targets_are_one_hot_and_for_a_single_score_the_label_itself(trials) -> None:
    several, single = (Classification(each.cell) for each in trials('loss = ["softmax_cross_entropy", "binary_logistic"]'))
    assert several.targets(np.array([0, 1, 1])).tolist() == [[1, 0, 0], [0, 1, 1]]
    assert single.targets(np.array([0, 1, 1])).tolist() == [[0, 1, 1]]
    for judged in (several, single):
        assert judged.example_targets(np.random.default_rng(0), 10).sum() == (10 if judged is several else 5)


def sampling(**returned: Any) -> type[Dataset]:
    """A data set that returns something else than two features and labels 0 and 1."""

    def sample(self: Dataset, rng: np.random.Generator, n: int) -> Any:
        return returned.get("x", np.ones((n, 2))), returned.get("labels", np.arange(n) % 2)

    members = {"__doc__": "Broken.", "classes": 2, "features": 2, "target": 0.9, "sample": sample}
    return type("Broken", (Dataset,), members)


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ({"x": np.array([["a", "b"]] * 4)}, "sample returned inputs of dtype <U1, expected float64"),
        ({"x": np.ones((4, 3))}, "sample(rng, 4) returned x (4, 3) and labels (4,), expected (4, 2) and (4,)"),
        ({"labels": np.zeros(5, int)}, "sample(rng, 4) returned x (4, 2) and labels (5,), expected (4, 2) and (4,)"),
        ({"x": np.full((4, 2), np.inf)}, "sample returned inputs that are not finite"),
        ({"labels": np.array([0.0, 1.0, 0.0, 1.0])}, "labels must be integers from 0 to 1"),
        ({"labels": np.array([0, 1, 2, 1])}, "labels must be integers from 0 to 1"),
        ({"labels": np.array([0, 1, -1, 1])}, "labels must be integers from 0 to 1"),
    ],
    ids=lambda each: str(each)[:40],
)
def test_samples_that_break_the_contract_are_named(cell: Cell, returned: dict[str, Any], told: str) -> None:
    judged = Classification(replace(cell, dataset=sampling(**returned)()))
    with pytest.raises(ContractError, match=re.escape(told)):
        judged.sample(np.random.default_rng(0), 4)


def test_integer_inputs_become_floats(cell: Cell) -> None:
    x, _ = Classification(replace(cell, dataset=sampling(x=np.ones((4, 2), int))())).sample(np.random.default_rng(0), 4)
    assert x.dtype == np.float64


def test_losses_of_several_kinds_are_each_trials_own(trials) -> None:
    cells = [
        each.cell
        for each in trials('loss = ["softmax_cross_entropy", "squared_max_margin", "squared_error"]\npenalty = ["l2", "none"]')
    ]
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((len(cells), 2, 6)).astype(F32)
    targets = np.broadcast_to(np.eye(2, dtype=F32)[:, rng.integers(2, size=6)], scores.shape)
    together = Objective(cells, F32)
    losses, delta = together.losses_and_delta(scores, targets)
    np.testing.assert_array_equal(together.losses(scores, targets), losses)
    weights = [rng.standard_normal((len(cells), 3, 4)).astype(F32) for _ in range(2)]
    penalties = together.penalties(weights)
    assert penalties.dtype == F32
    for row, each in enumerate(cells):
        alone, own = Objective([each], F32), slice(row, row + 1)
        for mine, theirs in zip(alone.losses_and_delta(scores[own], targets[own]), (losses, delta), strict=True):
            np.testing.assert_array_equal(mine, theirs[own])
        np.testing.assert_array_equal(alone.penalties([w[own] for w in weights]), penalties[own])
        repeated = alone.repeated(2)
        np.testing.assert_array_equal(repeated.losses(*(np.repeat(a[own], 2, axis=0) for a in (scores, targets)))[1], losses[row])


class Odd(Loss):
    """Returns whatever it is told to."""

    values: str = "right"
    gradients: str = "right"

    def value(self, scores: Scores, targets: Scores) -> Any:
        return scores[:, :1].copy() if self.values == "right" else np.zeros(3, scores.dtype)

    def gradient(self, scores: Scores, targets: Scores) -> Any:
        return np.broadcast_to(scores.dtype.type(2), scores.shape) if self.gradients == "right" else np.zeros(3, scores.dtype)

    def value_and_gradient(self, scores: Scores, targets: Scores) -> Any:
        return self.value(scores, targets), self.gradient(scores, targets)


@pytest.mark.parametrize(
    ("odd", "method"), [(Odd(values="wrong"), "value"), (Odd(gradients="wrong"), "gradient")], ids=["value", "gradient"]
)
def test_a_loss_that_returns_something_else_is_named_with_its_method(cell: Cell, odd: Odd, method: str) -> None:
    objective = Objective([replace(cell, loss=odd)], F32)
    told = re.escape(f"loss odd: {method} returned float32 (3,), expected float32 (1, {1 if method == 'value' else 2}, 5)")
    with pytest.raises(ContractError, match=told):
        objective.losses_and_delta(np.ones((1, 2, 5), F32), np.ones((1, 2, 5), F32))
    if method == "value":
        with pytest.raises(ContractError, match=told):
            objective.losses(np.ones((1, 2, 5), F32), np.ones((1, 2, 5), F32))


def test_a_gradient_that_cannot_be_written_to_is_copied(cell: Cell) -> None:
    _, delta = Objective([replace(cell, loss=Odd())], F32).losses_and_delta(np.ones((1, 2, 4), F32), np.ones((1, 2, 4), F32))
    assert delta.tolist() == [[[0.5] * 4] * 2]


class Sideways(Penalty):
    """Returns its values and slopes as a list of numbers."""

    def value(self, w: np.ndarray) -> Any:
        return np.zeros(len(w), w.dtype)

    def gradient(self, w: np.ndarray) -> Any:
        return np.zeros(len(w), w.dtype)


def test_a_penalty_that_returns_something_else_is_named_with_its_method(cell: Cell) -> None:
    objective, w = Objective([replace(cell, penalty=Sideways())], F32), np.ones((1, 3, 2), F32)
    with pytest.raises(ContractError, match=re.escape("penalty sideways: value returned float32 (1,), expected float32 (1, 1, 1)")):
        objective.penalties([w])
    with pytest.raises(
        ContractError, match=re.escape("penalty sideways: gradient returned float32 (1,), expected float32 (1, 3, 2)")
    ):
        objective.add_penalty_gradients([w], [np.zeros_like(w)])


def test_batches_cannot_be_written_to_and_tell_the_splits_of_each_trial(trials) -> None:
    stack = trials('dataset = ["moons", "circles"]', seeds=2)
    data = [load(trial) for trial in stack]
    batches = Batches(stack, data)
    x, targets = batches.next()
    for array in (x, targets):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0
    for split, own in zip(batches.splits(), data, strict=True):
        np.testing.assert_array_equal(split.inputs, own.train.inputs)
        np.testing.assert_array_equal(split.targets, own.train.targets)
        np.testing.assert_array_equal(split.truth, own.train.truth)


def test_a_curve_ends_before_the_step_that_is_asked_for() -> None:
    curves = Curves()
    for step in (0, 5, 10):
        curves.add(step, {"loss": np.array([step, 2.0 * step])})
    assert curves.of(1, None) == ([0, 5, 10], {"loss": [0, 10, 20]})
    assert curves.of(1, 10) == ([0, 5], {"loss": [0, 10]})
    assert curves.of(0, 0) == ([], {"loss": []})


def test_work_is_three_products_for_each_weight_and_sample_of_every_step(trials) -> None:
    (trial,) = trials("hidden = [8]\nepochs = 4")
    assert trial.cell.steps == 16
    assert stacking.work(trial) == 3.0 * 16 * 16 * size(trial.cell).multiplications
    assert stacking.cost([trial, trial]) == 2 * stacking.work(trial) + 2e4 * 16


@pytest.mark.parametrize(
    ("table", "largest"),
    [
        ("hidden = [8]", 32),
        ("hidden = [128]\nbatch_size = 64", (1 << 19) // (128 * 64)),
        ("hidden = [512]\nbatch_size = 64", (1 << 19) // (512 * 64)),
        ("hidden = [500, 400]", 2),
        ("hidden = [4096, 4096]", 1),
        ("hidden = [8]\ntest_size = 1000000", (1 << 24) // (5 * 1_000_096)),
    ],
)
def test_a_stack_holds_as_many_as_keep_parameters_layers_and_data_small(trials, table: str, largest: int) -> None:
    (trial,) = trials(table)
    assert stacking.stack_size(trial) == min(largest, 32)
    assert isinstance(stacking.stack_size(trial), int)


@pytest.mark.parametrize(
    ("seeds", "workers", "lengths"),
    [
        (3, 4, [3]),
        (64, 1, [32, 32]),
        (33, 1, [16, 17]),
        (32, 2, [8] * 4),
        (32, 1, [16, 16]),
        (15, 4, [15]),
        (16, 4, [8, 8]),
        (100, 1, [25] * 4),
    ],
)
def test_stacks_keep_workers_busy_and_are_of_eight_trials_or_more(
    trials: Callable[..., list[Trial]], seeds: int, workers: int, lengths: list[int]
) -> None:
    stacks = stacking.stacks(trials("hidden = [8]", seeds=seeds), workers)
    assert sorted(map(len, stacks)) == sorted(lengths)
    assert sorted(trial.seed for each in stacks for trial in each) == list(range(seeds))
