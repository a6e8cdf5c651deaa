"""Conducting a launch: claim it, train its phases, store what arrives, tell who listens."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import astuple, fields, replace
from pathlib import Path
from typing import Literal

from nnbench import work
from nnbench.catalog import Catalog, load_catalog
from nnbench.engine.records import Record
from nnbench.grid import Cell, Grid, Trial
from nnbench.launching import plan as planning
from nnbench.launching import record
from nnbench.launching.audience import Audience
from nnbench.launching.interrupts import interruptible
from nnbench.launching.plan import FINAL, Phase, Plan, make_plan
from nnbench.launching.results import Results
from nnbench.report.documents import write_documents
from nnbench.store import BEHIND, REPORTED, TUNING, Launch, Result, Store
from nnbench.tracking import Tracker
from nnbench.tracking.mlflow import MlflowTracker, artifact_folder, checked_uri, default_uri, shown_place, store_name

OnPhase = Callable[[str, int, int], None]
CHECKED_IN = {TUNING: ("require",), REPORTED: ("require", "flag"), BEHIND: ()}
"""In which phases gradients are checked under which choices: where they are flagged, those that are reported."""


def run(
    grid: Grid | str | Path,
    *,
    catalog: Catalog | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    folder: str | Path = "mlruns",
    fresh: bool = False,
    track: bool = True,
    tracking_uri: str | None = None,
    runs: Literal["cell", "trial"] = "cell",
    watchers: Sequence[object] = (),
) -> Results:
    """Train a grid, or the grid of a file, store its results, and log them to MLflow.

    Trials that have results are not trained again.

    `workers` is the number of worker processes, by default one for each processor. `executor`, any `concurrent.futures.Executor`,
    is used instead of them, with as many workers as it says that it has. `folder` holds the result store and the default tracking
    store. `fresh` trains again what already has results. `runs` says what gets a run in MLflow: each cell, or each trial as well.
    `watchers` are objects with launch hooks, or trackers, in addition to those of installed plugins. In a script, call this under
    `if __name__ == "__main__":`.

    The first Ctrl-C finishes what is being trained at the moment and returns what there is. A second one ends the workers and
    raises KeyboardInterrupt. Results that were stored by then are kept in either case. Raises GridError before anything is written,
    InputError if another process runs the same launch, and BrokenExecutor if a worker of the executor died or all of them are held
    by trials that took too long; the same call then goes on.
    """
    catalog = catalog or load_catalog()
    grid = Grid.from_toml(grid, catalog) if isinstance(grid, (str, Path)) else grid
    plan = make_plan(grid, catalog, folder, workers or (work.offered(executor) if executor else None), fresh)
    trackers = [make_tracker(plan.folder, tracking_uri, each_trial=runs == "trial")] if track else []
    return execute(plan, catalog, executor=executor, trackers=trackers, watchers=watchers)


def make_tracker(
    folder: Path, uri: str | None = None, on_logged: Callable[[], None] = lambda: None, each_trial: bool = False
) -> MlflowTracker:
    """MLflow's tracker of one launch, to the store in `folder` unless `uri` or MLFLOW_TRACKING_URI names another.

    Raises InputError for a URI that MLflow has no store for.
    """
    uri = checked_uri(uri or default_uri(folder))
    store = Store(folder / "results")
    name, place = store_name(uri, folder), shown_place(uri, folder)
    return MlflowTracker(uri, name, place, artifact_folder(uri), write_documents(store), on_logged, each_trial)


def execute(
    plan: Plan,
    catalog: Catalog,
    *,
    executor: Executor | None = None,
    trackers: Sequence[Tracker] = (),
    watchers: Sequence[object] = (),
    on_interrupt: Callable[[], None] = lambda: None,
    on_phase: OnPhase = lambda *_: None,
) -> Results:
    """Do what a plan says; see `run`. `on_interrupt` is called at once when Ctrl-C is pressed for the first time.

    `trackers` are beside those that watchers are and installed plugins offer; each is told unless it has the launch already, and
    the record notes those that have all of it in the end.

    `on_phase` is told of trials that are not reported: which phase they belong to, how many have results, and of how many. Raises
    InputError, before anything is trained, if another process runs the same launch.
    """
    store = plan.store
    audience = Audience(catalog, plan.folder, trackers, watchers)
    pool = work.GivenPool(executor) if executor else work.LocalPool(plan.workers)
    with audience, interruptible(on_interrupt) as stop, ExitStack() as claimed:  # entered before a record says that it is running
        claims = record.note_claims(plan.grid, plan.candidates, store)  # before anything is trained: nothing can be known yet
        with store.choosing():
            old = record.earlier(plan)
            launch = record.begun(plan, catalog, claims, old)
            claimed.enter_context(store.claim(launch))
            launch = launch.at(time.time())
            store.save(launch)
        conduct = _Conduct(plan, catalog, launch, audience, pool, stop, on_phase)
        try:
            if plan.reported is not None:  # otherwise tuning may change what is reported
                audience.leave_out(launch)
            audience.tell("nnbench_launch_started", launch=launch)
            with pool:
                conduct.all_phases(old)
        finally:
            launch = conduct.end()
        complete = audience.close()
        if complete and launch.status != "interrupted":
            launch = replace(launch, logged_to={**launch.logged_to, **complete})
            store.save(launch)
    return Results(launch, store, conduct.trained, conduct.left, tuple(audience.problems), tuple(audience.trackers))


class _Conduct:
    """A launch under way: its record, what is left of its plan, and where its results go."""

    def __init__(
        self,
        plan: Plan,
        catalog: Catalog,
        launch: Launch,
        audience: Audience,
        pool: work.GivenPool | work.LocalPool,
        stop: threading.Event,
        on_phase: OnPhase,
    ) -> None:
        self.plan, self.launch = plan, launch
        self.trained = 0
        """Trials that a worker has been given and that have results now."""
        self._catalog, self._audience, self._pool, self._stop, self._on_phase = catalog, audience, pool, stop, on_phase
        self._deadlines = work.Deadlines(plan.grid.trial_timeout)
        self._left = {trial.id for phase in (plan.tuning, *self._final_phases()) for trial in phase.missing}
        self._failed = False
        self._complete = False

    @property
    def left(self) -> int:
        """Trials that were to be trained and were not."""
        return len(self._left)

    def all_phases(self, old: Launch | None) -> None:
        """Choose settings, unless they are; train what is reported, and what the verdict needs. `old` is the earlier record."""
        if self.plan.reported is None:
            self._train(TUNING, [self.plan.tuning])
            if self._stop.is_set():
                return
            self.plan = planning.with_choices(self.plan)
            self.launch = record.chosen(self.plan, self._catalog, self.launch, old)
            self._left = {trial.id for phase in self._final_phases() for trial in phase.missing}
        else:
            self._tell_known(self.plan.tuning, TUNING)
        self._train(REPORTED, [self.plan.reported or planning.NONE])
        parts = [self.plan.alternates, self.plan.controls]
        if self.plan.behind:
            self._train(BEHIND, parts)
        elif not self._stop.is_set():
            for part in parts:
                self._tell_known(part, BEHIND)
        self._complete = True

    def end(self) -> Launch:
        """Record and tell how it ended."""
        done = self._complete and not self._left
        status = ("failed" if self._failed else "finished") if done else "interrupted"
        self.launch = replace(self.launch, status=status, ended=time.time()).at(time.time())
        self.plan.store.save(self.launch)
        self._audience.tell("nnbench_launch_finished", launch=self.launch, status=status)
        return self.launch

    def _final_phases(self) -> list[Phase]:
        return [*filter(None, [self.plan.reported]), self.plan.alternates, self.plan.controls]

    def _train(self, name: str, parts: Sequence[Phase]) -> None:
        """Go through a phase: check gradients, tell what is known, train the rest, unless the launch is to stop."""
        if self._stop.is_set():
            return
        self.launch = replace(self.launch, phase=name).at(time.time())
        self.plan.store.save(self.launch)
        if self.launch.gradcheck in CHECKED_IN[name]:
            self._check(trial for part in parts for trial in part.trials)
        for part in parts:
            self._tell_known(part, name)
        stacks = self._refuse(name, [stack for part in parts for stack in part.stacks])
        total, left = sum(len(part.trials) for part in parts), sum(map(len, stacks))
        self._progress(name, total - left, total)
        for stack, outcomes in work.train_all(stacks, self._pool, self._deadlines, self._stop):
            self.trained += len(stack)
            left -= len(stack)
            self._settle(name, stack, outcomes)
            self._progress(name, total - left, total)

    def _refuse(self, phase: str, stacks: Sequence[Sequence[Trial]]) -> list[list[Trial]]:
        """The stacks without networks of wrong gradients, where right ones are required; of what is reported, those have failed."""
        if self.launch.gradcheck != "require":
            return [list(stack) for stack in stacks]
        reasons = {name: check["reason"] for name, check in self.launch.gradient_checks.items() if not check["passed"]}
        refused = [trial for stack in stacks for trial in stack if trial.cell.network_id in reasons]
        if refused and phase == REPORTED:
            self._settle(phase, refused, [_refusal(trial, reasons[trial.cell.network_id]) for trial in refused])
        self._left.difference_update(trial.id for trial in refused)
        left = [[trial for trial in stack if trial.cell.network_id not in reasons] for stack in stacks]
        return [stack for stack in left if stack]

    def _settle(self, phase: str, stack: Sequence[Trial], outcomes: Sequence[work.Outcome]) -> None:
        """Store results and tell of them: the one place where that is done."""
        results = self.plan.store.append(
            [_result(self.launch, trial, outcome) for trial, outcome in zip(stack, outcomes, strict=True)]
        )
        self._left.difference_update(trial.id for trial in stack)
        self._failed |= phase == REPORTED and any(result.status not in FINAL for result in results)
        self._audience.tell("nnbench_results_stored", launch=self.launch, results=results)

    def _tell_known(self, phase: Phase, name: str) -> None:
        """Tell of what the store has already of a phase, a few results at a time."""
        missing = {trial.id for trial in phase.missing}
        known = [trial.id for trial in phase.trials if trial.id not in missing]
        for results in self.plan.store.results(known):
            self._audience.tell("nnbench_results_stored", launch=replace(self.launch, phase=name), results=results)

    def _progress(self, phase: str, done: int, total: int) -> None:
        if phase != REPORTED:
            self._on_phase(phase, done, total)

    def _check(self, trials: Iterable[Trial]) -> None:
        """Check the gradients of these networks that have no check yet, and record what comes of it."""
        networks: dict[str, Cell] = {trial.cell.network_id: trial.cell for trial in trials}
        missing = {name: cell for name, cell in networks.items() if name not in self.launch.gradient_checks}
        if not missing:
            return
        made = {name: check.as_dict() for name, check in work.check_all(missing, self._pool, self._deadlines, self._stop)}
        self.launch = replace(self.launch, gradient_checks={**self.launch.gradient_checks, **made}, logged_to={})
        self.plan.store.save(self.launch)


def _refusal(trial: Trial, reason: str) -> work.Outcome:
    """What a trial comes to that is not trained because its network's gradients are wrong."""
    error = f"gradient check failed, not trained: {reason}"
    return work.Outcome(Record("failed", trial.cell.steps, error=error), time.time(), 0.0)


def _result(launch: Launch, trial: Trial, outcome: work.Outcome) -> Result:
    """What training left of a trial, with whose it is."""
    record = outcome.record
    return Result(
        trial_id=trial.id,
        cell_id=trial.cell_id,
        seed=trial.seed,
        launch_id=launch.id,
        grid=launch.grid,
        fields=json.dumps(trial.cell.canonical),
        origins=json.dumps({name: astuple(origin) for name, origin in trial.cell.origins.items()}),
        started=outcome.started,
        seconds=outcome.seconds,
        **{each.name: getattr(record, each.name) for each in fields(record)},
    )
