"""What a verdict rests on: each of these once came out wrong on real launches."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from nnbench.analysis.comparison import ClaimMade, Comparison, Placed, Terms, compare
from nnbench.analysis.tuning import Tried, choose
from nnbench.report import exports
from nnbench.report.caveats import cautions, notes
from nnbench.report.verdict import verdict

Row = dict[str, Any]
Score = Callable[[str, int, int], float | None]
"""What a level scores on a task with a seed; None for a trial that failed."""


def launch(
    score: Score,
    levels: Sequence[str] = ("a", "b"),
    tasks: Sequence[str] = tuple(f"data {number}" for number in range(8)),
    seeds: int = 10,
    metric: str = "test_accuracy",
    family: Callable[[str], str] = lambda dataset: dataset,
) -> tuple[dict[str, Placed], list[Row]]:
    """Results by the data set of each task; several tasks of one data set are told apart by their numbers."""
    placed, rows = {}, []
    for level in levels:
        for number, dataset in enumerate(tasks):
            cell = f"{level}/{number}"
            placed[cell] = Placed(level, f"task {number}", dataset, family(dataset))
            for seed in range(seeds):
                value = score(level, number, seed)
                row = {"cell_id": cell, "seed": seed, "status": "done", "steps_to_target": 100.0, "test_accuracy": 0.9}
                rows.append({**row, "status": "failed", metric: math.nan} if value is None else {**row, metric: value})
    return placed, rows


def compared(
    score: Score,
    *,
    metric: str = "test_accuracy",
    claims: Sequence[ClaimMade] = (),
    terms: Terms | None = None,
    controls: Sequence[Row] = (),
    **options: Any,
) -> Comparison:
    return compare("activation", metric, *launch(score, metric=metric, **options), claims, controls=controls, terms=terms)


def noisy(by: Mapping[str, float], seed: int = 0, shared: float = 0.0) -> Score:
    """Normal scores around each level's mean; `shared` is the share of the variance that equal seeds have in common."""
    own = np.random.default_rng(seed).normal(size=(9, 200, 100))
    names = list(by)

    def score(level: str, task: int, run: int) -> float:
        return by[level] + math.sqrt(shared) * own[8, task, run] + math.sqrt(1 - shared) * own[names.index(level), task, run]

    return score


def test_a_change_of_next_to_nothing_is_not_supported_with_any_number_of_seeds() -> None:
    """Equal seeds make it visible on every data set; pairs of different seeds do not."""
    base = np.random.default_rng(1).normal(size=(8, 40))
    for seeds in (2, 3, 10, 40):
        found = compared(lambda level, task, seed: base[task, seed] + 1e-9 * (level == "a"), seeds=seeds)
        (pair,) = found.pairs
        assert not pair.different
        assert pair.paired == 1 if pair.first == "a" else pair.paired == 0
        assert pair.improvement.value == pytest.approx(0.5)


def test_many_tasks_of_one_data_set_do_not_outvote_the_others() -> None:
    """Twenty tasks of one data set favour a, eleven other data sets favour b."""
    tasks = ["big"] * 20 + [f"data {number}" for number in range(11)]
    draw = noisy({"a": 0.0, "b": 0.0})
    found = compared(lambda level, task, seed: draw(level, task, seed) + 4 * (level == ("a" if task < 20 else "b")), tasks=tasks)
    (pair,) = found.pairs
    assert pair.different
    assert (pair.better, pair.won, pair.lost) == ("b", 11, 20)
    assert pair.effect > 0.5
    assert pair.improvement.low > 0.5


def test_effect_interval_and_p_point_the_same_way_or_nothing_is_decided() -> None:
    """A large loss on two data sets outweighs small wins on ten in the mean, and not in the ranks."""
    draw = noisy({"a": 0.0, "b": 0.0})
    for seed in range(40):
        lost = 2 + seed % 4
        found = compared(
            lambda level, task, run, lost=lost: draw(level, task, run) + (level == "a") * (-4 if task < lost else 0.35),
            tasks=[f"data {number}" for number in range(12)],
            seeds=40,
        )
        (pair,) = found.pairs
        if pair.different:
            assert np.sign(pair.effect) == np.sign(pair.improvement.value - 0.5)


def test_a_level_that_raises_on_its_bad_half_is_not_supported() -> None:
    draw = noisy({"a": 2.0, "b": 0.0})
    claim = ClaimMade("a is better", "a", "b", "test_accuracy")
    found = compared(
        lambda level, task, seed: None if level == "a" and task % 2 else draw(level, task, seed),
        claims=[claim],
        tasks=[f"data {number}" for number in range(16)],
    )
    assert found.claims[0].verdict == "undecided"
    assert found.claims[0].pair.withheld
    assert "80 trials failed or missing" in verdict(found)
    assert any("80 of a failed" in note for note in notes(found))


def test_a_missing_trial_counts_like_a_failed_one() -> None:
    draw = noisy({"a": 2.0, "b": 0.0})
    placed, rows = launch(draw, tasks=[f"data {number}" for number in range(12)])
    gone = [row for row in rows if not (row["cell_id"].startswith("a") and int(row["cell_id"].split("/")[1]) < 6)]
    found = compare("activation", "test_accuracy", placed, gone)
    assert found.pairs[0].withheld
    assert any("60 of a missing" in note for note in notes(found))


def test_one_failed_trial_that_could_undo_nothing_withholds_nothing() -> None:
    draw = noisy({"a": 3.0, "b": 0.0})
    found = compared(lambda level, task, seed: None if (level, task, seed) == ("a", 0, 3) else draw(level, task, seed))
    assert found.pairs[0].different
    assert found.pairs[0].lacking == 1


def test_failed_trials_are_left_out_by_seed_and_not_by_position() -> None:
    """Two tasks of one data set, a better by a little on every seed; one trial is gone in one task."""
    base = np.random.default_rng(3).normal(size=(2, 10))

    def score(level: str, task: int, seed: int) -> float | None:
        return None if (level, task, seed) == ("b", 1, 0) else base[task, seed] + 0.01 * (level == "a")

    found = compared(score, tasks=["one", "one"])
    assert found.pairs[0].p == pytest.approx(2 / 2**9)


def test_a_level_that_failed_throughout_is_named_and_left_out_whatever_the_order() -> None:
    base = np.random.default_rng(0).normal(0, 0.01, (8, 10))
    means = {"a": 0.6, "b": 0.9}
    for levels in (("a", "b", "c"), ("c", "a", "b"), ("b", "c", "a")):
        found = compared(lambda level, task, seed: None if level == "c" else means[level] + base[task, seed], levels=levels)
        (pair,) = found.pairs
        assert (pair.first, pair.second) == ("b", "a")
        assert pair.p == pytest.approx(2 / 2**8)
        assert verdict(found).startswith("b has a higher test accuracy than a on 8 of 8 tasks")
        assert [level.name for level in found.out] == ["c"]
        assert found.levels[-1].name == "c"
        assert any("Every trial of c failed" in note for note in notes(found))
        assert not any("diverged" in note for note in notes(found))


def test_variants_of_one_family_count_once_unless_the_grid_says_otherwise() -> None:
    draw = noisy({"a": 3.0, "b": 0.0})
    moons = {"tasks": [f"moons(noise={number})" for number in range(8)], "family": lambda dataset: "moons"}
    found = compared(draw, **moons)
    assert found.datasets == ("moons",)
    assert found.pairs[0].scope == "these data sets alone"
    each = compared(draw, **moons, terms=Terms(count="variants"))
    assert each.pairs[0].scope == "data sets"
    assert "over 8 variants of 1 data set" in verdict(each)


def test_data_sets_that_nobody_solves_are_counted_out_and_named() -> None:
    """Five data sets decide alone; a sixth on which nobody arrives must not undo that."""

    def score(level: str, task: int, seed: int) -> float:
        return math.inf if task == 5 else 100.0 + seed - 20 * (level == "a")

    five = compared(score, metric="steps_to_target", tasks=[f"data {number}" for number in range(5)])
    six = compared(score, metric="steps_to_target", tasks=[f"data {number}" for number in range(6)])
    assert five.pairs[0].different
    assert six.pairs[0].different
    assert six.pairs[0].p == five.pairs[0].p
    assert six.pairs[0].silent == ("data 5",)
    assert any("data 5 says nothing, since nobody reached the target there" in note for note in notes(six))


def test_one_seed_gives_no_verdict() -> None:
    found = compared(noisy({"a": 5.0, "b": 0.0}), seeds=1, tasks=[f"data {number}" for number in range(12)])
    assert not found.pairs[0].different
    assert found.pairs[0].scope == "nothing"
    assert "with one seed nothing tells luck from merit" in verdict(found)


def test_what_untrained_networks_show_as_well_is_by_construction() -> None:
    draw = noisy({"a": 3.0, "b": 0.0})
    claims = [ClaimMade("a is better", "a", "b", "test_accuracy")]
    untrained = launch(noisy({"a": 2.0, "b": 0.0}, seed=7))[1]
    alike = launch(noisy({"a": 0.0, "b": 0.0}, seed=7))[1]
    found = compared(draw, claims=claims, controls=untrained)
    assert found.claims[0].verdict == "by construction"
    assert "by construction" in verdict(found)
    assert compared(draw, claims=claims, controls=alike).claims[0].verdict == "supported"
    assert compared(draw, claims=claims).claims[0].verdict == "supported"


@pytest.mark.parametrize(
    ("shift", "at_least", "became"),
    [
        (0.0, 0.6, "practically equal"),
        (0.05, 0.6, "practically equal"),
        (3.0, 0.8, "supported"),
        (-3.0, 0.8, "refuted"),
        (1.0, 0.76, "undecided"),
    ],
)
def test_at_least_tells_what_matters_from_what_does_not(shift: float, at_least: float, became: str) -> None:
    claim = ClaimMade("a is better", "a", "b", "test_accuracy", at_least)
    found = compared(noisy({"a": shift, "b": 0.0}), claims=[claim], tasks=[f"data {number}" for number in range(12)], seeds=30)
    assert found.claims[0].verdict == became


def test_with_a_baseline_only_comparisons_with_it_are_made_and_corrected_for() -> None:
    levels = {"adam": 0.0, "good": 3.0, "bad": -3.0, "same": 0.0, "other": 0.0}
    options = {"levels": list(levels), "tasks": [f"data {number}" for number in range(12)]}
    draw = noisy(levels)
    found = compared(draw, terms=Terms(baseline="adam"), **options)
    assert {(pair.first, pair.second) for pair in found.pairs} == {(level, "adam") for level in levels if level != "adam"}
    every = {frozenset((pair.first, pair.second)): pair for pair in compared(draw, **options).pairs}
    good = next(pair for pair in found.pairs if pair.first == "good")
    assert good.p < every[frozenset(("good", "adam"))].p
    told = verdict(found)
    assert told.startswith("good (")
    assert "adam has a higher test accuracy than bad" in told
    assert "no difference from same and other could be shown" in told


def test_what_would_decide_is_told_and_decides() -> None:
    """A launch of few data sets and seeds says how many more would do; with as many more it is decided more often than not."""
    decided = {"datasets": [], "seeds": []}
    for seed in range(60):
        draw = noisy({"a": 0.45, "b": 0.0}, seed=seed)
        first = compared(draw, tasks=[f"data {number}" for number in range(7)], seeds=6).pairs[0]
        if first.different or first.more is None or first.better != "a":
            continue
        if first.more.datasets is not None and first.more.datasets < 90:
            tasks = [f"data {number}" for number in range(7 + first.more.datasets)]
            decided["datasets"].append(compared(draw, tasks=tasks, seeds=6).pairs[0].different)
        if first.more.seeds is not None and first.more.seeds < 90:
            more = compared(draw, tasks=[f"data {number}" for number in range(7)], seeds=6 + first.more.seeds)
            decided["seeds"].append(more.pairs[0].different)
    assert len(decided["datasets"]) >= 10
    assert np.mean(decided["datasets"]) > 0.5
    assert np.mean(decided["seeds"]) > 0.4


def tuned(seed: int, tuning_seeds: int = 3, datasets: int = 1, seeds: int = 30) -> tuple[Comparison, Comparison]:
    """Two equal levels with three settings of different merit, chosen by luck: judged with and without the luck of the choice."""
    rng = np.random.default_rng(seed)
    merit = {0: 0.0, 1: 1.0, 2: -1.0}  # of a setting, when it is the level's own: which is best differs by data set and level
    placed, rows, tried, tries = {}, [], [], []
    for level in ("a", "b"):
        for task in range(datasets):
            for setting, mean in merit.items():
                cell = f"{level}/{task}/{setting}"
                placed[cell] = Placed(level, f"task {task}", f"data {task}")
                tried.append(Tried(cell, level, f"task {task}", {"optimizer.lr": setting}))
                base = {
                    "cell_id": cell,
                    "status": "done",
                    "steps_to_target": 1.0,
                    "curve_steps": [0, 1],
                    "valid_accuracy": [0.5, 0.5],
                }
                validation = rng.normal(0, 1, tuning_seeds)  # says next to nothing about merit
                tries += [{**base, "seed": at, "best_valid_accuracy": float(value)} for at, value in enumerate(validation)]
                rows += [
                    {**base, "seed": at, "test_accuracy": float(mean + value)} for at, value in enumerate(rng.normal(size=seeds))
                ]
    choices = choose(tried, tries, "test_accuracy")
    blind = [Choice_without_luck(choice) for choice in choices]
    return tuple(compare("activation", "test_accuracy", placed, rows, choices={"test_accuracy": each}) for each in (choices, blind))  # type: ignore[return-value]


def Choice_without_luck(choice: Any) -> Any:  # noqa: N802 - reads as what it makes
    from dataclasses import replace

    return replace(choice, redrawn=(choice.cell,) * len(choice.redrawn))


def test_the_luck_of_tuning_is_in_the_interval() -> None:
    """Equal levels whose settings were chosen by luck alone are called different often, unless seeds of tuning are drawn again."""
    found = [tuned(seed) for seed in range(60)]
    aware, blind = (np.mean([each[side].pairs[0].different for each in found]) for side in (0, 1))
    assert blind > 0.4
    assert aware <= 0.1


def test_edges_and_unequal_budgets_travel_with_the_claim() -> None:
    placed, rows = launch(noisy({"a": 3.0, "b": 0.0}))
    tried = [Tried(cell, where.level, where.task, {"optimizer.lr": 0.1}) for cell, where in placed.items()]
    tried += [
        Tried(f"{cell}+", where.level, where.task, {"optimizer.lr": 1.0}) for cell, where in placed.items() if where.level == "a"
    ]
    base = {"seed": 0, "status": "done", "curve_steps": [0, 1], "valid_accuracy": [0.5, 0.5]}
    tries = [{**base, "cell_id": each.cell, "best_valid_accuracy": 0.5 - 0.1 * each.cell.endswith("+")} for each in tried]
    claim = ClaimMade("a is better", "a", "b", "test_accuracy", post_hoc=True)
    choices = {"test_accuracy": choose(tried, tries, "test_accuracy")}
    found = compare("activation", "test_accuracy", placed, rows, [claim], choices)
    told = "; ".join(cautions(found, found.claims[0]))
    assert "the best setting of a is at the edge of what was tried on 8 of 8 tasks" in told
    assert "unequal budgets: 2 settings for a and 1 setting for b" in told
    assert "written after the first results of its trials" in told
    assert "settings were chosen with 1 seed" in told


def test_looks_are_counted() -> None:
    found = compared(noisy({"a": 0.0, "b": 0.0}), terms=Terms(looks=4))
    assert any("This is look 4 at these cells" in note for note in notes(found))


ODD: list[tuple[str, Callable[[Row], Row | None], str]] = [
    ("no result at all", lambda row: None, "No trial of a has a result yet"),
    (
        "one level without results",
        lambda row: None if row["cell_id"].startswith("b") else row,
        "There is only one level to compare, a",
    ),
    ("everything failed", lambda row: {**row, "status": "failed"}, "There is no level to compare"),
    ("everything diverged", lambda row: {**row, "status": "diverged"}, "every run of both scored the same"),
    ("two seeds", lambda row: row if row["seed"] < 2 else None, "two seeds, which show no spread"),
    (
        "data sets with seeds of their own",
        lambda row: row if (row["seed"] < 3) == row["cell_id"].endswith("0") else None,
        "missing",
    ),
]


@pytest.mark.parametrize(("case", "change", "told"), ODD, ids=[case for case, _, _ in ODD])
def test_odd_launches_are_told_without_a_crash_or_a_warning(case: str, change: Callable[[Row], Row | None], told: str) -> None:
    placed, rows = launch(noisy({"a": 0.0, "b": 0.3}))
    found = compare("activation", "test_accuracy", placed, [new for row in rows if (new := change(row)) is not None])
    said = " ".join([verdict(found), *notes(found)])
    assert told in said
    assert "None" not in said
    assert "nan" not in said
    assert json.loads(exports.as_json(found))["factor"] == "activation"
    assert exports.as_csv(found).startswith("metric,")
    assert exports.markdown(found).startswith("**")


def test_levels_that_share_no_task_are_not_compared() -> None:
    placed, rows = launch(noisy({"a": 0.0, "b": 3.0}))
    apart = {cell: where for cell, where in placed.items() if (where.level == "a") == (where.task < "task 4")}
    found = compare("activation", "test_accuracy", apart, [row for row in rows if row["cell_id"] in apart])
    assert not found.pairs[0].different
    assert "they have no task in common" in verdict(found)


TWELVE = tuple(f"data {number}" for number in range(12))


@pytest.mark.parametrize("seeds", [64, 65, 200])
def test_nothing_to_tell_with_any_number_of_seeds_is_told(seeds: int) -> None:
    found = compared(lambda level, task, seed: math.inf, metric="steps_to_target", seeds=seeds)
    assert "every run of both scored the same" in verdict(found)


def test_the_best_level_is_one_that_beats_another_even_if_no_data_set_has_them_all() -> None:
    """a and b meet on eight data sets, c stands alone on eight others."""
    placed, rows = launch(noisy({"a": 0.0, "b": 3.0, "c": 0.0}), levels=("a", "b", "c"), tasks=[f"data {n}" for n in range(16)])
    apart = {cell: where for cell, where in placed.items() if (int(where.task[5:]) < 8) == (where.level != "c")}
    found = compare("activation", "test_accuracy", apart, [row for row in rows if row["cell_id"] in apart])
    assert verdict(found).startswith("b has a higher test accuracy than a")
    assert found.ranking is None
    assert all(math.isnan(level.rank) for level in found.levels)


@pytest.mark.parametrize("baseline", [None, "b"])
def test_reservations_stand_beside_the_levels_that_they_are_about(baseline: str | None) -> None:
    """Untrained, a is better than b as well, and c is not."""
    names = ("a", "b", "c")
    draw = {"a": 4.0, "b": 0.0, "c": 0.0} if baseline is None else {"a": 3.0, "b": 0.0, "c": 3.0}
    untrained = launch(noisy({"a": 3.0, "b": 0.0, "c": 3.0 if baseline is None else 0.0}, seed=7), levels=names, tasks=TWELVE)[1]
    found = compared(noisy(draw), levels=names, tasks=TWELVE, controls=untrained, terms=Terms(baseline=baseline))
    marked = "b" if baseline is None else "a"
    assert f"As for {marked}, untrained networks differ in the same way" in verdict(found)


def test_a_claim_that_is_refuted_is_so_even_if_untrained_networks_refute_it_as_well() -> None:
    claims = [ClaimMade("b is better", "b", "a", "test_accuracy")]
    untrained = launch(noisy({"a": 2.0, "b": 0.0}, seed=7))[1]
    assert compared(noisy({"a": 3.0, "b": 0.0}), claims=claims, controls=untrained).claims[0].verdict == "refuted"


@pytest.mark.parametrize("tasks", [TWELVE, TWELVE[:2]])
def test_levels_that_differ_on_every_data_set_are_not_practically_equal(tasks: Sequence[str]) -> None:
    draw = noisy({"a": 0.0, "b": 0.0})
    found = compared(
        lambda level, task, seed: draw(level, task, seed) + 5 * (level == "ab"[task % 2]), tasks=tasks, terms=Terms(at_least=0.6)
    )
    assert not found.pairs[0].equal


def test_an_undecided_pair_has_no_answer_to_withhold() -> None:
    draw = noisy({"a": 0.0, "b": 0.0})
    found = compared(lambda level, task, seed: None if (level, task, seed) == ("a", 0, 0) else draw(level, task, seed))
    assert not found.pairs[0].different
    assert not found.pairs[0].withheld
    assert found.pairs[0].lacking == 1


def test_a_data_set_with_one_seed_left_does_not_undo_the_others() -> None:
    draw = noisy({"a": 3.0, "b": 0.0})
    found = compared(
        lambda level, task, seed: None if level == "b" and task == 0 and seed else draw(level, task, seed), tasks=TWELVE
    )
    assert found.pairs[0].different
    assert len(found.pairs[0].datasets) == 11


@pytest.mark.parametrize("tuning_seeds", [1, 2])
def test_too_few_tuning_seeds_give_no_verdict_about_single_data_sets(tuning_seeds: int) -> None:
    found = [tuned(seed, tuning_seeds)[0] for seed in range(20)]
    assert not any(each.pairs[0].different for each in found)
    assert any("it takes 3" in verdict(each) for each in found)


def test_results_that_lack_the_metric_are_told_from_failed_ones() -> None:
    placed, rows = launch(noisy({"a": 0.0, "b": 3.0}))
    old = [{**row, "valid_loss": [1.0], "train_loss_last": None} for row in rows]
    found = compare("activation", "overfitting", placed, old)
    assert "No trial of a was measured by this metric" in verdict(found)


def test_a_pair_comes_to_the_same_from_either_side() -> None:
    """Shares of ninetieths tie often, and a share and one less the other side's differ in their last digits."""
    for seed in range(60):
        draw = noisy({"a": 0.2, "b": 0.0}, seed=seed)
        claims = [ClaimMade("one", "a", "b", "test_accuracy"), ClaimMade("other", "b", "a", "test_accuracy")]
        one, other = (each.pair for each in compared(draw, claims=claims, tasks=TWELVE).claims)
        assert (one.p, one.effect) == pytest.approx((other.p, -other.effect), rel=1e-12)
        assert one.different == other.different


def test_one_task_and_one_setting_are_counted_in_the_singular() -> None:
    placed, rows = launch(noisy({"a": 0.0, "b": 0.3}), tasks=["moons"])
    tried = [Tried(cell, where.level, where.task, {"optimizer.lr": 0.1}) for cell, where in placed.items()]
    base = {"seed": 0, "status": "done", "curve_steps": [0, 1], "valid_accuracy": [0.5, 0.5], "best_valid_accuracy": 0.5}
    choices = {"test_accuracy": choose(tried, [{**base, "cell_id": each.cell} for each in tried], "test_accuracy")}
    claims = [ClaimMade("a is better", "a", "b", "test_accuracy")]
    text = exports.markdown(compare("activation", "test_accuracy", placed, rows, claims, choices))
    assert "of 1 task," in text
    assert "the same budget on every task, 1 setting." in text
    assert not re.search(r"\b1 (tasks|settings|seeds|trials|levels)\b", text)


def test_the_verdict_ends_in_one_full_stop_whether_or_not_there_is_something_to_compare() -> None:
    placed, rows = launch(noisy({"a": 0.0, "b": 3.0}))
    for results in (rows, [row for row in rows if row["cell_id"].startswith("a")], []):
        said = verdict(compare("activation", "test_accuracy", placed, results))
        assert said.endswith(".")
        assert not said.endswith("..")
