"""Two levels against each other: who is better, how sure one can be, and what the answer is about.

Data sets count alike, whatever number of tasks each has, and so do the tasks of one. Effect, interval and p are of that one
statistic. With too few data sets for a test to reach 0.05, each is tested alone, seed by seed, and the answer is about these alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from nnbench.analysis import power, statistics
from nnbench.analysis.evidence import Evidence, gather
from nnbench.analysis.power import More
from nnbench.analysis.scores import Scores
from nnbench.analysis.statistics import Interval

ALPHA = 0.05
Scope = Literal["data sets", "these data sets alone", "nothing"]
Outcome = Literal["supported", "refuted", "practically equal", "by construction", "undecided"]


@dataclass(frozen=True)
class Question:
    """What is asked of two levels."""

    first: str
    second: str
    at_least: float | None = None
    """The smallest probability of improvement that matters."""


@dataclass(frozen=True)
class OnDataset:
    """A pair of levels on one data set."""

    dataset: str
    improvement: float
    """Probability that a run of the first level is better than one of the second with another seed, mean over its tasks."""
    p: float
    """Paired over seeds, corrected for the number of data sets; about this data set alone, NaN where all are tested together."""
    effect: float = math.nan
    """Rank-biserial correlation of that test."""


@dataclass(frozen=True)
class OnTask:
    """A pair of levels on one task."""

    task: str
    dataset: str
    improvement: float
    """As on a data set."""


@dataclass(frozen=True)
class Pair:
    """Two levels by one metric; the first is the one that looks better, unless a claim or a baseline names it."""

    first: str
    second: str
    metric: str
    improvement: Interval
    """Probability that a run of the first is better than one of the second with another seed, mean over data sets, at 95 %."""
    narrow: Interval
    """What two one-sided tests at 0.05, corrected, look at: wide enough for luck in seeds and for other data sets."""
    paired: float
    """Share of seeds on which the first is better, ties counting half, mean over data sets."""
    won: int
    """Tasks on which the first is better more often than not."""
    lost: int
    tasks: int
    by_task: tuple[OnTask, ...]
    datasets: tuple[OnDataset, ...]
    """Those that say something."""
    silent: tuple[str, ...]
    """Data sets on which every run of both scored the same, such as one that nobody solves: they say nothing and do not count."""
    scope: Scope
    """What the answer is about."""
    p: float
    """Corrected for the number of pairs, or of claims; over data sets, or the largest of the single ones."""
    effect: float
    """Matched-pairs rank-biserial correlation over data sets, or the smallest of the single ones over seeds."""
    count: str
    """What counts as a data set: families, or variants."""
    families: int
    """How many families those are."""
    seeds: int
    """The fewest that any data set has of both."""
    tuning_seeds: int
    """With how many seeds settings were chosen; 0 where none were."""
    lacking: int
    """Trials of the two that failed or are missing."""
    withheld: bool = False
    """Whether those, counted as the worst there is, would undo the answer."""
    by_construction: bool = False
    """Whether untrained networks give the same answer."""
    at_least: float | None = None
    """The smallest probability of improvement that matters."""
    more: More | None = None
    """What it would take to decide, where nothing is decided, and to decide in general, where that is about single data sets."""
    least_datasets: int = 0
    """How many data sets it takes for a test over them to reach 0.05 at all."""
    least_seeds: int = 0
    """How many seeds it takes for a test of each of these data sets alone."""

    @property
    def different(self) -> bool:
        """Whether one of the two could be shown to be better.

        p is small, the interval leaves ½ out, effect and interval point the same way, and no lacking trial could undo it. Where
        each data set is tested alone, p knows nothing of tuning, and of one or two tuning seeds nothing tells the spread.
        """
        value, low, high = self.improvement.value, self.improvement.low, self.improvement.high
        agree = (self.effect > 0 and low > 0.5) or (self.effect < 0 and high < 0.5)
        known = self.scope == "data sets" or not self.tuned_blindly
        return self.p <= ALPHA and agree and value != 0.5 and known and not self.withheld

    @property
    def tuned_blindly(self) -> bool:
        """Whether settings were chosen with so few seeds that nothing tells how much luck was in that."""
        return 0 < self.tuning_seeds < statistics.TUNING_SEEDS_NEEDED

    @property
    def equal(self) -> bool:
        """Whether a probability that matters could be ruled out either way (two one-sided tests)."""
        if self.at_least is None or self.lacking or self.scope == "nothing" or self.tuned_blindly:
            return False
        low, high = 1 - self.at_least, self.at_least
        each = self.scope == "data sets" or all(low < on.improvement < high for on in self.datasets)
        return each and self.narrow.low > low and self.narrow.high < high

    @property
    def better(self) -> str:
        """Which level that is, or looks to be."""
        return self.first if self.improvement.value >= 0.5 else self.second

    @property
    def worse(self) -> str:
        """The other one."""
        return self.second if self.better == self.first else self.first

    @property
    def outcome(self) -> Outcome:
        """What became of the statement that the first level is better, by at least what matters."""
        if self.equal:
            return "practically equal"
        if not self.different:
            return "undecided"
        if self.better == self.second:
            return "refuted"
        if self.by_construction:
            return "by construction"
        return "supported" if self.improvement.low >= (self.at_least or 0.5) else "undecided"


def reversed_pair(pair: Pair) -> Pair:
    """The same from the other side."""
    return replace(
        pair,
        first=pair.second,
        second=pair.first,
        improvement=_reversed(pair.improvement),
        narrow=_reversed(pair.narrow),
        paired=1 - pair.paired,
        won=pair.lost,
        lost=pair.won,
        by_task=tuple(replace(each, improvement=1 - each.improvement) for each in pair.by_task),
        datasets=tuple(replace(each, improvement=1 - each.improvement, effect=-each.effect) for each in pair.datasets),
        effect=0.0 - pair.effect,
    )


def judged(scores: Sequence[Scores], questions: Sequence[Question], turned: bool = False) -> list[Pair]:
    """The answer to each question by its own scores, corrected for having asked them all.

    With `turned`, pairs have the level first that looks better. A question about two levels that have no score on a data set in
    common is no test, and nothing is corrected for it.
    """
    meet = [_meet(table, question) for table, question in zip(scores, questions, strict=True)]
    if not all(meet):
        asked = list(zip(scores, questions, strict=True))
        met = [each for each, there in zip(asked, meet, strict=True) if there]
        answers = iter(judged([table for table, _ in met], [question for _, question in met], turned))
        return [
            next(answers) if there else _judged([table], [question], False)[0]
            for (table, question), there in zip(asked, meet, strict=True)
        ]
    pairs = _judged(scores, questions, lacking_is_worst=False, turned=turned)
    if not any(pair.lacking for pair in pairs):
        return pairs
    unlucky = _judged(scores, questions, lacking_is_worst=True)  # in the same order
    return [
        replace(pair, withheld=pair.different and pair.lacking > 0 and not (bad.different and bad.better == pair.better))
        for pair, bad in zip(pairs, unlucky, strict=True)
    ]


def _meet(scores: Scores, question: Question) -> bool:
    """Whether there is a task on which both levels have a score."""
    shared = (task for tasks in scores.shared(question.first, question.second).values() for task in tasks)
    return any(scores.has(question.first, task) and scores.has(question.second, task) for task in shared)


def _judged(scores: Sequence[Scores], questions: Sequence[Question], lacking_is_worst: bool, turned: bool = False) -> list[Pair]:
    gathered = [
        gather(table, question.first, question.second, lacking_is_worst) for table, question in zip(scores, questions, strict=True)
    ]
    asked = list(questions)
    if turned:
        for at, evidence in enumerate(gathered):
            if len(evidence.datasets) and evidence.blocks.chances.mean() < 0.5:
                gathered[at] = evidence.reversed()
                asked[at] = replace(asked[at], first=asked[at].second, second=asked[at].first)
    pairs = _corrected([_pair(*each, len(questions)) for each in zip(scores, asked, gathered, strict=True)])
    return [
        pair if pair.different and pair.scope == "data sets" else replace(pair, more=power.needed(evidence.blocks, len(pairs)))
        for pair, evidence in zip(pairs, gathered, strict=True)
    ]


def _pair(scores: Scores, question: Question, evidence: Evidence, tests: int) -> Pair:
    """Two levels by one metric, not yet corrected for other pairs."""
    blocks = evidence.blocks
    telling = len(evidence.datasets)
    alone = telling < statistics.pairs_needed(tests)
    over = statistics.signed_rank((blocks.chances - 0.5).tolist())
    spread = statistics.overall_improvement(blocks) if telling else statistics.UNKNOWN
    return Pair(
        first=question.first,
        second=question.second,
        metric=scores.metric.name,
        improvement=spread.interval(),
        narrow=_narrow(spread, evidence, 1 - 2 * ALPHA / tests),
        paired=evidence.paired(),
        won=int((evidence.chances > 0.5).sum()),
        lost=int((evidence.chances < 0.5).sum()),
        tasks=len(evidence.tasks),
        by_task=tuple(OnTask(*each) for each in zip(evidence.tasks, evidence.dataset_of, evidence.chances.tolist(), strict=True)),
        datasets=tuple(_alone(evidence) if alone else map(_together, evidence.datasets, blocks.chances.tolist())),
        silent=evidence.silent,
        scope="nothing" if alone else "data sets",
        p=over.p,
        effect=over.effect,
        count=scores.results.count,
        families=len({scores.results.family_of[name] for name in evidence.datasets}),
        seeds=int(blocks.seeds.min()) if telling else 0,
        tuning_seeds=scores.tuning_seeds,
        lacking=sum(scores.lacking(level, tasks) for level, tasks in _asked(scores, question)),
        at_least=question.at_least,
        least_datasets=statistics.pairs_needed(tests),
        least_seeds=statistics.pairs_needed(tests * max(telling, 1)),
    )


def _narrow(spread: statistics.Spread, evidence: Evidence, level: float) -> Interval:
    """The wider of the intervals over seeds and over data sets at this level; that over seeds where there are too few data sets."""
    seeds = spread.interval(level)
    if len(evidence.datasets) < statistics.pairs_needed():
        return seeds
    datasets = statistics.across(evidence.blocks.chances, level)
    return Interval(seeds.value, min(seeds.low, datasets.low), max(seeds.high, datasets.high))


def _asked(scores: Scores, question: Question) -> Iterator[tuple[str, list[str]]]:
    """The two levels with the tasks that both are to be trained on."""
    shared = [task for tasks in scores.shared(question.first, question.second).values() for task in tasks]
    return ((level, shared) for level in (question.first, question.second))


def _corrected(pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs with p corrected for each other, and with what their answer is about."""
    over = statistics.holm([pair.p if pair.scope == "data sets" else 1.0 for pair in pairs])
    agreed = [_agreed(pair) if pair.scope == "nothing" else (1.0, 0.0) for pair in pairs]
    alone = statistics.holm([p for p, _ in agreed])
    corrected = []
    for pair, p, p_alone, (_, effect) in zip(pairs, over, alone, agreed, strict=True):
        if pair.seeds < 2:
            corrected.append(replace(pair, scope="nothing", p=1.0))
        elif pair.scope == "data sets":
            corrected.append(replace(pair, p=p))
        elif pair.seeds >= statistics.pairs_needed(len(pairs) * len(pair.datasets)):
            corrected.append(replace(pair, scope="these data sets alone", p=p_alone, effect=effect))
        else:
            corrected.append(replace(pair, p=1.0))
    return corrected


def _alone(evidence: Evidence) -> Iterator[OnDataset]:
    """Each data set tested by itself, corrected for testing them all."""
    tests = evidence.alone()
    corrected = statistics.holm([test.p for test in tests])
    for name, chance, p, test in zip(evidence.datasets, evidence.blocks.chances.tolist(), corrected, tests, strict=True):
        yield OnDataset(name, chance, p, test.effect)


def _together(name: str, chance: float) -> OnDataset:
    return OnDataset(name, chance, math.nan)


def _agreed(pair: Pair) -> tuple[float, float]:
    """The largest p and the smallest effect of the single data sets, if all of them agree on which level is better."""
    if len({np.sign(each.effect) for each in pair.datasets}) != 1:
        return 1.0, 0.0
    return max(each.p for each in pair.datasets), min((each.effect for each in pair.datasets), key=abs)


def _reversed(interval: Interval) -> Interval:
    return Interval(1 - interval.value, 1 - interval.high, 1 - interval.low)
