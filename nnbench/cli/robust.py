"""`nnbench robust`: a verdict again under other choices."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from nnbench.catalog import Catalog
from nnbench.cli.loading import load_catalog
from nnbench.cli.options import FOLDER, GRID, SET, WORKERS
from nnbench.cli.output import console
from nnbench.cli.sheets import table
from nnbench.errors import GridError, InputError
from nnbench.grid import Alternative, Grid
from nnbench.launching.conduct import run
from nnbench.launching.results import Results
from nnbench.report import robustness
from nnbench.report.robustness import Launched
from nnbench.store import Store


@click.command()
@GRID
@SET
@WORKERS
@FOLDER
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "markdown", "json"]),
    default="table",
    show_default=True,
    help="How to print it.",
)
@click.pass_obj
def robust(without: tuple[str, ...], grid: Path, overrides: tuple[str, ...], workers: int | None, folder: Path, form: str) -> None:
    """Find out which other choices change a verdict.

    Launches a grid as it is written and with each of the other choices in its table [robust]; without that table, with another
    block of seeds. Prints a table for each claim, or for each pair of levels if the grid makes no claims. Trials that have
    results are not trained again. Nothing is logged to MLflow (nnbench sync does that).
    """
    out, err = console(), console(stderr=True)
    catalog = load_catalog(without)
    parsed = Grid.from_toml(grid, catalog, overrides)
    alternatives = parsed.alternatives(catalog)
    if len(alternatives) == 1:
        raise InputError(f"{grid}: [robust] names nothing that differs from the grid; seed_blocks = 2 is one more block of seeds")

    Store(folder / "results").check()

    def tell(number: int, what: str) -> None:
        err.print(f"{number} of {len(alternatives)}: {what}")

    launched = launch_each(alternatives, catalog, folder, workers, tell)
    statements = robustness.statements(launched)
    if form == "table":
        if parsed.question:
            out.print(parsed.question, style="bold")
        for each in statements:
            out.print()
            out.print(table(robustness.HEAD, robustness.rows(each), title=each.says))
            out.print(robustness.sentence(each), style="bold")
    else:
        click.echo(robustness.markdown(statements) if form == "markdown" else robustness.as_json(statements))
    err.print(f"Results: {folder / 'results'}", soft_wrap=True)
    if launched[-1].interrupted:
        err.print("Interrupted: the same command goes on.", style="bold")
        sys.exit(130)


def launch_each(
    alternatives: Sequence[Alternative], catalog: Catalog, folder: Path, workers: int | None, tell: Callable[[int, str], None]
) -> list[Launched]:
    """What each alternative, the grid as written first, came to; an interruption ends it, and the others come to nothing.

    `tell` is told the number of each, from 1, and what it is. Raises GridError if the grid as written cannot be launched.
    """
    launched: list[Launched] = []
    written: Results | None = None
    for number, alternative in enumerate(alternatives, start=1):
        if launched and launched[-1].interrupted:
            launched.append(Launched(alternative, None, "not launched, because of an interruption", interrupted=True))
            continue
        tell(number, alternative.what)
        try:
            results = run(alternative.grid, catalog=catalog, folder=folder, track=False, workers=workers)
        except KeyboardInterrupt:  # the second one
            launched.append(Launched(alternative, None, "interrupted", interrupted=True))
        except GridError as error:
            if written is None:
                raise
            launched.append(Launched(alternative, None, f"cannot be launched: {error}"))
        else:
            written = written or results
            launched.append(_launched(alternative, results))
    return launched


def _launched(alternative: Alternative, results: Results) -> Launched:
    if results.status == "interrupted":
        kind = "trials" if results.launch.cells else "tuning trials"
        return Launched(alternative, None, f"interrupted, {results.left} {kind} left", interrupted=True)
    return Launched(alternative, results.comparison)
