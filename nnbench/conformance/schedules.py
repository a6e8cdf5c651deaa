"""The laws of schedules."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from nnbench.conformance.laws import Broken, Case, DoesNotApply, law
from nnbench.conformance.tools import Array, expect_array, expect_close, expect_untouched, number, search
from nnbench.kinds import Schedule

TOTALS = (1, 2, 3, 7, 50, 400, 5_000)
"""Lengths of a run, in steps."""
LOSSES = (
    (0.7,),
    (0.7, 0.5, 0.3, 0.2, 0.1, 0.05),
    (0.7, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5),
    (0.7, 0.5, 0.6, 0.9, 2.0, 30.0, 1e6, 1e12, 1e30),
    (0.7, math.nan, math.inf, 0.5),
)
"""Validation losses that fall, stay, rise and fail."""


@law("schedule")
def finite_and_not_negative(case: Case[Schedule]) -> None:
    """At every step of every run, also one of a single step, the factor is a finite number of at least 0."""

    def check(run: tuple[int, int]) -> None:
        total, step = run
        factor = float(case.component.factor(np.array([min(step, total - 1)]), total)[0])
        if not 0 <= factor < math.inf:
            raise Broken(f"at step {min(step, total - 1)} of {total} the factor is {number(factor)}")

    for total in TOTALS:
        factors = case.component.factor(np.arange(total), total)
        bad = ~((factors >= 0) & np.isfinite(factors))
        if bad.any():
            check((total, int(bad.argmax())))
    search(st.tuples(st.integers(1, 10_000), st.integers(0, 9_999)), check, case.examples)


@law("schedule", basic=True)
def shape_and_dtype(case: Case[Schedule]) -> None:
    """There is a float64 factor for each step, in the shape in which the steps come."""
    for shape in ((1,), (6,), (2, 3)):
        step = np.arange(math.prod(shape)).reshape(shape)
        expect_array(f"factor of steps {shape}", case.component.factor(step, 6), shape, np.float64)


@law("schedule", basic=True)
def arguments_untouched(case: Case[Schedule]) -> None:
    """`factor` leaves the steps that it is given as they are."""
    expect_untouched("factor", lambda step: case.component.factor(step, 20), np.arange(20))


@law("schedule")
def all_at_once_as_one_by_one(case: Case[Schedule]) -> None:
    """Each step's factor depends on its number alone, whatever other steps are asked for and in what order."""
    total = 40
    together = np.asarray(case.component.factor(np.arange(total), total))
    single = np.concatenate([np.asarray(case.component.factor(np.array([step]), total)) for step in range(total)])
    expect_close(f"factors of {total} steps at once and one by one", together, single, ["step"], rtol=1e-12)
    backward = np.asarray(case.component.factor(np.arange(total)[::-1].copy(), total))
    expect_close("factors of steps in order and backward", together, backward[::-1], ["step"], rtol=1e-12)


@law("schedule")
def starts_where_declared(case: Case[Schedule]) -> None:
    """The factor of step 0 is what `starts_at` says: 1, unless the schedule warms up; steps count from 0."""
    for total in (1, 2, 3, 4, 5, *TOTALS[2:]):
        declared, first = case.component.starts_at(total), float(case.component.factor(np.arange(total), total)[0])
        if not math.isclose(first, declared, rel_tol=1e-9, abs_tol=1e-12):
            raise Broken(f"of {total} steps, the first has the factor {number(first)}, and starts_at says {number(declared)}")


@law("schedule")
def something_left_to_learn_with(case: Case[Schedule]) -> None:
    """In a run of 400 steps the factors are not all 0, and on average no more than 100 times the declared rate."""
    factors = case.component.factor(np.arange(400), 400)
    if not 0 < factors.mean() <= 100:
        raise Broken(f"the factors of 400 steps have the mean {number(factors.mean())}")


@law("schedule")
def adjustment_is_a_factor(case: Case[Schedule]) -> None:
    """However the validation loss goes, the adjustment is finite, at least 0, and depends on what is handed over alone."""
    schedule = case.component
    if type(schedule).adjustment is Schedule.adjustment:
        raise DoesNotApply("it does not watch the validation loss")
    adjustments: dict[Any, float] = {}
    for again in range(2):
        for losses in LOSSES if again == 0 else LOSSES[::-1]:
            for count in range(1, len(losses) + 1):
                history = tuple(range(0, 10 * count, 10)), losses[:count]
                adjustment = schedule.adjustment(*history)
                if not isinstance(adjustment, (float, int)) or not 0 <= adjustment < math.inf:
                    raise Broken(f"after the losses {history[1]} the adjustment is {adjustment!r}")
                if adjustments.setdefault((len(losses), history), adjustment) != adjustment:
                    told = f"{number(adjustments[len(losses), history])}, then {number(adjustment)}"
                    raise Broken(f"after the losses {history[1]} the adjustment is {told}: something is remembered between calls")


def exercise(schedule: Schedule, rng: np.random.Generator, size: int) -> list[Array]:
    """Everything that the component computes for some inputs."""
    total = 10 * size
    steps, losses = tuple(range(0, total, 10)), tuple(rng.random(size).tolist())
    factors = [schedule.factor(rng.permutation(total), total), schedule.factor(np.array([size]), total)]
    return [*factors, np.array(schedule.adjustment(steps, losses)), np.array(schedule.starts_at(total))]
