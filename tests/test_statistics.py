"""Statistics against SciPy, statsmodels and rliable, and their promises kept in simulations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from nnbench.analysis import statistics
from nnbench.analysis.statistics import (
    Blocks,
    bootstrap,
    holm,
    improvement,
    interquartile_mean,
    overall_improvement,
    paired_over_seeds,
    pairs_needed,
    performance_profile,
    profile_area,
    ranking,
    signed_rank,
)
from nnbench.analysis.statistics.spread import across

INF = math.inf
SHARED_A = [
    np.array([0.82, 0.91, 0.77, 0.88, 0.93]),
    np.array([0.55, 0.61, 0.49, 0.70, 0.58]),
    np.array([0.99, 0.97, 0.95, 0.98, 0.96]),
]
SHARED_B = [
    np.array([0.80, 0.85, 0.79, 0.81, 0.90]),
    np.array([0.52, 0.66, 0.47, 0.60, 0.50]),
    np.array([0.99, 0.96, 0.97, 0.94, 0.95]),
]


def test_the_interquartile_mean_is_that_of_scipy_and_rliable() -> None:
    pooled = np.concatenate(SHARED_A)
    assert interquartile_mean(SHARED_A).value == pytest.approx(stats.trim_mean(pooled, 0.25), rel=1e-14)
    assert interquartile_mean(SHARED_A).value == pytest.approx(RLIABLE["iqm"], rel=1e-12)


def test_with_pairs_of_equal_seeds_the_probability_of_improvement_is_mann_whitneys_and_rliables() -> None:
    """Theirs has all pairs; ours leaves out the one in n whose seeds are equal."""
    whole = []
    for a, b in zip(SHARED_A, SHARED_B, strict=True):
        n = len(a)
        whole.append(((n - 1) * improvement(a, b) + statistics.wins(a, b).mean()) / n)
        assert whole[-1] == pytest.approx(stats.mannwhitneyu(a, b).statistic / n**2, rel=1e-14)
    assert np.mean(whole) == pytest.approx(RLIABLE["improvement"], rel=1e-12)


def test_runs_of_equal_seeds_are_not_taken_for_evidence() -> None:
    """A change that moves every run by next to nothing wins every pair of equal seeds, and no other."""
    base = np.random.default_rng(0).normal(size=3)
    assert statistics.wins(base + 1e-9, base).mean() == 1
    assert improvement(base + 1e-9, base) == 0.5
    assert stats.mannwhitneyu(base + 1e-9, base).statistic / 9 == pytest.approx(2 / 3)


@settings(deadline=None)
@given(st.integers(3, 100), st.integers(0, 2**31))
def test_many_seeds_are_compared_as_few_are(seeds: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = np.where(rng.random((2, 3, seeds)) < 0.2, -INF, rng.integers(0, 20, (2, 3, seeds)))
    found = statistics.placements(a, b)
    wins = (a[:, :, None] > b[:, None, :]) + 0.5 * (a[:, :, None] == b[:, None, :])
    other = ~np.eye(seeds, dtype=bool)
    np.testing.assert_allclose(found.chances, wins[:, other].mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(found.by_seed.mean(axis=1), 2 * found.chances, rtol=1e-12)


RLIABLE = {"iqm": 0.8366666666666667, "improvement": 0.6533333333333333}
"""Worked out with rliable 1.2.0 on the arrays above: metrics.aggregate_iqm and metrics.probability_of_improvement."""


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holms_correction_is_that_of_statsmodels(p: list[float]) -> None:
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], rtol=1e-12, atol=1e-300)


@settings(deadline=None)
@given(st.lists(st.integers(-6, 6), min_size=1, max_size=11))
def test_signed_ranks_count_every_assignment_of_signs(differences: list[int]) -> None:
    moved = [d for d in differences if d]
    found = signed_rank([float(d) for d in differences])
    if not moved:
        assert (found.p, found.effect) == (1.0, 0.0)
        return
    if len(moved) > 1:  # SciPy takes no single pair
        exact = stats.wilcoxon(moved, method=stats.PermutationMethod(n_resamples=2 ** len(moved)))
        assert found.p == pytest.approx(exact.pvalue, rel=1e-9)
    assert (found.effect > 0) == (sum(np.sign(moved) * stats.rankdata(np.abs(moved))) > 0)


def test_signed_ranks_without_ties_are_scipys_exact_ones() -> None:
    differences = [0.3, -0.1, 0.7, 0.2, 0.9, 0.45, -0.05, 0.6]
    assert signed_rank(differences).p == stats.wilcoxon(differences, method="exact").pvalue
    assert signed_rank([1.0, 2.0, 3.0]).effect == 1
    assert signed_rank([-1.0, -2.0, -3.0]).effect == -1


@pytest.mark.parametrize("tests", [1, 2, 3, 6, 10, 45])
def test_pairs_needed_is_where_the_smallest_p_reaches_5_in_100(tests: int) -> None:
    n = pairs_needed(tests)

    def smallest(pairs: int) -> float:
        found = signed_rank([float(each) for each in range(1, pairs + 1)]).p
        return holm([found] * tests)[0]

    assert smallest(n) <= 0.05 < smallest(n - 1)


def test_infinite_scores_are_worst_and_equal_to_each_other() -> None:
    never, some = np.array([-INF, -INF]), np.array([-INF, -100.0])
    assert improvement(never, never) == 0.5
    assert improvement(some, never) == 0.75
    assert interquartile_mean([np.array([-INF, -30.0, -20.0, -10.0])]).value == -25
    assert interquartile_mean([np.array([-INF, -INF, -INF, -10.0])]).value == -INF
    assert paired_over_seeds(some[None], never[None]).effect == 1


def test_friedmans_test_and_ranks_are_scipys() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(14, 5)) + np.arange(5) * 0.8
    found = ranking(scores)
    chi2 = stats.friedmanchisquare(*scores.T).statistic
    f = 13 * chi2 / (14 * 4 - chi2)
    assert found.p == pytest.approx(stats.f.sf(f, 4, 4 * 13), rel=1e-9)
    assert sum(found.ranks) == pytest.approx(15)
    assert np.argmin(found.ranks) == np.argmax(scores.mean(axis=0))


def test_the_critical_difference_is_that_of_demsars_tables() -> None:
    """Demšar 2006, section 3.2.2: four classifiers on 14 data sets, q = 2.569, CD = 1.25."""
    rng = np.random.default_rng(1)
    assert ranking(rng.normal(size=(14, 4))).critical_difference == pytest.approx(1.25, abs=0.005)


def test_performance_profiles_worked_by_hand() -> None:
    fast, slow = [np.array([10.0, 10.0, INF])], [np.array([20.0, 10.0, INF])]
    profile = performance_profile([fast, slow], np.array([1.0, 1.9, 2.0, 100.0]))
    np.testing.assert_allclose(profile, [[2 / 3] * 4, [1 / 3, 1 / 3, 2 / 3, 2 / 3]])
    assert profile_area([fast, slow]) == pytest.approx([2 / 3, (2 / 3 + 1 + 0) / 3])


def test_the_area_is_the_integral_of_the_profile() -> None:
    rng = np.random.default_rng(2)
    levels = [[np.where(rng.random(9) < 0.2, INF, rng.integers(1, 400, 9)) for _ in range(5)] for _ in range(3)]
    taus = np.linspace(1, 4, 20_001)
    integrals = np.trapezoid(performance_profile(levels, taus), taus, axis=1) / 3
    np.testing.assert_allclose(profile_area(levels), integrals, atol=1e-3)


def blocks(a: np.ndarray, b: np.ndarray) -> Blocks:
    """Scores (data set, seed) of two levels, a task for each data set."""
    found = statistics.placements(a, b)
    return Blocks(found.chances, found.by_seed, np.zeros(len(a)))


def test_one_seed_gives_an_estimate_without_an_interval() -> None:
    found = overall_improvement(blocks(np.array([[1.0]]), np.array([[0.0]]))).interval()
    assert found.value == 1
    assert math.isnan(found.low)
    assert math.isnan(interquartile_mean([np.array([1.0])]).low)


def test_two_seeds_give_an_interval_as_wide_as_a_coins() -> None:
    """Of two seeds there is one pair of different ones either way, so nothing shows how far they spread."""
    rng = np.random.default_rng(0)
    found = [overall_improvement(blocks(*rng.normal(size=(2, 12, 2)))).interval() for _ in range(400)]
    assert 0.93 <= np.mean([each.low <= 0.5 <= each.high for each in found]) <= 0.99


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("seeds", [3, 10])
def test_intervals_of_the_probability_of_improvement_cover_it(shift: float, seeds: int) -> None:
    """Twelve data sets; docs/statistics.md has these figures for real trainings."""
    rng = np.random.default_rng(int(shift))
    truth = stats.norm.cdf(shift / np.sqrt(2))
    drawn = [(rng.normal(shift, 1, (12, seeds)), rng.normal(0, 1, (12, seeds))) for _ in range(600)]
    found = [overall_improvement(blocks(a, b)).interval() for a, b in drawn]
    covered = np.mean([each.low <= truth <= each.high for each in found])
    assert 0.92 <= covered <= 0.98
    assert all(each.low <= each.value <= each.high for each in found)


def test_seeds_that_repeat_their_luck_on_every_data_set_are_the_observations() -> None:
    """The same scores on twelve data sets are no more evidence than on one."""
    rng = np.random.default_rng(5)
    covered, naive = [], []
    for _ in range(400):
        a, b = np.repeat(rng.normal(size=(2, 1, 10)), 12, axis=1)
        found = overall_improvement(blocks(a, b)).interval()
        covered.append(found.low <= 0.5 <= found.high)
        whole = blocks(a, b)
        independent = math.sqrt(float(statistics.over_seeds(whole.by_seed, 0.5).sum())) / 12
        naive.append(abs(float(whole.chances.mean()) - 0.5) <= 2 * independent)
    assert np.mean(covered) >= 0.93
    assert np.mean(naive) < 0.6


def test_intervals_of_the_interquartile_mean_cover_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "RESAMPLES", 400)
    rng = np.random.default_rng(0)
    levels = rng.normal(0, 1, 12)
    truth = stats.trim_mean((levels[:, None] + rng.normal(size=(12, 40_000))).ravel(), 0.25)
    found = [interquartile_mean([*(levels[:, None] + rng.normal(size=(12, 10)))]) for _ in range(400)]
    assert 0.92 <= np.mean([each.low <= truth <= each.high for each in found]) <= 0.98


@pytest.mark.parametrize("pairs", [14, 20, 49, 60])
def test_with_ties_among_many_pairs_p_is_that_of_the_normal_approximation(pairs: int) -> None:
    differences = np.random.default_rng(pairs).integers(-4, 6, pairs).astype(float)
    differences[differences == 0] = 1.0
    expected = stats.wilcoxon(differences, method="asymptotic", correction=False).pvalue
    assert signed_rank(differences.tolist()).p == pytest.approx(expected, rel=1e-9)


def test_what_data_sets_say_has_students_interval_and_a_single_one_has_none() -> None:
    chances = np.array([0.5, 0.7, 0.9])
    low, high = stats.t.interval(0.9, 2, loc=0.7, scale=0.2 / math.sqrt(3))
    found = across(chances, 0.9)
    assert (found.value, found.low, found.high) == pytest.approx((0.7, max(low, 0.0), min(high, 1.0)))  # a probability
    alone = across(chances[:1], 0.9)
    assert alone.value == 0.5
    assert math.isnan(alone.low)
    assert math.isnan(alone.high)
