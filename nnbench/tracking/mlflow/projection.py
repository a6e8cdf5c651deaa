"""A launch as runs in one tracking store: one parent, and one child for each of its cells.

The projection is idempotent. A run carries its identity as tags; what is there and complete stays, what was cut off is deleted and
logged again. So it can be interrupted, repeated, and caught up with later.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnbench.escaping import escaped
from nnbench.store import Launch, LaunchCell
from nnbench.tracking.mlflow.links import cells_of
from nnbench.tracking.mlflow.runs import Run, metrics_of, params_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

BATCH = 850
"""Metrics in a request, which takes 1,000 metrics, params and tags."""

Documents = Callable[[Launch, Path], Mapping[str, str]]
"""Writes the files that belong beside a launch into a folder; summary.md becomes the run's description. Returns tags of the run."""


class Projection:
    """One launch, as runs in one tracking store: one for each cell, and those of single trials that it is told to log."""

    def __init__(self, client: MlflowClient, launch: Launch, artifacts: Path | None) -> None:
        self._client, self._artifacts = client, artifacts
        self.launch = launch
        self.experiment_id = self._experiment()
        self.run_id = self._parent()
        self._logged = self._children()

    @property
    def location(self) -> str:
        """`experiment id/run id` of the launch's run."""
        return f"{self.experiment_id}/{self.run_id}"

    def log(self, runs: Sequence[Run]) -> bool:
        """Log runs that are not there already; says whether any was logged now."""
        return sum(map(self._log, runs)) > 0

    def _log(self, run: Run) -> bool:
        from mlflow.entities import Param

        known = self._logged.get(run.key)
        if known and known[1] == run.identity:
            return False
        if known:
            self._client.delete_run(known[0])
        tags = {"nnbench.kind": run.kind, f"nnbench.{run.kind}": run.key, **self._tags(run)}
        run_id = self._client.create_run(self.experiment_id, run.started, tags, run.title).info.run_id
        params = [Param(name, fit(value)) for name, value in params_of(run.cell, run.seeds).items()]
        metrics = metrics_of(run)
        self._client.log_batch(run_id, metrics[:BATCH], params[:100])
        for start in range(BATCH, len(metrics), BATCH):
            self._client.log_batch(run_id, metrics[start : start + BATCH])
        for start in range(100, len(params), 100):
            self._client.log_batch(run_id, params=params[start : start + 100])
        self._log_dataset(run_id, run.cell)
        self._client.set_terminated(run_id, "FAILED" if run.summary.failed else "FINISHED", run.ended)
        self._logged[run.key] = (run_id, run.identity)
        return True

    def finish(self, status: str, documents: Documents) -> None:
        """Attach the launch's files and close its run."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for tag, value in documents(self.launch, folder).items():
                self._client.set_tag(self.run_id, tag, fit(value))
            summary = folder / "summary.md"
            if summary.exists():
                self._client.set_tag(self.run_id, "mlflow.note.content", fit(summary.read_text(encoding="utf-8"), 7_900))
            self._attach(folder)
        self._client.set_experiment_tag(self.experiment_id, f"mlflow.sharedViewState.{self.launch.id}", json.dumps(self._view()))
        self._client.set_tag(self.run_id, "nnbench.status", status)
        final = {"finished": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}[status]
        self._client.set_terminated(self.run_id, final, int((self.launch.ended or self.launch.started) * 1000))

    def _attach(self, folder: Path) -> None:
        """Copy a folder's files to the run; not by the client where they go into a folder.

        The client remembers while the process lives where a run's artifacts went, also if the folder was moved or copied since.
        """
        if self._artifacts is None:
            self._client.log_artifacts(self.run_id, str(folder))
            return
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        repository: Any = get_artifact_repository(self._client.get_run(self.run_id).info.artifact_uri)
        repository.log_artifacts(str(folder))

    def _view(self) -> dict[str, Any]:
        """What `view_path` presets in the UI: the launch's cells, best first, with the columns that tell them apart."""
        values: dict[tuple[str, ...], set[str]] = defaultdict(set)  # of hyperparameters for each component, as others lack them
        for cell in self.launch.cells:
            params = params_of(cell, ())
            for name, value in params.items():
                levels = name.split(".")
                around = (params[".".join(levels[:depth])] for depth in range(1, len(levels)))
                values[name, *around].add(value)
        varying = list(dict.fromkeys(name for (name, *_), several in values.items() if len(several) > 1))
        metrics = ["test/accuracy", "test/accuracy_std", "valid/best_accuracy", "target/steps", "trials/diverged"]
        return {
            "searchFilter": cells_of(self.run_id),
            "orderByKey": "metrics.`test/accuracy`",
            "orderByAsc": False,
            "startTime": "ALL",
            "lifecycleFilter": "Active",
            "datasetsFilter": [],
            "modelVersionFilter": "All Runs",
            "selectedColumns": [*(f"metrics.`{name}`" for name in metrics), *(f"params.`{name}`" for name in varying[:12])],
            "groupBy": None,
        }

    def _experiment(self) -> str:
        name = self.launch.grid
        experiment = self._client.get_experiment_by_name(name)
        if experiment is not None:
            if experiment.lifecycle_stage == "deleted":
                self._client.restore_experiment(experiment.experiment_id)
            return str(experiment.experiment_id)
        tags = {
            "mlflow.experimentKind": "custom_model_development",
            "mlflow.note.content": escaped(self.launch.question or f"Launches of the grid {name}."),
        }
        location = self._artifacts.as_uri() if self._artifacts else None
        return str(self._client.create_experiment(name, location, tags))

    def _parent(self) -> str:
        runs = self._client.search_runs(
            [self.experiment_id], f"tags.`nnbench.launch` = '{self.launch.id}' and tags.`nnbench.kind` = 'launch'"
        )
        if runs:
            run_id = str(runs[0].info.run_id)
            self._client.update_run(run_id, status="RUNNING")
            return run_id
        launch = self.launch
        tags = {
            "nnbench.kind": "launch",
            "nnbench.launch": launch.id,
            "nnbench.grid": launch.grid,
            "nnbench.question": fit(launch.question),
            "nnbench.overrides": fit(" ".join(launch.overrides)),
            "nnbench.cells": str(len(launch.cells)),
            "nnbench.trials": str(len(launch.trial_ids)),
            **self._common_tags(),
        }
        run = self._client.create_run(self.experiment_id, int(launch.started * 1000), tags, f"{launch.grid} {launch.id}")
        return str(run.info.run_id)

    def _children(self) -> dict[str, tuple[str, str]]:
        """Run id and results of each cell and trial that is logged completely; what was cut off is deleted."""
        logged: dict[str, tuple[str, str]] = {}
        token = None
        while True:
            page = self._client.search_runs(
                [self.experiment_id], f"tags.`mlflow.parentRunId` = '{self.run_id}'", max_results=1000, page_token=token
            )
            for run in page:
                key = run.data.tags.get("nnbench.trial") or run.data.tags.get("nnbench.cell", "")
                if run.info.status == "RUNNING" or key in logged:
                    self._client.delete_run(run.info.run_id)
                else:
                    logged[key] = (run.info.run_id, run.data.tags.get("nnbench.results", ""))
            token = page.token
            if not token:
                return logged

    def _tags(self, run: Run) -> dict[str, str]:
        summary = run.summary
        return {
            "mlflow.parentRunId": self.run_id,
            "nnbench.launch": self.launch.id,
            "nnbench.results": run.identity,
            "nnbench.status": "failed" if summary.failed else "diverged" if summary.diverged else "done",
            "nnbench.gradcheck": run.gradcheck,
            **{f"nnbench.origin.{name}": " ".join(filter(None, origin)) for name, origin in run.cell.origins.items()},
            **self._common_tags(),
        }

    def _common_tags(self) -> dict[str, str]:
        environment = self.launch.environment
        tags = {f"nnbench.env.{name}": value for name, value in environment.items() if not name.startswith("git_")}
        tags |= {"mlflow.user": user(), "mlflow.source.name": fit(self.launch.source), "mlflow.source.type": "LOCAL"}
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


def user() -> str:
    """Who runs this, as far as the system tells."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def fit(text: str, limit: int = 5_000) -> str:
    """Text within MLflow's limits for params and tags."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
