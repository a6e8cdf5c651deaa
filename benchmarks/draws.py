"""Launches of twins drawn from a pool, judged as nnbench judges any launch.

A launch has random data sets and, independently on each, random seeds: some to report, and others to tune with. On every data set
the twins exchange their names at random, seed by seed. So whatever the pool, neither name is the better one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.twins import Pool
from nnbench.analysis.comparison import Comparison, compare
from nnbench.analysis.metrics import METRICS, Row
from nnbench.analysis.pairs import Pair, Question, judged
from nnbench.analysis.scores import Placed, Results, Scores
from nnbench.analysis.tuning import Choice, Tried, choose

TUNING_SEEDS = 3
NAMES = ("first", "second", "third", "fourth")
MOVABLE = {
    "test_accuracy": "test_accuracy",
    "test_loss": "test_loss",
    "test_loss_last": "test_loss_last",
    "train_loss": "train_loss",
    "valid_area": "valid_accuracy",
}
"""Metrics that grow by as much as is added to a column of the result."""


@dataclass(frozen=True)
class Drawn:
    """A launch: results by level, data set, rate and seed."""

    pool: Pool
    datasets: np.ndarray
    """Which ones, by position in the pool."""
    rows: np.ndarray
    tuning: np.ndarray
    """The same with other seeds; none where nothing is tuned."""

    @property
    def tuned(self) -> bool:
        return bool(self.tuning.shape[-1])

    def first(self, seeds: int) -> Drawn:
        """The launch with its first so many seeds."""
        return replace(self, rows=self.rows[..., :seeds])

    def moved(self, metric: str, by: np.ndarray) -> Drawn:
        """The launch with the first level better by so much on each data set of the pool; tuning is none the wiser."""
        column, sign = MOVABLE[metric], 1 if METRICS[metric].higher else -1
        rows = self.rows.copy()
        for at, dataset in enumerate(self.datasets):
            own = rows[0, at]
            own[...] = np.frompyfunc(_moved(column, sign * by[dataset]), 1, 1)(own)
        return replace(self, rows=rows)

    def repeated(self, datasets: int) -> Drawn:
        """The launch with so many copies of its first data set: whatever luck a seed brings, it brings everywhere."""
        one = [0] * datasets
        return replace(self, datasets=self.datasets[one], rows=self.rows[:, one], tuning=self.tuning[:, one])

    def beside(self, other: Drawn) -> Drawn:
        """The launch with further data sets."""
        datasets, rows, tuning = (
            np.concatenate([getattr(each, name) for each in (self, other)], axis)
            for name, axis in (("datasets", 0), ("rows", 1), ("tuning", 1))
        )
        return replace(self, datasets=datasets, rows=rows, tuning=tuning)


def _moved(column: str, by: float) -> Callable[[Row], Row]:
    return lambda row: {**row, column: np.add(row[column], by)}


def draw(
    pool: Pool, rng: np.random.Generator, datasets: int, seeds: int, *, tuned: bool = False, levels: int = 2, again: bool = False
) -> Drawn:
    """A launch of twins, or of twins with other seeds beside them; with `again` a data set may come more than once."""
    which = rng.choice(pool.datasets, datasets, replace=again)
    count = seeds + TUNING_SEEDS * tuned
    picked = np.array([rng.permutation(pool.seeds)[: count * levels // 2] for _ in which])
    rows = np.stack([pool.rows[:, dataset][..., own] for dataset, own in zip(which, picked, strict=True)], axis=1)
    rows = np.concatenate([rows[..., start : start + count] for start in range(0, rows.shape[-1], count)])
    order = rng.random((levels, datasets, 1, count)).argsort(axis=0)
    rows = np.take_along_axis(rows, order, axis=0)
    return Drawn(pool, which, rows[..., :seeds], rows[..., seeds:])


def table(drawn: Drawn, metric: str) -> Scores:
    """What the levels scored, each with the rate that was chosen for it."""
    chosen = choices(drawn, metric)
    return Scores(Results(placed(drawn, chosen), reported(drawn, chosen)), metric, chosen)


def answer(drawn: Drawn, metric: str) -> Pair:
    """What is said about the first two levels."""
    return judged([table(drawn, metric)], [Question(*NAMES[:2])])[0]


def whole(drawn: Drawn, metric: str) -> Comparison:
    """The same by all that a launch goes through."""
    chosen = choices(drawn, metric)
    return compare("level", metric, placed(drawn, chosen), reported(drawn, chosen), choices={metric: chosen} if chosen else None)


def choices(drawn: Drawn, metric: str) -> list[Choice]:
    """What tuning chooses for the metric."""
    if not drawn.tuned:
        return []
    tried = [
        Tried(cell(*at), NAMES[at[0]], f"task {at[1]}", {"optimizer.lr": drawn.pool.twins.rates[at[2]]})
        for at in np.ndindex(drawn.tuning.shape[:3])
    ]
    return choose(tried, labelled(drawn.tuning), metric)


def placed(drawn: Drawn, chosen: Sequence[Choice]) -> dict[str, Placed]:
    """The cells that are reported."""
    places = [(level, at) for level, at in np.ndindex(drawn.rows.shape[:2])]
    cells = [choice.cell for choice in chosen] or [cell(*at, drawn.pool.twins.usual) for at in places]
    return {name: Placed(NAMES[level], f"task {at}", f"data {at}") for name, (level, at) in zip(cells, places, strict=True)}


def reported(drawn: Drawn, chosen: Sequence[Choice]) -> list[Row]:
    """Results of the cells that are reported or could as well have been chosen."""
    if not chosen:
        usual = drawn.pool.twins.usual
        return labelled(drawn.rows[:, :, [usual]], usual)
    wanted = {name for choice in chosen for name in (choice.cell, *choice.redrawn)}
    return labelled(drawn.rows, wanted=wanted)


def labelled(rows: np.ndarray, from_rate: int = 0, wanted: set[str] | None = None) -> list[Row]:
    """Results with the names that they have in this launch."""
    found: list[Row] = []
    for level, dataset, rate in np.ndindex(rows.shape[:3]):
        name = cell(level, dataset, rate + from_rate)
        if wanted is None or name in wanted:
            found += [{**row, "cell_id": name, "seed": seed} for seed, row in enumerate(rows[level, dataset, rate])]
    return found


def cell(level: int, dataset: int, rate: int) -> str:
    return f"{level}/{dataset}/{rate}"
