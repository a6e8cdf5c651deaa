"""The untrained control: the same network at rate 0, for a fraction of the time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, NoReturn

import numpy as np
import pytest
from helpers import bits

from nnbench import Catalog, Optimizer, Schedule, Weights
from nnbench.analysis.metrics import METRICS
from nnbench.engine import stack as stacking
from nnbench.engine.records import Record
from nnbench.engine.training import train
from nnbench.grid import Trial
from nnbench.kinds import KINDS


def untrained(trials: Sequence[Trial]) -> list[Trial]:
    return [replace(trial, untrained=True) for trial in trials]


def ends(record: Record) -> dict[str, Any]:
    """A record with the first and the last of its evaluations alone."""

    def shortened(value: Any) -> Any:
        if not isinstance(value, list) or not value:
            return value
        return [shortened(each) for each in value] if isinstance(value[0], list) else [value[0], value[-1]]

    return {name: shortened(value) for name, value in bits(record).items()}


@pytest.mark.parametrize(
    "table",
    [
        "",
        "epochs = 30",
        "hidden = [[]]",
        "dropout = 0.4\nhidden = [8, 4]",
        "dropout = 0.4\nhidden = [5, 3]\nbatch_size = 7\nepochs = 5",
        "epochs = 1\nbatch_size = 64",
        'penalty = "l2"\ninitializer = "lsuv"\nactivation = "relu"\nloss = "max_margin"',
    ],
    ids=repr,
)
def test_its_record_is_that_of_a_run_at_rate_0_but_for_the_evaluations_between(at_rate_0, table: str) -> None:
    stack = at_rate_0(table, seeds=2)
    for still, record in zip(train(untrained(stack)), train(stack), strict=True):
        assert still.curve_steps == [0, record.steps]
        assert bits(still) == ends(record)


def test_it_reports_the_first_parameters_and_updates_of_0(trials) -> None:
    (record,) = train(untrained(trials("epochs = 20")))
    assert (record.status, record.best_step) == ("done", 0)
    assert record.update_ratio[0] == 0
    assert math.isnan(record.update_ratio[1])
    assert record.valid_loss[0] == record.valid_loss[1] == record.best_valid_loss
    assert record.test_accuracy == record.test_accuracy_last
    assert record.steps_to_target == math.inf


def test_a_network_that_is_at_the_target_from_the_start_took_0_steps(trials, catalog: Catalog) -> None:
    easy = type("Easy", (catalog["dataset", "moons"],), {"target": 0.0})()
    (plain,) = untrained(trials())
    (record,) = train([replace(plain, cell=replace(plain.cell, dataset=easy))])
    assert record.steps_to_target == 0


class Untouchable(Optimizer):
    """Raises whatever is asked of it."""

    def init(self, params: Weights) -> NoReturn:
        raise AssertionError

    def step(self, params: Weights, grads: Weights, state: dict[str, Weights], lr: np.ndarray, t: int) -> None:
        raise AssertionError

    def evaluated(self, params: Weights, state: dict[str, Weights]) -> NoReturn:
        raise AssertionError


class Unplanned(Schedule):
    """The same for a schedule."""

    def factor(self, step: np.ndarray, total: int) -> NoReturn:
        raise AssertionError

    def adjustment(self, steps: Sequence[int], losses: Sequence[float]) -> NoReturn:
        raise AssertionError


def test_neither_optimizer_nor_schedule_is_asked_for_anything(trials) -> None:
    (plain,) = untrained(trials())
    (record,) = train([replace(plain, cell=replace(plain.cell, optimizer=Untouchable(), schedule=Unplanned()))])
    assert bits(record) == bits(train([plain])[0])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("optimizer", "schedule")])
def test_every_component_looks_the_same_alone_and_in_company(trials, catalog: Catalog, kind: str) -> None:
    table = f"{kind} = {catalog.names(kind)}\nhidden = [5, 4]\ndropout = [0.0, 0.3]"
    for stack in stacking.stacks(untrained(trials(table, seeds=2))):
        for trial, record in zip(stack, train(stack), strict=True):
            assert bits(record) == bits(train([trial])[0])


def test_a_loss_that_is_not_finite_before_training_is_a_divergence(trials) -> None:
    wild = trials('activation = "exponential"\ninitializer = { name = "normal", std = 1e20 }')
    calm = trials('activation = "exponential"')
    diverged, done = train(untrained([*wild, *calm]))
    assert (diverged.status, diverged.diverged_step) == ("diverged", 0)
    assert math.isnan(diverged.test_accuracy)
    assert bits(done) == bits(train(untrained(calm))[0])


def test_it_is_never_in_a_stack_with_what_is_trained(trials) -> None:
    everything = trials('activation = ["tanh", "relu"]', seeds=3)
    everything += untrained(everything)
    made = stacking.stacks(everything)
    assert sorted(len({trial.untrained for trial in stack}) for stack in made) == [1, 1]
    assert sorted(trial.id for stack in made for trial in stack) == sorted(trial.id for trial in everything)
    with pytest.raises(ValueError, match="equal shapes"):
        train(everything)


def test_it_is_planned_as_the_little_work_that_it_is(trials) -> None:
    stack = trials()
    assert stacking.work(untrained(stack)[0]) < 0.5 * stacking.work(stack[0])
    assert stacking.cost(untrained(stack)) < 0.5 * stacking.cost(stack)


@pytest.mark.parametrize("metric", [metric for metric in METRICS.values() if not metric.training], ids=lambda metric: metric.name)
def test_what_is_measured_before_training_is_the_same_without_it(trials, metric: Any) -> None:
    """So that an untrained network's value would be no control for it."""
    stack = trials("hidden = [8, 8, 8]\ndropout = 0.2", seeds=2)
    trained, control = ([metric.of(asdict(record)) for record in train(each)] for each in (stack, untrained(stack)))
    assert trained == control
