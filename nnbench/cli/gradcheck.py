"""`nnbench gradcheck`: back-propagated against numerical gradients, without training."""

from __future__ import annotations

import math
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from nnbench import foreign, work
from nnbench.catalog import Catalog
from nnbench.cli.loading import load_catalog
from nnbench.cli.names import print_grid_names
from nnbench.cli.options import FOLDER, SET, URI, WORKERS
from nnbench.cli.output import console, counting
from nnbench.cli.sheets import table
from nnbench.engine.examples import has_examples, with_classes
from nnbench.engine.gradcheck import EPSILON, Difference, GradientCheck, check_gradients
from nnbench.errors import ContractError, InputError
from nnbench.grid import Cell, Grid, labels
from nnbench.launching.plan import available_workers
from nnbench.report import gradient_study, gradient_study_page, gradients
from nnbench.report.words import counted
from nnbench.tracking import mlflow

STUDY = "gradcheck-study"
FIELDS = ("activation", "initializer", "loss", "penalty", "dropout", "hidden", "dataset", "classes")
CLASSES = (2, 3, 10)
"""Numbers of classes that a loss is checked with."""


@click.command()
@click.argument("grid", metavar="[GRID.toml]", required=False, type=click.Path(path_type=Path))
@SET
@click.option("--activation", metavar="NAME", help="Without a grid: the activations to check, separated by commas.")
@click.option("--initializer", metavar="NAME", help="Without a grid: the initializer.")
@click.option("--loss", metavar="NAME", help="Without a grid: the loss.")
@click.option("--penalty", metavar="NAME", help="Without a grid: the penalty.")
@click.option("--dropout", metavar="P", help="Without a grid: the probability of dropping a hidden unit.")
@click.option("--hidden", metavar="UNITS", help="Without a grid: units in each hidden layer, such as 8,8; none for a linear model.")
@click.option("--epsilon", type=float, default=EPSILON, show_default=True, help="How far each parameter is moved.")
@click.option("--one-sided", is_flag=True, help="Use (J(θ+ε) - J(θ)) / ε instead of the centred difference.")
@click.option("--study", is_flag=True, help="Measure the error for many ε and the cost of numerical gradients; log both.")
@click.option(
    "--save", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), help="Folder for the pictures and tables of --study."
)
@click.option("--no-tracking", is_flag=True, help="Do not log --study to MLflow.")
@WORKERS
@FOLDER
@URI
@click.pass_obj
def gradcheck(
    without: tuple[str, ...],
    grid: Path | None,
    overrides: tuple[str, ...],
    activation: str | None,
    initializer: str | None,
    loss: str | None,
    penalty: str | None,
    dropout: str | None,
    hidden: str | None,
    epsilon: float,
    one_sided: bool,
    study: bool,
    save: Path | None,
    no_tracking: bool,
    workers: int | None,
    folder: Path,
    tracking_uri: str | None,
) -> None:
    """Check back-propagated gradients against numerical ones.

        Checks every parameter of every network of a grid, without training. Prints a table, worst first; the exit status is 1 if a
    check fails. Without a grid, name components: nnbench gradcheck --activation relu --hidden 8,8. A loss that is named is
    checked with 2, 3 and 10 classes. The column "rounding" tells how far gradients in the precision of training are from those
    in float64, in which all else is computed. Every run begins with the same check, unless its grid says gradcheck = "off".
    """
    named = {"activation": activation, "initializer": initializer, "loss": loss, "penalty": penalty, "dropout": dropout}
    settings = [f"{name}={value}" for name, value in named.items() if value is not None]
    settings += [f"hidden=[[{'' if hidden == 'none' else hidden}]]"] if hidden is not None else []
    _check_usage(grid, settings, study, save)
    if study:
        _study([*settings, *overrides], without, save, None if no_tracking else (folder, tracking_uri))
        return
    catalog = load_catalog(without)
    parsed = _parsed(grid, [*settings, *overrides], catalog)
    print_grid_names(console(), catalog, parsed)
    cells = parsed.cells(catalog)
    if loss is not None and not any(text.partition("=")[0].strip().partition(".")[0] == "dataset" for text in overrides):
        cells = [with_classes(cell, classes) for classes in CLASSES for cell in cells]
    networks = {cell.network_id: cell for cell in cells}
    difference: Difference = "one_sided" if one_sided else "central"
    began = time.perf_counter()
    if grid is not None and epsilon == EPSILON and not one_sided and len(networks) > 1:
        checks = _in_workers(networks, workers, parsed.trial_timeout)
    else:
        checks = {name: _here(cell, epsilon, difference) for name, cell in networks.items()}
    failed = _print(networks, checks, time.perf_counter() - began)
    sys.exit(1 if failed else 0)


def _check_usage(grid: Path | None, settings: Sequence[str], study: bool, save: Path | None) -> None:
    """Raises InputError for options that do not go together."""
    if grid is not None and settings:
        option = settings[0].partition("=")[0]
        raise InputError(f"a grid file and --{option}: name either; with a grid, override with --set {settings[0]}")
    if save is not None and not study:
        raise InputError("--save writes what --study measures; without it there is nothing to save")
    if grid is not None and study:
        raise InputError("--study measures a network of its own: name components, or nothing, but no grid file")
    if grid is None and not settings and not study:
        raise InputError("name a grid file, or components such as --activation tanh, or --study")


def _parsed(grid: Path | None, overrides: Sequence[str], catalog: Catalog) -> Grid:
    """The grid of a file, or of the command line."""
    if grid is not None:
        return Grid.from_toml(grid, catalog, overrides)
    return Grid.from_text("[trial]\n", "command line", catalog, overrides)


def _here(cell: Cell, epsilon: float, difference: Difference) -> GradientCheck:
    """The check in this process, as one in a worker would come out."""
    work.keep_freed_memory()
    who = ", ".join(f"{part.kind} {part.name}" for part in (cell.activation, cell.initializer, cell.loss, cell.penalty))
    try:
        with foreign.calling(who):
            return check_gradients(cell, epsilon=epsilon, difference=difference, budget=work.CHECK_BUDGET)
    except InputError:
        raise
    except (Exception, SystemExit) as error:  # whatever an author's code raises
        plain = isinstance(error, ContractError)
        return GradientCheck(problem=str(error) if plain else f"{type(error).__name__}: {error}")


def _in_workers(networks: dict[str, Cell], workers: int | None, trial_timeout: float | None) -> dict[str, GradientCheck]:
    out = console()
    checks: dict[str, GradientCheck] = {}
    pool = work.LocalPool(min(workers or available_workers(), len(networks)))
    with pool, counting(out) as bars:
        task = bars.add_task("networks checked", total=len(networks))
        for name, check in work.check_all(networks, pool, work.Deadlines(trial_timeout), threading.Event()):
            checks[name] = check
            bars.advance(task)
    return checks


def _print(networks: dict[str, Cell], checks: dict[str, GradientCheck], seconds: float) -> int:
    """A table, the worst first, with the reasons of those that failed; returns how many did."""
    out = console()
    names = list(networks)
    texts = dict(zip(names, labels([networks[name] for name in names]), strict=True))
    for name in names:
        texts[name]["classes"] = str(networks[name].dataset.classes)
    named = [field for field in FIELDS if field != "dataset" or not any(has_examples(cell) for cell in networks.values())]
    varying = [field for field in named if len({texts[name][field] for name in names}) > 1] or ["activation"]
    plain = {name: check.as_dict() for name, check in checks.items()}
    order = sorted(checks, key=lambda name: gradients.rank(plain[name]))
    rows = [(*(texts[name][field] for field in varying), *gradients.measures(plain[name])) for name in order]
    title = "worst first" if len(rows) > 1 else ""
    out.print(table((*varying, *gradients.MEASURES), rows, gradients.MEASURES[1:], title))
    for name in order:
        if not checks[name].passed:
            network = ", ".join(f"{field} {texts[name][field]}" for field in varying)
            out.print(f"{network}: {checks[name].reason}", style="red")
    failed = sum(not check.passed for check in checks.values())
    count = sum(check.parameters for check in checks.values())
    out.print()
    out.print(
        f"{counted(len(checks), 'network')}, {counted(count, 'parameter')}, {seconds:.1f} s: "
        f"{len(checks) - failed:,} passed, {failed:,} failed."
    )
    return failed


def _study(overrides: Sequence[str], without: tuple[str, ...], save: Path | None, tracked: tuple[Path, str | None] | None) -> None:
    out = console()
    catalog = load_catalog(without)
    cells = Grid.from_text("[trial]\n", "command line", catalog, overrides).cells(catalog)
    if len(cells) > 1:
        raise InputError(f"--study measures one network, not {len(cells)}: name one value for each field")
    work.keep_freed_memory()
    with counting(out) as bars:
        task = bars.add_task("measuring", total=len(gradient_study.EPSILONS) + len(gradient_study.WIDTHS))
        measured = gradient_study.study(cells[0], partial(bars.advance, task))
    out.print(measured.network, style="bold")
    errors, costs = gradient_study_page.ERROR_HEAD, gradient_study_page.COST_HEAD
    out.print(table(errors, gradient_study_page.error_rows(measured), errors, title="relative error of the gradient"))
    out.print()
    out.print(table(costs, gradient_study_page.cost_rows(measured), costs[1:], title="time for one gradient"))
    out.print()
    for sentence in gradient_study_page.sentences(measured):
        out.print(sentence)
    with tempfile.TemporaryDirectory() as temporary:
        folder = save or Path(temporary)
        written = gradient_study_page.write(measured, folder)
        if save:
            out.print(f"Written: {', '.join(map(str, written))}", soft_wrap=True)
        if tracked:
            _log(measured, tracked, written, Path(temporary) / "artifacts")


def _log(study: gradient_study.Study, tracked: tuple[Path, str | None], written: Sequence[Path], copies: Path) -> None:
    folder, tracking_uri = tracked
    uri = mlflow.checked_uri(tracking_uri or mlflow.default_uri(folder))
    copies.mkdir()
    for path in written:
        shutil.copy(path, copies)
    metrics = [(f"slope/{name}", slope, 0) for name, slope in study.slopes.items() if not math.isnan(slope)]
    for error in study.errors:
        step = round(-100 * math.log10(error.epsilon))
        metrics += [("error/central", error.central, step), ("error/one_sided", error.one_sided, step)]
    for cost in study.costs:
        metrics += [
            ("cost/back_propagated", cost.back_propagated, cost.parameters),
            ("cost/numerical", cost.numerical, cost.parameters),
            ("cost/at_once", cost.at_once, cost.parameters),
            ("cost/ratio", cost.numerical / cost.back_propagated, cost.parameters),
        ]
    artifacts = mlflow.artifact_folder(uri)
    out = console()
    try:
        mlflow.log_study(uri, artifacts, STUDY, {"network": study.network}, metrics, copies)
    except Exception as error:  # whatever a tracking store can fail with
        out.print(f"The study cannot be logged to {uri}: {error}", style="red")
        sys.exit(1)
    out.print(f"Logged to MLflow, experiment {STUDY} in {uri}: error/… at step -100·log10 ε, cost/… at step P.")
