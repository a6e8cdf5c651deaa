"""The table of a launch's cells, best first, in three forms."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnbench.analysis.summary import CellSummary, Estimate, summarize
from nnbench.escaping import escaped
from nnbench.report import gradients, tables
from nnbench.report.columns import OWNER, cell_columns
from nnbench.report.words import counted, spread
from nnbench.store import SCALARS, Launch, LaunchCell

MEASURES = ("test accuracy", "valid accuracy", "steps to target", "seeds")


@dataclass(frozen=True)
class Line:
    """A cell with what its seeds amount to."""

    cell: LaunchCell
    summary: CellSummary
    gradcheck: str = "off"
    """passed, failed or off."""


@dataclass(frozen=True)
class Totals:
    """Trials by what became of them."""

    done: int
    diverged: int
    failed: int

    @property
    def trials(self) -> int:
        """All of them."""
        return self.done + self.diverged + self.failed


def lines(launch: Launch, rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Cells that have results, the best mean test accuracy first; ties go to the fewer steps."""
    by_cell: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_cell[row["cell_id"]].append(row)
    summaries = ((cell, summarize(by_cell[cell.id])) for cell in launch.cells if by_cell[cell.id])
    return sorted((Line(cell, summary, launch.gradcheck_status(cell)) for cell, summary in summaries), key=_rank)


def totals(lines: Sequence[Line]) -> Totals:
    """How many trials there are of each status."""
    summaries = [line.summary for line in lines]
    return Totals(
        done=sum(summary.done for summary in summaries),
        diverged=sum(summary.diverged for summary in summaries),
        failed=sum(summary.failed for summary in summaries),
    )


def measures(line: Line) -> tuple[str, ...]:
    """A line's figures as text, in the order of `MEASURES`."""
    summary = line.summary
    unsound = [f"{count} {name}" for name, count in (("diverged", summary.diverged), ("failed", summary.failed)) if count]
    unsound += ["gradient check failed"] if line.gradcheck == "failed" else []
    seeds = f"{summary.trials}" + (f" ({', '.join(unsound)})" if unsound else "")
    return (_spread(summary.test_accuracy), _spread(summary.best_valid_accuracy), steps(summary), seeds)


def steps(summary: CellSummary) -> str:
    """Median steps to the target; where not every seed reached it, how many did."""
    scored = summary.done + summary.diverged
    if not scored or summary.reached in (0, scored):
        return "never" if scored and not summary.reached else _whole(summary.steps_to_target)
    median = "" if math.isinf(summary.steps_to_target) else f"{summary.steps_to_target:.0f}, "
    return f"{median}{summary.reached} of {scored} reach it"


def _whole(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0f}"


def markdown(launch: Launch, lines: Sequence[Line], limit: int = 30, compared: str = "") -> str:
    """The question, what the comparison says, the counts and the best cells, as the Description of the launch's run."""
    count = totals(lines)
    fields = launch.varying
    rows = [[*(line.cell.labels[name] for name in fields), *measures(line)] for line in lines[:limit]]
    rest = [f"\n{counted(len(lines) - limit, 'more cell')} in results.csv, which has all of them."] if len(lines) > limit else []
    return "\n".join(
        [
            f"**{escaped(launch.question or launch.grid)}**",
            "",
            *([compared, ""] if compared else []),
            f"{counted(len(lines), 'cell')}, {counted(count.trials, 'trial')}: {count.done} done, {count.diverged} diverged, "
            f"{count.failed} failed. Mean ± standard deviation over seeds, best first; a diverged trial counts as accuracy 0.",
            "",
            *(f"**Gradient check failed**, so its figures mean little: {escaped(each)}\n" for each in gradients.failures(launch)),
            *tables.markdown_lines([*fields, *MEASURES], rows),
            *rest,
        ]
    )


def as_csv(launch: Launch, rows: Sequence[Mapping[str, Any]]) -> str:
    """One line for each trial: whose it is, what tells its cell from others, and what was measured, with seven digits.

    results.parquet has all of them.
    """
    columns = cell_columns(launch)
    place = {cell.id: number for number, cell in enumerate(launch.cells)}
    measured = [name for name in SCALARS if name not in (*OWNER, "launch_id")]

    def line(row: Mapping[str, Any]) -> list[Any]:
        number = place[row["cell_id"]]
        return [*(row[name] for name in OWNER), *(each[number] for each in columns.values()), *(row[name] for name in measured)]

    return tables.csv_text([*OWNER, *columns, *measured], map(line, rows))


def _rank(line: Line) -> tuple[float, float]:
    mean = line.summary.test_accuracy.mean
    return (-mean if not math.isnan(mean) else math.inf, line.summary.steps_to_target)


def _spread(value: Estimate) -> str:
    return "–" if value.n == 0 else spread(value.mean, value.std)
