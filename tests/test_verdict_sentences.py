"""What a verdict says to a reader: true of the numbers beside it, in short sentences, and of use where nothing could be shown."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import numpy as np
import pytest
from test_verdicts import TWELVE, compared, launch, noisy

from nnbench.analysis.comparison import ClaimMade, Comparison, Terms, compare
from nnbench.analysis.metrics import METRICS
from nnbench.analysis.summary import summarize
from nnbench.analysis.tuning import Tried, choose
from nnbench.report import exports
from nnbench.report.caveats import cautions, notes
from nnbench.report.cells import steps
from nnbench.report.pictures import levels as picture
from nnbench.report.sections import sections
from nnbench.report.verdict import verdict


def test_failed_levels_are_left_out_of_the_correction_of_claims_and_of_every_picture() -> None:
    base = np.random.default_rng(0).normal(0, 0.01, (6, 10))
    means = {"a": 0.6, "b": 0.9, "d": 0.3}
    claims = [ClaimMade(f"{one} beats {other}", one, other, "test_accuracy") for one, other in ("ba", "ca", "cb")]
    for order in ("abcd", "cdba"):
        found = compared(
            lambda level, task, seed: None if level == "c" else means[level] + base[task, seed],
            levels=order,
            tasks=TWELVE[:6],
            claims=claims,
        )
        assert [outcome.verdict for outcome in found.claims] == ["supported", "undecided", "undecided"]
        assert found.claims[0].pair.p == pytest.approx(2 / 2**6)
        assert verdict(found).endswith("c is left out: every trial failed.")
        assert {point.label for panel in picture.draw(found).panels for point in panel.marks if getattr(point, "label", "")} <= {
            "a", "b", "d", "than a", "than d"
        }  # fmt: skip


def test_levels_without_a_data_set_in_common_are_no_test_to_correct_for() -> None:
    """a and b meet on eight data sets, c and d on eight others: two tests, not six."""
    draw = noisy({"a": 5.0, "b": 0.0, "c": 5.0, "d": 0.0})
    placed, rows = launch(draw, levels="abcd", tasks=[f"data {number}" for number in range(16)])
    apart = {cell: where for cell, where in placed.items() if (int(where.task[5:]) < 8) == (where.level in "ab")}
    found = compare("activation", "test_accuracy", apart, [row for row in rows if row["cell_id"] in apart])
    assert found.tests == 2
    assert [pair.p for pair in found.pairs if pair.tasks] == pytest.approx([2 * 2 / 2**8] * 2)


def test_levels_of_which_most_failed_and_the_rest_diverged_are_said_to_be_both() -> None:
    placed, rows = launch(noisy({"a": 0.0, "b": 0.3}))
    changed = [
        {**row, "status": "failed" if row["seed"] else "diverged"} if row["cell_id"].startswith("b") else row for row in rows
    ]
    told = " ".join(notes(compare("activation", "test_accuracy", placed, changed)))
    assert "Every trial of b that did not fail diverged." in told
    assert "Every trial of b diverged" not in told
    assert "72 of" not in told.replace("72 of b failed", "")


def test_profiles_pair_runs_by_seed() -> None:
    """Each seed has a time of its own; one trial of b is gone. The others are as fast as a's and the lost one never arrives."""

    def score(level: str, task: int, seed: int) -> float | None:
        return None if (level, task, seed) == ("b", 0, 2) else 10.0 ** (seed % 5)

    found = compared(score, metric="steps_to_target")
    by_name = {level.name: level for level in found.levels}
    assert by_name["a"].area == 1
    assert by_name["b"].area == pytest.approx(1 - 1 / 80)


def times(share_of_a: int = 13, steps: bool = True) -> Comparison:
    """a arrives with 13 of 20 seeds, b with all, a little later."""

    def score(level: str, task: int, seed: int) -> float:
        return math.inf if level == "a" and (seed * 7 + task) % 20 >= share_of_a else 100.0 + seed + 20 * (level == "b")

    placed, rows = launch(score, tasks=TWELVE, seeds=20, metric="steps_to_target")
    return compare("activation", "steps_to_target", placed, [{**row, "steps": 400} if steps else row for row in rows])


def test_times_are_summed_up_where_a_part_never_arrives() -> None:
    found = times()
    a, b = (next(level for level in found.levels if level.name == name) for name in "ab")
    assert (a.reached, b.reached) == (0.65, 1.0)
    assert math.isinf(a.middle.value)
    runs = [400.0 if (seed * 7 + task) % 20 >= 13 else 100.0 + seed for task in range(12) for seed in range(20)]
    assert a.restricted.value == pytest.approx(np.mean(runs))
    assert b.restricted.value == pytest.approx(129.5)
    assert a.restricted.low < a.restricted.value < a.restricted.high <= 400
    (section, *_) = sections(found)
    assert not any("never" in cell for row in section.rows for cell in row)
    assert len({row[2] for row in section.rows}) == 2
    assert "The target was reached by a in 65 % and b in 100 % of runs" in verdict(found) or "b in 100 % and a in 65 %" in verdict(
        found
    )
    first = next(csv.DictReader(io.StringIO(exports.as_csv(found))))
    assert {float(first["first_reached"]), float(first["second_reached"])} == {0.65, 1.0}
    assert float(first["first_value"]) != float(first["second_value"])


def test_times_of_all_and_of_none_and_of_results_that_do_not_tell_how_long_a_run_is() -> None:
    assert all(row[1:] for row in sections(times(20))[0].rows)
    assert {level.restricted.value for level in times(0).levels} == {400.0, 129.5}
    longest = {level.name: level.restricted for level in times(steps=False).levels}
    assert longest["a"].value <= 139  # the longest time that was seen stands in for the whole run
    nobody = compared(lambda level, task, seed: math.inf, metric="steps_to_target")
    assert all(math.isnan(level.restricted.value) for level in nobody.levels)
    assert all("nan" not in cell for row in sections(nobody)[0].rows for cell in row)


def test_a_cell_of_which_some_seeds_arrive_is_not_called_never() -> None:
    row = {"status": "done", "test_accuracy": 0.9, "test_accuracy_last": 0.9, "best_valid_accuracy": 0.9, "test_loss": 0.1}
    rows = [{**row, "seconds": 1.0, "steps": 400, "steps_to_target": each} for each in (50, 60, math.inf, math.inf, math.inf)]
    assert summarize(rows).mean_steps == pytest.approx((50 + 60 + 3 * 400) / 5)
    assert steps(summarize(rows)) == "2 of 5 reach it"
    assert steps(summarize(rows[:3])) == "60, 2 of 3 reach it"
    assert steps(summarize(rows[:2])) == "60"
    assert steps(summarize(rows[2:])) == "never"


def test_what_holds_for_these_data_sets_is_said_and_what_it_would_take_for_more() -> None:
    """Won 12 of 12 on two data sets."""
    draw = noisy({"a": 4.0, "b": 0.0, "c": -4.0})
    for seeds in (5, 30):
        found = compared(draw, levels="abc", tasks=["moons"] * 6 + ["spirals"] * 6, seeds=seeds)
        told = verdict(found)
        assert "on these data sets alone" in told or "On moons and spirals alone" in told
        assert "12 of 12" in told
        assert ("data sets in general it takes at least 7" in told) or ("more data sets would show it in general" in told)
    single = compared(draw, tasks=["moons", "spirals"], seeds=4)
    assert "On moons and spirals alone, with these 4 seeds, a was ahead of b on every task, 2 of 2." in verdict(single)
    few = compared(draw, tasks=["moons"], seeds=2)
    assert "A test takes at least 6 data sets, or 6 seeds for these data sets alone." in verdict(few)


def test_the_best_level_is_called_so_in_the_sense_in_which_it_is() -> None:
    """b has the best mean rank, though a is better than b on most data sets: c stands between them where b loses."""
    ranks = {"a": [1, 1, 1, 3, 3], "b": [2, 2, 2, 1, 1], "c": [3, 3, 3, 2, 2]}
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.3, (3, 5, 4))
    found = compared(
        lambda level, task, seed: -ranks[level][task] + noise["abc".index(level), task, seed],
        levels="abc",
        tasks=TWELVE[:5],
        seeds=4,
    )
    assert found.levels[0].name == "b"
    assert "looks best" not in verdict(found)
    assert "b, which has the best mean rank," in verdict(found)
    assert "Of the two alone, a (" in verdict(found)
    assert "looks better than b" in verdict(found)


def test_sentences_are_short() -> None:
    draw = noisy({"a": 0.2, "b": 0.0, "c": -0.1, "d": 0.1})
    for terms in (None, Terms(baseline="b"), Terms(at_least=0.7)):
        for tasks in (TWELVE, TWELVE[:2]):
            told = verdict(compared(draw, levels="abcd", tasks=tasks, terms=terms))
            assert ";" not in told
            assert all(len(sentence.split()) <= 40 for sentence in told.split(". "))


def test_data_sets_that_tell_nothing_are_counted_out_of_the_levels_table() -> None:
    def score(level: str, task: int, seed: int) -> float:
        return math.inf if task >= 5 else 100.0 + seed - 20 * (level == "a") + 5 * (level == "c")

    five = compared(score, levels="abc", metric="steps_to_target", tasks=TWELVE[:5])
    seven = compared(score, levels="abc", metric="steps_to_target", tasks=TWELVE[:7])
    assert seven.telling == five.datasets
    assert [(each.rank, each.reached, each.area, each.middle) for each in seven.levels] == [
        (each.rank, each.reached, each.area, each.middle) for each in five.levels
    ]
    assert seven.ranking == five.ranking
    assert sections(seven)[0].title.endswith("scored without data 5 and data 6, where no levels differ")
    assert "scored without" not in sections(five)[0].title


def test_what_looks_do_is_told_for_every_number_of_data_sets() -> None:
    (told,) = [
        note for note in notes(compared(noisy({"a": 0.0, "b": 0.0}), tasks=TWELVE[:2], terms=Terms(looks=2))) if "look" in note
    ]
    assert "4 of 100 launches on one data set, in 4 on six and in 7 on twelve" in told


def tuned(metrics: tuple[str, ...], diverged: bool = False) -> Comparison:
    placed, rows = launch(noisy({"a": 3.0, "b": 0.0}), tasks=TWELVE)
    rows = [{**row, "steps": 400, "saturated": [[0.1, 0.2 + 0.01 * row["seed"]]]} for row in rows]
    tried = [
        Tried(f"{cell}{more}", where.level, where.task, {"optimizer.lr": rate})
        for cell, where in placed.items()
        for more, rate in (("", 0.1), ("+", 1.0))
    ]
    placed |= {f"{cell}+": where for cell, where in placed.items()}
    rows += [{**row, "cell_id": f"{row['cell_id']}+"} for row in rows]
    base: dict[str, Any] = {"curve_steps": [0, 1], "valid_accuracy": [0.5, 0.5], "status": "done"}
    tries = [
        {
            **base,
            "cell_id": each.cell,
            "seed": seed,
            "steps_to_target": 10.0 if each.cell.endswith("+") else 20.0,
            "best_valid_accuracy": 0.6 if each.cell.endswith("+") else 0.9,
            **({"status": "diverged"} if diverged and each.level == "b" and each.cell.endswith("+") else {}),
        }
        for each in tried
        for seed in range(3)
    ]
    claims = [ClaimMade(metric, "a", "b", metric) for metric in metrics]
    choices = {metric: choose(tried, tries, metric) for metric in dict.fromkeys(["steps_to_target", *metrics])}
    return compare("activation", "steps_to_target", placed, rows, claims, choices)


def test_a_claim_by_another_metric_has_settings_of_its_own_or_says_by_what_they_were_chosen() -> None:
    found = tuned(("test_accuracy", "saturated", "steps_to_target"))
    assert {choice.setting["optimizer.lr"] for choice in found.choices["steps_to_target"]} == {1.0}
    assert {choice.setting["optimizer.lr"] for choice in found.choices["test_accuracy"]} == {0.1}
    accuracy, saturated, same = ("; ".join(cautions(found, outcome)) for outcome in found.claims)
    assert "settings of its own, chosen by best validation accuracy" in accuracy
    assert "settings were chosen by best validation accuracy, not by rise in saturated units while training" in saturated
    assert "chosen by" not in same
    in_csv = {row["claim"]: row["to be known"] for row in csv.DictReader(io.StringIO(exports.as_csv(found))) if row["claim"]}
    assert in_csv == {"test_accuracy": accuracy, "saturated": saturated, "steps_to_target": same}
    below = next(section.below for section in sections(found) if section.title.startswith("Tuning"))
    assert "reported are 24 cells chosen for steps to the target, and 24 cells chosen for test accuracy alone" in below
    assert all(metric.own_criterion or metric.tuned_by != name for name, metric in METRICS.items())


def test_what_diverged_while_tuning_is_told() -> None:
    found = tuned((), diverged=True)
    assert any("36 of 72 tuning trials of b diverged" in note for note in notes(found))
    (section,) = [each for each in sections(found) if each.title.startswith("Tuning")]
    at = section.head.index("diverged while tuning")
    assert [row[at] for row in section.rows] == ["0 of 72", "36 of 72"]
    assert not any("middle" in head for head in section.head)
    assert not any("diverged" in note for note in notes(tuned(())))
