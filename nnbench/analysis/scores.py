"""Results by level and task: what the levels of a factor scored by one metric, seed by seed."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
from jaxtyping import Float

from nnbench.analysis.metrics import METRICS, Row
from nnbench.analysis.statistics import Redrawn, Seeds
from nnbench.analysis.tuning import Choice, draws
from nnbench.grid.asked import Placed


class Results:
    """A launch's results by cell and seed, with the cells' places."""

    def __init__(self, placed: Mapping[str, Placed], rows: Sequence[Row], count: str = "families") -> None:
        self.placed = placed
        self.count = count
        self.rows: dict[str, dict[int, Row]] = defaultdict(dict)
        for row in rows:
            self.rows[row["cell_id"]][row["seed"]] = row
        self.seeds = tuple(sorted({row["seed"] for row in rows}))
        """Those that any trial has; a cell without one of them lacks a trial."""
        self.levels = tuple(dict.fromkeys(each.level for each in placed.values()))
        self.unit_of = {each.task: each.unit(count) for each in placed.values()}
        """The data set that each task counts for."""
        self.dataset_of = {each.task: each.dataset for each in placed.values()}
        """The variant of each task."""
        self.family_of = {each.unit(count): each.unit("families") for each in placed.values()}
        """The family of each of those."""
        self.units = tuple(dict.fromkeys(self.unit_of.values()))

    def level_rows(self, cells: Sequence[str]) -> list[Row]:
        """Every result of these cells."""
        return [row for cell in cells for row in self.rows[cell].values()]


class Scores:
    """What every level scored on every task by one metric, with the settings that were chosen for that metric.

    Arrays have a score for each of `Results.seeds`, of which more is better: NaN is a trial that failed or is missing.
    """

    def __init__(self, results: Results, metric: str, choices: Sequence[Choice] = ()) -> None:
        self.results = results
        self.metric = METRICS[metric]
        self.choices = {(choice.level, choice.task): choice for choice in choices}
        self._cells = {(each.level, each.task): cell for cell, each in results.placed.items()}
        self._cells |= {place: choice.cell for place, choice in self.choices.items()}
        self._arrays: dict[str, Seeds] = {}
        self._stacks: dict[tuple[str, int], Float[np.ndarray, "task seed"]] = {}

    @cached_property
    def tasks(self) -> dict[str, list[str]]:
        """The tasks of each level."""
        tasks: dict[str, list[str]] = {level: [] for level in self.results.levels}
        for level, task in self._cells:
            tasks[level].append(task)
        return tasks

    @property
    def tuning_seeds(self) -> int:
        """How many seeds settings were chosen with; 0 where nothing was tuned."""
        return next((choice.seeds for choice in self.choices.values()), 0)

    def cells(self, level: str) -> list[str]:
        """The level's cells, one for each task."""
        return [self._cells[level, task] for task in self.tasks[level]]

    def cell(self, level: str, task: str) -> str:
        """The level's cell on the task."""
        return self._cells[level, task]

    def whole(self, level: str, task: str) -> float:
        """How long a whole run of the level on the task takes, in the unit of a time; what no result tells is the longest seen.

        NaN where no run arrived anywhere either.
        """
        rows = self.results.rows.get(self._cells[level, task], {}).values()
        told = [row[self.metric.whole] for row in rows if row.get(self.metric.whole) is not None]
        return float(max(told)) if told else self._longest

    @cached_property
    def _longest(self) -> float:
        arrays = [self._array(cell) for cell in self._cells.values()]
        return max((float(-each) for array in arrays for each in array[np.isfinite(array)]), default=math.nan)

    def of(self, level: str, task: str) -> Seeds:
        """What the level scored on the task."""
        return self._array(self._cells[level, task])

    def has(self, level: str, task: str) -> bool:
        """Whether any trial of the level on the task can be scored."""
        return (level, task) in self._cells and not bool(np.isnan(self.of(level, task)).all())

    def lacking(self, level: str, tasks: Iterable[str]) -> int:
        """Trials of the level on these tasks that failed or are missing."""
        return sum(int(np.isnan(self.of(level, task)).sum()) for task in tasks) if self.incomplete else 0

    @cached_property
    def incomplete(self) -> bool:
        """Whether any trial failed or is missing."""
        return any(bool(np.isnan(self._array(cell)).any()) for cell in self._cells.values())

    def stacked(self, level: str, shared: Mapping[str, Sequence[str]]) -> Float[np.ndarray, "task seed"]:
        """What the level scored on these tasks, which are given by unit."""
        if (level, whole := sum(map(len, shared.values()))) not in self._stacks or whole < len(self.tasks[level]):
            rows = [self.of(level, task) for tasks in shared.values() for task in tasks]
            self._stacks[level, whole] = np.array(rows).reshape(len(rows), len(self.results.seeds))
        return self._stacks[level, whole]

    def failed(self, level: str) -> bool:
        """Whether no trial of the level can be scored anywhere."""
        return not any(self.has(level, task) for task in self.tasks[level])

    def shared(self, first: str, second: str) -> dict[str, list[str]]:
        """By unit, the tasks that both levels are to be trained on, always in the same order."""
        if len(self.tasks[first]) == len(self.tasks[second]) == len(self.results.unit_of):
            return self._everywhere
        return _by_unit(
            (task, unit)
            for task, unit in self.results.unit_of.items()
            if (first, task) in self._cells and (second, task) in self._cells
        )

    @cached_property
    def _everywhere(self) -> dict[str, list[str]]:
        return _by_unit(self.results.unit_of.items())

    def redrawn(self, level: str, task: str) -> list[Seeds]:
        """What the settings scored that each draw of the tuning seeds chooses."""
        return [self._array(cell) for cell in self.choices[level, task].redrawn]

    def mixture(self, level: str, task: str) -> Redrawn | None:
        """The same for resampling, each setting once."""
        choice = self.choices.get((level, task))
        if choice is None or len(set(choice.redrawn)) < 2:
            return None
        weights: dict[str, float] = defaultdict(float)
        for cell, weight in zip(choice.redrawn, draws(choice.seeds).weights, strict=True):
            weights[cell] += float(weight)
        known = ~np.isnan(self.of(level, task))
        arrays = np.array([worst(self._array(cell))[known] for cell in weights])
        return Redrawn(tuple(weights.values()), arrays)

    def _array(self, cell: str) -> Seeds:
        if cell not in self._arrays:
            sign = 1 if self.metric.higher else -1
            rows = self.results.rows.get(cell, {})
            values = [sign * self.metric.of(rows[seed]) if seed in rows else math.nan for seed in self.results.seeds]
            self._arrays[cell] = np.array(values)
        return self._arrays[cell]


def _by_unit(tasks: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    units: dict[str, list[str]] = defaultdict(list)
    for task, unit in tasks:
        units[unit].append(task)
    return dict(units)


def worst(scores: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Scores with what failed or is missing as the worst there is."""
    return np.where(np.isnan(scores), -np.inf, scores)
