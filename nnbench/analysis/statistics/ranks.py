"""Tests by ranks: signed ranks of differences, mean ranks of several levels, and corrections for testing several times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy import stats
from scipy.special import ndtr

from nnbench.analysis.statistics.base import LEVEL

EXACT = 13
"""Up to so many pairs, signed-rank tests enumerate every assignment of signs."""
EXACT_UNTIED = 50
"""Up to so many they are exact without ties."""
DIGITS = 12
"""Decimals that count in ranks: in those beyond, a share and 1 less the share of the other side differ by rounding alone."""


@dataclass(frozen=True)
class SignedRank:
    """A Wilcoxon signed-rank test, two-sided."""

    n: int
    """Pairs, ties included."""
    p: float
    effect: float
    """Matched-pairs rank-biserial correlation: 1 if every difference is positive, -1 if every one is negative."""


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
