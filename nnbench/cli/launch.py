"""`nnbench run` and `nnbench plan`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from nnbench.cli.loading import load_catalog
from nnbench.cli.names import print_grid_names
from nnbench.cli.options import FOLDER, FRESH, GRID, RUNS, SET, URI, WORKERS
from nnbench.cli.output import LaunchProgress, console, options, program
from nnbench.cli.remaining import TimeLeft, duration
from nnbench.cli.sheets import table
from nnbench.cli.summary import print_comparison, print_summary, print_verdict
from nnbench.cli.trace import trace_launch
from nnbench.grid import Grid
from nnbench.launching import conduct
from nnbench.launching.estimate import estimate
from nnbench.launching.plan import Phase, Plan, make_plan
from nnbench.launching.results import Results
from nnbench.report.words import counted
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
        trace_launch(catalog, partial(console(stderr=True).print, soft_wrap=True))
    parsed = Grid.from_toml(grid, catalog, overrides)
    print_grid_names(out, catalog, parsed)
    plan = make_plan(parsed, catalog, folder, workers, fresh)
    _print_plan(out, parsed, plan, parsed.warnings(catalog))
    with LaunchProgress(out, not no_tracking, TimeLeft(plan), len(parsed.seed_list)) as progress:
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
    comparison = results.comparison if results.status != "interrupted" else None
    if comparison:
        print_verdict(out, comparison)
    print_summary(out, results, show_all, fresh)
    if comparison:
        print_comparison(out, comparison)
    _where_next(out, results, folder, tracking_uri, logged=not no_tracking)
    if comparison:
        print_verdict(out, comparison)
    sys.exit({"finished": 0, "failed": 1, "interrupted": 130}[results.status])


def _print_plan(out: Console, grid: Grid, plan: Plan, warnings: Sequence[str]) -> None:
    """What is going to be trained, before it is."""
    if grid.question:
        out.print(grid.question, style="bold")
    workers = counted(plan.workers, "worker")
    if plan.tuning.missing:
        tried = f"{counted(len(plan.candidates), 'setting')} × {counted(len(grid.tuning_seeds), 'seed')}"
        out.print(f"tuning: {tried} = {counted(len(plan.tuning.trials), 'trial')}{_have(plan.tuning)}; {workers}")
    if plan.missing or plan.reported is None:
        several = " (each metric that is judged chooses its own)" if plan.most_cells > plan.cells else ""
        have = _have(plan.reported) if plan.reported else f" of the best settings{several}"
        seeds = len(grid.seed_list)
        cells, whole = (_range(count * plan.cells, count * plan.most_cells) for count in (1, seeds))
        product = f"{_ranged(cells, 'cell')} × {counted(seeds, 'seed')} = {_ranged(whole, 'trial')}"
        out.print(f"{product}{have}; {workers}")
    if plan.behind:
        others, untrained = len(plan.alternates.missing), len(plan.controls.missing)
        trials = [f"{others} of settings that could as well have been chosen"] if others else []
        trials += [f"{untrained} of untrained networks"] if untrained else []
        out.print(f"behind the verdict: {' and '.join(trials)}")
    for warning in warnings:
        out.print(f"warning: {warning}", style="yellow")


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
    print_grid_names(out, catalog, parsed)
    planned = make_plan(parsed, catalog, folder, workers, fresh)
    if parsed.question:
        out.print(parsed.question, style="bold")
    shapes = Counter("-".join(map(str, trial.cell.layer_sizes)) for trial in planned.trials or planned.tuning.trials)
    count, trials = (_range(each * planned.cells, each * planned.most_cells) for each in (1, len(parsed.seed_list)))
    rows = [
        ("cells", count if planned.most_cells == planned.cells else f"{count}: each metric that is judged chooses its settings"),
        ("seeds", ", ".join(map(str, parsed.seed_list)) if len(parsed.seed_list) <= 10 else f"{len(parsed.seed_list)}"),
        *_phase_rows("tuning ", planned.tuning if planned.tuning.trials else None),
        *_phase_rows("", planned.reported),
        *_phase_rows("other settings' ", planned.alternates if planned.alternates.trials else None),
        *_phase_rows("untrained ", planned.controls if planned.controls.trials else None),
        *([("trials", f"{trials} of the settings that tuning chooses")] if not planned.reported else []),
        ("networks", ", ".join(f"{shape} ({count:,})" for shape, count in shapes.most_common(5))),
    ]
    if planned.missing or planned.tuning.missing:
        rows += _time_rows(out, planned)
    out.print(table(("what", "value"), rows))
    for warning in parsed.warnings(catalog):
        out.print(f"warning: {warning}", style="yellow")


def _ranged(number: str, what: str) -> str:
    """`1 cell`, `72 cells`, `72 to 144 cells`."""
    return f"{number} {what}{'' if number == '1' else 's'}"


def _range(least: int, most: int) -> str:
    """`72`, or `72 to 144`."""
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def _time_rows(out: Console, planned: Plan) -> list[tuple[str, str]]:
    with out.status("training a few steps to see how long they take") if out.is_terminal else nullcontext():
        timed = estimate(planned)
    rows = [("cannot be timed", problem) for problem in timed.problems]
    if timed.seconds:
        told = f"about {duration(timed.seconds)} with {counted(planned.workers, 'worker')}, gradient checks and logging not counted"
        rows.append(("training time", f"{told}, and what cannot be timed" if rows else told))
    return rows


def _phase_rows(what: str, phase: Phase | None) -> list[tuple[str, str]]:
    if phase is None:
        return []
    steps = sum(trial.cell.steps for trial in phase.missing)
    return [
        (f"{what}trials", f"{len(phase.trials):,}"),
        ("with results", f"{len(phase.trials) - len(phase.missing):,}"),
        ("to train", f"{len(phase.missing):,} in {counted(len(phase.stacks), 'stack')}, {counted(steps, 'step')} in all"),
    ]


def _have(phase: Phase) -> str:
    known = len(phase.trials) - len(phase.missing)
    return f", {known:,} of them {'has a result' if known == 1 else 'have results'} already" if known else ""


def _where_next(out: Console, results: Results, folder: Path, tracking_uri: str | None, logged: bool) -> None:
    """Where results are, what went wrong beside training, and how to look at runs; `logged`: whether MLflow was to have them."""
    out.print()
    out.print(f"Results: {results.store.folder}", soft_wrap=True)
    for problem in results.watcher_problems:
        out.print(f"A watcher failed and was not told more: {problem}", style="yellow")
    where = options(folder, tracking_uri)
    problems = [tracker.problem for tracker in results.trackers if tracker.problem]
    for problem in problems:
        out.print(problem, style="yellow")
    if problems:
        out.print(f"The results are safe; log them with: {program()} sync{where}", soft_wrap=True)
    elif logged or conduct.make_tracker(folder, tracking_uri).has(results.launch):
        out.print(f"Logged to MLflow: {tracking_uri or default_uri(folder)}", soft_wrap=True)
        out.print(f"Browse every run: {program()} ui{where}", soft_wrap=True)
