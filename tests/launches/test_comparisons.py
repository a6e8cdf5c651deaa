"""A launch that tunes and compares: two phases, interrupted and gone on with, and what MLflow keeps of it."""

from __future__ import annotations

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from helpers import MLFLOWS_OWN

from nnbench import Catalog, Grid, Results
from nnbench import run as run_grid
from nnbench.launching.plan import make_plan
from nnbench.store import Store
from nnbench.tracking.mlflow import default_uri, prepare

pytestmark = MLFLOWS_OWN

GRID = """
name = "compared"
question = "Which?"
seeds = 2

[compare]
factor = "activation"
metric = "test_accuracy"
tune = ["optimizer.lr"]
tuning_seeds = 2

[[claim]]
says = "tanh is better than none"
better = "tanh"
worse = "identity"

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


@pytest.fixture
def grid(catalog: Catalog) -> Grid:
    return Grid.from_text(GRID, "compared.toml", catalog)


def launched(grid: Grid, catalog: Catalog, folder: Path, **options: Any) -> Results:
    with ThreadPoolExecutor(1) as executor:
        return run_grid(grid, catalog=catalog, executor=executor, folder=folder, **options)


def test_the_run_of_a_launch_keeps_verdict_picture_and_every_setting(
    grid: Grid, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    results = launched(grid, catalog, tmp_path)
    client = prepare(default_uri(tmp_path))
    (location,) = results.launch.logged_to.values()
    tags = client.get_run(location.partition("/")[2]).data.tags
    assert (tags["nnbench.factor"], tags["nnbench.metric"]) == ("activation", "test_accuracy")
    assert tags["nnbench.claims"] == "1 undecided"
    assert "no difference could be shown" in tags["nnbench.verdict"].lower()
    assert tags["nnbench.verdict"] in tags["mlflow.note.content"]
    (folder,) = {path.parent for path in (tmp_path / "artifacts").rglob("summary.md")}
    assert (folder / "comparison.png").read_bytes().startswith(b"\x89PNG")
    settings = list(csv.DictReader(io.StringIO((folder / "tuning.csv").read_text(encoding="utf-8"))))
    assert len(settings) == 8
    assert sum(each["chosen"] == "True" for each in settings) == 4
    assert {each["seeds"] for each in settings} == {"1000000 1000001"}
    found = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    assert {choice["cell"] for choice in found["choices"]["test_accuracy"]} == {cell.id for cell in results.launch.cells}


def test_only_the_chosen_settings_are_reported_and_with_other_seeds(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    results = launched(grid, catalog, tmp_path, track=False)
    assert results.status == "finished"
    assert len(results.rows) == 4 * 2
    assert {row["seed"] for row in results.rows} == {0, 1}
    assert results.comparison is not None
    assert len(results.comparison.choices["test_accuracy"]) == 4
    asked = results.launch.compared
    assert asked is not None
    behind = sum(len(trials) for trials in asked.alternates.values())
    assert {len(trials) for trials in asked.controls.values()} == {2}
    assert len(asked.controls) == 4
    assert len(Store(tmp_path / "results").statuses()) == 8 * 2 + 4 * 2 + behind + 4 * 2


def test_an_interrupted_tuning_goes_on_where_it_was(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    uninterrupted = launched(grid, catalog, tmp_path / "whole", track=False)
    half = [trial for trial in grid.trials(catalog) if trial.seed == grid.tuning_seeds[0]]
    store = Store(tmp_path / "half" / "results")
    whole = Store(tmp_path / "whole" / "results")
    for results in whole.results([trial.id for trial in half]):
        store.append(results)
    plan = make_plan(grid, catalog, tmp_path / "half")
    assert plan.reported is None
    assert len(plan.tuning.missing) == len(plan.tuning.trials) - len(half)
    results = launched(grid, catalog, tmp_path / "half", track=False)
    assert results.launch.trial_ids == uninterrupted.launch.trial_ids
    assert make_plan(grid, catalog, tmp_path / "half").missing == []
