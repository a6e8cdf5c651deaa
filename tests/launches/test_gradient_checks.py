"""Gradient checks of a launch: which networks, what becomes of the wrong ones, what is kept and logged."""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import MLFLOWS_OWN

from nnbench import Activation, Catalog, Grid, hookimpl, run, work
from nnbench.engine.gradcheck import check_gradients
from nnbench.launching.conduct import make_tracker
from nnbench.report.documents import write_documents
from nnbench.store import Launch, Store
from nnbench.tracking import replay
from nnbench.tracking.mlflow import default_uri, prepare
from nnbench.work import worker

pytestmark = MLFLOWS_OWN


class Wrong(Activation):
    """tanh with the notes' kind of mistake."""

    def forward(self, z):
        return np.tanh(z)

    def derivative(self, z, a):
        return 1 - a


class Deadly(Activation):
    """Ends the process that it runs in."""

    def forward(self, z):
        os._exit(3)

    def derivative(self, z, a):
        return np.ones_like(z)


@pytest.fixture(autouse=True)
def _no_uri_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> Catalog:
    """A catalog whose soft_sign has a wrong derivative."""
    from nnbench.catalog import Catalog as Made

    found = Made.find

    def find(self: Catalog, kind: str, name: str) -> Any:
        cls, origin = found(self, kind, name)
        return (Wrong if name == "soft_sign" else cls), replace(origin, digest="wrong" if name == "soft_sign" else origin.digest)

    monkeypatch.setattr(Made, "find", find)
    return catalog


@pytest.fixture
def launch(catalog: Catalog, tmp_path: Path):
    def go(grid: Grid, mode: str = "flag", **options: Any):
        with ThreadPoolExecutor(1) as executor:
            grid = grid.model_copy(update={"gradcheck": mode})
            return run(grid, catalog=catalog, executor=executor, folder=tmp_path, **{"track": False, **options})

    return go


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the activations that were checked, in order."""
    seen: list[str] = []

    def check(cell: Any, *arguments: Any, **options: Any) -> Any:
        seen.append(cell.activation.name)
        return check_gradients(cell, *arguments, **options)

    monkeypatch.setattr(worker, "check_gradients", check)
    return seen


def test_each_distinct_network_is_checked_once(launch, small_grid, checked: list[str]) -> None:
    grid = small_grid(activation=["tanh", "relu"], optimizer=["adam", "sgd"], dataset=["moons", "circles"], batch_size=[16, 32])
    results = launch(grid)
    assert sorted(checked) == ["relu", "tanh"]
    assert len(results.launch.cells) == 16
    assert {results.launch.gradcheck_status(cell) for cell in results.launch.cells} == {"passed"}
    assert set(results.cells["gradcheck"]) == {"passed"}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("hidden", [[8], [9]]),
        ("activation", ["tanh", "relu"]),
        ("initializer", ["normal", "xavier_uniform"]),
        ("loss", ["max_margin", "squared_error"]),
        ("penalty", ["none", {"name": "l2", "lam": [0.1, 0.2]}]),
        ("dropout", [0.0, 0.5]),
    ],
)
def test_networks_are_distinct_by_what_their_gradients_depend_on(launch, small_grid, checked, field: str, values: Any) -> None:
    launch(small_grid(**{field: values}))
    assert len(checked) == (3 if field == "penalty" else 2)


def test_a_launch_that_goes_on_does_not_check_again(launch, small_grid, checked: list[str]) -> None:
    grid = small_grid(activation=["tanh", "relu"])
    first, second = launch(grid), launch(grid)
    assert len(checked) == 2
    assert second.trained == 0
    assert json.loads(json.dumps(second.launch.gradient_checks)) == json.loads(json.dumps(first.launch.gradient_checks))
    launch(grid, fresh=True)
    assert len(checked) == 4


def test_off_checks_nothing_and_says_so(launch, small_grid, checked: list[str]) -> None:
    results = launch(small_grid(), "off")
    assert checked == []
    assert {results.launch.gradcheck_status(cell) for cell in results.launch.cells} == {"off"}
    launch(small_grid(), "flag")
    assert len(checked) == 1


def test_checks_do_not_change_what_is_trained_twice(launch, small_grid) -> None:
    assert launch(small_grid(), "off").trained == 2
    assert launch(small_grid(), "flag").trained == 0
    assert launch(small_grid(), "require").trained == 0


def test_wrong_gradients_are_trained_and_flagged(launch, small_grid, wrong: Catalog, tmp_path: Path) -> None:
    results = launch(small_grid(activation=["tanh", "soft_sign"]))
    assert results.status == "finished"
    assert results.trained == 4
    status = {cell.labels["activation"]: results.launch.gradcheck_status(cell) for cell in results.launch.cells}
    assert status == {"tanh": "passed", "wrong": "failed"}
    assert {line.cell.labels["activation"]: line.gradcheck for line in results.lines} == status
    write_documents(results.store)(results.launch, tmp_path)
    summary = (tmp_path / "summary.md").read_text()
    assert "gradient check failed" in summary
    assert "activation wrong, loss softmax_cross_entropy, hidden 8: " in summary
    rows = list(csv.DictReader(io.StringIO((tmp_path / "gradcheck.csv").read_text())))
    assert [(row["activation"], row["layer"], row["passed"]) for row in rows[:2]] == [
        ("wrong", "all", "False"),
        ("wrong", "1", "False"),
    ]
    assert len(rows) == 2 * 3
    assert float(rows[0]["worst_analytic"]) != pytest.approx(float(rows[0]["worst_numeric"]), rel=1e-3)
    results_csv = list(csv.DictReader(io.StringIO((tmp_path / "results.csv").read_text())))
    assert {(row["activation"], row["gradcheck"]) for row in results_csv} == {("tanh", "passed"), ("wrong", "failed")}


def test_required_checks_fail_their_trials_untrained(launch, small_grid, wrong: Catalog) -> None:
    grid = small_grid(activation=["tanh", "soft_sign"])
    told: list[tuple[str, str]] = []

    class Watcher:
        @hookimpl
        def nnbench_results_stored(self, launch: Launch, results: Any) -> None:
            told.extend((row["status"], row["error"]) for row in results)

    results = launch(grid, "require", watchers=[Watcher()])
    assert results.status == "failed"
    assert results.trained == 2
    failed = [error for status, error in told if status == "failed"]
    assert len(failed) == 2
    assert all(error.startswith("gradient check failed, not trained: ") and "numerical" in error for error in failed)
    again = launch(grid, "require")
    assert (again.trained, again.status) == (0, "failed")
    flagged = launch(grid, "flag")
    assert (flagged.trained, flagged.status) == (2, "finished")


def test_runs_in_mlflow_carry_the_check(launch, small_grid, wrong: Catalog, tmp_path: Path) -> None:
    grid = small_grid(activation=["tanh", "soft_sign"])
    results = launch(grid, track=True)
    client = prepare(default_uri(tmp_path))
    (location,) = results.launch.logged_to.values()
    experiment, _, parent = location.partition("/")

    def children(extra: str = "") -> list[Any]:
        return list(client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent}'{extra}"))

    (good,) = children(" and tags.`nnbench.gradcheck` = 'passed'")
    (bad,) = children(" and tags.`nnbench.gradcheck` = 'failed'")
    assert good.data.params["activation"] == "tanh"
    assert good.data.metrics["gradcheck/max_relative_error"] < 1e-7
    assert (good.data.metrics["gradcheck/failed"], good.data.metrics["gradcheck/kinks"]) == (0, 0)
    assert bad.data.metrics["gradcheck/failed"] > 5
    assert bad.data.metrics["gradcheck/max_relative_error"] > 0.01
    assert "gradcheck.csv" in {file.path for file in client.list_artifacts(parent)}
    assert "gradient check failed" in client.get_run(parent).data.tags["mlflow.note.content"]
    store = Store(tmp_path / "results")
    tracker = make_tracker(tmp_path)
    replay(tracker, store.launches()[-1], store)
    assert (tracker.problem, tracker.added) == ("", 0)
    launch(grid, "off", track=True)
    assert {run.data.tags["nnbench.gradcheck"] for run in children()} == {"off"}
    assert not any(name.startswith("gradcheck/") for run in children() for name in run.data.metrics)


def test_a_launch_of_an_older_version_has_no_checks(launch, small_grid, tmp_path: Path) -> None:
    launch(small_grid())
    (path,) = (tmp_path / "results" / "launches").glob("*.json")
    data = json.loads(path.read_text())
    for name in ("gradcheck", "gradient_checks"):
        del data[name]
    for cell in data["cells"]:
        del cell["gradcheck"]
    path.write_text(json.dumps(data))
    (old,) = Store(tmp_path / "results").launches()
    assert [old.gradcheck_status(cell) for cell in old.cells] == ["off"]
    assert launch(small_grid()).launch.gradcheck_status(old.cells[0]) == "off"
    assert {launch(small_grid()).launch.gradcheck_status(cell) for cell in launch(small_grid()).launch.cells} == {"passed"}


def test_a_component_that_kills_its_worker_fails_its_check_alone(small_grid, catalog: Catalog) -> None:
    (cell,) = small_grid().cells(catalog)
    cells = {"deadly": replace(cell, activation=Deadly(), origins=cell.origins), "right": cell}
    with work.LocalPool(2) as pool:
        found = dict(work.check_all(cells, pool, work.Deadlines(), threading.Event()))
    assert found["right"].passed
    assert "worker process died" in found["deadly"].reason
