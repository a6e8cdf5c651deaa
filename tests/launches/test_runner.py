"""Launches: what is trained, what is not trained again, who is told."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nnbench import Catalog, Grid, hookimpl, run
from nnbench.engine.stack import stacks
from nnbench.errors import InputError
from nnbench.launching.conduct import execute
from nnbench.launching.estimate import estimate
from nnbench.launching.plan import Phase, make_plan
from nnbench.store import Launch


class Diary:
    """A watcher that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    @hookimpl
    def nnbench_launch_started(self, launch: Launch) -> None:
        self.told.append(("started", launch.id))

    @hookimpl
    def nnbench_results_stored(self, launch: Launch, results: Sequence[Mapping[str, Any]]) -> None:
        self.told.append(("stored", [row["trial_id"] for row in results], [row["launch_id"] == launch.id for row in results]))

    @hookimpl
    def nnbench_launch_finished(self, launch: Launch, status: str) -> None:
        self.told.append(("finished", status))

    @property
    def stored(self) -> list[str]:
        return [trial for event in self.told if event[0] == "stored" for trial in event[1]]


class Grumbler:
    """A watcher that raises."""

    @hookimpl
    def nnbench_results_stored(self, launch: Launch) -> None:
        raise ValueError("not in the mood")


@pytest.fixture
def launch(catalog: Catalog, tmp_path: Path):
    def go(grid: Grid, **options: Any):
        with ThreadPoolExecutor(1) as executor:
            return run(grid, catalog=catalog, executor=executor, folder=tmp_path, **{"track": False, **options})

    return go


def test_a_second_launch_trains_nothing_and_shows_the_same(launch, small_grid) -> None:
    grid = small_grid(activation=["tanh", "relu"])
    first, second = launch(grid), launch(grid)
    assert (first.trained, second.trained) == (4, 0)
    assert second.launch.id == first.launch.id
    assert second.status == "finished"
    assert [line.summary for line in second.lines] == [line.summary for line in first.lines]


def test_a_new_value_or_seed_trains_only_what_is_missing(launch, small_grid) -> None:
    launch(small_grid(activation=["tanh", "relu"]))
    assert launch(small_grid(activation=["relu", "sigmoid", "tanh"])).trained == 2
    assert launch(small_grid(seeds=3, activation=["tanh", "relu"])).trained == 2
    assert launch(small_grid(name="other name", activation="tanh")).trained == 0


def test_fresh_trains_again_in_a_launch_of_its_own(launch, small_grid) -> None:
    first, again = launch(small_grid()), launch(small_grid(), fresh=True)
    assert again.trained == 2
    assert again.launch.id != first.launch.id
    assert list(again.trials["test_accuracy"]) == list(first.trials["test_accuracy"])


def test_results_are_frames_with_one_row_a_trial_and_one_a_cell(launch, small_grid) -> None:
    results = launch(small_grid(activation=["tanh", "relu"]))
    assert len(results.trials) == 4
    assert set(results.trials["status"]) == {"done"}
    assert len(results.cells) == 2
    means = [line.summary.test_accuracy.mean for line in results.lines]
    assert means == sorted(results.cells["test_accuracy.mean"], reverse=True)


def test_watchers_hear_of_every_trial_once_those_known_before_too(launch, small_grid) -> None:
    grid = small_grid(activation=["tanh", "relu"])
    launch(small_grid(activation="tanh"))
    diary = Diary()
    results = launch(grid, watchers=[diary])
    assert diary.told[0] == ("started", results.launch.id)
    assert diary.told[-1] == ("finished", "finished")
    assert sorted(diary.stored) == sorted(results.launch.trial_ids)


def test_a_watcher_that_raises_costs_nothing_and_is_named(launch, small_grid) -> None:
    diary = Diary()
    results = launch(small_grid(), watchers=[Grumbler(), diary])
    assert results.trained == 2
    assert results.status == "finished"
    assert len(results.watcher_problems) == 1
    assert "ValueError: not in the mood" in results.watcher_problems[0]
    assert len(diary.stored) == 2


def test_launches_do_not_pass_their_watchers_on(launch, small_grid) -> None:
    diary = Diary()
    launch(small_grid(), watchers=[diary])
    heard = len(diary.told)
    launch(small_grid(), fresh=True)
    assert len(diary.told) == heard


def test_planning_writes_nothing_and_tells_what_is_left(small_grid, catalog: Catalog, tmp_path: Path, launch) -> None:
    grid = small_grid(activation=["tanh", "relu"])
    plan = make_plan(grid, catalog, tmp_path / "new", workers=2)
    assert (plan.cells, len(plan.trials), len(plan.missing)) == (2, 4, 4)
    assert estimate(plan).seconds > 0
    assert not (tmp_path / "new").exists()
    launch(small_grid(activation="tanh"))
    assert len(make_plan(grid, catalog, tmp_path).missing) == 2


def test_a_file_can_be_launched_by_its_path(tmp_path: Path, catalog: Catalog) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text("seeds = 1\n[trial]\nhidden = [4]\ntrain_size = 64\nepochs = 1\n", encoding="utf-8")
    results = run(str(path), catalog=catalog, folder=tmp_path / "mlruns", track=False, workers=1)
    assert (results.launch.grid, results.status) == ("tiny", "finished")


def test_results_do_not_depend_on_workers(small_grid, catalog: Catalog, tmp_path: Path, launch) -> None:
    grid = small_grid(activation=["tanh", "relu", "sigmoid"], seeds=4)
    here = launch(grid)
    there = run(grid, catalog=catalog, workers=2, folder=tmp_path / "pool", track=False)
    columns = ["trial_id", "test_accuracy", "test_loss", "best_step", "best_valid_loss"]
    assert here.trials[columns].equals(there.trials[columns])


def test_a_launch_that_runs_elsewhere_is_not_joined(launch, small_grid) -> None:
    results = launch(small_grid())
    with results.store.claim(results.launch), pytest.raises(InputError, match="is running in another process"):
        launch(small_grid())
    assert launch(small_grid()).trained == 0


def test_an_interruption_after_the_last_trial_is_none(launch, small_grid) -> None:
    class Late:
        @hookimpl
        def nnbench_results_stored(self, launch: Launch) -> None:
            signal.raise_signal(signal.SIGINT)

    results = launch(small_grid(), watchers=[Late()])
    assert (results.status, results.left) == ("finished", 0)


def test_an_interrupted_launch_says_how_much_is_left(launch, small_grid) -> None:
    class Early:
        @hookimpl
        def nnbench_launch_started(self, launch: Launch) -> None:
            signal.raise_signal(signal.SIGINT)

    results = launch(small_grid(activation=["tanh", "relu"]), watchers=[Early()])
    assert (results.status, results.trained, results.left) == ("interrupted", 0, 4)
    again = launch(small_grid(activation=["tanh", "relu"]))
    assert (again.launch.id, again.status, again.trained) == (results.launch.id, "finished", 4)


def test_untrained_trials_are_stored_under_a_cell_id_of_their_own(catalog: Catalog, small_grid, tmp_path: Path) -> None:
    plan = make_plan(small_grid(), catalog, tmp_path, 1)
    trials = [replace(trial, untrained=True) for trial in plan.trials]
    plan = replace(plan, reported=Phase(trials, trials, stacks(trials)))
    assert estimate(plan).seconds > 0
    with ThreadPoolExecutor(1) as executor:
        assert execute(plan, catalog, executor=executor).status == "finished"
    found = plan.store.rows([trial.id for trial in trials], ["cell_id", "seed", "status", "best_step"])
    assert found == [{"cell_id": trial.cell_id, "seed": trial.seed, "status": "done", "best_step": 0} for trial in trials]


def test_a_launch_shown_again_has_todays_question_and_the_environment_it_was_trained_in(launch, small_grid) -> None:
    first = launch(small_grid())
    asked = small_grid().model_copy(update={"question": "Another?"})
    again = launch(asked)
    assert again.launch.id == first.launch.id
    assert again.launch.question == "Another?"
    assert again.launch.environment == first.launch.environment
