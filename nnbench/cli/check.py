"""`nnbench check`: the components of a package against the laws of their kinds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from itertools import groupby

import click
from rich.console import Console
from rich.progress import Progress

from nnbench import foreign
from nnbench.catalog import canonical
from nnbench.cli.loading import load_catalog
from nnbench.cli.output import console, fits, table
from nnbench.conformance.packages import components_of
from nnbench.conformance.suite import Outcome, check_component, counts, laws
from nnbench.kinds import Component, plural
from nnbench.report.words import counted

CELLS = {"held": "held", "broken": "BROKEN", "does not apply": "–", "expected failure": "expected"}

SHOWN = 6
"""Components that are named where a law does not apply to many."""


@click.command()
@click.argument("package", metavar="PACKAGE")
@click.argument("components", metavar="[COMPONENT]...", nargs=-1)
@click.option("--thorough", is_flag=True, help="Draw many more hyperparameters and examples; takes a minute or so.")
@click.pass_obj
def check(without: tuple[str, ...], package: str, components: tuple[str, ...], thorough: bool) -> None:
    """Hold a package's components against the laws of their kinds.

    PACKAGE is a plugin, a module or a distribution, as `nnbench plugins` lists them; each COMPONENT is one of its own, all unless
    given. Prints laws × components, and for each law that is broken the smallest example found and what the law means.
    Exit status 1 if one is broken.
    """
    out = console()
    catalog = load_catalog(without)
    checked = components_of(catalog, package, components)
    offering = {canonical(entry.origin.distribution) for entry in catalog.entries if entry.cls in checked}
    for remark in catalog.remarks:
        if remark.distribution in offering:
            out.print(str(remark), style="yellow", markup=False, soft_wrap=True)
    began = time.perf_counter()
    outcomes = _outcomes(out, checked, thorough)
    seconds = time.perf_counter() - began
    for kind, members in groupby(checked, key=lambda cls: cls.kind):
        _print_kind(out, kind, list(members), outcomes)
    _print_details(out, outcomes)
    count = counts(outcomes)
    ran = len(outcomes) - count["does not apply"]
    out.print()
    out.print(
        f"{ran:,} laws ran on {counted(len(checked), 'component')} in {seconds:.1f} s: "
        f"{count['held']:,} held, {count['broken']:,} broken, {count['expected failure']:,} failed as expected; "
        f"{count['does not apply']:,} do not apply."
    )
    sys.exit(1 if count["broken"] else 0)


def _outcomes(out: Console, components: Sequence[type[Component]], thorough: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with Progress(console=out, transient=True, disable=not out.is_terminal or foreign.is_watched()) as bars:
        task = bars.add_task("components checked", total=len(components))
        for cls in components:
            outcomes += check_component(cls, thorough)
            bars.advance(task)
    return outcomes


def _print_kind(out: Console, kind: str, members: Sequence[type[Component]], outcomes: Sequence[Outcome]) -> None:
    """A row for each law, a column for each component; as many tables as the columns need."""
    status = {(outcome.component, outcome.law.name): CELLS[outcome.status] for outcome in outcomes}
    for some in _that_fit(out, kind, members):
        rows = [(law.name, *(status[cls, law.name] for cls in some)) for law in laws(kind)]
        out.print(table((plural(kind), *(cls.name for cls in some)), rows))
        out.print()


def _that_fit(out: Console, kind: str, members: Sequence[type[Component]]) -> Iterator[Sequence[type[Component]]]:
    longest = max(len(law.name) for law in laws(kind))
    left = list(members)
    while left:
        count = len(left)
        while count > 1 and not fits(out, table(("x" * longest, *(cls.name.ljust(8) for cls in left[:count])), [])):
            count -= 1
        yield left[:count]
        left = left[count:]


def _print_details(out: Console, outcomes: Sequence[Outcome]) -> None:
    reasons: dict[tuple[str, str], list[str]] = {}
    for outcome in outcomes:
        if outcome.status == "does not apply":
            reasons.setdefault((outcome.law.name, outcome.detail), []).append(outcome.component.name)
    for (law, reason), names in reasons.items():
        some = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        out.print(f"does not apply: {law} to {some}: {reason}", style="dim", markup=False)
    for outcome in outcomes:
        if outcome.status == "expected failure":
            out.print(f"fails as expected: {outcome.title}: {outcome.detail}", markup=False)
    for outcome in outcomes:
        if outcome.status == "broken":
            out.print()
            out.print(f"BROKEN {outcome.title}", style="bold red", markup=False)
            out.print(f"  {outcome.detail}", markup=False)
            out.print(f"  The law: {outcome.law.meaning}", markup=False)
