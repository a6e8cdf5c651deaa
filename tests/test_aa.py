"""The same thing twice, trained for real and judged as any launch: it is not called different, and what is different is."""

from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest
from scipy import stats

from benchmarks import aa, draws
from benchmarks.counting import Condition, Found, Share
from benchmarks.draws import NAMES, answer, draw, table
from benchmarks.twins import Pool, Twins, trained
from nnbench.analysis import statistics
from nnbench.analysis.evidence import gather
from nnbench.analysis.pairs import reversed_pair
from nnbench.analysis.statistics import Spread

METRICS = ("activation_decay", "valid_area", "steps_to_target")
LAUNCHES = 200
SMALL = Twins(
    "initializer",
    ("xavier_uniform", "reversed"),
    "momentum",
    (0.1, 0.3),
    usual=1,
    seeds=40,
    datasets=("moons", "circles", "xor", "corners", "sine", "gaussian_quantiles"),
    fields="hidden = [8, 8]\nepochs = 10\ntrain_size = 256\nvalid_size = 128\ntest_size = 64",
)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    return trained(SMALL, tmp_path_factory.mktemp("aa"), workers=1)


def compatible(found: int, of: int) -> bool:
    """Whether so many could have been called different if 5 of 100 are."""
    return stats.binomtest(found, of, 0.05, alternative="greater").pvalue > 0.001


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("tuned", [False, True])
def test_the_same_thing_twice_is_called_different_in_no_more_than_5_of_100_launches(pool: Pool, metric: str, tuned: bool) -> None:
    rng = np.random.default_rng(1)
    pairs = [answer(draw(pool, rng, 6, 5, tuned=tuned), metric) for _ in range(LAUNCHES)]
    assert compatible(sum(pair.different for pair in pairs), LAUNCHES)
    assert compatible(sum(not pair.improvement.low <= 0.5 <= pair.improvement.high for pair in pairs), LAUNCHES)


@pytest.mark.parametrize("metric", METRICS)
def test_luck_that_repeats_on_every_data_set_is_no_evidence(pool: Pool, metric: str) -> None:
    rng = np.random.default_rng(2)
    launches = [draw(pool, rng, 1, 10).repeated(12) for _ in range(LAUNCHES)]
    assert compatible(sum(answer(launch, metric).different for launch in launches), LAUNCHES)

    def leaves_half_out(launch: draws.Drawn) -> bool:
        """Whether an interval does that takes data sets to be independent, as nnbench once did."""
        blocks = gather(table(launch, metric), *NAMES[:2]).blocks
        count, seeds = blocks.by_seed.shape
        if not count:  # a data set that nobody solves
            return False
        variance = float(statistics.over_seeds(blocks.by_seed, 0.5).sum()) / count**2
        interval = Spread(float(blocks.chances.mean()), variance, count * (seeds - 1), count * seeds).interval()
        return not interval.low <= 0.5 <= interval.high

    assert sum(map(leaves_half_out, launches)) > 0.25 * LAUNCHES


@pytest.mark.parametrize("tuned", [False, True])
def test_what_is_better_by_a_standard_deviation_is_found(pool: Pool, tuned: bool) -> None:
    rng, by = np.random.default_rng(3), pool.spread("valid_area")
    pairs = [answer(draw(pool, rng, 6, 10, tuned=tuned).moved("valid_area", by), "valid_area") for _ in range(50)]
    assert all(pair.better == NAMES[0] for pair in pairs)
    assert sum(pair.different for pair in pairs) >= 45


@pytest.mark.parametrize("tuned", [False, True])
def test_a_whole_comparison_says_the_same_of_the_same_launch(pool: Pool, tuned: bool) -> None:
    launch = draw(pool, np.random.default_rng(4), 6, 5, tuned=tuned)
    own = answer(launch, "steps_to_target")
    (pair,) = draws.whole(launch, "steps_to_target").pairs
    own = own if own.improvement.value >= 0.5 else reversed_pair(own)
    assert (pair.first, pair.different, pair.won, pair.more) == (own.first, own.different, own.won, own.more)
    assert astuple(pair.improvement) == pytest.approx(astuple(own.improvement))
    assert (pair.p, pair.effect) == pytest.approx((own.p, own.effect))


def test_names_are_exchanged_within_each_data_set_and_seed(pool: Pool) -> None:
    launch = draw(pool, np.random.default_rng(5), 3, 10, tuned=True)
    for at, dataset in enumerate(launch.datasets):
        for first, second in launch.rows[:, at, 0].T:
            own = {row["trial_id"] for row in pool.rows[:, dataset, 0, first["seed"]]}
            assert {first["trial_id"], second["trial_id"]} == own
    reported, tuning = ({row["seed"] for row in rows[0, 0, 0]} for rows in (launch.rows, launch.tuning))
    assert not reported & tuning


def test_the_benchmark_fails_where_twins_are_called_different_too_often() -> None:
    often, seldom = Condition("twins", "initializer", "valid_area", 12, 10), Condition("twins", "initializer", "test_loss", 12, 10)
    covered = Share(950, 1000)
    found = [
        Found(often, {"different": Share(100, 1000), "covered": covered}),
        Found(seldom, {"different": Share(40, 1000), "covered": covered}),
    ]
    assert len(aa.failures(found)) == 2  # the one, and both of them together
    assert aa.failures(found[1:]) == []
    assert aa.failures([replace(found[0], condition=replace(often, shift=1.0))]) == []
