"""What watchers and trackers are told, fresh and out of the store."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helpers import bits

from nnbench import Catalog, Result, Tracker, hookimpl, run
from nnbench.errors import InputError
from nnbench.grid import Grid
from nnbench.launching.results import Results
from nnbench.store import BEHIND, REPORTED, SCHEMA, TUNING, Launch, Store
from nnbench.tracking import replay

TUNED = """
name = "tuned"
seeds = 2
[compare]
factor = "activation"
tune = ["optimizer.lr"]
[trial]
activation = ["tanh", "relu"]
dataset = ["moons", "circles"]
optimizer = { name = "sgd", lr = [0.1, 1e30] }
hidden = [[4]]
epochs = 1
train_size = 64
valid_size = 32
test_size = 32
"""


class Watcher:
    """Keeps what it is told, by phase."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Result]] = []

    @hookimpl
    def nnbench_results_stored(self, launch: Launch, results: Sequence[Result]) -> None:
        self.told += [(launch.phase, result) for result in results]


class Notes(Tracker):
    """Keeps what it is told."""

    def __init__(self, name: str = "notes", fail: bool = False) -> None:
        self.name, self.fail = name, fail
        self.told: list[tuple[str, str]] = []
        self.calls: list[str] = []

    def start(self, launch: Launch) -> None:
        self.calls.append(f"start {launch.phase}")

    def results(self, launch: Launch, results: Sequence[Result]) -> None:
        if self.fail:
            raise OSError("disk full")
        self.told += [(launch.phase, result.trial_id) for result in results]

    def finish(self, launch: Launch, status: str) -> None:
        self.calls.append(f"finish {status}")

    def close(self) -> str | None:
        self.calls.append("close")
        return super().close()


@pytest.fixture(scope="module")
def grid(catalog: Catalog) -> Grid:
    return Grid.from_text(TUNED, "tuned.toml", catalog)


def launched(grid: Grid, catalog: Catalog, folder: Path, *watchers: object) -> Results:
    with ThreadPoolExecutor(1) as executor:
        return run(grid, catalog=catalog, executor=executor, folder=folder, track=False, watchers=watchers)


def test_results_are_the_same_whether_fresh_or_out_of_the_store(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    fresh, known = Watcher(), Watcher()
    trained = launched(grid, catalog, tmp_path, fresh).trained
    assert launched(grid, catalog, tmp_path, known).trained == 0
    assert len(fresh.told) == trained
    replayed = {(phase, result.trial_id): result for phase, result in known.told}
    assert {(phase, result.trial_id) for phase, result in fresh.told} == set(replayed)
    assert {phase for phase, _ in replayed} == {TUNING, REPORTED, BEHIND}
    assert {result.status for _, result in fresh.told} == {"done", "diverged"}
    for phase, result in fresh.told:
        again = replayed[phase, result.trial_id]
        assert isinstance(result, Result)
        assert list(result) == list(again) == SCHEMA.names
        assert bits(result) == bits(again)
        assert dict(result).keys() == result.keys()
        assert result["status"] == result.status
        assert result.get("unknown") is None
        with pytest.raises(KeyError):
            result["unknown"]


def test_a_tracker_is_told_all_phases_and_noted(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    tracker, again = Notes(), Notes()
    results = launched(grid, catalog, tmp_path, tracker)
    assert tracker.calls == ["start tuning", "finish finished", "close"]
    assert results.launch.logged_to == {"notes": "notes"}
    assert results.trackers == (tracker,)
    assert launched(grid, catalog, tmp_path, again).trackers == ()
    assert again.calls == []


def test_a_tracker_catches_up_with_what_it_would_have_been_told(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    live, late = Notes(), Notes()
    results = launched(grid, catalog, tmp_path, live)
    assert replay(late, results.launch, results.store) == "notes"
    assert sorted(late.told) == sorted(live.told)
    assert late.calls == live.calls
    few = Notes()
    few.phases = ("reported",)
    replay(few, results.launch, results.store)
    assert sorted(few.told) == sorted(each for each in live.told if each[0] == "reported")


def test_a_tracker_that_comes_late_is_told_all_by_the_same_launch(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    live, late = Notes(), Notes("late")
    launched(grid, catalog, tmp_path, live)
    assert set(launched(grid, catalog, tmp_path, late).launch.logged_to) == {"notes", "late"}
    assert sorted(late.told) == sorted(live.told)


def test_a_tracker_that_raises_costs_no_result_and_is_not_noted(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    tracker = Notes(fail=True)
    results = launched(grid, catalog, tmp_path, tracker)
    assert (results.status, results.left) == ("finished", 0)
    assert results.watcher_problems == ("notes: nnbench_results_stored raised OSError: disk full",)
    assert tracker.calls[-1] == "close"
    assert Store(tmp_path / "results").launches()[0].logged_to == {}


def test_two_trackers_of_one_name_are_refused_before_anything_is_trained(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two trackers have the name 'notes'"):
        launched(grid, catalog, tmp_path, Notes(), Notes())
    assert not (tmp_path / "results").exists()
