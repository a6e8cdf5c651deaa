"""What is counted of launches drawn from a pool, and what is true of the pool."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from scipy import stats

from benchmarks import draws
from benchmarks.draws import NAMES, Drawn, answer, draw, table
from benchmarks.twins import Pool
from nnbench.analysis import statistics
from nnbench.analysis.metrics import METRICS
from nnbench.analysis.pairs import Pair, Question, judged, reversed_pair
from nnbench.seeds import stream

LOOKS = (3, 5, 10, 20, 40)
"""Seeds at which a launch that is enlarged is looked at."""
REDRAWN = 500
"""Draws of tuning seeds that tell how often each rate is chosen."""

POOLS: dict[str, Pool] = {}
"""By factor, in each worker."""


@dataclass(frozen=True)
class Share:
    """How often something happened."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else math.nan

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Clopper and Pearson's."""
        if not self.of:
            return math.nan, math.nan
        found = stats.binomtest(self.hits, self.of).proportion_ci(level)
        return float(found.low), float(found.high)

    def __add__(self, other: Share) -> Share:
        return Share(self.hits + other.hits, self.of + other.of)

    def __str__(self) -> str:
        low, high = (f"{100 * end:.1f}" for end in self.interval())
        return f"{100 * self.value:.1f} [{low}, {high}]" if self.of else "–"


NEVER = Share(0, 0)


@dataclass(frozen=True)
class Condition:
    """What launches are drawn and what is counted of them."""

    what: str
    """One of `COUNTED`."""
    factor: str
    metric: str
    datasets: int
    seeds: int
    tuned: bool = False
    shift: float = 0.0
    """By how many standard deviations the first level is better."""


@dataclass(frozen=True)
class Found:
    """What was counted, by what it is."""

    condition: Condition
    shares: Mapping[str, Share]


def take(pools: Sequence[Pool]) -> None:
    """Have pools at hand in this process."""
    POOLS.update({pool.twins.factor: pool for pool in pools})


def count(condition: Condition, launches: int) -> Found:
    """Draw that many launches and count; the same in whatever process and order."""
    rng = stream(0, "aa", repr(condition))
    return Found(condition, COUNTED[condition.what](condition, POOLS[condition.factor], launches, rng))


def twins(condition: Condition, pool: Pool, launches: int, rng: np.random.Generator) -> dict[str, Share]:
    """How often twins are called different, and the interval covers the probability of improvement; if one was moved, how often
    that one is found to be better."""

    def launch() -> Drawn:
        return draw(pool, rng, condition.datasets, condition.seeds, tuned=condition.tuned)

    return _answers(condition, pool, (launch() for _ in range(launches)))


def repeated(condition: Condition, pool: Pool, launches: int, rng: np.random.Generator) -> dict[str, Share]:
    """The same where seeds bring the same luck on every data set, as streams that do not depend on the data set may."""

    def launch() -> Drawn:
        return draw(pool, rng, 1, condition.seeds, tuned=condition.tuned).repeated(condition.datasets)

    return _answers(condition, pool, (launch() for _ in range(launches)))


def _answers(condition: Condition, pool: Pool, launches: Iterable[Drawn]) -> dict[str, Share]:
    different = covered = NEVER
    by = condition.shift * pool.spread(condition.metric) if condition.shift else None
    for launch in launches:
        pair = answer(launch if by is None else launch.moved(condition.metric, by), condition.metric)
        different += Share(int(pair.different and (by is None or pair.better == NAMES[0])), 1)
        if not math.isnan(pair.improvement.low):
            truth = float(np.mean([true_chance(condition, dataset) for dataset in launch.datasets])) if condition.shift else 0.5
            covered += Share(int(pair.improvement.low <= truth <= pair.improvement.high), 1)
    return {"different": different, "covered": covered}


def four(condition: Condition, pool: Pool, launches: int, rng: np.random.Generator) -> dict[str, Share]:
    """How often any two of four equal levels are called different."""
    questions = [Question(*pair) for pair in combinations(NAMES, 2)]
    found = 0
    for _ in range(launches):
        scores = table(draw(pool, rng, condition.datasets, condition.seeds, levels=4), condition.metric)
        found += any(pair.different for pair in judged([scores] * len(questions), questions))
    return {"different": Share(found, launches)}


def middle(condition: Condition, pool: Pool, launches: int, rng: np.random.Generator) -> dict[str, Share]:
    """How often the interval of a level's interquartile mean covers that of the whole pool."""
    covered = NEVER
    for _ in range(launches):
        launch = draw(pool, rng, condition.datasets, condition.seeds, tuned=condition.tuned)
        scores = table(launch, condition.metric)
        tasks = scores.tasks[NAMES[0]]
        found = statistics.interquartile_mean(
            [scores.of(NAMES[0], task) for task in tasks], [scores.mixture(NAMES[0], task) for task in tasks]
        )
        covered += Share(int(found.low <= true_middle(condition, launch.datasets) <= found.high), 1)
    return {"covered": covered}


def looks(condition: Condition, pool: Pool, launches: int, rng: np.random.Generator) -> dict[str, Share]:
    """How often twins are ever called different in a launch that is enlarged, and looked at each time."""
    found = 0
    for _ in range(launches):
        launch = draw(pool, rng, condition.datasets, condition.seeds, tuned=condition.tuned)
        found += any(answer(launch.first(seeds), condition.metric).different for seeds in LOOKS if seeds <= condition.seeds)
    return {"different": Share(found, launches)}


def more(condition: Condition, pool: Pool, launches: int, rng: np.random.Generator) -> dict[str, Share]:
    """How often what is suggested to an undecided launch decides it; further data sets are further draws of the pool's."""
    by = condition.shift * pool.spread(condition.metric)
    undecided = told_datasets = told_seeds = by_datasets = by_seeds = NEVER
    for _ in range(launches):
        largest = draw(pool, rng, condition.datasets, pool.seeds).moved(condition.metric, by)
        pair = answer(largest.first(condition.seeds), condition.metric)
        undecided += Share(int(not pair.different), 1)
        if pair.different:
            continue
        told_datasets += Share(int(pair.more is not None and pair.more.datasets is not None), 1)
        told_seeds += Share(int(pair.more is not None and pair.more.seeds is not None), 1)
        if pair.more and pair.more.datasets:
            further = draw(pool, rng, pair.more.datasets, condition.seeds, again=True).moved(condition.metric, by)
            larger = answer(largest.first(condition.seeds).beside(further), condition.metric)
            by_datasets += Share(int(larger.different), 1)
        if pair.more and pair.more.seeds and condition.seeds + pair.more.seeds <= pool.seeds:
            by_seeds += Share(int(answer(largest.first(condition.seeds + pair.more.seeds), condition.metric).different), 1)
    return {
        "undecided": undecided,
        "data sets suggested": told_datasets,
        "decided by these": by_datasets,
        "seeds suggested": told_seeds,
        "decided by those": by_seeds,
    }


def whole(condition: Condition, pool: Pool, launches: int, rng: np.random.Generator) -> dict[str, Share]:
    """How often the whole comparison of a launch says the same as what is asked here."""
    same = 0
    for _ in range(launches):
        launch = draw(pool, rng, condition.datasets, condition.seeds, tuned=condition.tuned)
        (theirs,) = draws.whole(launch, condition.metric).pairs
        own = answer(launch, condition.metric)
        same += _told(theirs) == _told(own if own.improvement.value >= 0.5 else reversed_pair(own))
    return {"same": Share(same, launches)}


def _told(pair: Pair) -> tuple[object, ...]:
    """What a pair comes to, without the last digits, in which 1 - x and x counted from the other side differ."""
    interval = pair.improvement
    figures = (interval.value, interval.low, interval.high, pair.p, pair.effect, pair.paired)
    return (pair.first, pair.second, pair.different, pair.scope, pair.won, pair.more, *(f"{figure:.10g}" for figure in figures))


Count = Callable[[Condition, Pool, int, np.random.Generator], dict[str, Share]]
COUNTED: Mapping[str, Count] = {
    "twins": twins,
    "repeated luck": repeated,
    "four levels": four,
    "middle": middle,
    "looks": looks,
    "more": more,
    "whole comparison": whole,
}


@cache
def true_chance(condition: Condition, dataset: int) -> float:
    """Probability of improvement on a data set of the pool, over all that tuning may choose."""
    pool = POOLS[condition.factor]
    weights = chosen(condition)[dataset]
    scores = pool.scores(condition.metric)[:, dataset]
    better = scores + condition.shift * pool.spread(condition.metric)[dataset]
    return sum(
        float(weights[a, b]) * float(np.mean([statistics.improvement(x, y) for x in better[:, a] for y in scores[:, b]]))
        for a, b in np.argwhere(weights).tolist()
    )


def true_middle(condition: Condition, datasets: np.ndarray) -> float:
    """Interquartile mean over these data sets of the pool, over all that tuning may choose; more is better."""
    weights = chosen(condition)[datasets].sum(axis=2)
    scores = POOLS[condition.factor].scores(condition.metric)[:, datasets].transpose(1, 2, 0, 3)
    each = np.broadcast_to(weights[:, :, None, None], scores.shape).ravel()
    order = scores.ravel().argsort()
    ordered, upto = scores.ravel()[order], np.cumsum(each[order]) / each.sum()
    kept = np.diff(np.clip(upto, 0.25, 0.75), prepend=0.25)
    return float(ordered[kept > 0] @ kept[kept > 0] / 0.5)


def chosen(condition: Condition) -> np.ndarray:
    """How often tuning chooses which two rates, by data set, first and second level."""
    return _chosen(condition.factor, METRICS[condition.metric].tuned_by if condition.tuned else "")


@cache
def _chosen(factor: str, by: str) -> np.ndarray:
    pool = POOLS[factor]
    found = np.zeros((pool.datasets, pool.rates, pool.rates))
    if not by:
        found[:, pool.twins.usual, pool.twins.usual] = 1.0
        return found
    metric = next(name for name, each in METRICS.items() if each.tuned_by == by)
    rng = stream(0, "aa", factor, by)
    for _ in range(REDRAWN):
        launch = draw(pool, rng, pool.datasets, 1, tuned=True)
        rates = np.array([int(choice.cell.split("/")[2]) for choice in draws.choices(launch, metric)]).reshape(2, -1)
        found[launch.datasets, rates[0], rates[1]] += 1 / REDRAWN
    return found
