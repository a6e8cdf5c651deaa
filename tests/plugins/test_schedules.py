"""Schedules against values worked by hand, the laws that all obey, and what watching the validation loss does to a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import exp, inf, nan, sqrt, tanh

import numpy as np
import pytest
from helpers import bits
from hypothesis import given
from hypothesis import strategies as st

from nnbench import Schedule
from nnbench.engine.records import Record
from nnbench.engine.training import train
from nnbench.grid import Trial
from nnbench_schedules import (
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Delayed,
    Exponential,
    ExpRange,
    Hyperbolic,
    InverseScaling,
    InverseSqrt,
    InverseTime,
    KDecay,
    Linear,
    MultiStep,
    Noam,
    OneCycle,
    Piecewise,
    Polynomial,
    ReduceOnPlateau,
    Rex,
    SlantedTriangular,
    StepDecay,
    TanhDecay,
    Trapezoid,
    Triangular2,
    Warmup,
    WarmupStableDecay,
    nnbench_components,
)

SCHEDULES = [schedule() for schedule in nnbench_components()]
AROUND_OTHERS = ("warmup", "delayed")

every_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: s.name)

STARTS = {  # all others start at 1
    "cyclic": 0.1,
    "exp_range": 0.1,
    "noam": 1 / 40,
    "one_cycle": 0.04,
    "slanted_triangular": 1 / 32,
    "tanh_decay": (1 + tanh(6)) / 2,
    "trapezoid": 0,
    "triangular2": 0.1,
    "warmup": 0,
    "warmup_stable_decay": 0,
}
HIGHEST = {"exp_range": 0.77, "tanh_decay": 1 - 1e-5}  # all others reach 1
RISE = {*STARTS, "cosine_restarts"} - {"tanh_decay"}
COUNT_STEPS = {"step_decay", "exponential", "inverse_time", "hyperbolic", "inverse_scaling", "inverse_sqrt", "noam"}
FLAT = {"constant", "reduce_on_plateau"}
EXTREME = [
    MultiStep(milestones=()),
    MultiStep(milestones=(0.0, 0.999)),
    Piecewise(boundaries=(), values=(0.5,)),
    Exponential(k=100.0),
    Noam(warmup=1),
    Noam(warmup=10_000),
    Polynomial(power=1e-3),
    KDecay(k=1e3),
    TanhDecay(lower=-1e3, upper=1e3),
    CosineRestarts(cycles=9, growth=1.0),
    CosineRestarts(cycles=50, growth=10.0),
    Cyclic(cycles=100, low=0.0),
    Triangular2(cycles=100),
    ExpRange(gamma=1e-12),
    OneCycle(warmup=1e-9, start=0.0, end=0.0),
    OneCycle(warmup=1 - 1e-9),
    SlantedTriangular(warmup=1e-9),
    Trapezoid(warmup=1e-9, decay=1e-9),
    Trapezoid(warmup=0.5, decay=0.5),
    WarmupStableDecay(warmup=0.01, decay=0.99),
    Warmup(length=0.0),
    Warmup(length=0.999),
    Warmup(length=0.999, then=Warmup(length=0.999, then=Cosine())),
    Delayed(length=0.999, then=OneCycle()),
]


def factors(schedule: Schedule, total: int) -> np.ndarray:
    return schedule.factor(np.arange(total), total)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Constant(), [1, 1, 1, 1, 1, 1, 1]),
        (StepDecay(drop=0.5, every=3), [1, 1, 1, 0.5, 0.5, 0.5, 0.25]),
        (StepDecay(drop=0.1, every=1), [1, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6]),
        (MultiStep(drop=0.5, milestones=(0.5, 0.75)), [1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25]),
        (MultiStep(drop=0.1, milestones=(0.0, 0.2, 0.9)), [1, 0.01, 0.01, 0.01, 1e-3]),  # from steps 1, 1 and 4 (4.5, to even) on
        (Piecewise(boundaries=(0.25, 0.75), values=(0.1, 2.0, 0.0)), [0.1, 2, 2, 0]),
        (Exponential(k=0.5), [1, exp(-0.5), exp(-1), exp(-1.5), exp(-2), exp(-2.5), exp(-3)]),
        (InverseTime(tau=2.0), [1, 1, 1, 2 / 3, 1 / 2, 2 / 5, 1 / 3]),
        (InverseTime(tau=2.5), [1, 1, 1, 2.5 / 3, 2.5 / 4, 1 / 2, 2.5 / 6]),
        (Hyperbolic(k=0.5), [1, 2 / 3, 1 / 2, 2 / 5]),
        (InverseScaling(power=0.5), [1, 1 / sqrt(2), 1 / sqrt(3), 1 / 2]),
        (InverseScaling(power=1.0), [1, 1 / 2, 1 / 3, 1 / 4]),
        (InverseSqrt(tau=2.0), [1, 1, 1, sqrt(2 / 3), sqrt(1 / 2)]),
        (Noam(warmup=3), [1 / 3, 2 / 3, 1, sqrt(3 / 4), sqrt(3 / 5), sqrt(1 / 2)]),
        (Linear(), [1, 3 / 4, 1 / 2, 1 / 4]),
        (Linear(end=0.2), [1, 0.8, 0.6, 0.4]),
        (Polynomial(power=2.0), [1, 9 / 16, 1 / 4, 1 / 16]),
        (Polynomial(power=0.5, end=0.5), [1, 0.5 + sqrt(0.75) / 2, 0.5 + sqrt(0.5) / 2, 0.75]),
        (KDecay(k=2.0), [1, 15 / 16, 3 / 4, 7 / 16]),
        (KDecay(k=1.0, end=0.2), [1, 0.8, 0.6, 0.4]),
        (Cosine(), [1, (1 + sqrt(0.5)) / 2, 1 / 2, (1 - sqrt(0.5)) / 2]),
        (Cosine(end=0.5), [1, 0.75]),
        (TanhDecay(lower=-1.0, upper=1.0), [(1 + tanh(1)) / 2, 0.5]),
        (
            TanhDecay(lower=-2.0, upper=2.0, end=0.5),
            [0.5 + (1 + tanh(2)) / 4, 0.5 + (1 + tanh(1)) / 4, 0.75, 0.5 + (1 - tanh(1)) / 4],
        ),
        (Rex(), [1, 0.75 / 0.875, 0.5 / 0.75, 0.25 / 0.625]),
        (CosineRestarts(cycles=2, growth=2.0), [1, 0.5, 1, (1 + sqrt(0.5)) / 2, 0.5, (1 - sqrt(0.5)) / 2]),
        (CosineRestarts(cycles=3, growth=1.0, end=0.5), [1, 0.75, 1, 0.75, 1, 0.75]),
        (CosineRestarts(cycles=1), [1, 0.75, 0.25]),
        (Cyclic(cycles=2, low=0.2), [0.2, 0.6, 1, 0.6, 0.2, 0.6, 1, 0.6]),
        (Triangular2(cycles=3, low=0.2), [0.2, 1, 0.2, 0.6, 0.2, 0.4]),
        (ExpRange(cycles=2, low=0.2, gamma=0.0625), [0.2, 0.6, 0.2, 0.3]),  # heights 0, ½, 0, ⅛ of 0.8
        (OneCycle(warmup=0.5, start=0.2, end=0.4), [0.2, 0.6, 1, 0.7]),
        (OneCycle(warmup=0.25, start=0.0, end=0.0), [0, 1, 0.75, 0.25]),
        (SlantedTriangular(warmup=0.25, ratio=4.0), [0.25, 1, 0.75, 0.5]),
        (Trapezoid(warmup=0.25, decay=0.5), [0, 0.5, 1, 1, 1, 0.75, 0.5, 0.25]),
        (WarmupStableDecay(warmup=0.25, decay=0.5), [0, 0.5, 1, 1, 1, 0.5, 1 - sqrt(0.5), 1 - sqrt(0.75)]),
        (Warmup(length=0.5, start=0.2), [0.2, 0.6, 1, 1]),
        (Warmup(length=0.5, then=Linear()), [0, 0.5, 1, 0.5]),
        (Warmup(length=0.25, start=0.5, then=Piecewise(boundaries=(), values=(4.0,))), [2, 3, 4, 4, 4, 4, 4, 4]),
        (Warmup(length=0.2, then=Delayed(length=0.5, then=Linear())), [0, 1, 1, 1, 0.5]),
        (Delayed(length=0.5, then=Cosine()), [1, 1, 1, 0.5]),
        (Delayed(length=0.25, then=Noam(warmup=2)), [0.5, 0.5, 1, sqrt(2 / 3)]),
        (ReduceOnPlateau(), [1, 1, 1]),
    ],
    ids=lambda value: value.name if isinstance(value, Schedule) else "",
)
def test_factors_worked_by_hand(schedule: Schedule, expected: list[float]) -> None:
    np.testing.assert_allclose(factors(schedule, len(expected)), expected, rtol=1e-13, atol=1e-15)


@every_schedule
def test_a_schedule_starts_where_it_says_and_its_highest_factor_is_1(schedule: Schedule) -> None:
    found = factors(schedule, 4000)
    assert found[0] == pytest.approx(STARTS.get(schedule.name, 1), rel=1e-12, abs=1e-15)
    assert HIGHEST.get(schedule.name, 1) <= found.max() <= 1


@every_schedule
def test_only_warm_ups_and_cycles_rise(schedule: Schedule) -> None:
    assert (np.diff(factors(schedule, 4000)) > 0).any() == (schedule.name in RISE)


@pytest.mark.parametrize("schedule", [*SCHEDULES, *EXTREME], ids=repr)
def test_factors_are_finite_and_between_0_and_1_in_runs_of_any_length(schedule: Schedule) -> None:
    for total in [*range(1, 50), 400, 4001]:
        found = factors(schedule, total)
        assert np.isfinite(found).all()
        assert found.min() >= 0
        assert found.max() <= 1


@every_schedule
def test_factors_have_the_shape_of_the_steps_in_float64(schedule: Schedule) -> None:
    step = np.arange(24).reshape(2, 3, 4)
    found = schedule.factor(step, 24)
    assert found.shape == step.shape
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found.ravel(), factors(schedule, 24))
    np.testing.assert_array_equal(step, np.arange(24).reshape(2, 3, 4))


@every_schedule
@given(data=st.data())
def test_a_factor_depends_on_its_own_step_alone(schedule: Schedule, data: st.DataObject) -> None:
    total = data.draw(st.integers(1, 500), label="total")
    step = np.array(data.draw(st.lists(st.integers(0, total - 1), min_size=1, max_size=9), label="step"))
    np.testing.assert_array_equal(schedule.factor(step, total), factors(schedule, total)[step])


@every_schedule
def test_lengths_are_shares_of_the_run_or_else_steps(schedule: Schedule) -> None:
    step = np.arange(0, 1000, 20)
    longer = np.array_equal(schedule.factor(step, 1000), schedule.factor(step, 3000))
    stretched = np.allclose(schedule.factor(step, 1000), schedule.factor(3 * step, 3000), rtol=1e-9, atol=1e-12)
    assert (longer, stretched) == (schedule.name in COUNT_STEPS | FLAT, schedule.name not in COUNT_STEPS)


@every_schedule
def test_defaults_leave_a_run_of_400_steps_something_to_learn_with(schedule: Schedule) -> None:
    found = factors(schedule, 400)
    assert found.mean() > 0.25
    assert (found.max() > 1.9 * found.min()) == (schedule.name not in FLAT)


@pytest.mark.parametrize("schedule", [s for s in SCHEDULES if s.name not in AROUND_OTHERS], ids=lambda s: s.name)
@pytest.mark.parametrize("trials", [1, 3])
def test_hyperparameters_may_be_arrays(schedule: Schedule, trials: int, stacked) -> None:
    together, alone = stacked(schedule, trials, np.float64)
    step = np.full((trials, 1, 1), 250)
    found = together.factor(step, 400)
    for trial, single in enumerate(alone):
        np.testing.assert_array_equal(found[trial : trial + 1], single.factor(step[:1], 400))


@pytest.mark.parametrize("schedule", [Linear, Polynomial, KDecay, Cosine], ids=lambda s: s.name)
@pytest.mark.parametrize("end", [0.0, 0.3])
def test_annealing_comes_close_to_its_end_with_the_last_update_but_does_not_reach_it(schedule: type, end: float) -> None:
    last = factors(schedule(end=end), 1000)[-1]
    assert end < last < end + 0.01


def test_inverse_time_is_constant_until_tau() -> None:
    found = factors(InverseTime(tau=100.0), 401)
    assert (found[:101] == 1).all()
    assert found[200] == 0.5
    assert found[400] == 0.25


def test_exponential_without_decay_is_constant() -> None:
    assert (factors(Exponential(k=0.0), 10) == 1).all()


def test_cosine_restarts_jump_back_to_1_and_each_cycle_is_a_cosine_of_its_own() -> None:
    found = factors(CosineRestarts(cycles=3, growth=2.0, end=0.1), 700)
    for start, length in ((0, 100), (100, 200), (300, 400)):
        np.testing.assert_allclose(found[start : start + length], factors(Cosine(end=0.1), length), rtol=1e-12)


@pytest.mark.parametrize("growth", [1.0, 1.5, 3.0])
@pytest.mark.parametrize("cycles", [1, 2, 5])
def test_cycles_of_cosine_restarts_fill_the_run(cycles: int, growth: float) -> None:
    found = factors(CosineRestarts(cycles=cycles, growth=growth), 10_000)
    assert (np.diff(found) > 0.5).sum() == cycles - 1
    assert found[-1] < 0.01


def test_halved_and_decaying_triangles_lie_within_the_plain_ones() -> None:
    plain = factors(Cyclic(), 4000)
    for schedule in (Triangular2(), ExpRange()):
        assert (factors(schedule, 4000) <= plain).all()
    np.testing.assert_array_equal(factors(Triangular2(), 4000)[:1000], plain[:1000])
    np.testing.assert_array_equal(factors(ExpRange(gamma=1.0), 4000), plain)


@every_schedule
@pytest.mark.parametrize("around", [Warmup, Delayed])
def test_a_schedule_after_a_warm_up_or_delay_sees_a_run_that_starts_there(around: type, schedule: Schedule) -> None:
    found = factors(around(length=0.3, then=schedule), 1000)
    np.testing.assert_array_equal(found[300:], factors(schedule, 700))
    rise = np.arange(300) / 300 if around is Warmup else np.ones(300)
    np.testing.assert_allclose(found[:300], rise * factors(schedule, 700)[0], rtol=1e-13)


@every_schedule
@pytest.mark.parametrize("around", [Warmup, Delayed])
def test_no_warm_up_and_no_delay_leave_a_schedule_as_it_is(around: type, schedule: Schedule) -> None:
    np.testing.assert_array_equal(factors(around(length=0.0, then=schedule), 1000), factors(schedule, 1000))


@pytest.mark.parametrize(
    ("schedule", "wrong"),
    [
        (MultiStep(), {"milestones": (0.5, 0.5)}),
        (MultiStep(), {"milestones": (0.7, 0.5)}),
        (Piecewise(), {"boundaries": (0.5, 0.2, 0.7)}),
        (Piecewise(), {"values": (1.0, 0.5)}),
        (TanhDecay(), {"lower": 3.0, "upper": 3.0}),
        (Trapezoid(), {"warmup": 0.6, "decay": 0.6}),
        (WarmupStableDecay(), {"warmup": 0.9}),
    ],
    ids=lambda value: value.name if isinstance(value, Schedule) else "-".join(value),
)
def test_hyperparameters_that_do_not_go_together_are_refused(schedule: Schedule, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}|need"):
        replace(schedule, **wrong)  # type: ignore[type-var]


PLATEAU = ReduceOnPlateau(drop=0.5, patience=10, threshold=0.1)


@pytest.mark.parametrize(
    ("steps", "losses", "multiplier"),
    [
        ([0], [1.0], 1),
        ([0, 10], [1.0, 1.0], 1),  # 10 steps are let pass
        ([0, 11], [1.0, 1.0], 0.5),
        ([0, 11], [1.0, 0.91], 0.5),  # not lower by a tenth
        ([0, 11], [1.0, 0.89], 1),
        ([0, 11, 22, 33], [1.0] * 4, 0.125),
        ([0, 11, 21], [1.0, 1.0, 1.0], 0.5),  # patience begins anew
        ([0, 11, 22], [1.0, 0.5, 0.6], 0.5),
        ([0, 6, 12, 16], [1.0, 0.5, 0.6, 0.6], 1),
        ([0, 6, 12, 17], [1.0, 0.5, 0.6, 0.6], 0.5),
        ([0, 1, 2, 3, 50], [1.0, 2.0, 3.0, 0.5, 0.4], 1),
        ([0, 11, 22, 33], [-1.0] * 4, 0.125),  # a loss may be below 0
        ([0, 11], [-1.0, -1.09], 0.5),
        ([0, 11], [-1.0, -1.11], 1),
        ([0, 11], [0.0, 0.0], 0.5),
        ([0, 11], [0.0, -0.01], 1),
        ([0, 11], [0.1, -0.1], 1),
        ([0, 11], [1.0, nan], 0.5),
        ([0, 11, 22], [inf, inf, 1.0], 0.5),
    ],
)
def test_plateaus_worked_by_hand(steps: list[int], losses: list[float], multiplier: float) -> None:
    assert PLATEAU.adjustment(steps, losses) == multiplier


def test_a_plateau_depends_on_the_steps_between_evaluations_and_not_on_their_number() -> None:
    few, many = range(0, 45, 11), range(45)
    assert PLATEAU.adjustment(few, [1.0] * len(few)) == PLATEAU.adjustment(many, [1.0] * len(many)) == 0.5**4


@every_schedule
def test_schedules_around_others_pass_adjustments_on_and_only_plateaus_adjust(schedule: Schedule) -> None:
    steps, losses = (0, 100, 200), (1.0, 1.0, 1.0)
    expected = 0.25 if schedule.name == "reduce_on_plateau" else 1
    for each in (schedule, Warmup(then=schedule), Delayed(then=Warmup(then=schedule))):
        assert each.adjustment(steps, losses) == expected


TOO_HIGH = {
    "optimizer": {"name": "momentum", "lr": 1.0},
    "train_size": 256,
    "valid_size": 128,
    "batch_size": 16,
    "epochs": 25,
    "hidden": [16],
}


def replayed(record: Record, watching: ReduceOnPlateau, start: int) -> Piecewise:
    """A schedule without eyes that gives the same rates, counting steps from `start`."""
    pairs = list(enumerate(record.curve_steps, start=1))
    made = [watching.adjustment(record.curve_steps[:n], record.valid_loss[:n]) for n, _ in pairs]
    changes = [i for i in range(1, len(made) - 1) if made[i] != made[i - 1]]
    shares = tuple((record.curve_steps[i] - start) / (record.steps - start) for i in changes)
    return Piecewise(boundaries=shares, values=(1.0, *(made[i] for i in changes)))


@pytest.mark.parametrize("warmup", [False, True])
def test_a_rate_that_is_too_high_falls_in_training_as_if_that_had_been_known_before(small_grid, catalog, warmup: bool) -> None:
    watching = ReduceOnPlateau(drop=0.5, patience=60)
    table: dict[str, object] = {"name": "reduce_on_plateau", "drop": 0.5, "patience": 60}
    if warmup:
        table = {"name": "warmup", "length": 0.1, "then": table}
    trials: Sequence[Trial] = small_grid(seeds=3, schedule=table, **TOO_HIGH).trials(catalog)
    fallen = []
    for trial, record in zip(trials, train(trials), strict=True):
        assert record.status == "done"
        plan = replayed(record, watching, 40 if warmup else 0)
        fallen.append(plan.values[-1])
        schedule = Warmup(length=0.1, then=plan) if warmup else plan
        (blind,) = train([replace(trial, cell=replace(trial.cell, schedule=schedule))])
        assert bits(blind) == bits(record)
    assert max(fallen) <= 0.5
    assert min(fallen) <= 0.25


def test_a_rate_that_watches_ends_lower_than_one_that_does_not(small_grid, catalog) -> None:
    schedules = ["constant", {"name": "reduce_on_plateau", "patience": 60}]
    trials = small_grid(seeds=4, schedule=schedules, **TOO_HIGH).trials(catalog)
    records = train(trials)
    last = {
        name: np.mean([r.valid_loss[-1] for t, r in zip(trials, records, strict=True) if t.cell.schedule.name == name])
        for name in ("constant", "reduce_on_plateau")
    }
    assert last["reduce_on_plateau"] < 0.5 * last["constant"]


def test_rates_that_fall_differ_from_trial_to_trial_and_each_trains_as_it_does_alone(small_grid, catalog) -> None:
    plateau = {"name": "reduce_on_plateau", "patience": [20, 60]}
    schedules = [plateau, {"name": "warmup", "then": plateau}, "constant", {"name": "delayed", "then": plateau}]
    trials = small_grid(seeds=1, schedule=schedules, **TOO_HIGH).trials(catalog)
    together = train(trials)
    assert len({tuple(record.valid_loss) for record in together}) == 5  # delayed, a plateau is what it is without
    for trial, record in zip(trials, together, strict=True):
        assert bits(train([trial])[0]) == bits(record)


@pytest.mark.parametrize("total", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("schedule", nnbench_components(), ids=lambda cls: cls.name)
def test_the_shortest_runs_begin_where_every_run_begins(schedule: type[Schedule], total: int) -> None:
    """Milestones were rounded to the first step: multi_step began at 0.1 in a run of 1, piecewise at 0.3 in one of 2."""
    made = schedule()
    factors = made.factor(np.arange(total), total)
    assert factors.shape == (total,)
    assert (np.isfinite(factors) & (factors >= 0)).all()
    assert factors[0] == pytest.approx(made.starts_at(total), rel=1e-9, abs=1e-12)
