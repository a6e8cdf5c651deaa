"""What is printed of a launch when it is over: its best cells, what went wrong, and its comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from nnbench.analysis.comparison import Comparison
from nnbench.cli.sheets import Sheet, table
from nnbench.launching.results import Results
from nnbench.report import gradients
from nnbench.report.caveats import notes
from nnbench.report.cells import MEASURES, Line, measures, totals
from nnbench.report.sections import sections
from nnbench.report.verdict import verdict
from nnbench.report.words import be, counted
from nnbench.store import Launch

LIMIT = 20
"""Cells that are printed at most, shared by the tasks, unless all are asked for."""


def print_verdict(out: Console, comparison: Comparison) -> None:
    """The verdict alone: it comes first and last, where a person looks."""
    out.print()
    out.print(verdict(comparison), style="bold")


def print_comparison(out: Console, comparison: Comparison) -> None:
    """The tables of a comparison, and what cannot be concluded."""
    for section in sections(comparison):
        out.print()
        out.print(table(section.head, section.rows, section.right, title=section.title))
        if section.below:
            out.print(section.below)
    out.print()
    for note in notes(comparison):
        out.print(note, style="yellow")


def print_summary(out: Console, results: Results, show_all: bool, fresh: bool) -> None:
    """The best cells of each task, how many trials ended how, and what is still to be done."""
    if results.status == "interrupted" and not results.launch.cells:
        left = f"{counted(results.left, 'tuning trial')} {be(results.left)} still to be trained"
        out.print(f"Interrupted while settings were chosen: {left}; the same command goes on.", style="bold")
        return
    print_cells(out, results.launch, results.lines, results.rows, show_all)
    if not results.trained and results.status == "finished":
        out.print("Nothing was trained: every trial has a result already (--fresh trains them again).", style="bold")
    if results.status == "interrupted":
        going_on = "without --fresh, only what has no result is" if fresh else "the same command goes on"
        left = f"{counted(results.left, 'trial')} {be(results.left)} still to be trained"
        out.print(f"Interrupted: {left}; {going_on}.", style="bold")


def print_cells(out: Console, launch: Launch, lines: Sequence[Line], rows: Sequence[Mapping[str, Any]], show_all: bool) -> None:
    """A table of the best cells for each task, how many trials ended how, and what went wrong with some."""
    fields = [name for name in launch.varying if name != "dataset"]
    tasks = list(dict.fromkeys(cell.labels["dataset"] for cell in launch.cells))
    targets = {row["cell_id"]: row["target"] for row in rows if row["status"] != "failed"}
    for task in tasks:
        own = [line for line in lines if line.cell.labels["dataset"] == task]
        if not own:
            continue
        shown = own if show_all else own[: max(LIMIT // len(tasks), 5)]
        target = next((targets[line.cell.id] for line in own if line.cell.id in targets), None)
        title = task if target is None else f"{task}, target accuracy {target:.3g}"
        out.print()
        out.print(_cells(fields, shown, f"{title}, best first" if len(own) > 1 else title))
        if len(own) > len(shown):
            out.print(f"… and {len(own) - len(shown)} more; --all prints them")
    _print_counts(out, launch, lines)
    for failure in gradients.failures(launch):
        out.print(f"Gradient check failed, so its figures mean little: {failure}", style="red")
    for cause, titles in _failures(launch, rows).items():
        some = ", ".join(dict.fromkeys(titles[:3])) + (", …" if len(set(titles)) > 3 else "")
        out.print(f"{len(titles)} failed: {cause}; in {some}", style="red")


def _print_counts(out: Console, launch: Launch, lines: Sequence[Line]) -> None:
    count = totals(lines)
    out.print()
    out.print(
        f"{counted(len(lines), 'cell')}, best mean test accuracy first, ± standard deviation over seeds: "
        f"{counted(count.done, 'trial')} done, {count.diverged} diverged (each counts as accuracy 0), {count.failed} failed."
    )
    unsound = [(launch.title(line.cell), line.summary) for line in lines if line.summary.diverged]
    for title, summary in unsound[:5]:
        out.print(f"diverged: {title} ({summary.diverged} of {counted(summary.trials, 'seed')})")
    if len(unsound) > 5:
        out.print(f"… and {counted(len(unsound) - 5, 'more cell')} with diverged trials")


def _cells(fields: Sequence[str], shown: Sequence[Line], title: str) -> Sheet:
    """A row for each cell; seeds are left out where all have the same."""
    columns = dict(zip(MEASURES, zip(*(measures(line) for line in shown), strict=True), strict=True))
    if len(set(columns["seeds"])) == 1:
        del columns["seeds"]
    labels = [[line.cell.labels[name] for name in fields] for line in shown]
    rows = [(*label, *figures) for label, figures in zip(labels, zip(*columns.values(), strict=True), strict=True)]
    return table((*fields, *columns), rows, MEASURES, title=title)


def _failures(launch: Launch, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Titles of failed trials' cells by what failed, and where."""
    cells = {cell.id: cell for cell in launch.cells}
    titles: dict[str, list[str]] = {}
    for row in rows:
        if row["status"] == "failed":
            titles.setdefault(_cause(row["error"]), []).append(launch.title(cells[row["cell_id"]]))
    return titles


def _cause(error: str) -> str:
    """The line of a traceback that names the exception, the first after the last frame, and that frame."""
    lines = error.strip().splitlines()
    last = max((number for number, line in enumerate(lines) if line.startswith('  File "')), default=-1)
    cause = next((line for line in lines[last + 1 :] if line and not line.startswith(" ")), lines[-1])
    return cause if last < 0 else f"{cause} ({lines[last].strip().replace('File ', '', 1)})"
