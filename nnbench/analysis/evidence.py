"""What two levels scored on every data set that they share, and what that comes to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from nnbench.analysis import statistics
from nnbench.analysis.scores import Scores, worst
from nnbench.analysis.statistics import Blocks, SignedRank
from nnbench.analysis.tuning import draws

Table = Float[np.ndarray, "task seed"]


@dataclass(frozen=True)
class Evidence:
    """Two levels on the tasks that they share; tasks of one data set stand together."""

    tasks: tuple[str, ...]
    starts: tuple[int, ...]
    """Where the tasks of each data set begin."""
    datasets: tuple[str, ...]
    """Those that say something."""
    silent: tuple[str, ...]
    """Those on which every run of both scored the same."""
    first: Table
    """Scores; NaN for seeds that not all tasks of the data set have of both levels."""
    second: Table
    chances: Float[np.ndarray, " task"]
    """Probability of improvement."""
    blocks: Blocks

    @property
    def by_dataset(self) -> dict[str, float]:
        """Probability of improvement on each data set, the silent ones included."""
        return dict(zip(self.datasets, self.blocks.chances.tolist(), strict=True)) | dict.fromkeys(self.silent, 0.5)

    @property
    def dataset_of(self) -> list[str]:
        """The data set of each task."""
        return [name for name, (start, stop) in zip(self.datasets, self._spans(), strict=True) for _ in range(start, stop)]

    def reversed(self) -> Evidence:
        """The same from the other side."""
        blocks = replace(self.blocks, chances=1 - self.blocks.chances, by_seed=2 - self.blocks.by_seed)
        return replace(self, first=self.second, second=self.first, chances=1 - self.chances, blocks=blocks)

    def paired(self) -> float:
        """Share of seeds on which the first is better, ties counting half, mean over data sets."""
        if not self.tasks:
            return 0.5
        won = np.where(np.isnan(self.first), np.nan, statistics.wins(self.first, self.second))
        return float((np.add.reduceat(np.nanmean(won, axis=1), self.starts) / np.diff([*self.starts, len(self.tasks)])).mean())

    def alone(self) -> list[SignedRank]:
        """For each data set, the test that takes seeds as pairs."""
        return [statistics.paired_over_seeds(a, b) for a, b in self._complete()]

    def _spans(self) -> Iterator[tuple[int, int]]:
        return pairwise([*self.starts, len(self.tasks)])

    def _complete(self) -> Iterator[tuple[Table, Table]]:
        """The scores of each data set, for the seeds that it has."""
        for start, stop in self._spans():
            known = ~np.isnan(self.first[start])
            yield self.first[start:stop, known], self.second[start:stop, known]


def gather(scores: Scores, first: str, second: str, lacking_is_worst: bool = False) -> Evidence:
    """Two levels on the tasks that they share, by the seeds that all tasks of a data set have of both.

    With `lacking_is_worst` trials that failed or are missing count as the worst there is; otherwise they are left out.
    """
    shared = scores.shared(first, second)
    if scores.incomplete and not lacking_is_worst:
        shared = _scored(scores, first, second, shared)
    a, b = (scores.stacked(level, shared) for level in (first, second))
    sizes = np.array([len(tasks) for tasks in shared.values()], dtype=int)
    a, b = (worst(a), worst(b)) if lacking_is_worst else _common(a, b, sizes)
    counts = _of_units(np.logical_or, ~np.isnan(a), sizes).sum(axis=1)
    known = counts >= min(2, counts.max(initial=0)) if counts.any() else counts > 0  # one seed of many shows nothing
    silent = known & (_extreme(np.fmin, a, b, sizes) == _extreme(np.fmax, a, b, sizes))
    kept = known & ~silent
    rows = np.repeat(kept, sizes)
    a, b, sizes = a[rows], b[rows], sizes[kept]
    units = {unit: tasks for (unit, tasks), keep in zip(shared.items(), kept, strict=True) if keep}
    by_seed = _by_seed(a, b, sizes)
    means = _of_units(np.add, by_seed, sizes) / sizes[:, None]
    tuning = np.zeros(len(units))
    if scores.tuning_seeds > 1:
        tuning[:] = [
            _tuning(scores, first, second, tasks, ~np.isnan(row)) for tasks, row in zip(units.values(), means, strict=True)
        ]
    return Evidence(
        tasks=tuple(task for tasks in units.values() for task in tasks),
        starts=tuple((np.cumsum(sizes) - sizes).tolist()),
        datasets=tuple(units),
        silent=tuple(unit for unit, quiet in zip(shared, silent, strict=True) if quiet),
        first=a,
        second=b,
        chances=_chances(by_seed),
        blocks=Blocks(_chances(means), means, tuning, scores.tuning_seeds, _variants(scores, units)),
    )


def _variants(scores: Scores, units: dict[str, list[str]]) -> Int[np.ndarray, " unit"]:
    dataset_of = scores.results.dataset_of
    return np.array([len({dataset_of[task] for task in tasks}) for tasks in units.values()], dtype=int)


def _scored(scores: Scores, first: str, second: str, shared: dict[str, list[str]]) -> dict[str, list[str]]:
    """The tasks on which any trial of both can be scored."""
    scored = {
        unit: [task for task in tasks if scores.has(first, task) and scores.has(second, task)] for unit, tasks in shared.items()
    }
    return {unit: tasks for unit, tasks in scored.items() if tasks}


def _common(a: Table, b: Table, sizes: Int[np.ndarray, " unit"]) -> tuple[Table, Table]:
    """Scores without the seeds that not all tasks of a data set have of both levels."""
    lacking = np.isnan(a) | np.isnan(b)
    if not lacking.any():
        return a, b
    anywhere = np.repeat(_of_units(np.logical_or, lacking, sizes), sizes, axis=0)
    return np.where(anywhere, np.nan, a), np.where(anywhere, np.nan, b)


def _by_seed(a: Table, b: Table, sizes: Int[np.ndarray, " unit"]) -> Table:
    """Placements of every task; NaN for seeds that its data set lacks."""
    lacking = np.isnan(a)
    if not lacking.any():
        return statistics.placements(a, b).by_seed
    by_seed = np.full_like(a, np.nan)
    for start, size in zip(np.cumsum(sizes) - sizes, sizes, strict=True):
        known = ~lacking[start]
        rows = slice(start, start + size)
        by_seed[rows, known] = statistics.placements(a[rows, known], b[rows, known]).by_seed
    return by_seed


def _chances(by_seed: Float[np.ndarray, "row seed"]) -> Float[np.ndarray, " row"]:
    return np.nanmean(by_seed, axis=1) / 2 if by_seed.size else np.empty(0)


def _of_units(
    how: np.ufunc, rows: Float[np.ndarray, "task seed"] | Bool[np.ndarray, "task seed"], sizes: Int[np.ndarray, " unit"]
) -> np.ndarray:
    """Rows of each data set's tasks, reduced."""
    return how.reduceat(rows, np.cumsum(sizes) - sizes, axis=0) if len(sizes) else rows


def _extreme(how: np.ufunc, a: Table, b: Table, sizes: Int[np.ndarray, " unit"]) -> Float[np.ndarray, " unit"]:
    """The smallest or largest score of either level on each data set."""
    return how.reduce(_of_units(how, how(a, b), sizes), axis=1) if a.size else np.empty(len(sizes))


def _tuning(scores: Scores, first: str, second: str, tasks: Sequence[str], known: Bool[np.ndarray, " seed"]) -> float:
    """Variance of a data set's chance over draws of the tuning seeds, each of which chooses again for both levels."""
    if known.sum() < 3:
        return 0.0
    count = scores.tuning_seeds
    a, b = ([scores.redrawn(level, task) for task in tasks] for level in (first, second))
    weights = draws(count).weights
    means: dict[bytes, Float[np.ndarray, " seed"]] = {}
    drawn = []
    for draw in range(len(weights)):
        rows = [worst(np.array([settings[draw] for settings in side])[:, known]) for side in (a, b)]
        key = rows[0].tobytes() + rows[1].tobytes()
        if key not in means:
            means[key] = statistics.placements(*rows).by_seed.mean(axis=0)
        drawn.append(means[key])
    return statistics.over_tuning(np.array(drawn), weights, count)
