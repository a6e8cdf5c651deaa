"""The time that a launch still takes, as its progress tells it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from nnbench import Grid, load_catalog
from nnbench.cli.remaining import TimeLeft, duration
from nnbench.engine import stack as stacking
from nnbench.launching.plan import Plan, make_plan

MIXED = """
seeds = 4
[trial]
hidden = [[4], [256, 256]]
optimizer = ["sgd", "adam"]
epochs = 4
"""


class Outcome:
    """As much of a result as is looked at."""

    def __init__(self, cell: str, seconds: float, launch: str = "now") -> None:
        self.cell_id, self.seconds, self.launch_id, self.started = cell, seconds, launch, time.time() - 1000


class Launched:
    """As much of a launch as is looked at."""

    id = "now"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    catalog = load_catalog()
    return make_plan(Grid.from_text(MIXED, "mixed", catalog), catalog, tmp_path_factory.mktemp("left"), workers=2)


def left_after(plan: Plan, wide_first: bool) -> float:
    """Seconds left once half of the trials are done; an optimizer takes three times as long as another for the same work."""
    left = TimeLeft(replace(plan, workers=1))
    trials: list[Any] = sorted(plan.trials, key=lambda trial: -stacking.work(trial) if wide_first else stacking.work(trial))
    for trial in trials[: len(trials) // 2]:
        slow = 3.0 if trial.cell.optimizer.name == "adam" else 1.0
        each = stacking.cost([trial] * stacking.stack_size(trial)) / stacking.stack_size(trial)
        left.learn(Launched(), [Outcome(trial.cell_id, slow * each * 1e-9)])  # type: ignore[arg-type, list-item]
    left._began = time.time() - sum(left._took.values())  # none is under way
    seconds = left.seconds()
    assert seconds is not None
    return seconds


def test_what_is_left_is_told_by_its_work_and_not_by_its_number(plan: Plan) -> None:
    assert left_after(plan, wide_first=False) > 50 * left_after(plan, wide_first=True)


def test_nothing_is_told_before_anything_was_trained(plan: Plan) -> None:
    left = TimeLeft(plan)
    assert (left.seconds(), left.told()) == (None, "")
    left.learn(Launched(), [Outcome(plan.trials[0].cell_id, 1.0, launch="before")])  # type: ignore[arg-type, list-item]
    assert left.seconds() is None


def test_durations_are_in_words_that_a_person_would_use() -> None:
    assert [duration(seconds) for seconds in (0.1, 12.4, 600, 7200)] == ["1 s", "12 s", "10 min", "2.0 h"]
