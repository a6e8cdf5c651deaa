"""Schedules against values worked by hand."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest

from nnbench import Schedule
from nnbench_schedules import Constant, Exponential, InverseTime, StepDecay, nnbench_components

every_schedule = pytest.mark.parametrize("schedule", [s() for s in nnbench_components()], ids=lambda s: s.name)


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        (Constant(), [1, 1, 1, 1, 1, 1, 1]),
        (StepDecay(drop=0.5, every=3), [1, 1, 1, 0.5, 0.5, 0.5, 0.25]),
        (StepDecay(drop=0.1, every=1), [1, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6]),
        (Exponential(k=0.5), [1, exp(-0.5), exp(-1), exp(-1.5), exp(-2), exp(-2.5), exp(-3)]),
        (InverseTime(tau=2.0), [1, 1, 1, 2 / 3, 1 / 2, 2 / 5, 1 / 3]),
        (InverseTime(tau=2.5), [1, 1, 1, 2.5 / 3, 2.5 / 4, 1 / 2, 2.5 / 6]),
    ],
    ids=lambda value: value.name if isinstance(value, Schedule) else "",
)
def test_factors_worked_by_hand(schedule: Schedule, factors: list[float]) -> None:
    np.testing.assert_allclose(schedule.factor(np.arange(7), 7), factors, rtol=1e-13)


@every_schedule
def test_factors_start_at_1_and_never_rise(schedule: Schedule) -> None:
    factors = schedule.factor(np.arange(5000), 5000)
    assert factors[0] == 1
    assert (np.diff(factors) <= 0).all()
    assert np.isfinite(factors).all()
    assert (factors >= 0).all()


@every_schedule
def test_factors_have_the_shape_of_the_steps_in_float64(schedule: Schedule) -> None:
    step = np.arange(24).reshape(2, 3, 4)
    factors = schedule.factor(step, 24)
    assert factors.shape == step.shape
    assert factors.dtype == np.float64
    np.testing.assert_array_equal(factors.ravel(), schedule.factor(np.arange(24), 24))
    np.testing.assert_array_equal(step, np.arange(24).reshape(2, 3, 4))


@every_schedule
def test_defaults_leave_a_run_of_400_steps_something_to_learn_with(schedule: Schedule) -> None:
    last = schedule.factor(np.array([399]), 400).item()
    assert 0.1 <= last <= 1
    assert last < 0.5 or isinstance(schedule, Constant)


@every_schedule
@pytest.mark.parametrize("trials", [1, 3])
def test_hyperparameters_may_be_arrays(schedule: Schedule, trials: int, stacked) -> None:
    together, alone = stacked(schedule, trials, np.float64)
    step = np.full((trials, 1, 1), 250)
    factors = together.factor(step, 400)
    for trial, single in enumerate(alone):
        np.testing.assert_array_equal(factors[trial : trial + 1], single.factor(step[:1], 400))


def test_inverse_time_is_constant_until_tau() -> None:
    factors = InverseTime(tau=100.0).factor(np.arange(401), 401)
    assert (factors[:101] == 1).all()
    assert factors[200] == 0.5
    assert factors[400] == 0.25


def test_exponential_without_decay_is_constant() -> None:
    assert (Exponential(k=0.0).factor(np.arange(10), 10) == 1).all()
