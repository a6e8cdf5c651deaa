"""Which setting is chosen, and what is said about the search."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nnbench.analysis.tuning import Tried, choose


def tried(*values: Any, level: str = "a", task: str = "t") -> list[Tried]:
    return [Tried(f"{level}{task}{value}", level, task, {"optimizer.lr": value}) for value in values]


def row(cell: str, steps: float = math.inf, accuracy: float = 0.5, status: str = "done") -> dict[str, Any]:
    curves = {"curve_steps": [0, 10], "valid_accuracy": [0.5, accuracy]}
    return {"cell_id": cell, "seed": 0, "status": status, "steps_to_target": steps, "best_valid_accuracy": accuracy, **curves}


def test_the_setting_that_arrives_soonest_on_average_is_chosen_and_never_counts_as_no_speed() -> None:
    settings = tried(0.1, 0.3, 1.0)
    rows = [row(settings[0].cell, 100), row(settings[0].cell, 100), row(settings[1].cell, 30), row(settings[1].cell)]
    rows += [row(settings[2].cell), row(settings[2].cell)]
    (choice,) = choose(settings, rows, "steps_to_target")
    assert choice.setting == {"optimizer.lr": 0.3}
    assert choice.score == pytest.approx((1 / 31) / 2)
    assert choice.budget == 3


def test_among_settings_that_never_arrive_the_larger_area_decides() -> None:
    settings = tried(0.1, 0.3)
    rows = [row(settings[0].cell, accuracy=0.6), row(settings[1].cell, accuracy=0.8)]
    assert choose(settings, rows, "steps_to_target")[0].setting == {"optimizer.lr": 0.3}


def test_divergence_is_worst_and_failure_is_nothing() -> None:
    settings = tried(0.1, 0.3, 1.0)
    rows = [row(settings[0].cell, accuracy=0.1), row(settings[1].cell, accuracy=0.99, status="diverged")]
    rows += [row(settings[2].cell, accuracy=0.99, status="failed")]
    assert choose(settings, rows, "test_accuracy")[0].setting == {"optimizer.lr": 0.1}


def test_levels_and_tasks_are_tuned_apart() -> None:
    settings = tried(0.1, 0.3) + tried(0.1, 0.3, task="u") + tried(0.1, 0.3, level="b")
    best = {"at0.1", "au0.3", "bt0.3"}
    rows = [row(each.cell, accuracy=0.9 if each.cell in best else 0.6) for each in settings]
    assert {choice.cell for choice in choose(settings, rows, "test_accuracy")} == best


@pytest.mark.parametrize(
    ("values", "best", "side", "beyond"),
    [((0.1, 0.3, 1.0), 1.0, "largest", 3.3), ((0.1, 0.3, 1.0), 0.1, "smallest", 0.033), ((0.0, 0.5), 0.5, "largest", 1.0)],
)
def test_a_best_value_at_the_edge_is_flagged_with_what_would_settle_it(values, best: float, side: str, beyond: float) -> None:
    settings = tried(*values)
    rows = [row(each.cell, accuracy=0.9 if each.setting["optimizer.lr"] == best else 0.6) for each in settings]
    (edge,) = choose(settings, rows, "test_accuracy")[0].edges
    assert (edge.field, edge.value, edge.side, edge.beyond, edge.cells) == ("optimizer.lr", best, side, beyond, 1)


def test_a_best_value_inside_and_values_that_are_no_numbers_have_no_edge() -> None:
    settings = tried(0.1, 0.3, 1.0)
    rows = [row(each.cell, accuracy=0.9 if each.setting["optimizer.lr"] == 0.3 else 0.6) for each in settings]
    assert choose(settings, rows, "test_accuracy")[0].edges == ()
    words = tried("none", "fan_in")
    assert choose(words, [row(words[1].cell, accuracy=0.9), row(words[0].cell)], "test_accuracy")[0].edges == ()
