"""The shell that joins the pieces: grid, result store, executor, watchers."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import secrets
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nnbench import environment, work
from nnbench.analysis.comparison import Comparison
from nnbench.catalog import Catalog, load_catalog
from nnbench.engine.records import Record
from nnbench.grid import Candidate, Grid, Trial, find_level, labels
from nnbench.launching.plan import FINAL, Plan, make_plan, with_choices
from nnbench.report.cells import Line, lines
from nnbench.report.comparing import compare_launch
from nnbench.report.documents import write_documents
from nnbench.store import Compared, Launch, LaunchCell, Store
from nnbench.tracking import COLUMNS, Tracker, artifact_folder, checked_uri, default_uri

if TYPE_CHECKING:
    import pandas as pd


BEHIND = "trials behind the verdict"
"""What are not reported: settings that could as well have been chosen, and untrained networks."""


@dataclass(frozen=True)
class Results:
    """What a launch came to."""

    launch: Launch
    store: Store
    trained: int
    """Trials trained in this call, those behind the verdict among them; the others had results."""
    left: int = 0
    """Trials that were to be trained and were not, because of an interruption."""
    watcher_problems: tuple[str, ...] = ()
    """Watchers that raised, and what."""
    tracker: Tracker | None = field(default=None, repr=False)

    @property
    def status(self) -> str:
        """finished, failed or interrupted."""
        return self.launch.status

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One mapping for each trial that has a result, without curves."""
        return self.store.rows(self.launch.trial_ids)

    @cached_property
    def lines(self) -> list[Line]:
        """Cells with their summaries, best first."""
        return lines(self.launch, self.rows)

    @cached_property
    def comparison(self) -> Comparison | None:
        """What the results say about the grid's factor; None for a grid without `[compare]`."""
        return compare_launch(self.launch, self.store)

    @cached_property
    def trials(self) -> pd.DataFrame:
        """One row for each trial, without curves."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row for each cell, best first: its fields and what its seeds amount to."""
        import pandas as pd

        return pd.json_normalize([{**line.cell.labels, "gradcheck": line.gradcheck, **asdict(line.summary)} for line in self.lines])


def run(
    grid: Grid,
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
    """Train what a grid lacks, store results, and log them to MLflow.

    `executor` is any `concurrent.futures.Executor`; a pool of `workers` processes unless given, one for each processor.
    `folder` holds the result store and the default tracking store. `fresh` trains again what has results. `runs` says what is a run
    in MLflow: a cell, or each of its trials as well. `watchers` are objects with launch hooks, beside the installed plugins'. In a
    script, call this under `if __name__ == "__main__":`.

    The first Ctrl-C lets the stacks under way finish and returns what there is; a second one ends the workers and raises
    KeyboardInterrupt. Results stored until then stay in either case. Raises GridError before anything is written.
    """
    catalog = catalog or load_catalog()
    plan = make_plan(grid, catalog, folder, workers, fresh)
    tracker = make_tracker(plan.folder, tracking_uri, each_trial=runs == "trial") if track else None
    return execute(plan, catalog, executor=executor, tracker=tracker, watchers=watchers)


def make_tracker(
    folder: Path, uri: str | None = None, on_logged: Callable[[], None] = lambda: None, each_trial: bool = False
) -> Tracker:
    """A tracker of one launch, for the store in `folder` unless `uri` or MLFLOW_TRACKING_URI names another; raises InputError."""
    uri = checked_uri(uri or default_uri(folder))
    store = Store(folder / "results")
    artifacts = artifact_folder(uri, folder)
    return Tracker(uri, artifacts, write_documents(store), on_logged, each_trial)


def execute(
    plan: Plan,
    catalog: Catalog,
    *,
    executor: Executor | None = None,
    tracker: Tracker | None = None,
    watchers: Sequence[object] = (),
    on_interrupt: Callable[[], None] = lambda: None,
    on_phase: Callable[[str, int, int], None] = lambda *_: None,
) -> Results:
    """Do what a plan says; see `run`. `on_interrupt` is called at once when Ctrl-C is pressed for the first time.

    `on_phase` is told of trials that are not reported: what they are, how many have results, and of how many. A tuning that is
    interrupted raises KeyboardInterrupt.
    """
    store = plan.store
    claims = note_claims(plan.grid, plan.candidates, store)  # before anything is trained: nothing can be known yet
    if plan.reported is None:
        plan = _tuned(plan, executor, on_interrupt, on_phase)
    with store.choosing():
        launch = _chosen(plan, catalog, claims)
        claimed = store.claim(launch)
        store.save(launch)
    if tracker and tracker.uri in launch.logged_to and not tracker.each_trial:
        tracker = None
    audience = _Audience(catalog, [*([tracker] if tracker else []), *watchers])
    settled = failed = 0
    refused: list[work.Finished] = []
    status = "interrupted"
    with claimed, audience, _interruptible(on_interrupt) as stop:
        try:
            audience.tell("nnbench_launch_started", launch=launch)
            own, alone = _pools(plan, executor)
            with work.kept_open(own) as pool:
                launch = _with_checks(launch, plan, pool, alone, stop)
                store.save(launch)
                for rows in _known(plan):
                    audience.tell("nnbench_results_stored", launch=launch, results=rows)
                waiting, refused = _split(launch, plan)
                behind = _passed(launch, plan.behind)
                for stack, outcomes in chain(refused, work.train_all(waiting, pool, alone, plan.workers + 1, stop)):
                    rows = [_row(launch.id, launch.grid, trial, outcome) for trial, outcome in zip(stack, outcomes, strict=True)]
                    store.append(rows)
                    settled += len(rows)
                    failed += sum(row["status"] not in FINAL for row in rows)
                    audience.tell("nnbench_results_stored", launch=launch, results=rows)
                further = _train_behind(behind, plan, launch.id, (pool, alone), stop, on_phase)
            left = len(plan.missing) - settled + sum(map(len, behind)) - further
            if not left:
                status = "failed" if failed else "finished"
        finally:
            launch = replace(launch, status=status, ended=time.time())
            store.save(launch)
            audience.tell("nnbench_launch_finished", launch=launch, status=status)
        if tracker and tracker.join() and status != "interrupted":
            launch = replace(launch, logged_to={**launch.logged_to, tracker.uri: tracker.location})
            store.save(launch)
    trained = settled - sum(len(stack) for stack, _ in refused)
    return Results(launch, store, trained + further, left, tuple(audience.problems), tracker)


def _train_behind(
    waiting: Sequence[Sequence[Trial]],
    plan: Plan,
    launch_id: str,
    pools: tuple[work.Pool, work.Pool | None],
    stop: threading.Event,
    on_phase: Callable[[str, int, int], None],
) -> int:
    """Train what is not reported but needed for the verdict; says how many trials have results now."""
    done, total = 0, sum(map(len, waiting))
    for stack, outcomes in work.train_all(waiting, *pools, plan.workers + 1, stop):
        plan.store.append([_row(launch_id, plan.grid.name, *each) for each in zip(stack, outcomes, strict=True)])
        done += len(stack)
        on_phase(BEHIND, done, total)
    return done


def _tuned(
    plan: Plan, executor: Executor | None, on_interrupt: Callable[[], None], on_phase: Callable[[str, int, int], None]
) -> Plan:
    """Train every setting with the tuning seeds, and choose; raises KeyboardInterrupt if that is interrupted."""
    total, waiting = len(plan.tuning.trials), plan.tuning.stacks
    done = total - len(plan.tuning.missing)
    launch_id = f"{_launch_id(time.time())}-tuning"  # the launch itself begins when settings are chosen
    own, alone = _pools(plan, executor)
    with _interruptible(on_interrupt) as stop:
        with work.kept_open(own) as pool:
            if plan.grid.gradcheck == "require":
                networks = {trial.cell.network_id: trial.cell for trial in plan.tuning.trials}
                wrong = {name for name, check in work.check_all(networks, pool, alone, stop) if not check.passed}
                waiting = _without(waiting, wrong)
            on_phase("tuning trials", done, total)
            for stack, outcomes in work.train_all(waiting, pool, alone, plan.workers + 1, stop):
                plan.store.append(
                    [_row(launch_id, plan.grid.name, trial, outcome) for trial, outcome in zip(stack, outcomes, strict=True)]
                )
                done += len(stack)
                on_phase("tuning trials", done, total)
        if stop.is_set():
            raise KeyboardInterrupt
    return with_choices(plan)


def _pools(plan: Plan, executor: Executor | None) -> tuple[work.Pool, work.Pool | None]:
    """Where to train, and where to train a single trial that ends its process; None for an executor that somebody else made."""
    if executor:
        return work.given(executor), None
    return work.local_pool(plan.workers), work.local_pool(1)


def _without(stacks: Sequence[Sequence[Trial]], networks: Container[str]) -> list[list[Trial]]:
    """The stacks without the trials of these networks."""
    left = [[trial for trial in stack if trial.cell.network_id not in networks] for stack in stacks]
    return [stack for stack in left if stack]


class _Audience:
    """The launch's watchers; one that raises is reported once and not told again."""

    def __init__(self, catalog: Catalog, watchers: Sequence[object]) -> None:
        self._manager = catalog.manager
        self._watchers = watchers
        self._silenced: set[str] = set()
        self.problems: list[str] = []

    def __enter__(self) -> None:
        for watcher in self._watchers:
            self._manager.register(watcher)

    def __exit__(self, *_: object) -> None:
        for watcher in self._watchers:
            self._manager.unregister(watcher)

    def tell(self, hook: str, **arguments: Any) -> None:
        """Call a hook of every watcher, each on its own."""
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            name = implementation.plugin_name
            if name in self._silenced:
                continue
            try:
                implementation.function(*(arguments[argument] for argument in implementation.argnames))
            except Exception as error:
                self._silenced.add(name)
                self.problems.append(f"{name}: {hook} raised {type(error).__name__}: {error}")


def _chosen(plan: Plan, catalog: Catalog, claims: Sequence[Mapping[str, Any]]) -> Launch:
    """The latest launch of the very same trials, which goes on if unfinished and is shown again if not; otherwise a new one."""
    new = _new_launch(plan, catalog, claims)
    wanted = {trial.id for trial in plan.trials}
    for old in reversed(plan.store.launches()):
        if set(old.trial_ids) == wanted and (old.grid, old.alternative) == (new.grid, new.alternative) and not plan.fresh:
            again = replace(new, id=old.id, started=old.started, gradient_checks=old.gradient_checks)
            same = (old.gradcheck, old.compared) == (new.gradcheck, new.compared)
            if plan.missing or plan.behind or old.status not in ("finished", "failed"):
                return again
            logged_to = old.logged_to if same else {}
            return replace(again, environment=old.environment, logged_to=logged_to)  # that in which its trials were trained
    return new


def _new_launch(plan: Plan, catalog: Catalog, claims: Sequence[Mapping[str, Any]]) -> Launch:
    grid = plan.grid
    now = time.time()
    members: dict[str, list[Trial]] = defaultdict(list)
    for trial in plan.trials:
        members[trial.cell.id].append(trial)
    named = labels([group[0].cell for group in members.values()])
    distributions = sorted({origin.distribution for group in members.values() for origin in group[0].cell.origins.values()})
    return Launch(
        id=_launch_id(now),
        grid=grid.name,
        question=grid.question,
        source=grid.source,
        text=grid.text,
        overrides=grid.overrides,
        gradcheck=grid.gradcheck,
        started=now,
        cells=[_launch_cell(group, texts) for group, texts in zip(members.values(), named, strict=True)],
        environment={
            **environment.describe(Path(grid.source).resolve().parent if grid.source else Path.cwd(), distributions),
            "nnbench_code": catalog.harness.digest,
        },
        compared=_compared(plan, claims),
    )


def _launch_id(now: float) -> str:
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime(now)) + secrets.token_hex(2)


def note_claims(grid: Grid, candidates: Sequence[Candidate], store: Store) -> list[dict[str, Any]]:
    """The grid's claims as a launch records them; those that this folder has not seen yet are noted with the time."""
    compare = grid.compare
    if compare is None:
        return []
    levels = list(dict.fromkeys(each.level for each in candidates))
    found = []
    for claim in grid.claim:
        told = {
            "says": claim.says,
            "better": find_level(claim.better, levels) or claim.better,
            "worse": find_level(claim.worse, levels) or claim.worse,
            "metric": claim.metric or compare.metric,
            "at_least": claim.at_least or compare.at_least,
        }
        about = {**told, "grid": grid.name, "factor": compare.factor}
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:20]
        found.append({**told, "digest": digest, "written": store.known_since(digest, about)})
    return found


def _compared(plan: Plan, claims: Sequence[Mapping[str, Any]]) -> Compared | None:
    """As it comes back from JSON, so that launches can be told apart by it."""
    compare = plan.grid.compare
    if compare is None:
        return None
    reported = {trial.cell.id for trial in plan.trials}
    levels = list(dict.fromkeys(each.level for each in plan.candidates))
    trials = _by_cell(plan.tuning.trials)
    return Compared(
        factor=compare.factor,
        metric=compare.metric,
        tune=plan.tuned,
        claims=list(claims),
        placed={
            each.cell.id: [each.level, each.task, each.dataset, each.family] for each in plan.candidates if each.cell.id in reported
        },
        tried=[
            {
                "cell": each.cell.id,
                "level": each.level,
                "task": each.task,
                "setting": dict(each.setting),
                "trials": trials[each.cell.id],
            }
            for each in plan.candidates
            if plan.tuning.trials
        ],
        count=compare.count,
        baseline=None if compare.baseline is None else find_level(compare.baseline, levels) or compare.baseline,
        at_least=compare.at_least,
        alternates=_by_cell(plan.alternates.trials),
        controls=_by_cell(plan.controls.trials),
    )


def _by_cell(trials: Sequence[Trial]) -> dict[str, dict[str, int]]:
    """Ids and seeds of the trials of each cell."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for trial in trials:
        found[trial.cell.id][trial.id] = trial.seed
    return dict(found)


def _launch_cell(group: Sequence[Trial], texts: Mapping[str, str]) -> LaunchCell:
    cell = group[0].cell
    return LaunchCell(
        id=cell.id,
        fields=cell.canonical,
        labels=texts,
        origins={name: astuple(origin) for name, origin in cell.origins.items()},
        trials={trial.id: trial.seed for trial in group},
        gradcheck=cell.network_id,
    )


def _with_checks(launch: Launch, plan: Plan, pool: work.Pool, alone: work.Pool | None, stop: threading.Event) -> Launch:
    """The launch with a gradient check of each of its networks that has none yet."""
    if launch.gradcheck == "off":
        return launch
    networks = {trial.cell.network_id: trial.cell for trial in plan.trials}
    missing = {name: cell for name, cell in networks.items() if name not in launch.gradient_checks}
    if not missing:
        return launch
    made = {name: check.as_dict() for name, check in work.check_all(missing, pool, alone, stop)}
    return replace(launch, gradient_checks={**launch.gradient_checks, **made}, logged_to={})


def _passed(launch: Launch, stacks: Sequence[Sequence[Trial]]) -> list[list[Trial]]:
    """The stacks without networks whose gradient check failed, where passing it is required."""
    required = launch.gradcheck == "require"
    return _without(stacks, [name for name, check in launch.gradient_checks.items() if required and not check["passed"]])


def _split(launch: Launch, plan: Plan) -> tuple[list[list[Trial]], list[work.Finished]]:
    """Stacks to train; and, where passing the gradient check is required, the trials that failed by failing it."""
    failed = {name: check["reason"] for name, check in launch.gradient_checks.items() if not check["passed"]}
    if launch.gradcheck != "require" or not failed:
        return plan.stacks, []
    refused = [trial for trial in plan.missing if trial.cell.network_id in failed]
    outcomes = [
        work.Outcome(
            Record("failed", trial.cell.steps, error=f"gradient check failed, not trained: {failed[trial.cell.network_id]}"),
            time.time(),
            0.0,
        )
        for trial in refused
    ]
    return _without(plan.stacks, failed), [(refused, outcomes)] if refused else []


def _known(plan: Plan) -> Iterator[list[dict[str, Any]]]:
    """What the store has already, a few results at a time."""
    missing = {trial.id for trial in plan.missing}
    return plan.store.blocks([trial.id for trial in plan.trials if trial.id not in missing], COLUMNS)


def _row(launch_id: str, grid: str, trial: Trial, outcome: work.Outcome) -> dict[str, Any]:
    return {
        "trial_id": trial.id,
        "cell_id": trial.cell_id,
        "seed": trial.seed,
        "launch_id": launch_id,
        "grid": grid,
        "fields": json.dumps(trial.cell.canonical),
        "origins": json.dumps({name: astuple(origin) for name, origin in trial.cell.origins.items()}),
        "started": outcome.started,
        "seconds": outcome.seconds,
        **asdict(outcome.record),
    }


@contextmanager
def _interruptible(on_interrupt: Callable[[], None]) -> Iterator[threading.Event]:
    """An event that the first Ctrl-C (or SIGTERM) sets; the second ends the workers and raises KeyboardInterrupt."""
    stop = threading.Event()

    def interrupted(*_: object) -> None:
        if stop.is_set():
            for child in multiprocessing.active_children():
                child.kill()
            raise KeyboardInterrupt
        stop.set()
        on_interrupt()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before: Mapping[int, Any] = {number: signal.signal(number, interrupted) for number in signals}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
