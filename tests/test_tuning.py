"""Which setting is chosen, and what is said about the search."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nnbench.analysis.tuning import Tried, choose, draws, expected_best


def tried(*values: Any, level: str = "a", task: str = "t") -> list[Tried]:
    return [Tried(f"{level}{task}{value}", level, task, {"optimizer.lr": value}) for value in values]


def row(
    cell: str, steps: float = math.inf, accuracy: float = 0.5, status: str = "done", seed: int = 0, loss: float = 1.0
) -> dict[str, Any]:
    curves = {"curve_steps": [0, 10], "valid_accuracy": [0.5, accuracy], "valid_loss": [1.0, loss], "train_loss": [1.0, loss]}
    scalars = {"steps_to_target": steps, "best_valid_accuracy": accuracy, "best_valid_loss": loss}
    return {"cell_id": cell, "seed": seed, "status": status, **scalars, **curves}


def times(setting: Tried, *steps: float) -> list[dict[str, Any]]:
    """One trial for each seed."""
    return [row(setting.cell, each, seed=seed) for seed, each in enumerate(steps)]


def test_a_setting_that_arrives_with_every_seed_beats_one_that_arrives_sooner_with_one() -> None:
    settings = tried(0.1, 0.3, 1.0)
    rows = [*times(settings[0], 11, math.inf, math.inf), *times(settings[1], 44, 44, 44), *times(settings[2], 60, 50, 40)]
    (choice,) = choose(settings, rows, "steps_to_target")
    assert choice.setting == {"optimizer.lr": 0.3}
    assert (choice.score, choice.middle) == (44, 50)
    assert choice.budget == 3


def test_losses_are_chosen_by_losses() -> None:
    settings = tried(0.1, 0.3)
    rows = [row(settings[0].cell, accuracy=0.9, loss=2.0), row(settings[1].cell, accuracy=0.8, loss=0.3)]
    for metric, best in {
        "test_accuracy": 0.1,
        "test_loss": 0.3,
        "test_loss_last": 0.3,
        "train_loss": 0.3,
        "overfitting": 0.3,
    }.items():
        assert choose(settings, rows, metric)[0].setting == {"optimizer.lr": best}, metric


def test_each_draw_of_the_tuning_seeds_chooses_again() -> None:
    """Of three seeds, two favour one setting by little and one the other by much: some draws choose otherwise."""
    settings = tried(0.1, 0.3)
    accuracies = {settings[0].cell: (0.9, 0.9, 0.6), settings[1].cell: (0.85, 0.85, 0.65)}
    rows = [row(cell, accuracy=each, seed=seed) for cell, own in accuracies.items() for seed, each in enumerate(own)]
    (choice,) = choose(settings, rows, "test_accuracy")
    assert choice.cell == settings[0].cell
    drawn = draws(3)
    expected = [
        max(accuracies, key=lambda cell, seeds=seeds: sum(accuracies[cell][seed] for seed in seeds))
        for seeds in drawn.seeds.tolist()
    ]
    assert list(choice.redrawn) == expected
    assert set(choice.redrawn) == set(accuracies)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_draws_are_all_there_are_or_many_and_their_weights_add_up(count: int) -> None:
    found = draws(count)
    assert found.weights.sum() == pytest.approx(1)
    assert found.seeds.shape == (len(found.weights), count)
    share = (found.weights[:, None] * (found.seeds == 0)).sum()
    assert share == pytest.approx(1, abs=0.2)  # each seed is drawn once on average


def test_expected_best_of_a_budget_worked_by_hand() -> None:
    """Of 0.5 and 0.9 one try finds 0.7 on average, two find 0.5 only if both are the worse one."""
    assert expected_best([0.9, 0.5]) == pytest.approx((0.7, 0.25 * 0.5 + 0.75 * 0.9))


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
