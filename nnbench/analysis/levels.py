"""What one level amounts to over its tasks: a middle, a share that arrives, a profile, and what became of its trials."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from nnbench.analysis import statistics
from nnbench.analysis.digits import clipped
from nnbench.analysis.scores import Scores, worst
from nnbench.analysis.statistics import Interval, Redrawn, Seeds

TAUS = tuple(np.linspace(1, 4, 61).tolist())
"""Where performance profiles are given."""
UNKNOWN = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Level:
    """What one level amounts to over all its tasks; what is scored, over those whose data sets tell any levels apart."""

    name: str
    middle: Interval
    """Interquartile mean of the metric over tasks and seeds."""
    trials: int
    """That have a result, failed ones among them."""
    diverged: int
    failed: int
    missing: int
    """Trials that other cells have and this level's lack."""
    unmeasured: int
    """Trials with a result that lacks the metric: an older version of nnbench wrote it."""
    tasks: int
    reached: float
    """Share of trials that reached the target."""
    area: float
    """Under the performance profile up to four times the best; NaN where the metric is no time."""
    profile: tuple[float, ...]
    """Share of runs that took at most so many times as long as the best, at each of `TAUS`; empty where the metric is no time."""
    rank: float
    """Mean over data sets; NaN where not every level met every other one on all of them."""
    expected: tuple[float, ...] = ()
    """Best validation accuracy to expect from one, two … settings tried at random, mean over tasks; empty without tuning."""
    restricted: Interval = UNKNOWN
    """Mean time, where a run that never arrives counts as the whole run: finite whatever share arrives; NaN for what is no time."""


def profiles(scores: Scores, names: Sequence[str], telling: Collection[str]) -> dict[str, tuple[float, tuple[float, ...]]]:
    """Area and performance profile of each level over telling tasks that all levels have, seed by seed.

    What is lacking never arrives.
    """
    common = [task for task in scores.results.unit_of if task in telling and all(task in scores.tasks[name] for name in names)]
    if not scores.metric.time or not common or len(names) < 2:
        return {}
    times = [[-worst(scores.of(name, task)) for task in common] for name in names]
    shares = statistics.performance_profile(times, np.array(TAUS))
    areas = statistics.profile_area(times)
    return {name: (area, tuple(share.tolist())) for name, area, share in zip(names, areas, shares, strict=True)}


def level_of(
    scores: Scores, name: str, rank: float, telling: Collection[str], profile: tuple[float, tuple[float, ...]] | None
) -> Level:
    """The level's figures; `telling` are the tasks whose data sets tell any levels apart."""
    results, tasks = scores.results, scores.tasks[name]
    rows = results.level_rows(scores.cells(name))
    failed = sum(row["status"] == "failed" for row in rows)
    missing = len(tasks) * len(results.seeds) - len(rows)
    told = [task for task in tasks if task in telling and scores.has(name, task)]
    area, shares = profile or (math.nan, ())
    return Level(
        name=name,
        middle=_middle(scores, name, told),
        trials=len(rows),
        diverged=sum(row["status"] == "diverged" for row in rows),
        failed=failed,
        missing=missing,
        unmeasured=scores.lacking(name, tasks) - missing - failed,
        tasks=len(tasks),
        reached=_reached(scores, name, told),
        area=area,
        profile=shares,
        rank=rank,
        expected=_expected(scores, name),
        restricted=_restricted(scores, name, told) if scores.metric.time else UNKNOWN,
    )


def _reached(scores: Scores, name: str, tasks: Sequence[str]) -> float:
    cells = [scores.cell(name, task) for task in tasks]
    scored = [row for row in scores.results.level_rows(cells) if row["status"] != "failed"]
    reached = [row["status"] == "done" and math.isfinite(row["steps_to_target"]) for row in scored]
    return float(np.mean(reached)) if reached else math.nan


def _expected(scores: Scores, name: str) -> tuple[float, ...]:
    chosen = [choice.expected for (level, _), choice in scores.choices.items() if level == name]
    shortest = min(map(len, chosen), default=0)
    return tuple(np.mean([each[:shortest] for each in chosen], axis=0).tolist()) if shortest else ()


def _middle(scores: Scores, name: str, tasks: Sequence[str]) -> Interval:
    """Interquartile mean over what can be scored."""
    if not tasks:
        return UNKNOWN
    middle = statistics.interquartile_mean(*_scored(scores, name, tasks))
    return _within(scores, name, tasks, middle if scores.metric.higher else _negative(middle))


def _restricted(scores: Scores, name: str, tasks: Sequence[str]) -> Interval:
    """Mean time over what can be scored, of never as long as the whole run (restricted mean, Royston and Parmar 2013)."""
    longest = [scores.whole(name, task) for task in tasks]
    if not tasks or any(map(math.isnan, longest)):
        return UNKNOWN
    seeds, mixtures = _scored(scores, name, tasks)
    limited = [np.maximum(each, -most) for each, most in zip(seeds, longest, strict=True)]
    others = [each and Redrawn(each.weights, np.maximum(each.scores, -most)) for each, most in zip(mixtures, longest, strict=True)]
    return clipped(_negative(statistics.stratified_mean(limited, others)), 0.0, max(longest))


def _scored(scores: Scores, name: str, tasks: Sequence[str]) -> tuple[list[Seeds], list[Redrawn | None]]:
    """What the level scored on each task, without what failed or is missing, and what else tuning could have chosen."""
    seeds = [scores.of(name, task) for task in tasks]
    return [each[~np.isnan(each)] for each in seeds], [scores.mixture(name, task) for task in tasks]


def _within(scores: Scores, name: str, tasks: Sequence[str], interval: Interval) -> Interval:
    """The interval within what the metric can be, unless it was seen beyond that, as a loss may be that is below 0."""
    metric = scores.metric
    sign = 1 if metric.higher else -1
    seen = [sign * each for task in tasks for each in scores.of(name, task).tolist() if not math.isnan(each)]
    least = metric.least if min(seen) >= metric.least else -math.inf
    return clipped(interval, least, metric.most if max(seen) <= metric.most else math.inf)


def _negative(interval: Interval) -> Interval:
    return Interval(0.0 - interval.value, 0.0 - interval.high, 0.0 - interval.low)


__all__ = ["TAUS", "Level", "level_of", "profiles"]
