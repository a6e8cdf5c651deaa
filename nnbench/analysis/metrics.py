"""What levels are compared by: one number for each trial. A diverged trial is worst by every metric, never dropped."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Metric:
    """A number that a trial's result amounts to."""

    name: str
    value: Callable[[Row], float]
    """From the result of a trial that is done."""
    columns: tuple[str, ...]
    """What of the result it takes."""
    higher: bool = False
    """Whether more is better."""
    time: bool = False
    """Whether it is a time, so that ratios mean something."""
    worst: float = math.inf
    """What a diverged trial counts as."""
    tuned_by: str = "best_valid_accuracy"
    """What settings are chosen by, one of `nnbench.analysis.tuning.CRITERIA`."""
    training: bool = True
    """Whether it is about training: an untrained network's value is then a control."""
    least: float = -math.inf
    """Below which it cannot be; a loss may be below 0 all the same, where its author says so."""
    most: float = math.inf
    """Above which it cannot be."""
    whole: str = ""
    """The column that says how long the whole run of a trial took, for a time."""
    own_criterion: bool = True
    """Whether settings are chosen by the same thing on validation, and not by another that stands in for it."""

    def of(self, row: Row) -> float:
        """The metric of a trial that is done or diverged; NaN for a failed one, which says nothing.

        Neither does one whose result an older version of nnbench wrote, which did not measure this.
        """
        if row["status"] == "failed":
            return math.nan
        if row["status"] != "done":
            return self.worst
        if any(row[name] is None for name in self.columns):
            return math.nan
        value = self.value(row)
        return self.worst if math.isnan(value) else value


def _area(row: Row) -> float:
    steps, accuracy = np.asarray(row["curve_steps"], float), np.asarray(row["valid_accuracy"])
    return float(np.trapezoid(accuracy, steps) / steps[-1]) if len(steps) > 1 else float(accuracy[-1])


def _last(name: str) -> Callable[[Row], float]:
    return lambda row: float(row[name][-1])


def _gained(name: str) -> Callable[[Row], float]:
    """From the first evaluation to the last, mean over layers; a network without hidden layers has none of it."""
    return lambda row: float(np.mean([layer[-1] - layer[0] for layer in row[name]])) if row[name] else 0.0


def _decay(name: str, backwards: bool = False) -> Callable[[Row], float]:
    """How far the spread of a layer's signal is from that of the layer it comes from, before training: |ln| of their ratio."""

    def value(row: Row) -> float:
        spreads = [layer[0] for layer in row[name]]
        if len(spreads) < 2:
            return 0.0
        first, last = (spreads[-1], spreads[0]) if backwards else (spreads[0], spreads[-1])
        return abs(math.log(last / first)) / (len(spreads) - 1) if first > 0 and last > 0 else math.inf

    return value


def _rises(row: Row) -> float:
    """Share of evaluations at which the update, relative to the parameters, is larger than at the one before."""
    sizes = [size for size in row["update_ratio"] if not math.isnan(size)]
    return float(np.mean(np.diff(sizes) > 0)) if len(sizes) > 1 else 0.0


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "steps_to_target",
            lambda row: row["steps_to_target"],
            ("steps_to_target",),
            time=True,
            tuned_by="steps_to_target",
            least=0.0,
            whole="steps",
        ),
        Metric(
            "epochs_to_target",
            lambda row: row["steps_to_target"] / row["steps"] * row["epochs"],
            ("steps_to_target", "steps", "epochs"),
            time=True,
            tuned_by="steps_to_target",
            least=0.0,
            whole="epochs",
        ),
        Metric(
            "test_accuracy",
            lambda row: row["test_accuracy"],
            ("test_accuracy",),
            higher=True,
            worst=0.0,
            least=0.0,
            most=1.0,
        ),
        Metric(
            "test_accuracy_last",
            lambda row: row["test_accuracy_last"],
            ("test_accuracy_last",),
            higher=True,
            worst=0.0,
            least=0.0,
            most=1.0,
            tuned_by="valid_accuracy_last",
        ),
        Metric(
            "test_loss",
            lambda row: row["test_loss"],
            ("test_loss",),
            tuned_by="best_valid_loss",
            least=0.0,
        ),
        Metric(
            "test_loss_last",
            lambda row: row["test_loss_last"],
            ("test_loss_last",),
            tuned_by="valid_loss_last",
            least=0.0,
        ),
        Metric(
            "valid_area",
            _area,
            ("curve_steps", "valid_accuracy"),
            higher=True,
            worst=0.0,
            least=0.0,
            most=1.0,
            tuned_by="valid_area",
        ),
        Metric(
            "train_loss",
            _last("train_loss"),
            ("train_loss",),
            tuned_by="train_loss_last",
            least=0.0,
        ),
        Metric(
            "overfitting",
            lambda row: row["valid_loss"][-1] - row["train_loss_last"],
            ("valid_loss", "train_loss_last"),
            tuned_by="valid_loss_last",
            own_criterion=False,
        ),
        Metric(
            "saturated",
            _gained("saturated"),
            ("saturated",),
            least=-1.0,
            most=1.0,
            own_criterion=False,
        ),
        Metric(
            "dead",
            _gained("dead"),
            ("dead",),
            least=-1.0,
            most=1.0,
            own_criterion=False,
        ),
        Metric(
            "activation_decay",
            _decay("activation_std"),
            ("activation_std",),
            training=False,
            least=0.0,
            own_criterion=False,
        ),
        Metric(
            "gradient_decay",
            _decay("gradient_std", backwards=True),
            ("gradient_std",),
            training=False,
            least=0.0,
            own_criterion=False,
        ),
        Metric(
            "update_rise",
            _rises,
            ("update_ratio",),
            least=0.0,
            most=1.0,
            own_criterion=False,
        ),
        Metric("diverged", lambda _: 0.0, (), worst=1.0, least=0.0, most=1.0, own_criterion=False),
    )
}
"""Every metric, by name."""

BASIC = ("trial_id", "cell_id", "seed", "status")


def columns(names: Sequence[str]) -> tuple[str, ...]:
    """What of results these metrics take, tuning included."""
    needed = [*BASIC]
    for name in names:
        needed += [*METRICS[name].columns, *filter(None, [METRICS[name].whole])]
    return tuple(dict.fromkeys(each for each in needed if each != "epochs"))
