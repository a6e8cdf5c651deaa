"""The middle of many scores, with an interval from resampling them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr, stdtrit

from nnbench.analysis.statistics.base import LEVEL, Interval, Seeds

RESAMPLES = 2000
LEAST_RESAMPLES = 500
NUMBERS = 5_000_000
"""About how many scores the bootstrap draws at most, as long as that leaves it `LEAST_RESAMPLES`."""


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
    return _trimmed_mean(tasks, redrawn, 0.25)


def stratified_mean(tasks: Sequence[Seeds], redrawn: Sequence[Redrawn | None] = ()) -> Interval:
    """Mean of all scores, which are finite, with an interval in the same way."""
    return _trimmed_mean(tasks, redrawn, 0.0)


def _trimmed_mean(tasks: Sequence[Seeds], redrawn: Sequence[Redrawn | None], trimmed: float) -> Interval:
    def statistic(drawn: np.ndarray) -> np.ndarray:
        ordered = np.sort(drawn, axis=-1)
        cut = int(trimmed * ordered.shape[-1])
        return ordered[..., cut : ordered.shape[-1] - cut].mean(axis=-1)

    rng = np.random.default_rng(0)
    count = int(np.clip(NUMBERS // sum(map(len, tasks)), LEAST_RESAMPLES, RESAMPLES))
    others = redrawn or [None] * len(tasks)
    pooled = np.concatenate([_resampled(*each, count, rng) for each in zip(tasks, others, strict=True)], axis=1)
    # trimmed scores count less, or intervals would not cover as they should
    sizes = [(2 * len(task) + 1) / 3 if trimmed else float(len(task)) for task in tasks]
    return _expanded(float(statistic(np.concatenate(tasks))), statistic(pooled), sizes)


def _resampled(task: Seeds, redrawn: Redrawn | None, count: int, rng: np.random.Generator) -> Float[np.ndarray, "draw seed"]:
    seeds = rng.integers(len(task), size=(count, len(task)), dtype=np.int32)
    if redrawn is None or len(redrawn.weights) < 2:
        return task[seeds]
    return redrawn.scores[rng.choice(len(redrawn.weights), count, p=redrawn.weights)[:, None], seeds]


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
