"""`nnbench report`, `claims` and `merge`: comparisons again from the result store, without training."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from nnbench.catalog import load_catalog
from nnbench.cli.options import FOLDER, SET, WORKERS
from nnbench.cli.output import console, counted, options, program, table
from nnbench.cli.robust import launch_each
from nnbench.cli.summary import print_comparison
from nnbench.errors import InputError
from nnbench.grid import Alternative, Grid
from nnbench.launching import find
from nnbench.launching.record import note_claims
from nnbench.report import cells, exports, robustness, tables
from nnbench.report.claims import CLAIM_HEAD
from nnbench.report.comparing import compare_launch
from nnbench.report.pictures import files, levels
from nnbench.store import Launch, Store, merge_into


@click.command()
@click.argument("which", metavar="[GRID|LAUNCH]", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "markdown", "csv", "json"]),
    default="table",
    show_default=True,
    help="How to print it; csv has every pair of levels on every data set.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PICTURE",
    help="Also draw it: profiles, probabilities, ranks; .png or .svg.",
)
@SET
@FOLDER
@click.pass_obj
def report(
    without: tuple[str, ...], which: str | None, form: str, save: Path | None, overrides: tuple[str, ...], folder: Path
) -> None:
    """Print a launch's comparison again, from stored results; nothing is trained.

    Name a grid file (with --set as it was launched), a grid, or a launch's id, as nnbench list launches has it; the latest launch
    unless given. A file means the launch of the trials that it describes, whatever the name. A grid without [compare] asks for no
    verdict: its cells are printed, best first.
    """
    store = existing_store(folder)
    if save is not None:
        files.check(save)
    launch = _with_cells(find_launch(which, overrides, without, folder))
    comparison = compare_launch(launch, store)
    if save is not None and comparison is not None:
        files.save(levels.draw(comparison), f"{launch.grid}: {comparison.factor}", save)
    if comparison is None:
        _without_verdict(launch, store, form)
        return
    match form:
        case "markdown":
            click.echo(exports.markdown(comparison))
        case "csv":
            click.echo(exports.as_csv(comparison), nl=False)
        case "json":
            click.echo(exports.as_json(comparison))
        case _:
            out = console()
            out.print(launch.question or launch.grid, style="bold", markup=False)
            print_comparison(out, comparison)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("mlruns"),
    show_default=True,
    help="Where results are kept, as --folder of the other commands.",
)
@click.option(
    "--format", "form", type=click.Choice(["table", "markdown"]), default="table", show_default=True, help="How to print the table."
)
@click.option(
    "--robust",
    "again",
    is_flag=True,
    help="Launch the alternatives of grids with [robust] too, and say in how many of them each claim holds.",
)
@WORKERS
@click.pass_obj
def claims(without: tuple[str, ...], folder: Path, results: Path, form: str, again: bool, workers: int | None) -> None:
    """Launch every grid in DIR that makes claims, and print what became of them in one table.

    Trials that have results are not trained again; nothing is logged to MLflow (nnbench sync does that). With --robust, a claim
    whose verdict another block of seeds turns is undecided.
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
    """Take over the results and launches of other folders, from other machines say, trial by trial.

    The same trial in both counts once, the later result. Nothing is changed in the folders named.
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
        trials = f"{added.trials} trials new here, {added.known} known already"
        out.print(f"{other}: {trials}, {counted(added.launches)} new or in a later state there", markup=False)
        changed = changed or bool(added.launches)
        if added.differing:
            differing = f"{added.differing} of the known ones have other results there; the later ones count"
            out.print(differing, style="yellow", markup=False)
    if changed:
        out.print(f"MLflow has none of that yet; log it with: {program()} sync{options(folder)}", markup=False, soft_wrap=True)


def _announce(err: Console, place: str, alternatives: int, number: int, what: str) -> None:
    """Say what is launched now; a grid without alternatives is told by its name alone."""
    err.print(place if alternatives == 1 else f"{place}, {number} of {alternatives}: {what}", markup=False)


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


def _without_verdict(launch: Launch, store: Store, form: str) -> None:
    rows = store.rows(launch.trial_ids)
    match form:
        case "csv":
            click.echo(cells.as_csv(launch, rows), nl=False)
        case "json":
            raise InputError(f"{launch.grid} has no [compare], so there is no comparison to write as JSON; csv has its trials")
        case _:
            click.echo(cells.markdown(launch, cells.lines(launch, rows)))
