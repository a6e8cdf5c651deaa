"""What a launch would do: trials to train, and settings to choose from."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nnbench.analysis import tuning
from nnbench.analysis.metrics import METRICS
from nnbench.catalog import Catalog
from nnbench.engine.stack import stacks
from nnbench.errors import InputError
from nnbench.grid import Candidate, Cell, Grid, Trial
from nnbench.grid.asked import Tried
from nnbench.store import Store

FINAL = ("done", "diverged")
"""Statuses that are results; a failed trial is trained again."""


@dataclass(frozen=True)
class Phase:
    """Trials to have results of, and those that have none yet."""

    trials: list[Trial]
    missing: list[Trial]
    stacks: list[list[Trial]]
    """The missing ones, as they are trained together."""


NONE = Phase([], [], [])


@dataclass(frozen=True)
class Plan:
    """What a launch would do."""

    grid: Grid
    folder: Path
    store: Store
    fresh: bool
    workers: int
    candidates: list[Candidate]
    """Every cell's place in the comparison, if the grid has one."""
    tuned: list[str]
    """The fields that are chosen for each level and task."""
    tuning: Phase
    """Every setting with the tuning seeds; empty where nothing is tuned."""
    reported: Phase | None
    """What is reported; None until tuning has chosen it."""
    alternates: Phase
    """Settings that other tuning seeds would have chosen, with the reported seeds: they tell how much luck was in tuning."""
    controls: Phase
    """The reported networks untrained, if something is compared: what differs there is by construction."""

    def phase(self, trials: list[Trial]) -> Phase:
        """These trials, and which of them are to be trained."""
        known = {} if self.fresh else self.store.statuses()
        missing = [trial for trial in trials if known.get(trial.id) not in FINAL]
        return Phase(trials, missing, stacks(missing, self.workers))

    @property
    def cells(self) -> int:
        """How many cells will be reported, at least those until tuning has chosen."""
        if self.reported is not None or not self.tuning.trials:
            return len({trial.cell.id for trial in self.trials})
        return len({(each.level, each.task) for each in self.candidates})

    @property
    def most_cells(self) -> int:
        """How many cells will be reported at most, where each metric that is judged may choose settings of its own."""
        if self.reported is not None or not self.tuning.trials:
            return self.cells
        settings = Counter((each.level, each.task) for each in self.candidates)
        criteria = len({METRICS[metric].tuned_by for metric in self.grid.judged_metrics})
        return sum(min(count, criteria) for count in settings.values())

    @property
    def trials(self) -> list[Trial]:
        """What is reported, as far as it is known."""
        return self.reported.trials if self.reported else []

    @property
    def missing(self) -> list[Trial]:
        """Reported trials without a result, as far as they are known."""
        return self.reported.missing if self.reported else []

    @property
    def stacks(self) -> list[list[Trial]]:
        """Those, as they are trained together."""
        return self.reported.stacks if self.reported else []

    @property
    def behind(self) -> list[list[Trial]]:
        """Stacks of trials that are not reported but that the verdict needs."""
        return [*self.alternates.stacks, *self.controls.stacks]


def make_plan(grid: Grid, catalog: Catalog, folder: str | Path = "mlruns", workers: int | None = None, fresh: bool = False) -> Plan:
    """Expand a grid and see what has no results yet; raises InputError, also where results have a newer format."""
    _check_folder(Path(folder))
    workers = workers or available_workers()
    store = Store(Path(folder) / "results")
    store.check()
    grid = grid.with_names(catalog)
    candidates, tuned = grid.candidates(catalog)
    cells = [each.cell for each in candidates] or grid.cells(catalog)  # a grid that compares has expanded them just now
    plan = Plan(grid, Path(folder), store, fresh, workers, candidates, tuned, NONE, NONE, NONE, NONE)
    if not grid.tuning_seeds:
        return _reporting(plan, cells, [])
    tuning_ = plan.phase([Trial(cell, seed) for cell in cells for seed in grid.tuning_seeds])
    plan = replace(plan, tuning=tuning_, reported=None)
    return plan if tuning_.missing else with_choices(plan)


def with_choices(plan: Plan) -> Plan:
    """The plan with what tuning chose as the trials to report."""
    rows = plan.store.rows([trial.id for trial in plan.tuning.trials], tuning.COLUMNS)
    tried = [Tried(each.cell.id, each.level, each.task, each.setting) for each in plan.candidates]
    choices = [choice for metric in plan.grid.judged_metrics for choice in tuning.choose(tried, rows, metric)]
    chosen = {choice.cell for choice in choices}
    redrawn = {cell for choice in choices for cell in choice.redrawn} - chosen
    cells, again = ([each.cell for each in plan.candidates if each.cell.id in ids] for ids in (chosen, redrawn))
    return _reporting(plan, cells, again)


def _reporting(plan: Plan, cells: Sequence[Cell], again: Sequence[Cell]) -> Plan:
    """The plan with these cells to report, and those that could as well have been chosen."""
    seeds = plan.grid.seed_list
    controlled = cells if plan.grid.compare else []
    return replace(
        plan,
        reported=plan.phase([Trial(cell, seed) for cell in cells for seed in seeds]),
        alternates=plan.phase([Trial(cell, seed) for cell in again for seed in seeds]),
        controls=plan.phase([Trial(cell, seed, untrained=True) for cell in controlled for seed in seeds]),
    )


def _check_folder(folder: Path) -> None:
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise InputError(f"{folder}: cannot be a folder for results, because {existing} is a file")
    if not os.access(existing, os.W_OK):
        raise InputError(f"{folder}: cannot be written to")


def available_workers() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
