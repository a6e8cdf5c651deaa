"""Results in MLflow: real stores, real servers, cut off and repeated."""

from __future__ import annotations

import json
import math
import re
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers import MLFLOWS_OWN

from nnbench import Catalog, Grid
from nnbench import run as run_grid
from nnbench.launching.conduct import make_tracker
from nnbench.launching.results import Results
from nnbench.store import Store
from nnbench.tracking import replay
from nnbench.tracking.mlflow import Projection, default_uri, prepare

pytestmark = MLFLOWS_OWN


@pytest.fixture(autouse=True)
def _no_uri_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def launched(grid: Grid, catalog: Catalog, folder: Path, **options: Any) -> Results:
    with ThreadPoolExecutor(1) as executor:
        return run_grid(grid, catalog=catalog, executor=executor, folder=folder, **options)


def synced(results: Results, folder: Path) -> tuple[int, str | None]:
    """How many cells were logged now that were not there, and where the launch is then, if all of it is."""
    tracker = make_tracker(folder)
    location = replay(tracker, results.launch, Store(folder / "results"))
    assert tracker.problem == ""
    return tracker.added, location


@pytest.fixture(scope="module")
def tracked(small_grid, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Any, Path]:
    """A launch of eight cells, two of which diverge, its MLflow client and its folder."""
    folder = tmp_path_factory.mktemp("tracked")
    optimizers = [{"name": "sgd", "lr": 0.1}, {"name": "sgd", "lr": 1e30}]
    grid = small_grid(activation=["tanh", "relu"], initializer=["xavier_uniform", "normal"], optimizer=optimizers, seeds=3)
    results = launched(grid, catalog, folder)
    return results, prepare(default_uri(folder)), folder


def children(results: Results, client: Any, extra: str = "", order: list[str] | None = None) -> list[Any]:
    (uri,) = results.launch.logged_to
    experiment, _, parent = results.launch.logged_to[uri].partition("/")
    return list(client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent}'{extra}", order_by=order))


def parent(results: Results, client: Any) -> Any:
    (location,) = results.launch.logged_to.values()
    return client.get_run(location.partition("/")[2])


def test_every_cell_is_one_finished_run_under_its_launchs(tracked) -> None:
    results, client, _ = tracked
    runs = children(results, client)
    assert sorted(run.data.tags["nnbench.cell"] for run in runs) == sorted(cell.id for cell in results.launch.cells)
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert parent(results, client).info.status == "FINISHED"


def test_runs_carry_params_metrics_and_curves_of_their_cell(tracked) -> None:
    results, client, _ = tracked
    for line in results.lines:
        (run,) = children(results, client, f" and tags.`nnbench.cell` = '{line.cell.id}'")
        params, metrics = run.data.params, run.data.metrics
        assert params["activation"] == line.cell.labels["activation"]
        assert params["optimizer"] == "sgd"
        assert float(params["optimizer.lr"]) in (0.1, 1e30)
        assert params["hidden"] == "8"
        assert params["seeds"] == "0,1,2"
        accuracy = line.summary.test_accuracy
        assert metrics["test/accuracy"] == pytest.approx(accuracy.mean, abs=0.06 * (accuracy.high - accuracy.low) + 1e-4)
        assert all(
            len(f"{value:.17g}") < 10 or value == float(f"{value:.6g}") for value in metrics.values() if math.isfinite(value)
        )
        assert 0 <= metrics["test/accuracy_low"] <= metrics["test/accuracy_high"] <= 1
        assert metrics["trials/diverged"] == line.summary.diverged
        if line.summary.done:
            curve = client.get_metric_history(run.info.run_id, "valid/loss")
            assert [point.step for point in curve] == sorted({point.step for point in curve})
            assert curve[-1].step == 8
            assert all(math.isfinite(point.value) and abs(point.value) < 1e300 for point in curve)
            layers = {name for name in metrics if name.startswith("activation_std/")}
            assert layers == {"activation_std/layer_1"}


def test_runs_sort_and_filter_by_metrics_params_and_tags(tracked) -> None:
    results, client, _ = tracked
    accuracies = [run.data.metrics["test/accuracy"] for run in children(results, client, order=["metrics.`test/accuracy` DESC"])]
    assert accuracies == sorted(accuracies, reverse=True)
    assert len(children(results, client, " and params.activation = 'tanh'")) == 4
    assert len(children(results, client, " and tags.`nnbench.status` = 'diverged'")) == 2
    assert len(children(results, client, " and metrics.`trials/diverged` > 0")) == 2


def test_runs_say_where_components_code_and_data_come_from(tracked) -> None:
    results, client, _ = tracked
    run = children(results, client)[0]
    for kind in ("activation", "dataset", "optimizer", "nnbench"):
        assert run.data.tags[f"nnbench.origin.{kind}"].startswith("nnbench 0.")
    assert run.data.tags["nnbench.env.numpy"]
    assert run.data.tags["nnbench.env.python"]
    (used,) = run.inputs.dataset_inputs
    assert used.dataset.name == "moons"
    assert json.loads(used.dataset.profile) == {"train_size": 64, "valid_size": 32, "test_size": 32}


def test_the_launchs_run_has_the_grid_results_and_summary(tracked, tmp_path: Path) -> None:
    results, client, _ = tracked
    run = parent(results, client)
    names = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert names == {"grid.toml", "results.csv", "results.parquet", "summary.md", "environment.json", "gradcheck.csv"}
    text = Path(client.download_artifacts(run.info.run_id, "grid.toml", str(tmp_path))).read_text()
    assert text == results.launch.text
    assert "8 cells, 24 trials: 18 done, 6 diverged" in run.data.tags["mlflow.note.content"]
    rows = Path(client.download_artifacts(run.info.run_id, "results.csv", str(tmp_path))).read_text().splitlines()
    assert len(rows) == 25


def test_never_reached_is_not_a_huge_number(tracked) -> None:
    results, client, _ = tracked
    for run in children(results, client, " and tags.`nnbench.status` = 'diverged'"):
        assert math.isnan(run.data.metrics["target/steps"])
        assert run.data.metrics["target/reached"] == 0


def test_the_store_uses_a_write_ahead_log(tracked) -> None:
    _, _, folder = tracked
    with sqlite3.connect(folder / "mlflow.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_projecting_again_changes_nothing(tracked) -> None:
    results, client, folder = tracked
    before = [(run.info.run_id, run.info.end_time) for run in children(results, client)]
    logged, location = synced(results, folder)
    assert logged == 0
    assert location in results.launch.logged_to.values()
    assert [(run.info.run_id, run.info.end_time) for run in children(results, client)] == before


def test_what_was_cut_off_is_logged_again_and_nothing_twice(small_grid, catalog: Catalog, tmp_path: Path) -> None:
    results = launched(small_grid(activation=["tanh", "relu", "sigmoid"]), catalog, tmp_path)
    client = prepare(default_uri(tmp_path))
    first, second, _ = children(results, client)
    client.update_run(first.info.run_id, status="RUNNING")  # as kill -9 leaves it
    client.create_run(  # a create whose answer was lost
        second.info.experiment_id, tags={key: second.data.tags[key] for key in ("mlflow.parentRunId", "nnbench.cell")}
    )
    logged, _ = synced(results, tmp_path)
    runs = children(results, client)
    assert logged >= 1
    assert sorted(run.data.tags["nnbench.cell"] for run in runs) == sorted(cell.id for cell in results.launch.cells)
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert all(run.data.metrics for run in runs)


def test_a_launch_without_tracking_is_caught_up_with(small_grid, catalog: Catalog, tmp_path: Path) -> None:
    results = launched(small_grid(), catalog, tmp_path, track=False)
    assert not (tmp_path / "mlflow.db").exists()
    again = launched(small_grid(), catalog, tmp_path)
    assert again.trained == 0
    assert len(children(again, prepare(default_uri(tmp_path)))) == len(results.launch.cells)


def test_results_trained_anew_replace_what_a_run_shows(small_grid, catalog: Catalog, tmp_path: Path) -> None:
    results = launched(small_grid(), catalog, tmp_path)
    (before,) = children(results, prepare(default_uri(tmp_path)))
    for stored in results.store.results(results.launch.trial_ids):
        results.store.append([replace(each, test_accuracy=0.25) for each in stored])
    logged, _ = synced(results, tmp_path)
    (after,) = children(results, prepare(default_uri(tmp_path)))
    assert logged == 1
    assert after.info.run_id != before.info.run_id
    assert after.data.metrics["test/accuracy"] == 0.25


def test_a_tracking_store_that_is_down_costs_no_result(
    small_grid, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.socket() as taken:  # bound and not listening: every connection is refused
        taken.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{taken.getsockname()[1]}"
        results = launched(small_grid(), catalog, tmp_path, tracking_uri=uri)
    assert results.status == "finished"
    (tracker,) = results.trackers
    assert re.match(r"1 cell is not in MLflow yet \(\w+: ", tracker.problem)
    assert results.launch.logged_to == {}
    logged, _ = synced(results, tmp_path)
    assert logged == 1


def test_a_deleted_experiment_is_restored(small_grid, catalog: Catalog, tmp_path: Path) -> None:
    results = launched(small_grid(), catalog, tmp_path)
    client = prepare(default_uri(tmp_path))
    (location,) = results.launch.logged_to.values()
    client.delete_experiment(location.partition("/")[0])
    again = launched(small_grid(seeds=3), catalog, tmp_path)
    (tracker,) = again.trackers
    assert tracker.problem == ""


def test_a_projection_finds_its_launch_again(small_grid, catalog: Catalog, tmp_path: Path) -> None:
    results = launched(small_grid(), catalog, tmp_path)
    client = prepare(default_uri(tmp_path))
    assert Projection(client, results.launch, None).location in results.launch.logged_to.values()


def test_a_view_of_the_launch_shows_its_cells_with_the_columns_that_tell_them_apart(tracked) -> None:
    results, client, _ = tracked
    (location,) = results.launch.logged_to.values()
    experiment = client.get_experiment(location.partition("/")[0])
    view = json.loads(experiment.tags[f"mlflow.sharedViewState.{results.launch.id}"])
    assert location.partition("/")[2] in view["searchFilter"]
    assert {"params.`activation`", "params.`initializer`", "params.`optimizer.lr`"} < set(view["selectedColumns"])
    assert "params.`dataset`" not in view["selectedColumns"]


def test_a_view_leaves_out_what_follows_from_which_component_is_inside_another(
    small_grid, catalog: Catalog, tmp_path: Path
) -> None:
    grid = small_grid(
        optimizer=[{"name": "lookahead", "inner": "sgd"}, {"name": "lookahead", "inner": {"name": "adam", "eps": [1e-8, 1e-7]}}]
    )
    results = launched(grid, catalog, tmp_path)
    runs = children(results, prepare(default_uri(tmp_path)))
    assert {run.data.params["optimizer.inner"] for run in runs} == {"sgd", "adam"}
    assert {run.data.params.get("optimizer.inner.eps") for run in runs} == {None, "1e-08", "1e-07"}
    (location,) = results.launch.logged_to.values()
    experiment = prepare(default_uri(tmp_path)).get_experiment(location.partition("/")[0])
    columns = json.loads(experiment.tags[f"mlflow.sharedViewState.{results.launch.id}"])["selectedColumns"]
    assert [each for each in columns if "optimizer" in each] == ["params.`optimizer.inner`", "params.`optimizer.inner.eps`"]


def test_each_trial_can_be_a_run_as_well(small_grid, catalog: Catalog, tmp_path: Path) -> None:
    results = launched(small_grid(activation=["tanh", "relu"], seeds=3), catalog, tmp_path)
    again = launched(small_grid(activation=["tanh", "relu"], seeds=3), catalog, tmp_path, runs="trial")
    assert again.trained == 0
    client = prepare(default_uri(tmp_path))
    assert len(children(results, client, " and tags.`nnbench.kind` = 'cell'")) == 2
    runs = children(results, client, " and tags.`nnbench.kind` = 'trial'")
    rows = {row["trial_id"]: row for row in results.store.rows(results.launch.trial_ids)}
    assert sorted(run.data.tags["nnbench.trial"] for run in runs) == sorted(rows)
    for run in runs:
        row = rows[run.data.tags["nnbench.trial"]]
        assert run.data.params["seeds"] == str(row["seed"])
        assert run.data.metrics["test/accuracy"] == row["test_accuracy"]


def test_a_store_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("nnbench.tracking.mlflow.server.os.replace", killed)
        with pytest.raises(KeyboardInterrupt):
            prepare(default_uri(tmp_path))
    assert not (tmp_path / "mlflow.db").exists()
    assert prepare(default_uri(tmp_path)).search_experiments()
