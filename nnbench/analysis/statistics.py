"""Statistics over tasks, data sets and seeds: pure functions of arrays in which more is better.

Scores come as one array for each task, (seed,), infinite ones included: -inf is a trial that never reached its target. Random
numbers are drawn from a fixed stream, so that a report made again says the same. docs/statistics.md explains what is used when,
and what was measured about it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

LEVEL = 0.95
RESAMPLES = 2000
EXACT = 13
"""Up to so many pairs, signed-rank tests enumerate every assignment of signs."""

Seeds = Float[np.ndarray, " seed"]
"""Scores of one level on one task, one for each seed; the same seeds in the same order for every level."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class SignedRank:
    """A Wilcoxon signed-rank test, two-sided."""

    n: int
    """Pairs, ties included."""
    p: float
    effect: float
    """Matched-pairs rank-biserial correlation: 1 if every difference is positive, -1 if every one is negative."""


def interquartile_mean(tasks: Sequence[Seeds]) -> Interval:
    """Mean of the middle half of all scores, with a bootstrap interval stratified by task.

    Agarwal et al. 2021, "Deep reinforcement learning at the edge of the statistical precipice".
    """

    def statistic(drawn: np.ndarray) -> np.ndarray:
        ordered = np.sort(drawn, axis=-1)
        cut = int(0.25 * ordered.shape[-1])
        return ordered[..., cut : ordered.shape[-1] - cut].mean(axis=-1)

    rng = np.random.default_rng(0)
    pooled = np.concatenate([task[rng.integers(len(task), size=(RESAMPLES, len(task)))] for task in tasks], axis=1)
    sizes = [
        (2 * len(task) + 1) / 3 for task in tasks
    ]  # what is trimmed counts less; intervals that cover as they should need this
    return _expanded(float(statistic(np.concatenate(tasks))), statistic(pooled), sizes)


def improvement(a: Seeds, b: Seeds) -> float:
    """Probability that a run of `a` is better than one of `b` on one task, ties counting half (Mann and Whitney's U)."""
    return float(_wins(a, b).mean())


def overall_improvement(a: Sequence[Seeds], b: Sequence[Seeds]) -> Interval:
    """Mean over tasks of the probability of improvement, with an interval over seeds, stratified by task.

    The variance is that of placements (DeLong et al. 1988), seed by seed for both at once, since they share data and draws; the
    interval is symmetric in the log-odds, so that it stays within 0 and 1. Where every run of one beats every run of the other no
    variance is seen; what is taken instead is a third of a proportion's with as many observations as there are seeds.
    """
    tasks = len(a)
    seeds = sum(map(len, a))
    value, variance = 0.0, 0.0
    for first, second in zip(a, b, strict=True):
        wins = _wins(first, second)
        value += float(wins.mean()) / tasks
        if len(first) > 1:
            variance += float(np.var(wins.mean(axis=1) + wins.mean(axis=0), ddof=1)) / len(first) / tasks**2
    if seeds == tasks:
        return Interval(value, math.nan, math.nan)
    inner = (value * seeds + 0.5) / (seeds + 1)
    variance = max(variance, inner * (1 - inner) / (3 * seeds))
    half = float(stats.t.ppf((1 + LEVEL) / 2, seeds - tasks)) * math.sqrt(variance) / (inner * (1 - inner))
    odds = math.log(inner / (1 - inner))
    return Interval(value, min(value, 1 / (1 + math.exp(half - odds))), max(value, 1 / (1 + math.exp(-odds - half))))


def signed_rank(differences: Sequence[float]) -> SignedRank:
    """Wilcoxon's signed-rank test of differences that are symmetric about 0 if nothing is different.

    Pairs without a difference are left out, as Wilcoxon did; with ties among the others, every assignment of signs is counted.
    """
    d = np.asarray(differences, dtype=np.float64)
    moved = d[d != 0]
    if not len(moved):
        return SignedRank(len(d), 1.0, 0.0)
    ranks = stats.rankdata(np.abs(moved))
    effect = float((ranks * np.sign(moved)).sum() / ranks.sum())
    tied = len(np.unique(ranks)) < len(ranks)
    if len(moved) > EXACT:
        p = stats.wilcoxon(moved, method="asymptotic" if tied else "auto").pvalue
    else:
        p = _enumerated(ranks, moved) if tied else stats.wilcoxon(moved, method="exact").pvalue
    return SignedRank(len(d), float(p), effect)


def paired_over_seeds(a: Sequence[Seeds], b: Sequence[Seeds]) -> SignedRank:
    """The same test with seeds as pairs: says something about these tasks alone.

    Scores are replaced by their ranks within a task, so that infinite ones can be subtracted, and averaged over tasks.
    """
    differences = []
    for first, second in zip(a, b, strict=True):
        ranks = stats.rankdata(np.concatenate([first, second]))
        differences.append(ranks[: len(first)] - ranks[len(first) :])
    return signed_rank(np.mean(differences, axis=0).tolist())


def holm(p: Sequence[float]) -> list[float]:
    """P-values corrected for having tested several hypotheses (Holm 1979)."""
    order = np.argsort(p)
    scaled = np.asarray(p)[order] * np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return corrected.tolist()


def pairs_needed(tests: int = 1, level: float = LEVEL) -> int:
    """How many pairs a signed-rank test needs for p ≤ 0.05 at all, when it is one of so many that Holm's correction covers."""
    return math.ceil(1 + math.log2(tests / (1 - level)) - 1e-12)


def performance_profile(levels: Sequence[Sequence[Seeds]], taus: Float[np.ndarray, " tau"]) -> Float[np.ndarray, "level tau"]:
    """Share of runs, task by task and seed by seed, that took at most tau times as long as the fastest level's.

    `levels` are times, (level)(task)(seed,), of which less is better; infinite where a target was never reached.

    Dolan and Moré 2002, "Benchmarking optimization software with performance profiles".
    """
    ratios = _ratios(levels)
    return np.stack([(own[:, None] <= taus).mean(axis=0) for own in ratios])


def profile_area(levels: Sequence[Sequence[Seeds]], largest: float = 4.0) -> list[float]:
    """Area under each level's performance profile from tau = 1 to `largest`, 1 at most."""
    return [float(np.clip((largest - own) / (largest - 1), 0, 1).mean()) for own in _ratios(levels)]


@dataclass(frozen=True)
class Ranking:
    """Levels ranked on every data set, 1 being the best."""

    ranks: list[float]
    """Mean over data sets."""
    p: float
    """Of Friedman's test, in Iman and Davenport's form, that all levels are alike."""
    critical_difference: float
    """Mean ranks that differ by more are different at 0.05 (Nemenyi)."""


def ranking(scores: Float[np.ndarray, "dataset level"]) -> Ranking:
    """Mean ranks, Friedman's test and the critical difference.

    Demšar 2006, "Statistical comparisons of classifiers over multiple data sets".
    """
    n, k = scores.shape
    ranks = stats.rankdata(-scores, axis=1)
    mean = ranks.mean(axis=0)
    spread = ((ranks - (k + 1) / 2) ** 2).sum()
    if not spread:
        return Ranking(mean.tolist(), 1.0, math.nan)
    chi2 = (k - 1) * n**2 * ((mean - (k + 1) / 2) ** 2).sum() / spread  # corrected for ties
    f = math.inf if math.isclose(chi2, n * (k - 1)) else (n - 1) * chi2 / (n * (k - 1) - chi2)
    p = float(stats.f.sf(f, k - 1, (k - 1) * (n - 1)))
    studentized = float(stats.studentized_range.ppf(LEVEL, k, np.inf)) / math.sqrt(2)
    return Ranking(mean.tolist(), p, studentized * math.sqrt(k * (k + 1) / (6 * n)))


def _wins(a: Seeds, b: Seeds) -> Float[np.ndarray, "seed other"]:
    return (a[:, None] > b).astype(np.float64) + 0.5 * (a[:, None] == b)


def _ratios(levels: Sequence[Sequence[Seeds]]) -> Float[np.ndarray, "level run"]:
    times = np.maximum(np.stack([np.concatenate(tasks) for tasks in levels]), 1)
    fastest = times.min(axis=0)
    return np.divide(times, fastest, out=np.full_like(times, np.inf), where=np.isfinite(times))


def _enumerated(ranks: np.ndarray, moved: np.ndarray) -> float:
    """Two-sided p of the sum of positive ranks over every assignment of signs."""
    signs = (np.arange(2 ** len(ranks))[:, None] >> np.arange(len(ranks))) & 1
    sums = signs @ ranks
    centre = ranks.sum() / 2
    return float((np.abs(sums - centre) >= abs(ranks[moved > 0].sum() - centre) - 1e-9).mean())


def _expanded(value: float, drawn: np.ndarray, sizes: Sequence[float]) -> Interval:
    """The bootstrap's percentile interval, widened for small samples.

    Resampling n values has (n - 1) / n of the variance, and a normal quantile in place of Student's; percentiles are taken further
    out by both. Hesterberg 2015, "What teachers should know about the bootstrap", section 3.2 of the online supplement.
    """
    if min(sizes) <= 1:
        return Interval(value, math.nan, math.nan)
    freedom = sum(size - 1 for size in sizes)
    widening = math.sqrt(np.mean([size / (size - 1) for size in sizes]))
    tail = float(stats.norm.cdf(widening * stats.t.ppf((1 - LEVEL) / 2, freedom)))
    low, high = np.quantile(drawn, [tail, 1 - tail], method="inverted_cdf")
    return Interval(value, float(low), float(high))
