"""`nnbench report`, `claims` and `merge`: comparisons again from the result store, without training."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from nnbench.cli.loading import load_catalog
from nnbench.cli.options import FOLDER, SET, WORKERS
from nnbench.cli.output import console, options, program
from nnbench.cli.robust import launch_each
from nnbench.cli.sheets import table
from nnbench.cli.summary import print_cells, print_comparison, print_verdict
from nnbench.errors import InputError
from nnbench.grid import Alternative, Grid
from nnbench.launching import find
from nnbench.launching.record import note_claims
from nnbench.report import cells, exports, robustness, tables
from nnbench.report.claims import CLAIM_HEAD
from nnbench.report.comparing import compare_launch
from nnbench.report.pictures import files, levels
from nnbench.report.words import counted
from nnbench.store import Launch, Store, merge_into


@click.command()
@click.argument("which", metavar="[GRID|LAUNCH]", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "markdown", "csv", "json"]),
    default="table",
    show_default=True,
    help="How to print it; csv contains every pair of levels on every data set.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PICTURE",
    help="Also draw profiles, probabilities and ranks, as .png or .svg.",
)
@click.option("--all", "show_all", is_flag=True, help="Print every cell of a grid without [compare], not only the best.")
@SET
@FOLDER
@click.pass_obj
def report(
    without: tuple[str, ...],
    which: str | None,
    form: str,
    save: Path | None,
    show_all: bool,
    overrides: tuple[str, ...],
    folder: Path,
) -> None:
    """Print a verdict again, from stored results.

    Nothing is trained. Name a grid file (with --set as it was launched), a grid, or the id of a launch, as nnbench list launches
    prints it; by default it is the latest launch. A file means the launch of the trials that it describes, whatever its name. For a
    grid without [compare], which asks for no verdict, the cells are printed, best first.
    """
    store = existing_store(folder)
    if save is not None:
        files.check(save)
    launch = _with_cells(find_launch(which, overrides, without, folder))
    comparison = compare_launch(launch, store)
    figure = levels.draw(comparison) if comparison else None
    if save is not None and (figure is None or not figure.panels):
        why = f"it has no level to compare with {comparison.levels[0].name}" if comparison else "it has no [compare]"
        raise InputError(f"{launch.grid}: --save has nothing to draw, since {why}")
    if comparison is None:
        _without_verdict(launch, store, form, show_all)
        return
    out = console()
    match form:
        case "markdown":
            click.echo(exports.markdown(comparison))
        case "csv":
            click.echo(exports.as_csv(comparison), nl=False)
        case "json":
            click.echo(exports.as_json(comparison))
        case _:
            out.print(launch.question or launch.grid, style="bold")
            print_verdict(out, comparison)
            print_comparison(out, comparison)
    if save is not None and figure is not None:
        files.save(figure, f"{launch.grid}: {comparison.factor}", save)
        console(stderr=form != "table").print(f"Written: {save}", soft_wrap=True)
    if form == "table":
        print_verdict(out, comparison)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("mlruns"),
    show_default=True,
    help="Folder in which results are kept, like --folder of other commands.",
)
@click.option(
    "--format", "form", type=click.Choice(["table", "markdown"]), default="table", show_default=True, help="How to print the table."
)
@click.option(
    "--robust",
    "again",
    is_flag=True,
    help="Also launch the alternatives of grids with [robust], and print in how many of them each claim holds.",
)
@WORKERS
@click.pass_obj
def claims(without: tuple[str, ...], folder: Path, results: Path, form: str, again: bool, workers: int | None) -> None:
    """Launch every grid in DIR that makes claims, and print in one table what became of them.

    Trials that have results are not trained again. Nothing is logged to MLflow (nnbench sync does that). With --robust, a claim
    is undecided if another block of seeds changes its verdict.
    """
    out, err = console(), console(stderr=True)
    catalog = load_catalog(without)
    grids = [Grid.from_toml(path, catalog) for path in sorted(folder.glob("*.toml"))]
    asking = [grid for grid in grids if grid.claim]
    if not asking:
        raise InputError(f"{folder}: no grid there makes a claim ([[claim]])")
    Store(results / "results").check()
    for grid in asking:  # grids share trials, so that one may train what another makes claims about
        note_claims(grid, grid.candidates(catalog)[0], Store(results / "results"))
    rows: list[tuple[str, ...]] = []
    for number, grid in enumerate(asking, start=1):
        place = f"{number} of {len(asking)}: {grid.name}"
        alternatives = grid.alternatives(catalog) if again and grid.robust else [Alternative.written(grid)]
        launched = launch_each(alternatives, catalog, results, workers, partial(_announce, err, place, len(alternatives)))
        if launched[-1].interrupted:
            sys.exit(130)
        rows += [(grid.name, *row) for row in robustness.claim_rows(launched, holds=again)]
    err.print(f"Results: {results / 'results'}", soft_wrap=True)
    head = ("grid", *CLAIM_HEAD, *(["holds in"] if again else []))
    if form == "markdown":
        click.echo("\n".join(tables.markdown_lines(head, rows)))
    else:
        out.print(table(head, rows))


@click.command()
@click.argument(
    "others", metavar="FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@FOLDER
def merge(others: tuple[Path, ...], folder: Path) -> None:
    """Add the results and launches of other folders, for example from other machines, to this one.

    If both have the same trial, the later result counts. The folders that you name are not changed.
    """
    out = console()
    for other in others:
        if not (other / "results").is_dir():
            raise InputError(f"{other}: has no results; name a folder as --folder would (it holds results/)")
    for each in (folder, *others):
        Store(each / "results").check()
    changed = False
    for other in others:
        added = merge_into(Store(folder / "results"), Store(other / "results"))
        new, launches = counted(added.trials, "trial"), counted(added.launches, "launch")
        out.print(f"{other}: {new} new in {folder}, {added.known} known already; {launches} new or in a later state there")
        changed = changed or bool(added.launches)
        if added.differing:
            have = "has" if added.differing == 1 else "have"
            differing = f"{added.differing} of the known ones {have} other results there; the later ones count"
            out.print(differing, style="yellow")
    if changed:
        out.print(f"MLflow has none of that yet; log it with: {program()} sync{options(folder)}", soft_wrap=True)


def _announce(err: Console, place: str, alternatives: int, number: int, what: str) -> None:
    """Say what is launched now; a grid without alternatives is told by its name alone."""
    err.print(place if alternatives == 1 else f"{place}, {number} of {alternatives}: {what}")


def find_launch(which: str | None, overrides: Sequence[str], without: Sequence[str], folder: Path) -> Launch:
    """The launch that a grid file, a grid's name or an id means, the latest unless given; says what is to know of the choice."""
    if which is not None and which.endswith(".toml"):
        catalog = load_catalog(without)
        meant = find.by_grid(Grid.from_toml(which, catalog, overrides), catalog, folder)
    elif overrides:
        raise InputError("--set changes what a grid file says; name the file")
    else:
        meant = find.by_name(Store(folder / "results"), which)
    for note in meant.notes:
        console(stderr=True).print(f"{note}.", style="yellow", markup=False, soft_wrap=True)
    return meant.launch


def _with_cells(launch: Launch) -> Launch:
    """The launch, if it has anything to report; raises InputError for one whose settings are not chosen."""
    if launch.cells:
        return launch
    told = "is choosing settings" if launch.status == "running" else "was stopped before its settings were chosen"
    raise InputError(
        f"launch {launch.id} of {launch.grid} {told}, so that there is nothing to report yet; nnbench run goes on with it"
    )


def existing_store(folder: Path) -> Store:
    """The result store in a folder; raises InputError if there is no such folder, or a newer nnbench wrote in it."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; nnbench run GRID.toml makes it, --folder names another")
    store = Store(folder / "results")
    store.check()
    return store


def _without_verdict(launch: Launch, store: Store, form: str, show_all: bool) -> None:
    """The cells of a launch that compares nothing."""
    rows = store.rows(launch.trial_ids)
    match form:
        case "csv":
            click.echo(cells.as_csv(launch, rows), nl=False)
        case "json":
            raise InputError(f"{launch.grid} has no [compare], so there is no comparison to write as JSON; csv has its trials")
        case "markdown":
            click.echo(cells.markdown(launch, cells.lines(launch, rows)))
        case _:
            out = console()
            out.print(launch.question or launch.grid, style="bold")
            print_cells(out, launch, cells.lines(launch, rows), rows, show_all)
