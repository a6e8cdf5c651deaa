"""Results to MLflow: one parent run for a launch, one child for each of its cells. The only file that imports mlflow.

The projection is idempotent. A run carries its identity as tags; what is there and complete stays, what was cut off is deleted and
logged again. So it can be interrupted, repeated, and caught up with later.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import queue
import sqlite3
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import numpy as np

from nnbench.analysis.summary import CellSummary, Estimate, mean_curve, summarize
from nnbench.errors import InputError
from nnbench.hooks import hookimpl
from nnbench.store import SCALARS, TUNING, Launch, LaunchCell, Store, locked

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

BATCH = 850
"""Metrics in a request, which takes 1,000 metrics, params and tags."""
POINTS = 10
"""About how many points of a curve are logged; the full curves are in the result store."""
CURVES = {
    "train_loss": "train/loss",
    "valid_loss": "valid/loss",
    "valid_accuracy": "valid/accuracy",
    "gradient_norm": "gradient/norm",
    "update_ratio": "update/ratio",
}
LAYER_CURVES = {
    "activation_std": "activation_std",
    "gradient_std": "gradient_std",
    "dead": "dead_units",
    "saturated": "saturated",
}
CHECKED = ("max_relative_error", "failed", "kinks")
"""What a cell's run shows of its gradient check."""
SCHEMES = ("sqlite", "postgresql", "mysql", "mssql", "http", "https", "databricks", "uc")
COLUMNS = (*SCALARS, "curve_steps", *CURVES, *LAYER_CURVES)

Documents = Callable[[Launch, Path], Mapping[str, str]]
"""Writes the files that belong beside a launch into a folder; summary.md becomes the run's description. Returns tags of the run."""
Row = Mapping[str, Any]


def default_uri(folder: Path) -> str:
    """The tracking store in `folder`, as SQLite, unless MLFLOW_TRACKING_URI names another."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(folder / 'mlflow.db').resolve().as_posix()}"


def artifact_folder(uri: str, folder: Path) -> Path | None:
    """Where artifacts go beside a local store; a server has its own place for them."""
    return folder / "artifacts" if uri.startswith("sqlite:") else None


def checked_uri(uri: str) -> str:
    """The URI, if MLflow has a tracking store for it; raises InputError."""
    scheme = uri.partition(":")[0].partition("+")[0]
    if scheme not in SCHEMES or "://" not in uri:
        raise InputError(f"tracking URI {uri!r}: MLflow takes {', '.join(f'{scheme}://…' for scheme in SCHEMES)}")
    return uri


def prepare(uri: str) -> MlflowClient:
    """A client of the tracking store, which is created when missing. Imports mlflow, which takes seconds."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    if uri.startswith("sqlite:///"):
        path = Path(uri.removeprefix("sqlite:///"))
        _create(path)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode=WAL")  # stays with the file; readers and the writer no longer block each other
        connection.close()
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)


def _create(path: Path) -> None:
    """Make MLflow's tables under a temporary name, then rename: a process that is killed meanwhile leaves no half a store."""
    with locked(path.with_name(f"{path.name}.lock"), wait=True):
        if path.exists():
            return
        from mlflow import MlflowClient

        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".creating-") as folder:
            new = Path(folder) / path.name
            MlflowClient(tracking_uri=f"sqlite:///{new.as_posix()}").search_experiments(max_results=1)
            os.replace(new, path)  # noqa: PTH105 - atomic


class Projection:
    """One launch, as runs in one tracking store: one for each cell, and with `each_trial` one for each seed as well."""

    def __init__(self, client: MlflowClient, launch: Launch, artifacts: Path | None, each_trial: bool = False) -> None:
        self._client = client
        self._each_trial = each_trial
        self.launch = launch
        self.experiment_id = self._experiment(artifacts)
        self.run_id = self._parent()
        self._logged = self._children()

    @property
    def location(self) -> str:
        """`experiment id/run id` of the launch's run."""
        return f"{self.experiment_id}/{self.run_id}"

    def log_cell(self, cell: LaunchCell, rows: Sequence[Row]) -> bool:
        """Log a cell with the results of all its seeds, unless that is there already; says whether it was logged now."""
        return self.log(_entries(self.launch, cell, rows, self._each_trial))

    def log(self, entries: Sequence[_Entry]) -> bool:
        """Log runs that are not there already; says whether any was logged now."""
        return sum(map(self._log, entries)) > 0

    def _log(self, entry: _Entry) -> bool:
        from mlflow.entities import Param

        known = self._logged.get(entry.key)
        if known and known[1] == entry.identity:
            return False
        if known:
            self._client.delete_run(known[0])
        tags = {"nnbench.kind": entry.kind, f"nnbench.{entry.kind}": entry.key, **self._tags(entry)}
        run_id = self._client.create_run(self.experiment_id, entry.started, tags, entry.title).info.run_id
        params = [Param(name, _fit(value)) for name, value in _params(entry.cell, entry.seeds).items()]
        metrics = _metrics(entry)
        self._client.log_batch(run_id, metrics[:BATCH], params[:100])
        for start in range(BATCH, len(metrics), BATCH):
            self._client.log_batch(run_id, metrics[start : start + BATCH])
        for start in range(100, len(params), 100):
            self._client.log_batch(run_id, params=params[start : start + 100])
        self._log_dataset(run_id, entry.cell)
        self._client.set_terminated(run_id, "FAILED" if entry.summary.failed else "FINISHED", entry.ended)
        self._logged[entry.key] = (run_id, entry.identity)
        return True

    def finish(self, status: str, documents: Documents) -> None:
        """Attach the launch's files and close its run."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for tag, value in documents(self.launch, folder).items():
                self._client.set_tag(self.run_id, tag, _fit(value))
            summary = folder / "summary.md"
            if summary.exists():
                self._client.set_tag(self.run_id, "mlflow.note.content", _fit(summary.read_text(encoding="utf-8"), 7_900))
            self._client.log_artifacts(self.run_id, name)
        self._client.set_experiment_tag(self.experiment_id, f"mlflow.sharedViewState.{self.launch.id}", json.dumps(self._view()))
        self._client.set_tag(self.run_id, "nnbench.status", status)
        final = {"finished": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}[status]
        self._client.set_terminated(self.run_id, final, int((self.launch.ended or self.launch.started) * 1000))

    def _view(self) -> dict[str, Any]:
        """What `view_path` presets in the UI: the launch's cells, best first, with the columns that tell them apart."""
        values: dict[tuple[str, ...], set[str]] = defaultdict(set)  # of hyperparameters for each component, as others lack them
        for cell in self.launch.cells:
            params = _params(cell, ())
            for name, value in params.items():
                levels = name.split(".")
                around = (params[".".join(levels[:depth])] for depth in range(1, len(levels)))
                values[name, *around].add(value)
        varying = list(dict.fromkeys(name for (name, *_), found in values.items() if len(found) > 1))
        metrics = ["test/accuracy", "test/accuracy_std", "valid/best_accuracy", "target/steps", "trials/diverged"]
        return {
            "searchFilter": _cells_of(self.run_id),
            "orderByKey": "metrics.`test/accuracy`",
            "orderByAsc": False,
            "startTime": "ALL",
            "lifecycleFilter": "Active",
            "datasetsFilter": [],
            "modelVersionFilter": "All Runs",
            "selectedColumns": [*(f"metrics.`{name}`" for name in metrics), *(f"params.`{name}`" for name in varying[:12])],
            "groupBy": None,
        }

    def _experiment(self, artifacts: Path | None) -> str:
        name = self.launch.grid
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            if found.lifecycle_stage == "deleted":
                self._client.restore_experiment(found.experiment_id)
            return str(found.experiment_id)
        tags = {
            "mlflow.experimentKind": "custom_model_development",
            "mlflow.note.content": self.launch.question or f"Launches of the grid {name}.",
        }
        location = artifacts.resolve().as_uri() if artifacts else None
        return str(self._client.create_experiment(name, location, tags))

    def _parent(self) -> str:
        found = self._client.search_runs(
            [self.experiment_id], f"tags.`nnbench.launch` = '{self.launch.id}' and tags.`nnbench.kind` = 'launch'"
        )
        if found:
            run_id = str(found[0].info.run_id)
            self._client.update_run(run_id, status="RUNNING")
            return run_id
        launch = self.launch
        tags = {
            "nnbench.kind": "launch",
            "nnbench.launch": launch.id,
            "nnbench.grid": launch.grid,
            "nnbench.question": _fit(launch.question),
            "nnbench.overrides": _fit(" ".join(launch.overrides)),
            "nnbench.cells": str(len(launch.cells)),
            "nnbench.trials": str(len(launch.trial_ids)),
            **self._common_tags(),
        }
        run = self._client.create_run(self.experiment_id, int(launch.started * 1000), tags, f"{launch.grid} {launch.id}")
        return str(run.info.run_id)

    def _children(self) -> dict[str, tuple[str, str]]:
        """Run id and results of each cell and trial that is logged completely; what was cut off is deleted."""
        found: dict[str, tuple[str, str]] = {}
        token = None
        while True:
            page = self._client.search_runs(
                [self.experiment_id], f"tags.`mlflow.parentRunId` = '{self.run_id}'", max_results=1000, page_token=token
            )
            for run in page:
                key = run.data.tags.get("nnbench.trial") or run.data.tags.get("nnbench.cell", "")
                if run.info.status == "RUNNING" or key in found:
                    self._client.delete_run(run.info.run_id)
                else:
                    found[key] = (run.info.run_id, run.data.tags.get("nnbench.results", ""))
            token = page.token
            if not token:
                return found

    def _tags(self, entry: _Entry) -> dict[str, str]:
        summary = entry.summary
        return {
            "mlflow.parentRunId": self.run_id,
            "nnbench.launch": self.launch.id,
            "nnbench.results": entry.identity,
            "nnbench.status": "failed" if summary.failed else "diverged" if summary.diverged else "done",
            "nnbench.gradcheck": entry.gradcheck,
            **{f"nnbench.origin.{name}": " ".join(filter(None, origin)) for name, origin in entry.cell.origins.items()},
            **self._common_tags(),
        }

    def _common_tags(self) -> dict[str, str]:
        environment = self.launch.environment
        tags = {f"nnbench.env.{name}": value for name, value in environment.items() if not name.startswith("git_")}
        tags |= {"mlflow.user": _user(), "mlflow.source.name": _fit(self.launch.source), "mlflow.source.type": "LOCAL"}
        if "git_commit" in environment:
            tags |= {"mlflow.source.git.commit": environment["git_commit"], "nnbench.git_dirty": environment["git_dirty"]}
        return tags

    def _log_dataset(self, run_id: str, cell: LaunchCell) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        fields = cell.fields
        source = json.dumps(fields["dataset"], sort_keys=True)
        sizes = {name: fields[name] for name in ("train_size", "valid_size", "test_size")}
        dataset = Dataset(
            name=cell.labels["dataset"][:500],
            digest=hashlib.sha256((source + json.dumps(sizes)).encode()).hexdigest()[:8],
            source_type="nnbench",
            source=source,
            profile=json.dumps(sizes),
        )
        self._client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])


@dataclass(frozen=True)
class _Entry:
    """A run to log: some results aggregated, and so small that thousands can wait."""

    kind: str
    key: str
    title: str
    cell: LaunchCell
    summary: CellSummary
    identity: str
    """Which results the run shows: the same again when trained anew, others once a failed trial is completed."""
    seeds: tuple[int, ...]
    started: int
    """Milliseconds since 1970."""
    ended: int
    """After the training time of all seeds together; they were trained at once, in stacks with others."""
    parameters: int
    gradcheck: str
    """passed, failed or off."""
    checked: Mapping[str, float]
    """What the gradient check came to, as metrics."""
    steps: tuple[int, ...]
    curves: Mapping[str, np.ndarray]
    """Mean over seeds at each of `steps`."""


def _entries(launch: Launch, cell: LaunchCell, rows: Sequence[Row], each_trial: bool) -> list[_Entry]:
    title = launch.title(cell)
    found = [_entry(launch, "cell", cell.id, title, cell, rows)]
    if each_trial:
        found += [_entry(launch, "trial", row["trial_id"], f"{title} · seed {row['seed']}", cell, [row]) for row in rows]
    return found


def _entry(launch: Launch, kind: str, key: str, title: str, cell: LaunchCell, rows: Sequence[Row]) -> _Entry:
    check = launch.gradient_check(cell)
    identity = json.dumps(
        sorted((row["trial_id"], row["status"], repr(row["test_accuracy"]), repr(row["test_loss"])) for row in rows)
    )
    identity += json.dumps(check, sort_keys=True) if check else ""
    started = min(row["started"] for row in rows)
    trained = [row for row in rows if row["curve_steps"]]
    steps: Sequence[int] = max((row["curve_steps"] for row in trained), key=len, default=[])
    picked = sorted({round(i) for i in np.linspace(0, len(steps) - 1, POINTS)}) if steps else []
    curves = {name: mean_curve([row[column] for row in trained]) for column, name in CURVES.items()} if trained else {}
    for column, group in LAYER_CURVES.items():
        for layer in range(len(trained[0][column]) if trained else 0):
            curves[f"{group}/layer_{layer + 1}"] = mean_curve([row[column][layer] for row in trained])
    return _Entry(
        kind=kind,
        key=key,
        title=title,
        cell=cell,
        summary=summarize(rows),
        identity=hashlib.sha256(identity.encode()).hexdigest()[:16],
        seeds=tuple(row["seed"] for row in rows),
        started=int(started * 1000),
        ended=int((started + sum(row["seconds"] for row in rows)) * 1000),
        parameters=max(row["parameters"] or 0 for row in rows),
        gradcheck=launch.gradcheck_status(cell),
        checked={f"gradcheck/{name}": float(check[name]) for name in CHECKED if np.isfinite(check[name])} if check else {},
        steps=tuple(steps[i] for i in picked),
        curves={name: curve[picked] for name, curve in curves.items()},
    )


class Tracker:
    """Watches a launch and logs each cell once all its seeds have results, on a thread of its own.

    Whatever goes wrong with the tracking store never reaches the launch: `problem` says what it was, `missing` how many
    cells are not logged, and `sync` logs them later.
    """

    def __init__(
        self,
        uri: str,
        artifacts: Path | None,
        documents: Documents,
        on_logged: Callable[[], None] = lambda: None,
        each_trial: bool = False,
    ) -> None:
        self.uri = uri
        self._artifacts = artifacts
        self._documents = documents
        self._on_logged = on_logged
        self.each_trial = each_trial
        self._events: queue.Queue[Callable[[], None]] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="nnbench-tracking", daemon=True)
        self._projection: Projection | None = None
        self._cells: dict[str, LaunchCell] = {}
        self._rows: dict[str, dict[str, Row]] = defaultdict(dict)
        self.problem: str = ""
        self.logged = 0
        """Cells logged, or found to be."""

    @property
    def location(self) -> str:
        """`experiment id/run id` of the launch's run, once there is one."""
        return self._projection.location if self._projection else ""

    @property
    def missing(self) -> int:
        """Cells that are not logged."""
        return len(self._cells) - self.logged

    @hookimpl
    def nnbench_launch_started(self, launch: Launch) -> None:
        """Begin to log, unless settings are chosen first."""
        self._thread.start()
        self._begin(launch)

    def _begin(self, launch: Launch) -> None:
        """Connect once it is known which cells there are."""
        if self._cells or launch.phase == TUNING:
            return
        self._cells = {cell.id: cell for cell in launch.cells}

        def connect() -> None:
            self._projection = Projection(prepare(self.uri), launch, self._artifacts, self.each_trial)

        self._events.put(connect)

    @hookimpl
    def nnbench_results_stored(self, launch: Launch, results: Sequence[Row]) -> None:
        """Queue the cells that are complete with these results."""
        self._begin(launch)
        for row in results:
            cell = self._cells.get(row["cell_id"])
            if cell and row["trial_id"] in cell.trials:  # others are of tuning, or behind the verdict
                self._rows[row["cell_id"]][row["trial_id"]] = row
        for cell_id in {row["cell_id"] for row in results}:
            cell = self._cells.get(cell_id)
            if cell and len(self._rows[cell_id]) == len(cell.trials):
                rows = self._rows.pop(cell_id)
                self._events.put(
                    partial(self._log, _entries(launch, cell, [rows[trial] for trial in cell.trials], self.each_trial))
                )

    @hookimpl
    def nnbench_launch_finished(self, launch: Launch, status: str) -> None:
        """Queue the end of the launch's run; `join` waits for it."""
        self._begin(launch)

        def finish() -> None:
            if self._projection:
                self._projection.launch = launch
                self._projection.finish(status, self._documents)

        self._events.put(finish)

    def join(self) -> bool:
        """Wait until what was queued is logged; says whether the whole launch is."""
        self._events.put(_stop)
        self._thread.join()
        return not self.problem and not self.missing

    def _log(self, entries: Sequence[_Entry]) -> None:
        if self._projection:
            self._projection.log(entries)
            self.logged += 1
            self._on_logged()

    def _work(self) -> None:
        while (event := self._events.get()) is not _stop:
            if self.problem:
                continue  # the store has everything; one report is enough
            try:
                event()
            except Exception as error:
                self.problem = (
                    f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no details'}"
                )


def sync(
    launch: Launch,
    store: Store,
    uri: str,
    artifacts: Path | None,
    documents: Documents,
    on_logged: Callable[[], None] = lambda: None,
    each_trial: bool = False,
) -> tuple[int, str]:
    """Log what the tracking store lacks of a launch; says how many cells that were, and where. Raises what mlflow raises."""
    projection = Projection(prepare(uri), launch, artifacts, each_trial)
    rows = {row["trial_id"]: row for row in store.rows(launch.trial_ids, COLUMNS)}
    logged = 0
    for cell in launch.cells:
        if all(trial in rows for trial in cell.trials):
            logged += projection.log_cell(cell, [rows[trial] for trial in cell.trials])
        on_logged()
    projection.finish("interrupted" if launch.status == "running" else launch.status, documents)
    return logged, projection.location


def log_study(
    uri: str,
    artifacts: Path | None,
    name: str,
    params: Mapping[str, str],
    metrics: Sequence[tuple[str, float, int]],
    files: Path,
) -> str:
    """Log one run with the files of a folder; metrics are names, values and steps. Says where: `experiment id/run id`."""
    client = prepare(uri)
    from mlflow.entities import Metric, Param

    found = client.get_experiment_by_name(name)
    if found is not None and found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    location = artifacts.resolve().as_uri() if artifacts else None
    experiment_id = found.experiment_id if found is not None else client.create_experiment(name, location)
    run_id = client.create_run(experiment_id, tags={"nnbench.kind": "study", "mlflow.user": _user()}, run_name=name).info.run_id
    now = int(time.time() * 1000)
    logged = [Metric(metric, value, now, step) for metric, value, step in metrics]
    client.log_batch(run_id, logged, [Param(key, _fit(value)) for key, value in params.items()])
    client.log_artifacts(run_id, str(files))
    client.set_terminated(run_id)
    return f"{experiment_id}/{run_id}"


def view_path(location: str, launch: Launch) -> str:
    """Where the UI shows the cells of the launch at `location`, best first, with columns chosen.

    Columns are not a documented feature of MLflow: where they fail, the page shows all runs of the experiment.
    """
    return f"/#/experiments/{location.partition('/')[0]}/runs?workflowType=machine_learning&viewStateShareKey={launch.id}"


def charts_path(location: str) -> str:
    """Where the UI draws the curves of the ten best cells of the launch at `location`."""
    experiment_id, _, run_id = location.partition("/")
    query = {
        "workflowType": "machine_learning",
        "searchFilter": _cells_of(run_id),
        "orderByKey": "metrics.`test/accuracy`",
        "orderByAsc": "false",
        "compareRunsMode": "CHART",
    }
    return f"/#/experiments/{experiment_id}/runs?{urlencode(query, quote_via=quote)}"


def _cells_of(run_id: str) -> str:
    return f"tags.mlflow.parentRunId = '{run_id}' and tags.nnbench.kind = 'cell'"


def _stop() -> None:
    """Ends the tracker's thread."""


def _params(cell: LaunchCell, seeds: Sequence[int]) -> dict[str, str]:
    params: dict[str, str] = {}
    for name, value in cell.fields.items():
        _flatten(name, value, params)
    params["seeds"] = ",".join(map(str, seeds))
    return params


def _flatten(name: str, value: Any, into: dict[str, str]) -> None:
    if isinstance(value, Mapping):
        into[name] = str(value["name"])
        for key, each in value.items():
            if key != "name":
                _flatten(f"{name}.{key}", each, into)
    elif isinstance(value, (list, tuple)):
        into[name] = "-".join(str(each) for each in value) or "none"
    else:
        into[name] = str(value)


def _metrics(entry: _Entry) -> list[Metric]:
    from mlflow.entities import Metric

    summary = entry.summary
    finals = {
        **_estimate("test/accuracy", summary.test_accuracy),
        **_estimate("test/accuracy_last", summary.test_accuracy_last),
        **_estimate("test/loss", summary.test_loss),
        "valid/best_accuracy": summary.best_valid_accuracy.mean,
        "target/steps": summary.steps_to_target if np.isfinite(summary.steps_to_target) else float("nan"),
        "target/reached": float(summary.reached),
        "trials/done": float(summary.done),
        "trials/diverged": float(summary.diverged),
        "trials/failed": float(summary.failed),
        "time/seconds": summary.seconds,
        "network/parameters": float(entry.parameters),
        **entry.checked,
    }
    metrics = [Metric(name, value, entry.ended, 0) for name, value in finals.items()]
    span = max(entry.ended - entry.started, 1)
    for name, curve in entry.curves.items():
        for step, value in zip(entry.steps, curve, strict=True):
            if np.isfinite(value):
                metrics.append(Metric(name, float(value), entry.started + span * step // max(entry.steps[-1], 1), step))
    return metrics


def _estimate(name: str, value: Estimate) -> dict[str, float]:
    found = {name: value.mean, f"{name}_std": value.std, f"{name}_low": value.low, f"{name}_high": value.high}
    return {key: number for key, number in found.items() if np.isfinite(number)}


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def _fit(text: str, limit: int = 5_000) -> str:
    """Text within MLflow's limits for params and tags."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
