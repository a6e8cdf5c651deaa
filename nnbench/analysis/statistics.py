"""Statistics over tasks, data sets and seeds: pure functions of arrays in which more is better.

Scores come as one array for each task, (seed,), infinite ones included: -inf is a trial that never reached its target. Random
numbers are drawn from a fixed stream, so that a report made again says the same. docs/statistics.md explains what is used when,
and what was measured about it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int
from scipy import stats
from scipy.special import expit, fdtri, ndtr, stdtrit

LEVEL = 0.95
RESAMPLES = 2000
LEAST_RESAMPLES = 500
NUMBERS = 5_000_000
"""About how many scores the bootstrap draws at most, as long as that leaves it `LEAST_RESAMPLES`."""
EXACT = 13
"""Up to so many pairs, signed-rank tests enumerate every assignment of signs."""
EXACT_UNTIED = 50
"""Up to so many they are exact without ties."""

TUNING_SEEDS_NEEDED = 3
"""Fewer tuning seeds do not show how much luck is in what they choose."""
DIGITS = 12
"""Decimals that count in ranks: in those beyond, a share and 1 less the share of the other side differ by rounding alone."""
FEW = 64
"""Up to so many seeds, runs are compared all at once; beyond, by sorting."""

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


@dataclass(frozen=True)
class Redrawn:
    """What else tuning could have chosen on a task, had it seen other seeds."""

    weights: tuple[float, ...]
    """How likely each setting is to be chosen."""
    scores: Float[np.ndarray, "setting seed"]


def interquartile_mean(tasks: Sequence[Seeds], redrawn: Sequence[Redrawn | None] = ()) -> Interval:
    """Mean of the middle half of all scores, with a bootstrap interval stratified by task; tuned settings are chosen again too.

    Agarwal et al. 2021, "Deep reinforcement learning at the edge of the statistical precipice".
    """

    def statistic(drawn: np.ndarray) -> np.ndarray:
        ordered = np.sort(drawn, axis=-1)
        cut = int(0.25 * ordered.shape[-1])
        return ordered[..., cut : ordered.shape[-1] - cut].mean(axis=-1)

    rng = np.random.default_rng(0)
    count = int(np.clip(NUMBERS // sum(map(len, tasks)), LEAST_RESAMPLES, RESAMPLES))
    others = redrawn or [None] * len(tasks)
    pooled = np.concatenate([_resampled(*each, count, rng) for each in zip(tasks, others, strict=True)], axis=1)
    sizes = [
        (2 * len(task) + 1) / 3 for task in tasks
    ]  # what is trimmed counts less; intervals that cover as they should need this
    return _expanded(float(statistic(np.concatenate(tasks))), statistic(pooled), sizes)


def _resampled(task: Seeds, redrawn: Redrawn | None, count: int, rng: np.random.Generator) -> Float[np.ndarray, "draw seed"]:
    seeds = rng.integers(len(task), size=(count, len(task)), dtype=np.int32)
    if redrawn is None or len(redrawn.weights) < 2:
        return task[seeds]
    return redrawn.scores[rng.choice(len(redrawn.weights), count, p=redrawn.weights)[:, None], seeds]


def improvement(a: Seeds, b: Seeds) -> float:
    """Probability that a run of `a` is better than one of `b` with another seed, ties counting half.

    Mann and Whitney's U over pairs of different seeds: runs of equal seeds share data and draws, and would make two levels that
    hardly differ look as different as their paired wins. With a single seed there is only the pair of equal ones.
    """
    return float(placements(a[None], b[None]).chances[0])


def wins(a: Float[np.ndarray, "*shape"], b: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """1 where the run of `a` is better, ½ where they tie, 0 where it is worse."""
    return (a > b) + 0.5 * (a == b)


@dataclass(frozen=True)
class Placements:
    """Two levels on some tasks, seed by seed."""

    chances: Float[np.ndarray, " task"]
    """Probability of improvement."""
    by_seed: Float[np.ndarray, "task seed"]
    """For each seed, the share of the other level's runs that its run of `a` beats, plus the share of `a`'s runs that its run of
    the other loses to. The mean over seeds is twice the chance."""


def placements(a: Float[np.ndarray, "task seed"], b: Float[np.ndarray, "task seed"]) -> Placements:
    """Where each run stands among the runs of the other level with other seeds (DeLong et al. 1988).

    Both have the same seeds in the same order.
    """
    seeds = a.shape[1]
    equal = wins(a, b)
    if seeds == 1:
        return Placements(equal[:, 0], 2 * equal)
    by_seed = (_beaten(a, b) + _beaten(-b, -a) - 2 * equal) / (seeds - 1)
    return Placements(by_seed.mean(axis=1) / 2, by_seed)


@dataclass(frozen=True)
class Blocks:
    """What data sets say about two levels, each independently of the others."""

    chances: Float[np.ndarray, " block"]
    """Probability of improvement, mean over the data set's tasks."""
    by_seed: Float[np.ndarray, "block seed"]
    """As in `Placements`, mean over tasks; NaN for seeds that the data set lacks."""
    tuning: Float[np.ndarray, " block"]
    """Variance of the chance that comes from having tuned with few seeds."""
    tuning_seeds: int = 0
    variants: Int[np.ndarray, " block"] | None = None
    """How many variants of the data set the tasks have, each with draws of its own; one unless given."""

    @property
    def observations(self) -> int:
        """Runs with draws of their own: seeds by variants, summed over blocks."""
        return int((self.seeds * (1 if self.variants is None else self.variants)).sum())

    @property
    def seeds(self) -> Int[np.ndarray, " block"]:
        """How many seeds each has."""
        return np.count_nonzero(~np.isnan(self.by_seed), axis=1)


@dataclass(frozen=True)
class Spread:
    """The mean probability of improvement, and how sure it is."""

    value: float
    variance: float
    """Of the value, over seeds of training and of tuning; NaN where nothing tells it."""
    freedom: float
    """Degrees of freedom of the variance (Satterthwaite)."""
    observations: int
    """As in `Blocks`."""
    tuned: bool = False
    """Whether a part of the variance comes from tuning, which does not shrink as the value nears 0 or 1."""

    def interval(self, level: float = LEVEL) -> Interval:
        """Symmetric in the log-odds, so that it stays within 0 and 1; the end away from ½ is no nearer than that where tuned."""
        if math.isnan(self.variance):
            return Interval(self.value, math.nan, math.nan)
        inner = float(_inner(self.value, self.observations))
        plain = float(stdtrit(self.freedom, (1 + level) / 2)) * math.sqrt(self.variance)
        half, odds = plain / (inner * (1 - inner)), math.log(inner / (1 - inner))
        low, high = min(self.value, float(expit(odds - half))), max(self.value, float(expit(odds + half)))
        if self.tuned and self.value > 0.5:
            high = max(high, min(self.value + plain, 1.0))
        if self.tuned and self.value < 0.5:
            low = min(low, max(self.value - plain, 0.0))
        return Interval(self.value, low, high)


UNKNOWN = Spread(0.5, math.nan, math.nan, 0)
"""Where there is nothing to compare."""


def overall_improvement(blocks: Blocks) -> Spread:
    """Mean probability of improvement over data sets that count alike, and its variance over seeds.

    Within a block the variance is the jackknife's, seed by seed for both levels at once, since they share data and draws. Blocks
    are independent, because random streams depend on the data set; should seeds be seen to repeat their luck from block to block
    all the same, seeds averaged over blocks are the observations. What tuning adds is estimated apart. Where every run of one beats
    every run of the other no variance is seen; a third of a proportion's with as many observations is taken at least.
    """
    count, seeds = len(blocks.chances), blocks.seeds
    value, observations = float(blocks.chances.mean()), blocks.observations
    if seeds.min() < 2:
        return Spread(value, math.nan, math.nan, observations)
    inner = float(_inner(value, observations))
    variances = over_seeds(blocks.by_seed, inner) / count**2
    freedoms = seeds - 1
    repeated = _repeated(blocks, float(variances.sum()))
    if repeated is not None:
        variances, freedoms = np.array([repeated[0]]), np.array([repeated[1]])
    tuned = blocks.tuning[blocks.tuning > 0] / count**2
    total = float(variances.sum() + tuned.sum())
    weights = float((variances**2 / freedoms).sum() + (tuned**2).sum() / max(blocks.tuning_seeds - 1, 1))
    least = least_variance(inner, observations, count)
    freedom = total**2 / weights if weights else float(observations - count)
    return Spread(value, max(total, least), max(freedom, 1.0), observations, bool(tuned.size))


def over_seeds(by_seed: Float[np.ndarray, "block seed"], inner: float) -> Float[np.ndarray, " block"]:
    """Variance of each block's chance over its seeds, the jackknife's.

    Of two seeds there is but one pair of different ones either way, which shows no spread: half the variance of a proportion
    `inner` is taken.
    """
    known = ~np.isnan(by_seed)
    seeds = known.sum(axis=1)
    centred = np.where(known, by_seed, 0.0)
    centred = np.where(known, centred - (centred.sum(axis=1) / seeds)[:, None], 0.0)
    several = np.maximum(seeds, 3)
    jackknife = (centred**2).sum(axis=1) / (seeds - 1) / seeds * (several - 1) / (several - 2)
    return np.where(seeds == 2, inner * (1 - inner) / 2, jackknife)


def least_variance(inner: float, observations: int, blocks: int) -> float:
    """What the variance of a chance is taken to be at least: near 0 and 1, and of a single block, few seeds may show none."""
    return inner * (1 - inner) / (3 * observations) * max((2 * inner - 1) ** 2, 1 / blocks)


def _repeated(blocks: Blocks, independent: float) -> tuple[float, int] | None:
    """Variance and freedom with seeds as clusters, where it is larger than independent blocks explain (F test at 0.05)."""
    common = blocks.by_seed[:, ~np.isnan(blocks.by_seed).any(axis=0)]
    count, seeds = common.shape
    if seeds < 3 or count < 2 or not independent:
        return None
    clustered = float(over_seeds(common.mean(axis=0)[None], 0.5)[0])
    more = clustered / independent > float(fdtri(seeds - 1, count * (seeds - 1), LEVEL))
    return (clustered, seeds - 1) if more else None


def _inner(value: float, observations: int) -> float:
    """The value pulled a little towards ½, away from 0 and 1, where log-odds are infinite."""
    return (value * observations + 0.5) / (observations + 1)


def over_tuning(by_seed: Float[np.ndarray, "draw seed"], weights: Float[np.ndarray, " draw"], tuning_seeds: int) -> float:
    """Variance of a block's chance over draws of the tuning seeds, each of which may choose other settings.

    `by_seed` is that of each draw's settings. Settings also differ because seeds are few: what that explains is subtracted. The
    bootstrap of n seeds has (n - 1) / n of the variance, which is made up for.
    """
    seeds = by_seed.shape[1]
    apart = by_seed - weights @ by_seed
    seen = float(weights @ (apart.mean(axis=1) / 2) ** 2)
    by_luck = float(weights @ np.var(apart, axis=1, ddof=1)) / seeds * (seeds - 1) / (seeds - 2)
    return max(seen - by_luck, 0.0) * tuning_seeds / (tuning_seeds - 1)


def signed_rank(differences: Sequence[float]) -> SignedRank:
    """Wilcoxon's signed-rank test of differences that are symmetric about 0 if nothing is different.

    Pairs without a difference are left out, as Wilcoxon did; what differs beyond `DIGITS` decimals alone is a tie. p is exact up
    to 50 pairs, with ties among them up to 13; beyond, it is that of the normal approximation.
    """
    d = np.round(np.asarray(differences, dtype=np.float64), DIGITS)
    moved = d[d != 0]
    n = len(moved)
    if not n:
        return SignedRank(len(d), 1.0, 0.0)
    ranks = stats.rankdata(np.abs(moved))
    positive, whole = float(ranks[moved > 0].sum()), n * (n + 1) / 2
    tied = len(np.unique(ranks)) < n
    if n <= EXACT:
        p = _enumerated(ranks, positive)
    elif n <= EXACT_UNTIED and not tied:
        p = min(2 * float(_at_most(n)[int(min(positive, whole - positive))]), 1.0)
    else:
        times = np.unique(ranks, return_counts=True)[1]
        variance = (n * (n + 1) * (2 * n + 1) - ((times**3 - times).sum() / 2)) / 24
        p = 2 * float(ndtr(-abs(positive - whole / 2) / math.sqrt(variance)))
    return SignedRank(len(d), p, 2 * positive / whole - 1)


def paired_over_seeds(a: Float[np.ndarray, "task seed"], b: Float[np.ndarray, "task seed"]) -> SignedRank:
    """The same test with seeds as pairs: says something about these tasks alone.

    Scores are replaced by their ranks within a task, so that infinite ones can be subtracted, and averaged over tasks.
    """
    ranks = stats.rankdata(np.concatenate([a, b], axis=1), axis=1)
    return signed_rank((ranks[:, : a.shape[1]] - ranks[:, a.shape[1] :]).mean(axis=0).tolist())


def across(chances: Float[np.ndarray, " block"], level: float) -> Interval:
    """The mean of what data sets say as an estimate for others like them: Student's interval over data sets."""
    count, value = len(chances), float(chances.mean())
    if count < 2:
        return Interval(value, math.nan, math.nan)
    half = float(stdtrit(count - 1, (1 + level) / 2)) * float(chances.std(ddof=1)) / math.sqrt(count)
    return Interval(value, value - half, value + half)


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
    ranks = stats.rankdata(-np.round(scores, DIGITS), axis=1)
    mean = ranks.mean(axis=0)
    spread = ((ranks - (k + 1) / 2) ** 2).sum()
    if not spread:
        return Ranking(mean.tolist(), 1.0, math.nan)
    chi2 = (k - 1) * n**2 * ((mean - (k + 1) / 2) ** 2).sum() / spread  # corrected for ties
    f = math.inf if math.isclose(chi2, n * (k - 1)) else (n - 1) * chi2 / (n * (k - 1) - chi2)
    p = float(stats.f.sf(f, k - 1, (k - 1) * (n - 1)))
    studentized = float(stats.studentized_range.ppf(LEVEL, k, np.inf)) / math.sqrt(2)
    return Ranking(mean.tolist(), p, studentized * math.sqrt(k * (k + 1) / (6 * n)))


def _beaten(a: Float[np.ndarray, "task seed"], b: Float[np.ndarray, "task seed"]) -> Float[np.ndarray, "task seed"]:
    """How many runs of `b` each run of `a` beats on its task, ties counting half."""
    if a.shape[1] <= FEW:
        return wins(a[:, :, None], b[:, None, :]).sum(axis=2)
    if not len(a):
        return np.zeros(a.shape)
    ordered = np.sort(b, axis=1)
    sides = [[np.searchsorted(row, own, side) for row, own in zip(ordered, a, strict=True)] for side in ("left", "right")]
    return np.mean(sides, axis=0)


def _ratios(levels: Sequence[Sequence[Seeds]]) -> Float[np.ndarray, "level run"]:
    times = np.maximum(np.stack([np.concatenate(tasks) for tasks in levels]), 1)
    fastest = times.min(axis=0)
    return np.divide(times, fastest, out=np.full_like(times, np.inf), where=np.isfinite(times))


def _enumerated(ranks: np.ndarray, positive: float) -> float:
    """Two-sided p of a sum of positive ranks over every assignment of signs."""
    away = _distances(tuple(np.sort(ranks).tolist()))
    return float(1 - np.searchsorted(away, abs(positive - ranks.sum() / 2) - 1e-9) / len(away))


@lru_cache(EXACT_UNTIED)
def _at_most(n: int) -> Float[np.ndarray, " sum"]:
    """Probability that the positive ones among the ranks 1 … n add up to at most so much."""
    ways = np.zeros(n * (n + 1) // 2 + 1)
    ways[0] = 1.0
    for rank in range(1, n + 1):
        ways[rank:] += ways[:-rank].copy()
    return np.cumsum(ways) / 2.0**n


@lru_cache(4096)
def _distances(ranks: tuple[float, ...]) -> Float[np.ndarray, " assignment"]:
    """How far each possible sum of positive ranks is from the middle, in order."""
    sums = np.zeros(1)
    for rank in ranks:
        sums = np.concatenate([sums, sums + rank])
    return np.sort(np.abs(sums - sum(ranks) / 2))


def _expanded(value: float, drawn: np.ndarray, sizes: Sequence[float]) -> Interval:
    """The bootstrap's percentile interval, widened for small samples.

    Resampling n values has (n - 1) / n of the variance, and a normal quantile in place of Student's; percentiles are taken further
    out by both. Hesterberg 2015, "What teachers should know about the bootstrap", section 3.2 of the online supplement. Of three
    values no draw lies outside what was seen: the interval is at least as wide as a normal one of the same spread.
    """
    if min(sizes) <= 1:
        return Interval(value, math.nan, math.nan)
    freedom = sum(size - 1 for size in sizes)
    widening = math.sqrt(np.mean([size / (size - 1) for size in sizes]))
    quantile = widening * float(stdtrit(freedom, (1 + LEVEL) / 2))
    tail = float(ndtr(-quantile))
    low, high = (float(end) for end in np.quantile(drawn, [tail, 1 - tail], method="inverted_cdf"))
    if not np.isfinite(drawn).all():
        return Interval(value, low, high)
    half = quantile * float(drawn.std())
    return Interval(value, min(low, value - half), max(high, value + half))
