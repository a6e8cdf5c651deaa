"""How sure the probability of improvement is: its variance over seeds, over tuning and over data sets."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.special import expit, fdtri, stdtrit

from nnbench.analysis.statistics.base import LEVEL, Interval

TUNING_SEEDS_NEEDED = 3
"""Fewer tuning seeds do not show how much luck is in what they choose."""


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


def across(chances: Float[np.ndarray, " block"], level: float) -> Interval:
    """The mean of what data sets say as an estimate for others like them: Student's interval over data sets, within 0 and 1."""
    count, value = len(chances), float(chances.mean())
    if count < 2:
        return Interval(value, math.nan, math.nan)
    half = float(stdtrit(count - 1, (1 + level) / 2)) * float(chances.std(ddof=1)) / math.sqrt(count)
    return Interval(value, max(value - half, 0.0), min(value + half, 1.0))
