"""`nnbench time`: what components cost."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from nnbench import foreign
from nnbench.catalog import Catalog
from nnbench.cli.components import KIND
from nnbench.cli.loading import load_catalog
from nnbench.cli.names import print_names
from nnbench.cli.options import FOLDER, URI
from nnbench.cli.output import console, counting
from nnbench.cli.sheets import table
from nnbench.errors import ContractError, InputError
from nnbench.kinds import KINDS, Component, plural
from nnbench.report.describe import needed
from nnbench.report.tables import csv_text
from nnbench.timing import ELEMENTS, SIZES, Cost, Size, costs, try_out
from nnbench.tracking import mlflow

EXPERIMENT = "component-costs"


@click.command("time")
@click.argument("kind", type=KIND, required=False, metavar="[KIND]")
@click.argument("names", nargs=-1, metavar="[NAMES]...")
@click.option("--baseline", metavar="NAME", help="Component that ratios refer to; by default that of the kind that grids use.")
@click.option(
    "--size",
    "sizes",
    type=click.Choice([size.name for size in SIZES]),
    multiple=True,
    help="One network alone, a stack of 32, or two wide networks; by default all three.",
)
@click.option(
    "--rounds", type=click.IntRange(6), default=15, show_default=True, help="Number of interleaved measurements of each component."
)
@FOLDER
@URI
@click.option("--no-tracking", is_flag=True, help="Do not log to MLflow.")
@click.pass_obj
def time_(
    without: tuple[str, ...],
    kind: str | None,
    names: tuple[str, ...],
    baseline: str | None,
    sizes: tuple[str, ...],
    rounds: int,
    folder: Path,
    tracking_uri: str | None,
    no_tracking: bool,
) -> None:
    """Measure how much time components take, on this machine, on one thread, with default hyperparameters.

    Measures all components, those of a kind, or those that you name: nnbench time activation relu gelu. Times are medians, in
    nanoseconds for each element (pre-activation, parameter, …). Ratios compare with the baseline in the same round and have a 95 %
    interval. Run nothing else meanwhile. These times never enter a verdict about steps.
    """
    if kind is None and baseline:
        raise InputError("--baseline names a component of one kind; name the kind")
    catalog = load_catalog(without)
    at = [size for size in SIZES if not sizes or size.name in sizes]
    out, err = console(), console(stderr=True)
    uri = None if no_tracking else mlflow.checked_uri(tracking_uri or mlflow.default_uri(folder))
    kinds = [kind] if kind else list(KINDS)
    usable = {each: _usable(err, catalog, each, names or catalog.names(each), at) for each in kinds}  # before anything is printed
    failed = any(len(usable[each]) < len(names or catalog.names(each)) for each in kinds)
    for each, chosen in usable.items():
        print_names(out, catalog, [(each, name) for name in (*names, *([baseline] if baseline else []))])
        against = _with_defaults(catalog, each, baseline) if baseline else _default(catalog, each)
        if not chosen:
            continue
        with counting(err, foreign.is_watched()) as bars:
            task = bars.add_task(f"timing {len(chosen)} {plural(each)}", total=rounds * len(at))
            measured = sorted(costs(chosen, against, at, rounds, partial(bars.advance, task)), key=_order)
        operations = list(measured[0].seconds)
        head = (each, "size", *(f"{operation} ns" for operation in operations), f"ratio to {against.name}", "95 % interval")
        out.print(
            table(
                head,
                [_row(cost) for cost in measured],
                right=head[2:],
                title="the cheapest first, by size" if len(measured) > 1 else "",
            )
        )
        described = "; ".join(f"{size.name}: {size.networks} × {size.width}-{size.width}, batch {size.batch}" for size in at)
        out.print(f"ns for each {ELEMENTS[each]}; {rounds} interleaved rounds on one thread; {described}\n")
        if uri is not None:
            _log(uri, folder, each, against, rounds, measured)
    if uri is not None:
        out.print(f"Logged to MLflow, experiment {EXPERIMENT}: {uri}", soft_wrap=True)
    sys.exit(1 if failed else 0)


def _usable(err: Console, catalog: Catalog, kind: str, names: Sequence[str], sizes: Sequence[Size]) -> list[Component]:
    """Those of the components that can be called; says what is wrong with the others."""
    usable = []
    for name in names:
        cls = catalog[kind, name]
        try:
            with foreign.calling(f"{kind} {cls.name}"):
                component = _with_defaults(catalog, kind, name)
                try_out(component, sizes)
        except InputError:
            raise
        except (Exception, SystemExit) as error:  # whatever an author's code raises
            told = str(error) if isinstance(error, ContractError) else f"{type(error).__name__}: {error}"
            err.print(f"{kind} {cls.name} cannot be timed: {told}", style="red")
        else:
            usable.append(component)
    return usable


def _log(uri: str, folder: Path, kind: str, baseline: Component, rounds: int, measured: Sequence[Cost]) -> None:
    metrics = [(f"{cost.size.name}/ratio/{cost.component.name}", cost.ratio.median, 0) for cost in measured]
    params = {"kind": kind, "baseline": baseline.name, "rounds": str(rounds)}
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / f"{kind}.csv").write_text(_csv(measured), encoding="utf-8")
        try:
            mlflow.log_study(uri, mlflow.artifact_folder(uri), EXPERIMENT, params, metrics, Path(name))
        except Exception as error:  # whatever a tracking store can fail with
            console(stderr=True).print(f"Costs cannot be logged to {uri}: {error}", style="red")
            sys.exit(1)


def _csv(measured: Sequence[Cost]) -> str:
    rows: list[Sequence[Any]] = []
    for cost in measured:
        start = [cost.component.name, cost.size.name]
        for operation, each in cost.seconds.items():
            rows.append([*start, f"{operation}, s per element", cost.elements, each.median, each.low, each.high])
        rows.append([*start, "ratio to the baseline", cost.elements, cost.ratio.median, cost.ratio.low, cost.ratio.high])
    return csv_text(["component", "size", "operation", "elements", "median", "low", "high"], rows)


def _order(cost: Cost) -> tuple[int, float]:
    return SIZES.index(cost.size), cost.ratio.median


def _row(cost: Cost) -> tuple[str, ...]:
    times = (f"{each.median * 1e9:.3g}" for each in cost.seconds.values())
    ratio = cost.ratio
    return (cost.component.name, cost.size.name, *times, f"{ratio.median:.2f}", f"[{ratio.low:.2f}, {ratio.high:.2f}]")


def _with_defaults(catalog: Catalog, kind: str, name: str) -> Component:
    cls = catalog[kind, name]
    if needed(cls):
        raise InputError(f"{kind} {name} has hyperparameters without defaults and cannot be timed by its name alone")
    return cls()


def _default(catalog: Catalog, kind: str) -> Component:
    return _with_defaults(catalog, kind, catalog.find_default(kind)[0].name)
