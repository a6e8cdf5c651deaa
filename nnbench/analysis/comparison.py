"""A factor's levels compared: their standings, every pair, and what became of each claim. Figures alone, no sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from nnbench.analysis import statistics
from nnbench.analysis.evidence import gather
from nnbench.analysis.levels import TAUS, Level, level_of, profiles
from nnbench.analysis.metrics import METRICS, Row
from nnbench.analysis.pairs import ALPHA, OnDataset, OnTask, Outcome, Pair, Question, judged, reversed_pair
from nnbench.analysis.scores import Results, Scores
from nnbench.analysis.statistics import Ranking
from nnbench.analysis.tuning import Choice
from nnbench.grid.asked import ClaimMade, Placed

LEAST_FOR_RANKS = 5
"""Data sets below which mean ranks are not worth a diagram."""

Choices = Mapping[str, Sequence[Choice]]
"""What tuning chose, by the metric that it chose for."""


@dataclass(frozen=True)
class ClaimOutcome:
    """What became of a prediction."""

    says: str
    verdict: Outcome
    pair: Pair
    post_hoc: bool | None = None


@dataclass(frozen=True)
class Comparison:
    """Everything that a launch says about its factor."""

    factor: str
    metric: str
    levels: tuple[Level, ...]
    """The best mean rank first; levels of which every trial failed last."""
    pairs: tuple[Pair, ...]
    """Of levels that did not fail: all of them, or those with the baseline, which then is the second."""
    claims: tuple[ClaimOutcome, ...]
    tasks: int
    datasets: tuple[str, ...]
    """What tests count: families, or variants."""
    count: str
    """families or variants."""
    seeds: int
    ranking: Ranking | None
    """Friedman's test with mean ranks in the order of `levels`; None with fewer than three levels or five data sets."""
    choices: Choices
    tuning_seeds: int
    """With how many seeds each setting was tried."""
    baseline: str | None = None
    looks: int = 1
    """How many launches have looked at these cells so far, with ever more seeds, this one included."""

    @property
    def out(self) -> tuple[Level, ...]:
        """Levels of which no trial can be scored: each failed, is missing or was not measured."""
        return tuple(level for level in self.levels if level.failed + level.unmeasured == level.trials)

    @property
    def telling(self) -> tuple[str, ...]:
        """The data sets that tell any two levels apart; all of them where none does."""
        return tell_apart(self.datasets, self.pairs)

    @property
    def tests(self) -> int:
        """How many pairs are corrected for: those that have a data set on which both have a score."""
        return sum(bool(pair.tasks or pair.silent) for pair in self.pairs)


@dataclass(frozen=True)
class Terms:
    """What a comparison is asked for beside its factor and metric."""

    count: str = "families"
    """What tests count: families of data sets, or variants."""
    baseline: str | None = None
    """The level that all others are compared with; every pair is compared unless given."""
    at_least: float | None = None
    """The smallest probability of improvement that matters."""
    looks: int = 1


def compare(
    factor: str,
    metric: str,
    placed: Mapping[str, Placed],
    rows: Sequence[Row],
    claims: Sequence[ClaimMade] = (),
    choices: Choices | None = None,
    controls: Sequence[Row] = (),
    terms: Terms | None = None,
) -> Comparison:
    """Compare the levels of a factor.

    `rows` have the columns of every metric that is asked for, `placed` is by cell id. `choices` are by metric where settings were
    tuned. `controls` are results of the same cells untrained.
    """
    terms = terms or Terms()
    results = Results(placed, rows, terms.count)
    untrained = Results(placed, controls, terms.count) if controls else None
    chosen = dict(choices or {})
    tables = {name: Scores(results, name, chosen.get(name, ())) for name in (metric, *(claim.metric for claim in claims))}
    scores = tables[metric]
    names = [level for level in results.levels if not scores.failed(level)]
    questions = [Question(a, b, terms.at_least) for a, b in _pairs(names, terms.baseline)]
    pairs = judged([scores] * len(questions), questions, turned=terms.baseline is None)
    pairs = _controlled(pairs, questions, [scores] * len(questions), untrained)
    tested = _tested(claims, tables, untrained)
    telling = tell_apart(results.units, pairs)
    order, ranking = _ranked(scores, names, pairs if terms.baseline is None else (), telling)
    tasks = {task for task, unit in results.unit_of.items() if unit in telling}
    drawn = profiles(scores, names, tasks)
    return Comparison(
        factor=factor,
        metric=metric,
        levels=tuple(level_of(scores, name, rank, tasks, drawn.get(name)) for name, rank in order),
        pairs=tuple(pairs),
        claims=tuple(
            ClaimOutcome(claim.says, pair.outcome, pair, claim.post_hoc) for claim, pair in zip(claims, tested, strict=True)
        ),
        tasks=len(results.unit_of),
        datasets=results.units,
        count=terms.count,
        seeds=len(results.seeds),
        ranking=ranking,
        choices={name: tuple(each) for name, each in chosen.items()},
        tuning_seeds=max((table.tuning_seeds for table in tables.values()), default=0),
        baseline=terms.baseline,
        looks=terms.looks,
    )


def _tested(claims: Sequence[ClaimMade], tables: Mapping[str, Scores], untrained: Results | None) -> list[Pair]:
    """What became of each claim, by its own metric, corrected for each other."""
    claimed = [Question(claim.better, claim.worse, claim.at_least) for claim in claims]
    by = [tables[claim.metric] for claim in claims]
    return _controlled(judged(by, claimed), claimed, by, untrained)


def tell_apart(datasets: Sequence[str], pairs: Sequence[Pair]) -> tuple[str, ...]:
    """The data sets without those on which every run of every pair scored the same; all of them where that leaves none."""
    silent = {name for pair in pairs for name in pair.silent} - {on.dataset for pair in pairs for on in pair.datasets}
    return tuple(name for name in datasets if name not in silent) or tuple(datasets)


def _pairs(names: Sequence[str], baseline: str | None) -> list[tuple[str, str]]:
    if baseline is None:
        return list(combinations(names, 2))
    return [(name, baseline) for name in names if name != baseline and baseline in names]


def _controlled(
    pairs: Sequence[Pair], questions: Sequence[Question], scores: Sequence[Scores], untrained: Results | None
) -> list[Pair]:
    """Pairs, with those marked whose answer untrained networks give as well."""
    if untrained is None or not any(pair.different for pair in pairs):
        return list(pairs)
    controls = judged([_untrained(table, untrained) for table in scores], questions)
    return [
        replace(pair, by_construction=table.metric.training and control.different and control.better == pair.better)
        for pair, control, table in zip(pairs, controls, scores, strict=True)
    ]


def _untrained(table: Scores, untrained: Results) -> Scores:
    """The chosen cells untrained: what else could have been chosen makes no difference there."""
    settled = [replace(choice, seeds=1, redrawn=(choice.cell,)) for choice in table.choices.values()]
    return Scores(untrained, table.metric.name, settled)


def _ranked(
    scores: Scores, names: Sequence[str], pairs: Sequence[Pair], units: Sequence[str]
) -> tuple[list[tuple[str, float]], Ranking | None]:
    """Levels with mean rank, the best first, and Friedman's test; without ranks where not every data set has every level.

    `units` are the data sets that tell any levels apart. A trial that failed or is missing counts as the worst here: no level
    looks better for it.
    """
    place = {unit: at for at, unit in enumerate(units)}
    chances = np.full((len(names), len(names), len(units)), np.nan)
    known = {frozenset((pair.first, pair.second)): pair for pair in pairs if not pair.lacking}
    for (a, first), (b, second) in combinations(enumerate(names), 2):
        for unit, chance in _standing(scores, first, second, known.get(frozenset((first, second)))).items():
            if unit in place:
                chances[a, b, place[unit]] = chance
                chances[b, a, place[unit]] = 1 - chance
    met = ~np.isnan(chances)
    means = np.where(met, chances, 0).sum(axis=1) / np.maximum(met.sum(axis=1), 1)
    there = met.any(axis=1)
    overall = np.where(there, means, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    order = sorted(range(len(names)), key=lambda at: -overall[at])
    failed = [(name, math.nan) for name in scores.results.levels if name not in names]
    if len(names) < 2 or not there.any(axis=0).all() or not there[:, there.any(axis=0)].all():
        return [*((names[at], math.nan) for at in order), *failed], None
    ranking = statistics.ranking(means.T)
    order.sort(key=lambda at: ranking.ranks[at])
    enough = len(names) > 2 and len(units) >= LEAST_FOR_RANKS
    ordered = replace(ranking, ranks=[ranking.ranks[at] for at in order]) if enough else None
    return [*((names[at], ranking.ranks[at]) for at in order), *failed], ordered


def _standing(scores: Scores, first: str, second: str, pair: Pair | None) -> dict[str, float]:
    """Probability that the first is better, by data set."""
    if pair is None:
        return gather(scores, first, second, lacking_is_worst=True).by_dataset
    chances = {each.dataset: each.improvement if pair.first == first else 1 - each.improvement for each in pair.datasets}
    return chances | dict.fromkeys(pair.silent, 0.5)


__all__ = [
    "ALPHA",
    "METRICS",
    "TAUS",
    "ClaimMade",
    "ClaimOutcome",
    "Comparison",
    "Level",
    "OnDataset",
    "OnTask",
    "Pair",
    "Placed",
    "Terms",
    "compare",
    "reversed_pair",
]
