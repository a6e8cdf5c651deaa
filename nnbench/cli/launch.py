"""`nnbench run` and `nnbench plan`."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from nnbench.catalog import load_catalog
from nnbench.cli.options import FOLDER, FRESH, GRID, RUNS, SET, URI, WORKERS
from nnbench.cli.output import LaunchProgress, console, duration, program, table
from nnbench.cli.summary import print_comparison, print_summary
from nnbench.cli.trace import trace_launch
from nnbench.grid import Grid
from nnbench.launching import conduct
from nnbench.launching.estimate import estimate
from nnbench.launching.plan import Phase, Plan, make_plan
from nnbench.launching.results import Results
from nnbench.tracking.mlflow import default_uri


@click.command()
@GRID
@SET
@WORKERS
@FOLDER
@URI
@RUNS
@click.option("--no-tracking", is_flag=True, help="Keep results, but log nothing to MLflow; nnbench sync can do so later.")
@FRESH
@click.option("--all", "show_all", is_flag=True, help="Print all cells, not only the best.")
@click.option("--trace", is_flag=True, help="Show each call of a plugin's launch hooks on standard error.")
@click.pass_obj
def run(
    without: tuple[str, ...],
    grid: Path,
    overrides: tuple[str, ...],
    workers: int | None,
    folder: Path,
    tracking_uri: str | None,
    runs: str,
    no_tracking: bool,
    fresh: bool,
    show_all: bool,
    trace: bool,
) -> None:
    """Train a grid, keep every result, log it to MLflow, and print a table or a verdict.

    No trial is trained twice: after a crash, after Ctrl-C, or with one more value on an axis, the same command trains only what is
    missing. Ctrl-C finishes what is being trained at the moment; a second Ctrl-C stops at once.
    """
    out = console()
    catalog = load_catalog(without)
    if trace:
        trace_launch(catalog, partial(console(stderr=True).print, markup=False, soft_wrap=True))
    parsed = Grid.from_toml(grid, catalog, overrides)
    plan = make_plan(parsed, catalog, folder, workers, fresh)
    _print_plan(out, parsed, plan)
    with LaunchProgress(out, track=not no_tracking) as progress:
        trackers = [] if no_tracking else [conduct.make_tracker(folder, tracking_uri, progress.cell_logged, runs == "trial")]
        try:
            results = conduct.execute(
                plan,
                catalog,
                trackers=trackers,
                watchers=[progress],
                on_interrupt=progress.interrupted,
                on_phase=progress.phase,
            )
        except KeyboardInterrupt:
            out.print("Stopped. Results so far are stored; the same command goes on.", style="bold")
            sys.exit(130)
    print_summary(out, results, show_all, fresh)
    if results.status != "interrupted" and results.comparison:
        print_comparison(out, results.comparison)
    _where_next(out, results, folder, tracking_uri, logged=not no_tracking)
    sys.exit({"finished": 0, "failed": 1, "interrupted": 130}[results.status])


def _print_plan(out: Console, grid: Grid, plan: Plan) -> None:
    """What is going to be trained, before it is."""
    if grid.question:
        out.print(grid.question, style="bold", markup=False)
    if plan.tuning.missing:
        tried, seeds = len(plan.candidates), len(grid.tuning_seeds)
        have = _have(plan.tuning)
        out.print(f"tuning: {tried} settings × {seeds} seeds = {len(plan.tuning.trials)} trials{have}; {plan.workers} workers")
    if plan.missing or plan.reported is None:
        have = _have(plan.reported) if plan.reported else " of the best settings"
        count = plan.cells * len(grid.seed_list)
        out.print(f"{plan.cells} cells × {len(grid.seed_list)} seeds = {count} trials{have}; {plan.workers} workers")
    if plan.behind:
        others, untrained = len(plan.alternates.missing), len(plan.controls.missing)
        trials = [f"{others} of settings that could as well have been chosen"] if others else []
        trials += [f"{untrained} of untrained networks"] if untrained else []
        out.print(f"behind the verdict: {' and '.join(trials)}")


@click.command()
@GRID
@SET
@WORKERS
@FOLDER
@FRESH
@click.pass_obj
def plan(without: tuple[str, ...], grid: Path, overrides: tuple[str, ...], workers: int | None, folder: Path, fresh: bool) -> None:
    """Show what a grid would train, and how long that takes.

    Trains a few steps to find out, and writes nothing.
    """
    out = console()
    catalog = load_catalog(without)
    parsed = Grid.from_toml(grid, catalog, overrides)
    planned = make_plan(parsed, catalog, folder, workers, fresh)
    if parsed.question:
        out.print(parsed.question, style="bold", markup=False)
    shapes = Counter("-".join(map(str, trial.cell.layer_sizes)) for trial in planned.trials or planned.tuning.trials)
    rows = [
        ("cells", f"{planned.cells:,}"),
        ("seeds", ", ".join(map(str, parsed.seed_list)) if len(parsed.seed_list) <= 10 else f"{len(parsed.seed_list)}"),
        *_phase_rows("tuning ", planned.tuning if planned.tuning.trials else None),
        *_phase_rows("", planned.reported),
        *_phase_rows("other settings' ", planned.alternates if planned.alternates.trials else None),
        *_phase_rows("untrained ", planned.controls if planned.controls.trials else None),
        *(
            [("trials", f"{planned.cells * len(parsed.seed_list):,} of the settings that tuning chooses")]
            if not planned.reported
            else []
        ),
        ("networks", ", ".join(f"{shape} ({count:,})" for shape, count in shapes.most_common(5))),
    ]
    if planned.missing or planned.tuning.missing:
        rows += _time_rows(out, planned)
    out.print(table(("what", "value"), rows))


def _time_rows(out: Console, planned: Plan) -> list[tuple[str, str]]:
    with out.status("training a few steps to see how long they take") if out.is_terminal else nullcontext():
        timed = estimate(planned)
    rows = [("cannot be timed", problem) for problem in timed.problems]
    if timed.seconds:
        told = f"about {duration(timed.seconds)} with {planned.workers} workers, start-up and logging not counted"
        rows.append(("training time", f"{told}, and what cannot be timed" if rows else told))
    return rows


def _phase_rows(what: str, phase: Phase | None) -> list[tuple[str, str]]:
    if phase is None:
        return []
    steps = sum(trial.cell.steps for trial in phase.missing)
    return [
        (f"{what}trials", f"{len(phase.trials):,}"),
        ("with results", f"{len(phase.trials) - len(phase.missing):,}"),
        ("to train", f"{len(phase.missing):,} in {len(phase.stacks):,} stacks, {steps:,} steps in all"),
    ]


def _have(phase: Phase) -> str:
    known = len(phase.trials) - len(phase.missing)
    return f", {known} of them have results already" if known else ""


def _where_next(out: Console, results: Results, folder: Path, tracking_uri: str | None, logged: bool) -> None:
    """What went wrong beside training, and how to look at runs; `logged` says whether MLflow was to have them."""
    for problem in results.watcher_problems:
        out.print(f"A watcher failed and was not told more: {problem}", style="yellow", markup=False)
    options = ("" if folder == Path("mlruns") else f" --folder {folder}") + (
        f" --tracking-uri {tracking_uri}" if tracking_uri else ""
    )
    problems = [tracker.problem for tracker in results.trackers if tracker.problem]
    for problem in problems:
        out.print(problem, style="yellow", markup=False)
    if problems:
        out.print(f"The results are safe; log them with: {program()} sync{options}", markup=False)
    elif logged or (tracking_uri or default_uri(folder)) in results.launch.logged_to:
        out.print(f"Browse every run: {program()} ui{options}", markup=False)
