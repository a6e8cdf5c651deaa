"""A cell's seeds, aggregated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from nnbench.analysis.digits import clipped
from nnbench.analysis.statistics import Interval

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds; spread and interval are NaN with fewer than two."""

    mean: float
    std: float
    """Standard deviation between seeds, n - 1 in the denominator."""
    low: float
    """Lower end of the 95 % interval of the mean, from Student's t."""
    high: float
    n: int


@dataclass(frozen=True)
class CellSummary:
    """What a cell's trials amount to. A diverged trial is worst, never dropped: its accuracy counts as 0."""

    trials: int
    """Trials that have a result, failed ones among them."""
    done: int
    diverged: int
    failed: int
    test_accuracy: Estimate
    """With the parameters best by validation; over done and diverged trials."""
    test_accuracy_last: Estimate
    best_valid_accuracy: Estimate
    test_loss: Estimate
    """Over done trials alone: a diverged one has none."""
    steps_to_target: float
    """Median over done and diverged trials, where one that never reached the target counts as infinite."""
    reached: int
    """Trials that reached the target."""
    mean_steps: float
    """Mean of the same trials' steps to the target, where never counts as the whole run: finite whatever share arrives."""
    seconds: float
    """Training time of all seeds together."""


def summarize(rows: Sequence[Row]) -> CellSummary:
    """Summary of one cell's results, one row for each seed."""
    scored = [row for row in rows if row["status"] != "failed"]
    done = [row for row in scored if row["status"] == "done"]
    steps = [row["steps_to_target"] if row["status"] == "done" else np.inf for row in scored]

    def accuracy(name: str) -> Estimate:
        return estimate([row[name] if row["status"] == "done" else 0.0 for row in scored], 0.0, 1.0)

    return CellSummary(
        trials=len(rows),
        done=len(done),
        diverged=len(scored) - len(done),
        failed=len(rows) - len(scored),
        test_accuracy=accuracy("test_accuracy"),
        test_accuracy_last=accuracy("test_accuracy_last"),
        best_valid_accuracy=accuracy("best_valid_accuracy"),
        test_loss=estimate([row["test_loss"] for row in done], 0.0),
        steps_to_target=_median(steps),
        reached=int(np.isfinite(steps).sum()),
        mean_steps=_restricted(scored, steps),
        seconds=float(sum(row["seconds"] for row in rows)),
    )


def estimate(values: Sequence[float], least: float = -math.inf, most: float = math.inf) -> Estimate:
    """Mean, spread and 95 % t interval; all NaN without values.

    The interval stays within `least` and `most`, what the quantity can be at all, unless a value lies beyond.
    """
    x = np.asarray(values, dtype=np.float64)
    n = len(x)
    mean = float(x.mean()) if n else math.nan
    if n < 2:
        return Estimate(mean, math.nan, math.nan, math.nan, n)
    std = float(x.std(ddof=1))
    half = float(stdtrit(n - 1, 0.975)) * std / n**0.5
    ends = clipped(Interval(mean, mean - half, mean + half), min(least, float(x.min())), max(most, float(x.max())))
    return Estimate(mean, std, ends.low, ends.high, n)


def _restricted(rows: Sequence[Row], steps: Sequence[float]) -> float:
    """Mean of the steps, of never as many as the whole run has; NaN if a run does not tell."""
    limited = [float(row.get("steps") or math.nan) if math.isinf(each) else each for row, each in zip(rows, steps, strict=True)]
    return float(np.mean(limited)) if limited else math.nan


def mean_curve(curves: Sequence[Sequence[float]]) -> np.ndarray:
    """Mean over seeds at each evaluation, over those that are finite there; NaN where none is."""
    longest = max(map(len, curves), default=0)
    padded = np.full((len(curves), longest), np.nan)
    for row, curve in zip(padded, curves, strict=True):
        row[: len(curve)] = curve
    finite = np.isfinite(padded)
    count = finite.sum(axis=0)
    total = np.where(finite, padded, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(longest, np.nan), where=count > 0)


def _median(values: Sequence[float]) -> float:
    """Middle value; the upper of two middle ones, so that it is a number of steps that was seen, or infinite."""
    return float(sorted(values)[len(values) // 2]) if values else float("nan")
