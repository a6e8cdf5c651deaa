"""`nnbench time`: what components cost."""

from __future__ import annotations

import click
from rich.progress import Progress

from nnbench.catalog import Catalog, load_catalog
from nnbench.cli.components import KIND
from nnbench.cli.output import console, table
from nnbench.components import Component, plural
from nnbench.errors import InputError
from nnbench.timing import ELEMENTS, SIZES, Cost, costs


@click.command("time")
@click.argument("kind", type=KIND, metavar="KIND")
@click.argument("names", nargs=-1, metavar="[NAMES]...")
@click.option("--baseline", metavar="NAME", help="What ratios are to; the kind's default unless given.")
@click.option(
    "--size",
    "sizes",
    type=click.Choice([size.name for size in SIZES]),
    multiple=True,
    help="one network alone, a stack of 32, or two wide networks; all three unless given.",
)
@click.option("--rounds", type=click.IntRange(6), default=15, show_default=True, help="Interleaved measurements of each.")
@click.pass_obj
def time_(
    without: tuple[str, ...], kind: str, names: tuple[str, ...], baseline: str | None, sizes: tuple[str, ...], rounds: int
) -> None:
    """Measure what components of a kind cost on this machine, on one thread, with their default hyperparameters.

    All components of the kind, or those named: nnbench time activation relu gelu. Times are medians, in nanoseconds for each
    element (pre-activation, parameter, …); ratios are to the baseline's in the same round, with a 95 % interval. Leave the machine
    alone meanwhile.
    """
    catalog = load_catalog(without)
    chosen = [_made(catalog, kind, name) for name in names or catalog.names(kind)]
    against = _made(catalog, kind, baseline) if baseline else _default(catalog, kind)
    at = [size for size in SIZES if not sizes or size.name in sizes]
    out, err = console(), console(stderr=True)
    with Progress(console=err, transient=True, disable=not err.is_terminal) as bars:
        task = bars.add_task(f"timing {len(chosen)} {plural(kind)}", total=rounds * len(at))
        found = costs(chosen, against, at, rounds, lambda: bars.advance(task))
    operations = list(found[0].seconds)
    head = (kind, "size", *(f"{operation} ns" for operation in operations), f"ratio to {against.name}", "95 % interval")
    out.print(table(head, [_row(cost) for cost in sorted(found, key=_order)], right=head[2:]))
    out.print(
        f"ns for each {ELEMENTS[kind]}; {rounds} interleaved rounds on one thread; " + "; ".join(map(str, map(_described, at)))
    )


def _described(size: object) -> str:
    name, networks, width, batch = (getattr(size, each) for each in ("name", "networks", "width", "batch"))
    return f"{name}: {networks} × {width}-{width}, batch {batch}"


def _order(cost: Cost) -> tuple[int, float]:
    return SIZES.index(cost.size), cost.ratio.median


def _row(cost: Cost) -> tuple[str, ...]:
    times = (f"{each.median * 1e9:.3g}" for each in cost.seconds.values())
    ratio = cost.ratio
    return (cost.component.name, cost.size.name, *times, f"{ratio.median:.2f}", f"[{ratio.low:.2f}, {ratio.high:.2f}]")


def _made(catalog: Catalog, kind: str, name: str) -> Component:
    try:
        return catalog[kind, name]()
    except TypeError:
        raise InputError(f"{kind} {name} has hyperparameters without defaults and cannot be timed by its name alone") from None


def _default(catalog: Catalog, kind: str) -> Component:
    return next(_made(catalog, kind, name) for name in catalog.names(kind) if catalog[kind, name].default)
