"""Comparisons of made-up results: verdicts, claims, what cannot be concluded, and how often they would be wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from nnbench.analysis.comparison import ClaimMade, Comparison, Placed, compare
from nnbench.analysis.metrics import METRICS
from nnbench.report.caveats import notes
from nnbench.report.verdict import verdict

Draw = Callable[[str, int, int], float]
"""A score from a level, the number of a task and a seed."""


def results(
    levels: Sequence[str], datasets: int, seeds: int, draw: Draw, tasks: int = 1, metric: str = "test_accuracy"
) -> tuple[dict[str, Placed], list[dict[str, Any]]]:
    """What a launch would have stored: a task for each data set, or several."""
    placed, rows = {}, []
    for level in levels:
        for task in range(datasets * tasks):
            cell = f"{level}/{task}"
            placed[cell] = Placed(level, f"task {task}", f"data {task // tasks}")
            for seed in range(seeds):
                row = {"cell_id": cell, "seed": seed, "status": "done", "steps_to_target": 100.0, "test_accuracy": 0.9}
                rows.append({**row, metric: draw(level, task, seed)})
    return placed, rows


def compared(
    levels: Sequence[str] = ("a", "b"),
    datasets: int = 12,
    seeds: int = 10,
    draw: Draw = lambda level, task, seed: 0.9,
    *,
    tasks: int = 1,
    metric: str = "test_accuracy",
    claims: Sequence[ClaimMade] = (),
    change: Callable[[dict[str, Any]], Mapping[str, Any]] = lambda row: row,
) -> Comparison:
    placed, rows = results(levels, datasets, seeds, draw, tasks, metric)
    return compare("activation", metric, placed, [change(row) for row in rows], claims)


def shifted(by: Mapping[str, float], seed: int = 0) -> Draw:
    """Normal scores around a level's own mean, in units of the standard deviation between seeds."""
    rng = np.random.default_rng(seed)
    offsets = rng.normal(0, 3, 1000)
    return lambda level, task, seed: float(offsets[task] + by[level] + rng.normal())


def test_a_clear_winner_is_named_with_effect_interval_and_evidence() -> None:
    found = compared(draw=shifted({"a": 0.0, "b": 3.0}))
    assert verdict(found).startswith("b has a higher test accuracy than a on 12 of 12 tasks (probability of improvement 0.9")
    assert "Holm p = 5e-04 over 12 data sets" in verdict(found)
    (pair,) = found.pairs
    assert (pair.first, pair.scope, pair.effect) == ("b", "data sets", 1.0)
    assert pair.improvement.low > 0.9
    assert [level.name for level in found.levels] == ["b", "a"]


def test_fewer_steps_are_better_and_never_is_worst() -> None:
    def draw(level: str, task: int, seed: int) -> float:
        return math.inf if level == "b" and seed % 2 else {"a": 40.0, "b": 30.0}[level] + seed

    found = compared(draw=draw, metric="steps_to_target")
    assert found.pairs[0].improvement.value == 0.5  # b is faster in half of its runs, and never there in the others
    b = next(level for level in found.levels if level.name == "b")
    assert b.reached == 0.5
    assert math.isinf(b.middle.high)


def test_seeds_and_tasks_of_one_data_set_are_no_evidence_about_others() -> None:
    found = compared(datasets=2, tasks=10, seeds=20, draw=shifted({"a": 0.0, "b": 3.0}))
    (pair,) = found.pairs
    assert pair.scope == "these data sets alone"
    assert "data 0 and data 1 alone" in verdict(found)
    assert any("no test over data sets can reach 0.05; it takes 6" in note for note in notes(found))


def test_more_levels_need_more_data_sets() -> None:
    levels = ["a", "b", "c", "d"]
    found = compared(levels, datasets=6, draw=shifted(dict(zip(levels, (0, 0, 0, 3), strict=True))))
    assert any("for 6 pairs of levels; it takes 8" in note for note in notes(found))


def test_the_best_of_several_is_named_with_those_that_it_beats() -> None:
    levels = ["a", "b", "c"]
    found = compared(levels, datasets=16, draw=shifted({"a": 0.0, "b": 0.05, "c": 3.0}))
    assert verdict(found).startswith("c has a higher test accuracy than every other level (at the least clear, against ")
    assert found.ranking is not None
    assert found.ranking.p < 1e-6
    assert found.levels[0].rank == 1
    close = compared(levels, datasets=16, draw=shifted({"a": 0.0, "b": 3.0, "c": 3.01}))
    best = close.levels[0].name
    assert f"{best} has a higher test accuracy than a (" in verdict(close)
    assert "no difference from" in verdict(close)


@pytest.mark.parametrize(
    ("shift", "became"), [(3.0, "supported"), (-3.0, "refuted"), (0.0, "undecided")], ids=lambda value: str(value)
)
def test_a_claim_is_supported_refuted_or_undecided(shift: float, became: str) -> None:
    claim = ClaimMade("b is better", "b", "a", "test_accuracy")
    found = compared(draw=shifted({"a": 0.0, "b": shift}, seed=4), claims=[claim])
    assert [(each.says, each.verdict) for each in found.claims] == [("b is better", became)]
    assert (found.claims[0].pair.first, found.claims[0].pair.second) == ("b", "a")


def test_a_claim_may_be_about_another_metric() -> None:
    claim = ClaimMade("b takes more steps", "a", "b", "steps_to_target")
    placed, rows = results(["a", "b"], 8, 5, lambda level, task, seed: 0.9)
    faster = [{**row, "steps_to_target": 50.0 + row["seed"] + 100 * row["cell_id"].startswith("b")} for row in rows]
    found = compare("activation", "test_accuracy", placed, faster, [claim])
    assert found.claims[0].verdict == "supported"
    assert not found.pairs[0].different


def test_diverged_trials_are_worst_and_never_dropped() -> None:
    def diverge(row: dict[str, Any]) -> dict[str, Any]:
        wild = row["cell_id"].startswith("b") and row["seed"] < 6
        return {**row, "status": "diverged", "test_accuracy": math.nan} if wild else row

    found = compared(draw=lambda level, task, seed: 0.9 if level == "a" else 0.95, change=diverge)
    b = next(level for level in found.levels if level.name == "b")
    assert b.diverged == 12 * 6
    assert found.pairs[0].improvement.value == pytest.approx(0.6)
    assert found.pairs[0].first == "a"


ODD: list[tuple[str, dict[str, Any], str]] = [
    ("one level", {"levels": ["a"]}, "only one level to compare, a"),
    ("one seed", {"seeds": 1, "draw": shifted({"a": 0.0, "b": 0.0})}, "There is one seed"),
    ("one data set", {"datasets": 1, "draw": shifted({"a": 0.0, "b": 0.0})}, "it takes 6"),
    ("one data set, one seed", {"datasets": 1, "seeds": 1, "draw": shifted({"a": 0.0, "b": 0.0})}, "it takes 6"),
    ("all diverged", {"change": lambda row: {**row, "status": "diverged"}}, "Every trial of a and b diverged"),
    (
        "all failed",
        {"change": lambda row: {**row, "status": "failed"}},
        "Every trial of a failed: it is left out of every comparison",
    ),
    (
        "never reached",
        {"metric": "steps_to_target", "draw": lambda level, task, seed: math.inf},
        "No trial reached its target, so steps say nothing",
    ),
    ("all equal", {"draw": lambda level, task, seed: seed / 100}, "equal on every data set"),
    ("all the same", {}, "every run of both scored the same on every task"),
]


@pytest.mark.parametrize(("case", "arguments", "told"), ODD, ids=[case for case, _, _ in ODD])
def test_what_cannot_be_concluded_is_said_and_no_number_pretends(case: str, arguments: dict[str, Any], told: str) -> None:
    found = compared(**arguments)
    assert told in " ".join([*notes(found), verdict(found)])
    assert not any(pair.different for pair in found.pairs)
    assert verdict(found).startswith(("No difference could be shown", "Nothing to compare"))


def test_a_level_that_lacks_a_task_is_compared_on_the_others() -> None:
    placed, rows = results(["a", "b"], 9, 5, shifted({"a": 0.0, "b": 4.0}))
    gone = "b/8"
    del placed[gone]
    found = compare("activation", "test_accuracy", placed, [row for row in rows if row["cell_id"] != gone])
    assert found.pairs[0].tasks == 8
    assert any("b did not run on every task" in note for note in notes(found))


def test_the_same_component_under_two_names_is_called_different_at_most_5_times_in_100() -> None:
    """A thousand launches of two levels that are alike: ten seeds, twelve data sets, and again on one data set alone."""
    for datasets in (12, 1):
        rng = np.random.default_rng(datasets)
        wrong = 0
        for _ in range(1000):
            scores = rng.normal(size=(2, datasets, 10))
            found = compared(datasets=datasets, draw=lambda level, task, seed, drawn=scores: drawn["ab".index(level), task, seed])
            wrong += any(pair.different for pair in found.pairs)
        assert wrong <= 50 + 2 * math.sqrt(1000 * 0.05 * 0.95)
        print(f"{datasets} data sets: called different {wrong} times in 1,000")


def test_a_shift_of_one_standard_deviation_is_found_with_ten_seeds_and_twelve_data_sets() -> None:
    found = [compared(draw=shifted({"a": 0.0, "b": 1.0}, seed=seed)).pairs[0] for seed in range(300)]
    power = np.mean([pair.different and pair.better == "b" for pair in found])
    assert power >= 0.9


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_puts_a_diverged_trial_last(metric: str) -> None:
    row = {
        "status": "done",
        "steps": 10,
        "epochs": 5,
        "steps_to_target": 7.0,
        "test_accuracy": 0.5,
        "test_accuracy_last": 0.5,
        "test_loss": 3.0,
        "test_loss_last": 3.0,
        "curve_steps": [0, 10],
        "valid_accuracy": [0.5, 0.7],
        "valid_loss": [1.0, 0.8],
        "train_loss": [1.0, 0.7],
        "train_loss_last": 0.6,
        "saturated": [[0.0, 0.4, 0.5], [0.3, 0.1, 0.7]],
        "dead": [[0.2, 0.1], [0.0, 0.3]],
        "update_ratio": [0.3, 0.2, 0.4, 0.1, math.nan],
        "activation_std": [[1.0, 2.0], [0.5, 2.0], [0.25, 2.0]],
        "gradient_std": [[0.1, 2.0], [0.1, 2.0], [0.1, 2.0]],
    }
    found = METRICS[metric]
    done, diverged = found.of(row), found.of({**row, "status": "diverged"})
    assert math.isfinite(done)
    assert diverged < done if found.higher else diverged > done
    assert math.isnan(found.of({**row, "status": "failed"}))
    expected = {
        "epochs_to_target": 3.5,
        "valid_area": 0.6,
        "overfitting": 0.2,
        "saturated": 0.45,
        "dead": 0.1,
        "update_rise": 1 / 3,
    }
    assert done == pytest.approx(expected.get(metric, done))
    assert METRICS["activation_decay"].of(row) == pytest.approx(math.log(2))
    assert METRICS["gradient_decay"].of(row) == pytest.approx(0)


def test_a_result_from_before_a_metric_was_measured_says_nothing_about_it() -> None:
    row = {"status": "done", "valid_loss": [1.0, 0.8], "train_loss_last": None}
    assert math.isnan(METRICS["overfitting"].of(row))
    assert METRICS["overfitting"].of({**row, "status": "diverged"}) == math.inf
