"""`nnbench report`, `claims` and `merge`, after a real launch that tunes."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from helpers import nnbench

from nnbench.store import Store

GRID = """
name = "rates"
question = "Which rate?"
seeds = 3

[compare]
factor = "activation"
metric = "test_accuracy"
tune = ["optimizer.lr"]
tuning_seeds = 2

[[claim]]
says = "tanh is better than no activation at all"
better = "tanh"
worse = "identity"

[trial]
dataset = ["circles", "xor"]
activation = ["tanh", "identity"]
optimizer = { name = "adam", lr = [0.003, 0.03] }
hidden = [[8]]
train_size = 128
valid_size = 64
test_size = 64
batch_size = 32
epochs = 20
"""


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the grid has been launched."""
    made = tmp_path_factory.mktemp("launched")
    (made / "grids").mkdir()
    (made / "grids" / "rates.toml").write_text(GRID, encoding="utf-8")
    done = nnbench("run", "grids/rates.toml", "--no-tracking", "--workers", "1", cwd=made)
    assert (done.returncode, done.stderr) == (0, "")
    assert "tuning: 8 settings × 2 seeds = 16 trials" in done.stdout
    assert "4 cells × 3 seeds = 12 trials of the best settings" in done.stdout
    assert "probability of improvement" in done.stdout
    return made


@pytest.fixture
def folder(launched: Path, tmp_path: Path) -> Path:
    """A copy for one test alone, which may launch more there."""
    return shutil.copytree(launched, tmp_path / "copy")


def test_a_launch_that_tuned_is_not_trained_again(folder: Path) -> None:
    again = nnbench("run", "grids/rates.toml", "--no-tracking", "--workers", "1", cwd=folder)
    assert again.returncode == 0
    assert "Nothing was trained" in again.stdout
    assert "tuning:" not in again.stdout


def test_the_report_is_the_launchs_without_training(folder: Path) -> None:
    launched = nnbench("run", "grids/rates.toml", "--no-tracking", "--workers", "1", cwd=folder).stdout
    for which in ([], ["rates"], ["grids/rates.toml"]):
        told = nnbench("report", *which, cwd=folder)
        assert told.returncode == 0
        assert "Every level had the same budget on every task, 2 settings." in told.stdout
        verdict = told.stdout.strip().splitlines()[-1]
        assert verdict in launched
        assert "\x1b" not in told.stdout


def test_the_report_in_other_forms(folder: Path) -> None:
    found = json.loads(nnbench("report", "--format", "json", cwd=folder).stdout)
    assert [level["name"] for level in found["levels"]] == ["tanh", "identity"]
    choices = found["choices"]["test_accuracy"]
    assert len(choices) == 4
    assert {choice["budget"] for choice in choices} == {2}
    rows = list(csv.DictReader(nnbench("report", "--format", "csv", cwd=folder).stdout.splitlines()))
    assert [(row["dataset"], row["task"]) for row in rows] == [
        ("", ""),
        ("circles", ""),
        ("xor", ""),
        ("circles", "circles"),
        ("xor", "xor"),
        ("", ""),
    ]
    assert [row["claim"] for row in rows if row["claim"]] == ["tanh is better than no activation at all"]
    assert nnbench("report", "--format", "markdown", cwd=folder).stdout.startswith("**")


def test_the_report_draws(folder: Path) -> None:
    assert nnbench("report", "--save", "found.svg", cwd=folder).returncode == 0
    assert "<svg" in (folder / "found.svg").read_text(encoding="utf-8")
    refused = nnbench("report", "--save", "found.gif", cwd=folder)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert ".png or .svg" in refused.stderr


def test_claims_of_a_folder_are_told_in_one_table(folder: Path) -> None:
    told = nnbench("claims", "grids", "--format", "markdown", "--workers", "1", cwd=folder)
    assert told.returncode == 0
    assert "| rates | tanh is better than no activation at all |" in told.stdout
    (folder / "none").mkdir(exist_ok=True)
    assert nnbench("claims", "none", cwd=folder).returncode == 2


def test_results_of_two_folders_merge_by_trial(folder: Path, tmp_path: Path) -> None:
    merged = nnbench("merge", str(folder / "mlruns"), cwd=tmp_path)
    known = len(Store(folder / "mlruns" / "results").statuses())
    assert f"{known} trials new in mlruns, 0 known already; 1 launch" in merged.stdout
    assert (
        f"0 trials new in mlruns, {known} known already; 0 launches"
        in nnbench("merge", str(folder / "mlruns"), cwd=tmp_path).stdout
    )
    shutil.copytree(folder / "grids", tmp_path / "grids")
    assert "Nothing was trained" in nnbench("run", "grids/rates.toml", "--no-tracking", "--workers", "1", cwd=tmp_path).stdout
    assert nnbench("report", cwd=tmp_path).stdout == nnbench("report", cwd=folder).stdout


def test_what_is_not_there_is_said(folder: Path, tmp_path: Path) -> None:
    for arguments, told in (
        (("report", "nothing"), "no launch 'nothing'"),
        (("merge", "grids"), "grids: has no results"),
    ):
        failed = nnbench(*arguments, cwd=folder)
        assert (failed.returncode, failed.stdout) == (2, "")
        assert told in failed.stderr
    assert "no such folder" in nnbench("report", cwd=tmp_path).stderr
