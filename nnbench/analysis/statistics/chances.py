"""The probability that a run of one level is better than a run of another, task by task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nnbench.analysis.statistics.base import Seeds

FEW = 64
"""Up to so many seeds, runs are compared all at once; beyond, by sorting."""


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


def improvement(a: Seeds, b: Seeds) -> float:
    """Probability that a run of `a` is better than one of `b` with another seed, ties counting half.

    Mann and Whitney's U over pairs of different seeds: runs of equal seeds share data and draws, and would make two levels that
    hardly differ look as different as their paired wins. With a single seed there is only the pair of equal ones.
    """
    return float(placements(a[None], b[None]).chances[0])


def wins(a: Float[np.ndarray, "*shape"], b: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """1 where the run of `a` is better, ½ where they tie, 0 where it is worse."""
    return (a > b) + 0.5 * (a == b)


def _beaten(a: Float[np.ndarray, "task seed"], b: Float[np.ndarray, "task seed"]) -> Float[np.ndarray, "task seed"]:
    """How many runs of `b` each run of `a` beats on its task, ties counting half."""
    if a.shape[1] <= FEW:
        return wins(a[:, :, None], b[:, None, :]).sum(axis=2)
    if not len(a):
        return np.zeros(a.shape)
    ordered = np.sort(b, axis=1)
    sides = [[np.searchsorted(others, runs, side) for others, runs in zip(ordered, a, strict=True)] for side in ("left", "right")]
    return np.mean(sides, axis=0)
