"""How much more it would take to decide: data sets or seeds, at the effect that was seen and with the spread that was seen."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import stdtrit

from nnbench.analysis import statistics
from nnbench.analysis.statistics import LEVEL, Blocks

MOST_DATASETS = 100
MOST_SEEDS = 1000
"""Beyond so many, nothing is suggested."""


@dataclass(frozen=True)
class More:
    """What would decide a comparison if effect and spread stayed as they are; None for what would not, or not affordably."""

    datasets: int | None
    """So many more data sets, with as many seeds."""
    seeds: int | None
    """So many more seeds, on the same data sets."""


@dataclass(frozen=True)
class _Seen:
    """What data sets and seeds showed."""

    effects: Float[np.ndarray, " block"]
    """Of each data set: the probability of improvement minus ½."""
    over_seeds: Float[np.ndarray, " block"]
    """Variance of each for one seed."""
    tuning: float
    """Variance that tuning adds to each."""
    between: float
    """Variance of the effects themselves, from data set to data set."""
    seeds: int
    tests: int
    variants: float
    """Of each data set."""
    tuning_seeds: int

    @property
    def effect(self) -> float:
        return float(np.mean(self.effects))

    def variance(self, seeds: int) -> float:
        """Of one data set's effect, with so many seeds, around its own."""
        return float(np.mean(self.over_seeds)) / seeds + self.tuning

    def decides(self, datasets: int, seeds: int) -> bool:
        """Whether the test over data sets and the interval over seeds would both answer."""
        if datasets < statistics.pairs_needed(self.tests):
            return False
        variance = self.variance(seeds)
        least = statistics.least_variance(0.5 + self.effect, round(self.variants * datasets * seeds), datasets)
        tail = 1 - (1 - LEVEL) / (2 * self.tests)
        over = float(stdtrit(datasets - 1, tail)) * math.sqrt((self.between + variance) / datasets)
        within = float(stdtrit(datasets * (seeds - 1), (1 + LEVEL) / 2)) * math.sqrt(max(variance / datasets, least))
        return abs(self.effect) > max(over, within)

    def decides_alone(self, seeds: int) -> bool:
        """Whether each of the data sets would answer by itself, and all of them alike."""
        count = len(self.effects)
        if 0 < self.tuning_seeds < statistics.TUNING_SEEDS_NEEDED:
            return False
        if abs(np.sign(self.effects).sum()) < count or seeds < statistics.pairs_needed(self.tests * count):
            return False
        tail = float(stdtrit(seeds - 1, 1 - (1 - LEVEL) / (2 * self.tests * count)))
        return bool((np.abs(self.effects) > tail * np.sqrt(self.over_seeds / seeds + self.tuning)).all())


def needed(blocks: Blocks, tests: int) -> More | None:
    """What it would take to decide one of so many comparisons; None where nothing tells the spread or there is no effect."""
    seeds = int(blocks.seeds.min()) if len(blocks.chances) else 0
    if seeds < 3:
        return None
    seen = _seen(blocks, seeds, tests)
    if not seen.effect:
        return None
    count = len(blocks.chances)
    alone = count < statistics.pairs_needed(tests)
    return More(
        _first(lambda more: seen.decides(count + more, seeds), MOST_DATASETS),
        _first(lambda more: seen.decides_alone(seeds + more) if alone else seen.decides(count, seeds + more), MOST_SEEDS),
    )


def _seen(blocks: Blocks, seeds: int, tests: int) -> _Seen:
    effects = blocks.chances - 0.5
    spreads = statistics.over_seeds(blocks.by_seed, float(blocks.chances.mean())) * blocks.seeds
    tuning = float(blocks.tuning.mean())
    within = float(spreads.mean()) / seeds + tuning
    between = max(float(np.var(effects, ddof=1)) - within, 0.0) if len(effects) > 1 else 0.0
    variants = blocks.observations / float(blocks.seeds.sum())
    return _Seen(effects, spreads, tuning, between, seeds, tests, variants, blocks.tuning_seeds)


def _first(decides: Callable[[int], bool], most: int) -> int | None:
    """The smallest number from 1 on that decides, which every larger one then does; None if not even the largest does."""
    if not decides(most):
        return None
    return bisect_left(range(1, most), True, key=decides) + 1
