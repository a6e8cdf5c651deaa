"""`nnbench run` and `nnbench plan`."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from nnbench.analysis.comparison import Comparison
from nnbench.catalog import load_catalog
from nnbench.cli.output import LaunchProgress, console, fits, table
from nnbench.cli.trace import trace_launch
from nnbench.grid import Grid
from nnbench.launching import conduct as runner
from nnbench.launching.plan import Phase, make_plan
from nnbench.report import gradients
from nnbench.report.caveats import notes
from nnbench.report.cells import MEASURES, Line, measures, totals
from nnbench.report.sections import sections
from nnbench.report.verdict import verdict

GRID = click.argument("grid", metavar="GRID.toml", type=click.Path(path_type=Path))
SET = click.option(
    "--set",
    "overrides",
    metavar="FIELD=VALUES",
    multiple=True,
    help="Override a field: --set epochs=10, --set optimizer.lr=0.1,0.3 (an axis), --set seeds=2.",
)
FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("mlruns"),
    show_default=True,
    help="Where results are kept.",
)
WORKERS = click.option("--workers", type=click.IntRange(min=1), help="Worker processes; one for each processor unless given.")
RUNS = click.option(
    "--runs",
    type=click.Choice(["cell", "trial"]),
    default="cell",
    show_default=True,
    help="What is a run in MLflow: a cell, its seeds aggregated, or each of its trials as well.",
)
FRESH = click.option("--fresh", is_flag=True, help="Train again what has results already.")
URI = click.option(
    "--tracking-uri", metavar="URI", help="MLflow tracking store; MLFLOW_TRACKING_URI, or SQLite in the folder, unless given."
)


@click.command()
@GRID
@SET
@WORKERS
@FOLDER
@URI
@RUNS
@click.option("--no-tracking", is_flag=True, help="Keep results, but log nothing to MLflow; nnbench sync can later.")
@FRESH
@click.option("--all", "show_all", is_flag=True, help="Print every cell, not only the best.")
@click.option("--trace", is_flag=True, help="Show each call of a plugin's launch hooks, on standard error.")
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
    """Train what a grid lacks, keep every result, log them to MLflow, and sum them up.

    A trial is trained once: the same command after a crash, after Ctrl-C, or with one more value on an axis trains only what is
    missing. Ctrl-C lets the stacks under way finish; a second one stops at once.
    """
    out = console()
    catalog = load_catalog(without)
    if trace:
        trace_launch(catalog, partial(console(stderr=True).print, markup=False, soft_wrap=True))
    parsed = Grid.from_toml(grid, catalog, overrides)
    plan = make_plan(parsed, catalog, folder, workers, fresh)
    if parsed.question:
        out.print(parsed.question, style="bold", markup=False)
    if plan.tuning.missing:
        tried, seeds = len(plan.candidates), len(parsed.tuning_seeds)
        have = _have(plan.tuning)
        out.print(f"tuning: {tried} settings × {seeds} seeds = {len(plan.tuning.trials)} trials{have}; {plan.workers} workers")
    if plan.missing or plan.reported is None:
        have = _have(plan.reported) if plan.reported else " of the best settings"
        count = plan.cells * len(parsed.seed_list)
        out.print(f"{plan.cells} cells × {len(parsed.seed_list)} seeds = {count} trials{have}; {plan.workers} workers")
    if plan.behind:
        others, untrained = len(plan.alternates.missing), len(plan.controls.missing)
        told = [f"{others} of settings that could as well have been chosen"] if others else []
        told += [f"{untrained} of untrained networks"] if untrained else []
        out.print(f"behind the verdict: {' and '.join(told)}")
    with LaunchProgress(out, track=not no_tracking) as progress:
        tracker = None if no_tracking else runner.make_tracker(folder, tracking_uri, progress.cell_logged, runs == "trial")
        try:
            results = runner.execute(
                plan,
                catalog,
                tracker=tracker,
                watchers=[progress],
                on_interrupt=progress.interrupted,
                on_phase=progress.phase,
            )
        except KeyboardInterrupt:
            out.print("Stopped. Results so far are stored; the same command goes on.", style="bold")
            sys.exit(130)
    _summary(out, results, show_all, fresh)
    if results.status != "interrupted" and results.comparison:
        print_comparison(out, results.comparison)
    _where_next(out, results, folder, tracking_uri)
    sys.exit({"finished": 0, "failed": 1, "interrupted": 130}[results.status])


@click.command()
@GRID
@SET
@WORKERS
@FOLDER
@FRESH
@click.pass_obj
def plan(without: tuple[str, ...], grid: Path, overrides: tuple[str, ...], workers: int | None, folder: Path, fresh: bool) -> None:
    """Say what a grid would train, and about how long that takes; trains a few steps to find out, and writes nothing."""
    out = console()
    catalog = load_catalog(without)
    parsed = Grid.from_toml(grid, catalog, overrides)
    found = make_plan(parsed, catalog, folder, workers, fresh)
    if parsed.question:
        out.print(parsed.question, style="bold", markup=False)
    shapes = Counter("-".join(map(str, trial.cell.layer_sizes)) for trial in found.trials or found.tuning.trials)
    rows = [
        ("cells", f"{found.cells:,}"),
        ("seeds", ", ".join(map(str, parsed.seed_list)) if len(parsed.seed_list) <= 10 else f"{len(parsed.seed_list)}"),
        *_phase_rows("tuning ", found.tuning if found.tuning.trials else None),
        *_phase_rows("", found.reported),
        *_phase_rows("other settings' ", found.alternates if found.alternates.trials else None),
        *_phase_rows("untrained ", found.controls if found.controls.trials else None),
        *(
            [("trials", f"{found.cells * len(parsed.seed_list):,} of the settings that tuning chooses")]
            if not found.reported
            else []
        ),
        ("networks", ", ".join(f"{shape} ({count:,})" for shape, count in shapes.most_common(5))),
    ]
    if found.missing or found.tuning.missing:
        with out.status("training a few steps to see how long they take") if out.is_terminal else nullcontext():
            rows.append(
                (
                    "training time",
                    f"about {duration(found.seconds())} with {found.workers} workers, start-up and logging not counted",
                )
            )
    out.print(table(("what", "value"), rows))


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


def print_comparison(out: Console, found: Comparison) -> None:
    """The tables of a comparison, and below them, where a person looks last, the verdict."""
    for section in sections(found):
        out.print()
        out.print(table(section.head, section.rows, section.right, title=section.title))
        if section.below:
            out.print(section.below, markup=False)
    out.print()
    for note in notes(found):
        out.print(note, style="yellow", markup=False)
    out.print(verdict(found), style="bold", markup=False)
    out.print()


def _summary(out: Console, results: runner.Results, show_all: bool, fresh: bool, limit: int = 20) -> None:
    found = results.lines
    fields = [name for name in results.launch.varying if name != "dataset"]
    tasks = list(dict.fromkeys(cell.labels["dataset"] for cell in results.launch.cells))
    targets = {row["cell_id"]: row["target"] for row in results.rows if row["status"] != "failed"}
    for task in tasks:
        own = [line for line in found if line.cell.labels["dataset"] == task]
        if not own:
            continue
        shown = own if show_all else own[: max(limit // len(tasks), 5)]
        target = next((targets[line.cell.id] for line in own if line.cell.id in targets), None)
        out.print()
        out.print(_cells(out, fields, shown, task if target is None else f"{task}, target accuracy {target:.3g}"))
        if len(own) > len(shown):
            out.print(f"… and {len(own) - len(shown)} more; --all prints them")
    count = totals(found)
    out.print()
    out.print(
        f"{len(found)} cells, best mean test accuracy first, ± standard deviation over seeds: {count['done']} trials done, "
        f"{count['diverged']} diverged (each counts as accuracy 0), {count['failed']} failed."
    )
    unsound = [(results.launch.title(line.cell), line.summary) for line in found if line.summary.diverged]
    for title, summary in unsound[:5]:
        out.print(f"diverged: {title} ({summary.diverged} of {summary.trials} seeds)", markup=False)
    if len(unsound) > 5:
        out.print(f"… and {len(unsound) - 5} more cells with diverged trials")
    if not results.trained and results.status == "finished":
        out.print("Nothing was trained: every trial has a result already (--fresh trains them again).", style="bold")
    if results.status == "interrupted":
        going_on = "without --fresh, only what has no result is" if fresh else "the same command goes on"
        out.print(f"Interrupted: {results.left} trials are still to be trained; {going_on}.", style="bold")
    for flagged in gradients.failures(results.launch):
        out.print(f"Gradient check failed, so its figures mean little: {flagged}", style="red", markup=False)
    for cause, titles in failures(results).items():
        some = ", ".join(dict.fromkeys(titles[:3])) + (", …" if len(set(titles)) > 3 else "")
        out.print(f"{len(titles)} failed: {cause}; in {some}", style="red", markup=False)


def _cells(out: Console, fields: Sequence[str], shown: Sequence[Line], title: str) -> Table:
    """As many columns as fit: figures that are the same for all or the least telling go first."""
    columns = dict(zip(MEASURES, zip(*(measures(line) for line in shown), strict=True), strict=True))
    if len(set(columns["seeds"])) == 1:
        del columns["seeds"]
    while True:
        labels = [[line.cell.labels[name].replace("(", " (") for name in fields] for line in shown]
        rows = [(*label, *figures) for label, figures in zip(labels, zip(*columns.values(), strict=True), strict=True)]
        made = table((*fields, *columns), rows, MEASURES, title=title)
        if fits(out, made) or "valid accuracy" not in columns:
            return made
        del columns["valid accuracy"]


def failures(results: runner.Results) -> dict[str, list[str]]:
    """Titles of failed trials' cells by what failed, and where."""
    cells = {cell.id: cell for cell in results.launch.cells}
    found: dict[str, list[str]] = {}
    for row in results.rows:
        if row["status"] == "failed":
            found.setdefault(_cause(row["error"]), []).append(results.launch.title(cells[row["cell_id"]]))
    return found


def _cause(error: str) -> str:
    """The line of a traceback that names the exception, the first after the last frame, and that frame."""
    lines = error.strip().splitlines()
    last = max((number for number, line in enumerate(lines) if line.startswith('  File "')), default=-1)
    cause = next((line for line in lines[last + 1 :] if line and not line.startswith(" ")), lines[-1])
    return cause if last < 0 else f"{cause} ({lines[last].strip().replace('File ', '', 1)})"


def _where_next(out: Console, results: runner.Results, folder: Path, tracking_uri: str | None) -> None:
    for problem in results.watcher_problems:
        out.print(f"A watcher failed and was not told more: {problem}", style="yellow", markup=False)
    options = ("" if folder == Path("mlruns") else f" --folder {folder}") + (
        f" --tracking-uri {tracking_uri}" if tracking_uri else ""
    )
    tracker = results.tracker
    if tracker and tracker.problem:
        what = f"{tracker.missing} cells are" if tracker.missing else "The launch's summary and files are"
        out.print(f"{what} not in MLflow yet ({tracker.problem}).", style="yellow", markup=False)
        out.print(f"The results are safe; log them with: {program()} sync{options}", markup=False)
    elif tracker or results.launch.logged_to:
        out.print(f"Browse every run: {program()} ui{options}", markup=False)


def program() -> str:
    """How this command was called, if a shell would not find `nnbench`."""
    return "nnbench" if shutil.which("nnbench") else os.path.relpath(sys.argv[0])


def duration(seconds: float) -> str:
    """Seconds in words that a person would use."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"
