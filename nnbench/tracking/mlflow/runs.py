"""What a run of a cell or a trial shows: figures, params and curves, and so small that thousands of runs can wait."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnbench.analysis.digits import rounded_interval, significant
from nnbench.analysis.statistics import Interval
from nnbench.analysis.summary import CellSummary, Estimate, mean_curve, summarize
from nnbench.store import Launch, LaunchCell, Result

if TYPE_CHECKING:
    from mlflow.entities import Metric

DIGITS = 6
"""Of points of curves, which have no interval."""
TRIAL_DIGITS = 7
"""Of what a single trial measured: as many as single precision has."""
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
CHECKED = ("max_relative_error", "failed", "kinks", "precision_error")
"""What a cell's run shows of its gradient check."""


@dataclass(frozen=True)
class Run:
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


def runs_of(launch: Launch, cell: LaunchCell, results: Sequence[Result], each_trial: bool) -> list[Run]:
    """The runs of a cell with the results of all its seeds: its own, and with `each_trial` one for each trial."""
    title = launch.title(cell)
    runs = [_run(launch, "cell", cell.id, title, cell, results)]
    if each_trial:
        runs += [_run(launch, "trial", each.trial_id, f"{title} · seed {each.seed}", cell, [each]) for each in results]
    return runs


def _run(launch: Launch, kind: str, key: str, title: str, cell: LaunchCell, results: Sequence[Result]) -> Run:
    check = launch.gradient_check(cell)
    identity = json.dumps(sorted((each.trial_id, each.status, repr(each.test_accuracy), repr(each.test_loss)) for each in results))
    identity += json.dumps(check, sort_keys=True) if check else ""
    started = min(each.started for each in results)
    trained = [each for each in results if each.curve_steps]
    steps: Sequence[int] = max((each.curve_steps for each in trained), key=len, default=[])
    picked = sorted({round(i) for i in np.linspace(0, len(steps) - 1, POINTS)}) if steps else []
    return Run(
        kind=kind,
        key=key,
        title=title,
        cell=cell,
        summary=summarize(results),
        identity=hashlib.sha256(identity.encode()).hexdigest()[:16],
        seeds=tuple(each.seed for each in results),
        started=int(started * 1000),
        ended=int((started + sum(each.seconds for each in results)) * 1000),
        parameters=max(each.parameters or 0 for each in results),
        gradcheck=launch.gradcheck_status(cell),
        checked={f"gradcheck/{name}": significant(float(check[name])) for name in CHECKED if np.isfinite(check.get(name, np.nan))}
        if check
        else {},
        steps=tuple(steps[i] for i in picked),
        curves={name: curve[picked] for name, curve in _curves(trained).items()},
    )


def _curves(trained: Sequence[Result]) -> dict[str, np.ndarray]:
    """Mean over seeds of every curve that all of them have: an older version may have measured fewer."""
    curves: dict[str, np.ndarray] = {}
    if not trained:
        return curves
    for column, name in CURVES.items():
        if all(each[column] is not None for each in trained):
            curves[name] = mean_curve([each[column] for each in trained])
    for column, group in LAYER_CURVES.items():
        for layer in range(min(len(each[column] or ()) for each in trained)):
            curves[f"{group}/layer_{layer + 1}"] = mean_curve([each[column][layer] for each in trained])
    return curves


def params_of(cell: LaunchCell, seeds: Sequence[int]) -> dict[str, str]:
    """What a cell is made of, as flat names and texts, and the seeds that a run shows."""
    params: dict[str, str] = {}
    for name, value in cell.fields.items():
        _flatten(name, value, params, cell)
    params["seeds"] = ",".join(map(str, seeds))
    return params


def _flatten(name: str, value: Any, into: dict[str, str], cell: LaunchCell) -> None:
    if isinstance(value, Mapping):
        into[name] = _component(name, str(value["name"]), cell)
        for key, each in value.items():
            if key != "name":
                _flatten(f"{name}.{key}", each, into, cell)
    elif isinstance(value, (list, tuple)):
        into[name] = "-".join(str(each) for each in value) or "none"
    else:
        into[name] = str(value)


def _component(at: str, name: str, cell: LaunchCell) -> str:
    """A component's name, with the distribution where the cell's label tells it by that."""
    qualified = f"{cell.origins[at][0]}:{name}" if at in cell.origins else name
    return qualified if qualified in cell.labels[at.partition(".")[0]] else name


def metrics_of(run: Run) -> list[Metric]:
    """Final figures at step 0, and curves at their steps, with times as if training had been even."""
    from mlflow.entities import Metric

    summary = run.summary
    finals = {
        **_estimate("test/accuracy", summary.test_accuracy),
        **_estimate("test/accuracy_last", summary.test_accuracy_last),
        **_estimate("test/loss", summary.test_loss),
        "valid/best_accuracy": _deserved(summary.best_valid_accuracy).value,
        "target/steps": summary.steps_to_target if np.isfinite(summary.steps_to_target) else float("nan"),
        "target/reached": float(summary.reached),
        "target/mean_steps": significant(summary.mean_steps),
        "trials/done": float(summary.done),
        "trials/diverged": float(summary.diverged),
        "trials/failed": float(summary.failed),
        "time/seconds": significant(summary.seconds),
        "network/parameters": float(run.parameters),
        **run.checked,
    }
    metrics = [Metric(name, value, run.ended, 0) for name, value in finals.items()]
    span = max(run.ended - run.started, 1)
    for name, curve in run.curves.items():
        for step, value in zip(run.steps, curve, strict=True):
            if np.isfinite(value):
                metrics.append(
                    Metric(name, significant(float(value), DIGITS), run.started + span * step // max(run.steps[-1], 1), step)
                )
    return metrics


def _estimate(name: str, value: Estimate) -> dict[str, float]:
    """Mean and interval with the digits that this deserves, and the standard deviation, which has no interval of its own."""
    mean = _deserved(value)
    figures = {name: mean.value, f"{name}_std": significant(value.std), f"{name}_low": mean.low, f"{name}_high": mean.high}
    return {key: number for key, number in figures.items() if np.isfinite(number)}


def _deserved(value: Estimate) -> Interval:
    """What single precision has of a single trial, and of several what their interval bears out."""
    if value.n < 2:
        return Interval(significant(value.mean, TRIAL_DIGITS), value.low, value.high)
    return rounded_interval(Interval(value.mean, value.low, value.high))
