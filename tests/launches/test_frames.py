"""Results as pandas frames: everything about a trial in columns, frames that join, the same facts in the exported files."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from nnbench import Catalog, Grid, Results, run
from nnbench.report.columns import cell_columns
from nnbench.report.documents import write_documents
from nnbench.report.frames import curves
from nnbench.store import Launch, LaunchCell, Result, Store

GRID = """
name = "framed"
question = "Which?"
seeds = 2

[compare]
factor = "activation"

[trial]
dataset = ["xor", { name = "moons", noise = [0.3, 0.1] }]
hidden = [[8], [8, 6]]
activation = ["tanh", { name = "elu", alpha = [1.0, 0.5] }]
optimizer = ["adam", { name = "lookahead", k = 3, inner = { name = "sgd", lr = [0.2, 0.1] } }]
batch_size = 16
train_size = 32
valid_size = 16
test_size = 16
epochs = 1
"""


@pytest.fixture(scope="module")
def results(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Results:
    grid = Grid.from_text(GRID, "framed.toml", catalog)
    with ThreadPoolExecutor(1) as executor:
        return run(grid, catalog=catalog, executor=executor, folder=tmp_path_factory.mktemp("frames"), track=False)


@pytest.fixture(scope="module")
def documents(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    write_documents(results.store)(results.launch, folder)
    return folder


def test_a_trial_has_every_field_and_hyperparameter_as_a_column_in_the_grids_order(results: Results) -> None:
    trials = results.trials
    assert list(trials["trial_id"]) == results.launch.trial_ids
    for _, row in trials.iterrows():
        cell = next(cell for cell in results.launch.cells if cell.id == row["cell_id"])
        assert (row["activation"], row["dataset"]) == (cell.fields["activation"]["name"], cell.fields["dataset"]["name"])
        assert row["optimizer.lr"] == cell.fields["optimizer"]["lr"]
        inner = cell.fields["optimizer"].get("inner")
        assert (row["optimizer.inner"], row["optimizer.inner.lr"]) == (inner["name"], inner["lr"]) if inner else (np.nan, np.nan)
        assert row["hidden"] == "-".join(map(str, cell.fields["hidden"]))
        assert row["batch_size"] == cell.fields["batch_size"]
    assert set(results.launch.cells[0].fields) <= set(trials.columns)


def test_columns_have_the_type_of_what_they_hold(results: Results) -> None:
    trials = results.trials
    assert {str(trials[name].dtype) for name in ("batch_size", "epochs", "seed", "steps", "parameters")} == {"int64"}
    assert {str(trials[name].dtype) for name in ("optimizer.k", "diverged_step")} == {"Int64"}  # whole, though some have none
    assert {str(trials[name].dtype) for name in ("optimizer.lr", "optimizer.inner.lr", "dataset.noise", "dropout")} == {"float64"}
    assert {str(trials[name].dtype) for name in ("activation", "dataset", "optimizer.inner", "status", "level")} == {"category"}
    assert trials["activation.alpha"].isna().sum() == (trials["activation"] == "tanh").sum() > 0
    assert list(trials["dataset"].cat.categories) == ["xor", "moons"]
    assert list(trials["level"].cat.categories) == ["tanh", "elu(alpha=1)", "elu(alpha=0.5)"]
    assert list(trials.groupby("activation", observed=True)["test_accuracy"].mean().index) == ["tanh", "elu"]


def test_frames_join(results: Results) -> None:
    trials, cells, evaluations = results.trials, results.cells, results.curves
    assert list(cells["cell_id"]) == [cell.id for cell in results.launch.cells]
    told = ["cell_id", *cell_columns(results.launch)]
    assert {"title", "level", "task", "family", "optimizer.lr", "gradcheck"} <= set(told)
    joined = evaluations.merge(trials, on=["trial_id", "cell_id", "seed"]).merge(cells, on=told)
    assert len(joined) == len(evaluations)
    means = joined.drop_duplicates("trial_id").groupby("cell_id")["test_accuracy"].mean()
    assert means.to_numpy() == pytest.approx(cells.set_index("cell_id").loc[means.index, "test_accuracy.mean"].to_numpy())
    best = joined.groupby("trial_id", observed=True).agg(seen=("valid_accuracy", "max"), told=("best_valid_accuracy", "first"))
    assert list(best["seen"]) == list(best["told"])


def test_curves_are_those_that_are_stored(results: Results) -> None:
    by_trial = dict(list(results.curves.groupby("trial_id", sort=False, observed=True)))
    assert list(by_trial) == results.launch.trial_ids
    for stored in (each for group in results.store.results(results.launch.trial_ids) for each in group):
        rows = by_trial[stored.trial_id]
        assert list(rows["step"]) == stored.curve_steps
        for name in ("train_loss", "valid_loss", "valid_accuracy", "gradient_norm", "update_ratio"):
            np.testing.assert_array_equal(rows[name], getattr(stored, name))
        for name in ("activation_std", "gradient_std", "dead", "saturated"):
            layers = getattr(stored, name)
            for layer in (1, 2):
                own = layers[layer - 1] if layer <= len(layers) else np.full(len(rows), np.nan)
                np.testing.assert_array_equal(rows[f"{name}.layer_{layer}"], own)


def test_curves_that_a_version_did_not_measure_or_that_ended_early_are_missing(results: Results, tmp_path: Path) -> None:
    launch = results.launch
    first, second, third = launch.trial_ids[:3]
    stored = {each.trial_id: each for group in results.store.results([first, second, third]) for each in group}
    store = Store(tmp_path)
    early = {"curve_steps": [0], "train_loss": [1.0], "valid_loss": [2.0], "valid_accuracy": [0.5], "saturated": None}
    store.append([replace(stored[second], status="diverged", **early), replace(stored[third], status="failed", curve_steps=[])])
    store.append([replace(stored[first], train_loss=None)])
    rows = curves(launch, store)
    assert list(rows["trial_id"]) == [first] * len(stored[first].curve_steps) + [second]
    assert rows["train_loss"].isna().tolist() == [True] * (len(rows) - 1) + [False]
    assert rows["valid_loss"].iloc[-1] == 2.0
    assert list(rows["saturated.layer_1"])[:-1] == stored[first].saturated[0]
    assert np.isnan(rows["saturated.layer_1"].iloc[-1])
    assert curves(launch, Store(tmp_path / "empty")).empty


def test_exported_files_have_the_same_columns_and_values(results: Results, documents: Path) -> None:
    trials = results.trials
    text = pd.read_csv(io.StringIO((documents / "results.csv").read_text(encoding="utf-8")), keep_default_na=True)
    assert set(text.columns) == set(trials.columns) - {"launch_id"}
    exported = pq.read_table(documents / "results.parquet").to_pandas()
    assert set(trials.columns) <= set(exported.columns)
    assert json.loads(exported["fields"][0])["activation"]["name"] in ("tanh", "elu")
    for frame in (text.set_index("trial_id"), exported.set_index("trial_id")):
        frame = frame.loc[list(trials["trial_id"])]
        for name in ("activation", "dataset", "hidden", "optimizer.inner", "title", "level"):
            assert frame[name].fillna("none").tolist() == trials[name].astype(object).fillna("none").tolist()
        for name in ("optimizer.lr", "optimizer.inner.lr", "optimizer.k", "activation.alpha", "test_accuracy", "batch_size"):
            np.testing.assert_array_equal(
                frame[name].to_numpy(float, na_value=np.nan), trials[name].to_numpy(float, na_value=np.nan)
            )


def test_what_two_distributions_call_by_one_name_is_told_apart() -> None:
    def cell(name: str, distribution: str, **optimizer: object) -> LaunchCell:
        fields = {"activation": {"name": "twin"}, "optimizer": {"name": "sgd", "steps": optimizer.get("steps", [1, 2])}}
        fields["optimizer"]["mixed"] = optimizer.get("mixed", 1)
        origins = {"activation": [distribution, "1.0", ""], "optimizer": ["nnbench", "1.0", ""], "nnbench": ["nnbench", "1.0", ""]}
        return LaunchCell(name, fields, {"activation": "twin", "optimizer": "sgd"}, origins, {})

    cells = [cell("a", "twin-a"), cell("b", "twin-b", mixed=0.5), cell("c", "twin-b", steps=[])]
    columns = cell_columns(Launch("l", "g", "", "", "", [], 1.0, cells, {}))
    assert columns["activation"] == ["twin-a:twin", "twin-b:twin", "twin-b:twin"]
    assert columns["optimizer"] == ["sgd"] * 3
    assert columns["optimizer.steps"] == ["1-2", "1-2", "[]"]
    assert [*map(repr, columns["optimizer.mixed"])] == ["1.0", "0.5", "1.0"]


def test_what_columns_hold_is_said_where_they_are_made(results: Results) -> None:
    for name in ("trials", "cells", "curves"):
        documented = getattr(Results, name).__doc__ or ""
        frame = getattr(results, name)
        assert all(f"`{column}`" in documented for column in frame.columns[:2])
    summary = results.lines[0].summary
    assert all(any(column.split(".")[0] == field for column in results.cells.columns) for field in asdict(summary))
    assert isinstance(results.store, Store)
    assert set(Result.__dataclass_fields__) - set(results.trials.columns) == {
        "grid", "fields", "origins", "curve_steps", "train_loss", "valid_loss", "valid_accuracy", "gradient_norm", "update_ratio",
        "activation_std", "gradient_std", "dead", "saturated",
    }  # fmt: skip
