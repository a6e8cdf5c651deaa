"""Choosing settings is a phase of the launch: claimed and recorded first, told of, interrupted, gone on with."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from helpers import MLFLOWS_OWN, nnbench

from nnbench import Catalog, Grid, Results, hookimpl
from nnbench import run as run_grid
from nnbench.errors import InputError
from nnbench.store import BEHIND, REPORTED, TUNING, Launch, Store
from nnbench.tracking.mlflow import default_uri, prepare

pytestmark = MLFLOWS_OWN

GRID = """
name = "tuned"
seeds = 2

[compare]
factor = "activation"
metric = "test_accuracy"
tune = ["optimizer.lr"]
tuning_seeds = 2

[trial]
dataset = ["circles", "xor"]
activation = ["tanh", "identity"]
optimizer = { name = "adam", lr = [0.003, 0.03] }
hidden = [[8]]
train_size = 64
valid_size = 32
test_size = 32
batch_size = 16
epochs = 3
"""
LONG = (
    GRID.replace("epochs = 3", "epochs = 300")
    .replace("tuning_seeds = 2", "tuning_seeds = 16")
    .replace("[0.003, 0.03]", "[0.001, 0.002, 0.003, 0.01, 0.02, 0.03]")
)


@pytest.fixture
def grid(catalog: Catalog) -> Grid:
    return Grid.from_text(GRID, "tuned.toml", catalog)


def launched(grid: Grid, catalog: Catalog, folder: Path, **options: Any) -> Results:
    with ThreadPoolExecutor(1) as executor:
        return run_grid(grid, catalog=catalog, executor=executor, folder=folder, **{"track": False, **options})


class Diary:
    """Writes down of which phase the results are that it is told of, and the record and lock that there were then."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.started: list[tuple[str, int]] = []
        self.told: list[tuple[str, int, str, bool]] = []

    @hookimpl
    def nnbench_launch_started(self, launch: Launch) -> None:
        self.started.append((launch.phase, len(launch.trial_ids)))

    @hookimpl
    def nnbench_results_stored(self, launch: Launch, results: Any) -> None:
        (recorded,) = self.store.launches()
        try:
            self.store.claim(launch).close()
            claimed = False
        except InputError:
            claimed = True
        assert {row["launch_id"] for row in results} == {recorded.id}
        self.told.append((launch.phase, len(results), recorded.phase, claimed))


class Stopping:
    """Presses Ctrl-C once, when it first hears of results of tuning."""

    pressed = False

    @hookimpl
    def nnbench_results_stored(self, launch: Launch) -> None:
        if launch.phase == TUNING and not self.pressed:
            self.pressed = True
            signal.raise_signal(signal.SIGINT)


def test_watchers_hear_of_every_phase_of_a_launch_that_is_recorded_and_claimed(
    grid: Grid, catalog: Catalog, tmp_path: Path
) -> None:
    diary = Diary(Store(tmp_path / "results"))
    results = launched(grid, catalog, tmp_path, watchers=[diary])
    assert diary.started == [(TUNING, 0)]
    assert [phase for phase, *_ in diary.told] == sorted((phase for phase, *_ in diary.told), key=[TUNING, REPORTED, BEHIND].index)
    assert all(phase == recorded and claimed for phase, _, recorded, claimed in diary.told)
    counts = Counter[str]()
    for phase, count, *_ in diary.told:
        counts[phase] += count
    assert (counts[TUNING], counts[REPORTED]) == (16, 8)
    assert counts.total() == results.trained == len(results.store.statuses())
    assert results.launch.status == "finished"


def test_an_interrupted_tuning_is_recorded_and_goes_on_under_its_id(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    whole = launched(grid, catalog, tmp_path / "whole")
    stopped = launched(grid, catalog, tmp_path / "part", watchers=[Stopping()])
    assert (stopped.status, stopped.launch.phase, stopped.launch.cells) == ("interrupted", TUNING, [])
    assert stopped.left == 16 - stopped.trained
    assert (stopped.rows, stopped.lines, stopped.comparison) == ([], [], None)
    (recorded,) = Store(tmp_path / "part" / "results").launches()
    assert (recorded.id, recorded.status, recorded.phase) == (stopped.launch.id, "interrupted", TUNING)
    again = launched(grid, catalog, tmp_path / "part")
    assert (again.launch.id, again.status) == (stopped.launch.id, "finished")
    assert again.launch.trial_ids == whole.launch.trial_ids
    assert again.trained == whole.trained - stopped.trained
    assert len(again.store.launches()) == 1


def test_a_launch_that_was_killed_between_tuning_and_reporting_goes_on(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    whole = launched(grid, catalog, tmp_path)
    (path,) = (tmp_path / "results" / "launches").glob("*.json")
    data = json.loads(path.read_text())
    path.write_text(json.dumps({**data, "cells": [], "phase": TUNING, "status": "running", "ended": None}))
    again = launched(grid, catalog, tmp_path)
    assert (again.launch.id, again.trained, again.status) == (whole.launch.id, 0, "finished")
    assert again.launch.trial_ids == whole.launch.trial_ids


def test_other_seeds_are_another_launch_while_settings_are_chosen(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    stopped = launched(grid, catalog, tmp_path, watchers=[Stopping()])
    other = Grid.from_text(GRID.replace("seeds = 2\n\n", "seeds = 3\n\n", 1), "tuned.toml", catalog)
    again = launched(other, catalog, tmp_path)
    assert again.launch.id != stopped.launch.id
    assert len(again.store.launches()) == 2
    assert again.trained + stopped.trained == len(again.store.statuses())


def test_what_was_stopped_while_tuning_confuses_no_command(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    stopped = launched(grid, catalog, tmp_path / "mlruns", watchers=[Stopping()])
    for which in ([], ["tuned"], [stopped.launch.id]):
        report = nnbench("report", *which, cwd=tmp_path)
        assert report.returncode == 2
        assert "was stopped before its settings were chosen, so that there is nothing to report yet" in report.stderr
    sync = nnbench("sync", cwd=tmp_path)
    assert (sync.returncode, sync.stderr) == (0, "")
    assert "nothing to log, its settings are not chosen yet" in sync.stdout
    merged = nnbench("merge", "mlruns", "--folder", "other", cwd=tmp_path)
    assert merged.returncode == 0, merged.stderr


def test_mlflow_shows_the_chosen_cells_alone(grid: Grid, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    launched(grid, catalog, tmp_path, watchers=[Stopping()], track=True)
    results = launched(grid, catalog, tmp_path, track=True)
    client = prepare(default_uri(tmp_path))
    (location,) = results.launch.logged_to.values()
    experiment, _, parent = location.partition("/")
    runs = client.search_runs([experiment])
    assert [run.info.run_id for run in runs if run.data.tags["nnbench.kind"] == "launch"] == [parent]
    cells = [run.data.tags["nnbench.cell"] for run in runs if run.data.tags["nnbench.kind"] == "cell"]
    assert sorted(cells) == sorted(cell.id for cell in results.launch.cells)
    assert {run.data.params["seeds"] for run in runs if run.data.tags["nnbench.kind"] == "cell"} == {"0,1"}
    assert client.get_run(parent).data.tags["nnbench.cells"] == "4"


def begun(folder: Path) -> subprocess.Popen[str]:
    arguments = ["run", "tuned.toml", "--no-tracking", "--workers", "2"]
    return subprocess.Popen(
        [sys.executable, "-m", "nnbench", *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def stored(folder: Path) -> list[str]:
    """The trials of every file."""
    files = (folder / "mlruns" / "results").glob("*.parquet")
    return [trial for path in files for trial in pq.read_table(path, columns=["trial_id"])["trial_id"].to_pylist()]


def test_of_two_processes_that_begin_at_once_one_is_refused_before_it_trains(tmp_path: Path) -> None:
    (tmp_path / "tuned.toml").write_text(LONG)
    processes = [begun(tmp_path), begun(tmp_path)]
    outputs = [process.communicate(timeout=240)[0] for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 2], outputs
    refused = next(output for process, output in zip(processes, outputs, strict=True) if process.returncode == 2)
    assert "is running in another process" in refused
    trials = stored(tmp_path)
    assert len(trials) == len(set(trials))
    assert len(Store(tmp_path / "mlruns" / "results").launches()) == 1


def test_a_tuning_that_was_killed_goes_on_under_its_id(tmp_path: Path) -> None:
    (tmp_path / "tuned.toml").write_text(LONG)
    killed = begun(tmp_path)
    while not stored(tmp_path) and killed.poll() is None:
        time.sleep(0.05)
    killed.kill()
    killed.communicate()
    (before,) = Store(tmp_path / "mlruns" / "results").launches()
    assert (before.status, before.phase) == ("running", TUNING)
    again = begun(tmp_path)
    output, _ = again.communicate(timeout=240)
    assert again.returncode == 0, output
    (after,) = Store(tmp_path / "mlruns" / "results").launches()
    assert (after.id, after.status) == (before.id, "finished")
    trials = stored(tmp_path)
    assert len(trials) == len(set(trials))
