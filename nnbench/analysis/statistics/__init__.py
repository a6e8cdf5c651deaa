"""Statistics over tasks, data sets and seeds: pure functions of arrays in which more is better.

Scores come as one array for each task, (seed,), infinite ones included: -inf is a trial that never reached its target. Random
numbers are drawn from a fixed stream, so that a report made again says the same. docs/statistics.md explains what is used when,
and what was measured about it.
"""

from nnbench.analysis.statistics.base import LEVEL, Interval, Seeds
from nnbench.analysis.statistics.bootstrap import Redrawn, interquartile_mean, stratified_mean
from nnbench.analysis.statistics.chances import Placements, improvement, placements, wins
from nnbench.analysis.statistics.profiles import performance_profile, profile_area
from nnbench.analysis.statistics.ranks import Ranking, SignedRank, holm, paired_over_seeds, pairs_needed, ranking, signed_rank
from nnbench.analysis.statistics.spread import (
    TUNING_SEEDS_NEEDED,
    UNKNOWN,
    Blocks,
    Spread,
    across,
    least_variance,
    over_seeds,
    over_tuning,
    overall_improvement,
)

__all__ = [
    "LEVEL",
    "TUNING_SEEDS_NEEDED",
    "UNKNOWN",
    "Blocks",
    "Interval",
    "Placements",
    "Ranking",
    "Redrawn",
    "Seeds",
    "SignedRank",
    "Spread",
    "across",
    "holm",
    "improvement",
    "interquartile_mean",
    "least_variance",
    "over_seeds",
    "over_tuning",
    "overall_improvement",
    "paired_over_seeds",
    "pairs_needed",
    "performance_profile",
    "placements",
    "profile_area",
    "ranking",
    "signed_rank",
    "stratified_mean",
    "wins",
]
