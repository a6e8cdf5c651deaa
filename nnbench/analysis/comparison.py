"""Levels against each other: who is better, on how many tasks, how sure one can be, and what became of each claim.

Tasks are averaged within a data set, and tests count data sets: seeds and tasks of one data set are no further evidence about
others. With too few data sets for a test to reach 0.05, each is tested alone, seed by seed, and the answer is about these alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from nnbench.analysis import statistics
from nnbench.analysis.metrics import METRICS, Metric, Row
from nnbench.analysis.statistics import Interval, Ranking, Seeds
from nnbench.analysis.tuning import Choice

ALPHA = 0.05
TAUS = tuple(np.linspace(1, 4, 61).tolist())
"""Where performance profiles are given."""
LEAST_FOR_RANKS = 5
"""Data sets below which mean ranks are not worth a diagram."""

Scope = Literal["data sets", "these data sets alone", "nothing"]
Verdict = Literal["supported", "refuted", "undecided"]


@dataclass(frozen=True)
class Placed:
    """Where a cell stands: its level, its task, and the task's data set."""

    level: str
    task: str
    dataset: str


@dataclass(frozen=True)
class Level:
    """What one level amounts to over all its tasks."""

    name: str
    middle: Interval
    """Interquartile mean of the metric over tasks and seeds."""
    trials: int
    diverged: int
    failed: int
    reached: float
    """Share of trials that reached the target."""
    area: float
    """Under the performance profile up to four times the best; NaN where the metric is no time."""
    profile: tuple[float, ...]
    """Share of runs that took at most so many times as long as the best, at each of `TAUS`; empty where the metric is no time."""
    rank: float
    """Mean over data sets."""


@dataclass(frozen=True)
class OnDataset:
    """A pair of levels on one data set."""

    dataset: str
    improvement: float
    """Probability that a run of the first level is better, mean over the data set's tasks."""
    p: float
    """Paired over seeds, corrected for the number of data sets; about this data set alone."""


@dataclass(frozen=True)
class OnTask:
    """A pair of levels on one task."""

    task: str
    dataset: str
    improvement: float
    """Probability that a run of the first level is better."""


@dataclass(frozen=True)
class Pair:
    """Two levels by one metric; the first is the one that looks better, unless a claim names it."""

    first: str
    second: str
    metric: str
    improvement: Interval
    """Probability that a run of the first is better, mean over tasks."""
    won: int
    """Tasks on which the first is better more often than not."""
    lost: int
    tasks: int
    by_task: tuple[OnTask, ...]
    datasets: tuple[OnDataset, ...]
    scope: Scope
    """What the answer is about."""
    p: float
    """Corrected for the number of pairs, or of claims; over data sets, or the largest of the single ones."""
    effect: float
    """Matched-pairs rank-biserial correlation over data sets, or the smallest of the single ones."""

    @property
    def different(self) -> bool:
        """Whether one of the two could be shown to be better: p is small, and seeds alone do not explain the probability either."""
        interval = self.improvement
        return self.p <= ALPHA and not interval.low <= 0.5 <= interval.high

    @property
    def better(self) -> str:
        """Which level that is, or looks to be."""
        return self.first if self.improvement.value >= 0.5 else self.second

    @property
    def worse(self) -> str:
        """The other one."""
        return self.second if self.better == self.first else self.first

    def sentence(self) -> str:
        """The finding with effect, interval, and how it was reached."""
        wins = METRICS[self.metric].wins
        towards = self if self.better == self.first else reversed_pair(self)
        evidence = towards.evidence()
        if not self.different:
            return f"no difference could be shown between {self.first} and {self.second}: {evidence}{self._why()}"
        where = "" if self.scope == "data sets" else f", on {_listed([each.dataset for each in self.datasets])} alone"
        on = f"on {towards.won} of {towards.tasks} {_tasks(self.tasks)}{where}"
        return f"{towards.first} {wins} than {towards.second} {on} ({evidence})"

    def evidence(self) -> str:
        """Probability of improvement with its interval, and p."""
        interval = self.improvement
        within = "" if math.isnan(interval.low) else f" [{interval.low:.2f}, {interval.high:.2f}]"
        found = f"probability of improvement {interval.value:.2f}{within}"
        if self.scope == "data sets":
            return f"{found}, Holm p = {p_text(self.p)} over {len(self.datasets)} data sets"
        if self.scope == "these data sets alone":
            return f"{found}, Holm p = {p_text(self.p)} paired over seeds"
        return found

    def _why(self) -> str:
        """What stands in the way of an answer, if it is not the p that `evidence` gives."""
        if not self.tasks:
            return ", because they have no task in common"
        if all(each.improvement == 0.5 for each in self.datasets):
            return "; they are equal on every data set"
        return "" if self.scope != "nothing" else "; there are too few seeds and data sets for any test to reach 0.05"


@dataclass(frozen=True)
class ClaimOutcome:
    """What became of a prediction."""

    says: str
    verdict: Verdict
    pair: Pair


@dataclass(frozen=True)
class Comparison:
    """Everything that a launch says about its factor."""

    factor: str
    metric: str
    levels: tuple[Level, ...]
    """The best mean rank first."""
    pairs: tuple[Pair, ...]
    claims: tuple[ClaimOutcome, ...]
    tasks: int
    datasets: tuple[str, ...]
    seeds: int
    ranking: Ranking | None
    """Friedman's test with mean ranks in the order of `levels`; None with fewer than three levels or five data sets."""
    choices: tuple[Choice, ...] = ()
    tuning_seeds: int = 0
    """With how many seeds each setting was tried."""
    notes: tuple[str, ...] = ()
    """What cannot be concluded, and why, in plain sentences."""

    @property
    def verdict(self) -> str:
        """The answer in one sentence."""
        return _verdict(self)


@dataclass(frozen=True)
class ClaimMade:
    """A prediction, with levels as the comparison names them."""

    says: str
    better: str
    worse: str
    metric: str


def compare(
    factor: str,
    metric: str,
    placed: Mapping[str, Placed],
    rows: Sequence[Row],
    claims: Sequence[ClaimMade] = (),
    choices: Sequence[Choice] = (),
    tuning_seeds: int = 0,
) -> Comparison:
    """Compare the levels of a factor; `rows` have the columns of every metric that is asked for, `placed` is by cell id."""
    table = _Table(placed, rows)
    names = list(dict.fromkeys(each.level for each in placed.values()))
    datasets = tuple(dict.fromkeys(each.dataset for each in placed.values()))
    pairs = _corrected([_pair(table, metric, a, b) for a, b in combinations(names, 2)])
    pairs = [pair if pair.improvement.value >= 0.5 else reversed_pair(pair) for pair in pairs]
    tested = _corrected([_pair(table, claim.metric, claim.better, claim.worse) for claim in claims])
    order, ranking = _ranked(table, metric, names, datasets)
    profiles = _profiles(table, metric, names)
    levels = [_level(table, metric, name, rank, *profiles[name]) for name, rank in order]
    return Comparison(
        factor=factor,
        metric=metric,
        levels=tuple(levels),
        pairs=tuple(pairs),
        claims=tuple(ClaimOutcome(claim.says, _outcome(pair), pair) for claim, pair in zip(claims, tested, strict=True)),
        tasks=len(dict.fromkeys(each.task for each in placed.values())),
        datasets=datasets,
        seeds=len({row["seed"] for row in rows}),
        ranking=ranking,
        choices=tuple(choices),
        tuning_seeds=tuning_seeds,
        notes=tuple(_notes(table, metric, levels, datasets, pairs)),
    )


def reversed_pair(pair: Pair) -> Pair:
    """The same from the other side."""
    interval = pair.improvement
    return replace(
        pair,
        first=pair.second,
        second=pair.first,
        improvement=Interval(1 - interval.value, 1 - interval.high, 1 - interval.low),
        won=pair.lost,
        lost=pair.won,
        by_task=tuple(replace(each, improvement=1 - each.improvement) for each in pair.by_task),
        datasets=tuple(replace(each, improvement=1 - each.improvement) for each in pair.datasets),
        effect=-pair.effect,
    )


def p_text(p: float) -> str:
    """A p-value with as many digits as it deserves."""
    return f"{p:.3f}" if p >= 0.001 else f"{p:.0e}"


class _Table:
    """Results by level and task."""

    def __init__(self, placed: Mapping[str, Placed], rows: Sequence[Row]) -> None:
        self.placed = placed
        self.rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
        self.dataset = {each.task: each.dataset for each in placed.values()}
        self.tasks: dict[str, list[str]] = defaultdict(list)
        self._scores: dict[tuple[str, str, str], dict[int, float]] = {}
        for each in placed.values():
            self.tasks[each.level].append(each.task)
        for row in rows:
            at = placed[row["cell_id"]]
            self.rows[at.level, at.task].append(row)

    def scores(self, metric: str, level: str, task: str) -> dict[int, float]:
        """The metric by seed, turned so that more is better; failed trials left out."""
        key = (metric, level, task)
        if key not in self._scores:
            found, sign = METRICS[metric], 1 if METRICS[metric].higher else -1
            values = {row["seed"]: sign * found.of(row) for row in self.rows[level, task]}
            self._scores[key] = {seed: value for seed, value in sorted(values.items()) if not math.isnan(value)}
        return self._scores[key]

    def both(self, metric: str, first: str, second: str) -> dict[str, tuple[Seeds, Seeds]]:
        """Scores of two levels by task, for the seeds that both have."""
        found = {}
        for task in self.tasks[first]:
            a, b = self.scores(metric, first, task), self.scores(metric, second, task)
            seeds = [seed for seed in a if seed in b]
            if seeds:
                found[task] = (np.array([a[seed] for seed in seeds]), np.array([b[seed] for seed in seeds]))
        return found

    def pooled(self, metric: str, level: str) -> list[Seeds]:
        """All scores of a level, task by task."""
        return [np.array(list(scores.values())) for task in self.tasks[level] if (scores := self.scores(metric, level, task))]


def _pair(table: _Table, metric: str, first: str, second: str) -> Pair:
    """Two levels by one metric, not yet corrected for other pairs."""
    both = table.both(metric, first, second)
    chances = {task: statistics.improvement(a, b) for task, (a, b) in both.items()}
    by_dataset: dict[str, list[str]] = defaultdict(list)
    for task in both:
        by_dataset[table.dataset[task]].append(task)
    alone = {name: _over_seeds([both[task] for task in tasks]) for name, tasks in by_dataset.items()}
    corrected = dict(zip(alone, statistics.holm([test.p for test in alone.values()]), strict=True))
    means = {name: float(np.mean([chances[task] for task in tasks])) for name, tasks in by_dataset.items()}
    over = statistics.signed_rank([mean - 0.5 for mean in means.values()])
    return Pair(
        first=first,
        second=second,
        metric=metric,
        improvement=statistics.overall_improvement(*zip(*both.values(), strict=True))
        if both
        else Interval(0.5, math.nan, math.nan),
        won=sum(chance > 0.5 for chance in chances.values()),
        lost=sum(chance < 0.5 for chance in chances.values()),
        tasks=len(both),
        by_task=tuple(OnTask(task, table.dataset[task], chance) for task, chance in chances.items()),
        datasets=tuple(OnDataset(name, means[name], corrected[name]) for name in by_dataset),
        scope="nothing",
        p=over.p,
        effect=over.effect,
    )


def _over_seeds(tasks: Sequence[tuple[Seeds, Seeds]]) -> statistics.SignedRank:
    """Paired over the seeds that all tasks of a data set have."""
    shortest = min(len(a) for a, _ in tasks)
    return statistics.paired_over_seeds([a[:shortest] for a, _ in tasks], [b[:shortest] for _, b in tasks])


def _corrected(pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs with p corrected for each other, and with what their answer is about."""
    needed = statistics.pairs_needed(len(pairs)) if pairs else 0
    enough = [len(pair.datasets) >= needed for pair in pairs]
    over = statistics.holm([pair.p if many else 1.0 for pair, many in zip(pairs, enough, strict=True)])
    alone = statistics.holm([_alone(pair) for pair in pairs])
    found = []
    for pair, many, p, p_alone in zip(pairs, enough, over, alone, strict=True):
        if many:
            found.append(replace(pair, scope="data sets", p=p))
        elif p_alone < 1:
            found.append(replace(pair, scope="these data sets alone", p=p_alone))
        else:
            found.append(replace(pair, scope="nothing", p=1.0))
    return found


def _alone(pair: Pair) -> float:
    """The largest p of the single data sets, if all of them agree on which level is better."""
    towards = {np.sign(each.improvement - 0.5) for each in pair.datasets}
    return max(each.p for each in pair.datasets) if len(towards) == 1 else 1.0


def _outcome(pair: Pair) -> Verdict:
    if not pair.different:
        return "undecided"
    return "supported" if pair.better == pair.first else "refuted"


def _ranked(
    table: _Table, metric: str, names: Sequence[str], datasets: Sequence[str]
) -> tuple[list[tuple[str, float]], Ranking | None]:
    """Levels with mean rank, the best first, and Friedman's test over the data sets that have all levels."""
    chances = np.full((len(datasets), len(names)), np.nan)
    for row, dataset in enumerate(datasets):
        tasks = [task for task, name in table.dataset.items() if name == dataset]
        for column, name in enumerate(names):
            own = [
                statistics.improvement(*(np.array(list(table.scores(metric, each, task).values())) for each in (name, other)))
                for task in tasks
                for other in names
                if other != name and table.scores(metric, name, task) and table.scores(metric, other, task)
            ]
            chances[row, column] = np.mean(own) if own else np.nan
    whole = chances[~np.isnan(chances).any(axis=1)]
    if len(names) < 2 or not len(whole):
        return [(name, math.nan) for name in names], None
    found = statistics.ranking(whole)
    order = sorted(range(len(names)), key=lambda at: (found.ranks[at], -np.nanmean(chances[:, at])))
    shown = replace(found, ranks=[found.ranks[at] for at in order]) if len(names) > 2 and len(whole) >= LEAST_FOR_RANKS else None
    return [(names[at], found.ranks[at]) for at in order], shown


def _profiles(table: _Table, metric: str, names: Sequence[str]) -> dict[str, tuple[float, tuple[float, ...]]]:
    """Area and performance profile of each level, over tasks that all levels have with all seeds."""
    common = [task for task in table.dataset if all(table.scores(metric, name, task) for name in names)]
    whole = [task for task in common if len({len(table.scores(metric, name, task)) for name in names}) == 1]
    if not METRICS[metric].time or not whole or len(names) < 2:
        return dict.fromkeys(names, (math.nan, ()))
    times = [[-np.array(list(table.scores(metric, name, task).values())) for task in whole] for name in names]
    shares = statistics.performance_profile(times, np.array(TAUS))
    return {
        name: (area, tuple(own.tolist())) for name, area, own in zip(names, statistics.profile_area(times), shares, strict=True)
    }


def _level(table: _Table, metric: str, name: str, rank: float, area: float, profile: tuple[float, ...]) -> Level:
    pooled = table.pooled(metric, name)
    rows = [row for task in table.tasks[name] for row in table.rows[name, task]]
    scored = [row for row in rows if row["status"] != "failed"]
    sign = 1 if METRICS[metric].higher else -1
    middle = statistics.interquartile_mean(pooled) if pooled else Interval(math.nan, math.nan, math.nan)
    if sign < 0:
        middle = Interval(-middle.value, -middle.high, -middle.low)
    reached = [row["status"] == "done" and math.isfinite(row["steps_to_target"]) for row in scored]
    return Level(
        name=name,
        middle=middle,
        trials=len(rows),
        diverged=sum(row["status"] == "diverged" for row in rows),
        failed=len(rows) - len(scored),
        reached=float(np.mean(reached)) if reached else math.nan,
        area=area,
        profile=profile,
        rank=rank,
    )


def _notes(table: _Table, metric: str, levels: Sequence[Level], datasets: Sequence[str], pairs: Sequence[Pair]) -> list[str]:
    notes = []
    if len(levels) < 2:
        only = levels[0].name if levels else "none"
        return [f"There is only one level, {only}: nothing to compare it with."]
    needed = statistics.pairs_needed(len(pairs))
    if len(datasets) < needed:
        held = f"With {len(datasets)} data set{'s' if len(datasets) > 1 else ''} no test over data sets can reach {ALPHA}"
        compared = "" if len(pairs) == 1 else f" for {len(pairs)} pairs of levels"
        notes.append(f"{held}{compared}; it takes {needed}. What is found holds for these data sets alone.")
    seeds = min((len(scores) for level in levels for scores in table.pooled(metric, level.name)), default=0)
    if seeds == 1:
        notes.append("There is one seed: nothing tells how much luck is in a task's result, and intervals cannot be given.")
    gone = [level.name for level in levels if level.trials and level.diverged == level.trials - level.failed]
    if gone:
        notes.append(f"Every trial of {_listed(gone)} diverged.")
    if METRICS[metric].time and all(level.reached == 0 for level in levels):
        notes.append("No trial reached its target, so steps say nothing; compare by test_accuracy or valid_area instead.")
    failed = {level.name: level.failed for level in levels if level.failed}
    if failed:
        counts = _listed([f"{count} of {name}" for name, count in failed.items()])
        notes.append(f"Failed trials are left out ({counts}); the same command tries them again.")
    missing = {task for tasks in table.tasks.values() for task in tasks} and [
        level.name for level in levels if len(table.tasks[level.name]) < len(table.dataset)
    ]
    if missing:
        notes.append(f"{_listed(missing)} did not run on every task; pairs are compared on the tasks that both have.")
    return notes


def _verdict(comparison: Comparison) -> str:
    if len(comparison.levels) < 2:
        return f"nothing to compare: {comparison.notes[0] if comparison.notes else 'no results'}"
    if len(comparison.pairs) == 1:
        return comparison.pairs[0].sentence()
    best = comparison.levels[0].name
    own = [pair if pair.first == best else reversed_pair(pair) for pair in comparison.pairs if best in (pair.first, pair.second)]
    beaten = [pair for pair in own if pair.different and pair.better == best]
    others = [pair.second for pair in own if pair not in beaten]
    if not beaten:
        closest = max(own, key=lambda pair: -pair.p)
        return (
            f"no difference could be shown between {best}, which looks best, and the other {len(own)} levels; "
            f"the clearest is against {closest.second}: {closest.evidence()}"
        )
    weakest = max(beaten, key=lambda pair: pair.p)
    wins = METRICS[comparison.metric].wins
    against = "every other level" if not others else _listed([pair.second for pair in beaten])
    alone = "" if weakest.scope == "data sets" else " on these data sets alone"
    told = f"{best} {wins} than {against}{alone}"
    least = f"at the least clear, against {weakest.second}, on {weakest.won} of {weakest.tasks} tasks: {weakest.evidence()}"
    rest = f"; no difference from {_listed(others)} could be shown" if others else ""
    return f"{told} ({least}){rest}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _tasks(count: int) -> str:
    return "task" if count == 1 else "tasks"


__all__ = ["ClaimMade", "ClaimOutcome", "Comparison", "Level", "Metric", "OnDataset", "OnTask", "Pair", "Placed", "compare"]
