"""Measurements that are no launch, such as what components cost: one run with its files."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from nnbench.analysis.digits import significant
from nnbench.tracking.mlflow.projection import fit, user
from nnbench.tracking.mlflow.runs import DIGITS
from nnbench.tracking.mlflow.server import prepare


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

    experiment = client.get_experiment_by_name(name)
    if experiment is not None and experiment.lifecycle_stage == "deleted":
        client.restore_experiment(experiment.experiment_id)
    location = artifacts.as_uri() if artifacts else None
    experiment_id = experiment.experiment_id if experiment is not None else client.create_experiment(name, location)
    run_id = client.create_run(experiment_id, tags={"nnbench.kind": "study", "mlflow.user": user()}, run_name=name).info.run_id
    now = int(time.time() * 1000)
    logged = [Metric(metric, significant(value, DIGITS), now, step) for metric, value, step in metrics]
    client.log_batch(run_id, logged, [Param(key, fit(value)) for key, value in params.items()])
    client.log_artifacts(run_id, str(files))
    client.set_terminated(run_id)
    return f"{experiment_id}/{run_id}"
