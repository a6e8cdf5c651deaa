"""`nnbench check`: the components of a package against the laws of their kinds."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import groupby

import click
from hypothesis.configuration import set_hypothesis_home_dir
from rich.console import Console

from nnbench import foreign
from nnbench.catalog import Catalog, Entry
from nnbench.cli.loading import load_catalog
from nnbench.cli.output import console, counting, fits
from nnbench.cli.sheets import table
from nnbench.conformance.packages import components_of, failures_of, namesakes
from nnbench.conformance.suite import Outcome, check_component, laws, tally
from nnbench.kinds import Component, plural
from nnbench.report.words import counted

CELLS = {
    "held": "held",
    "broken": "BROKEN",
    "not judged": "NOT JUDGED",
    "not tried": "not tried",
    "does not apply": "–",
    "expected failure": "expected",
}

SHOWN = 6
"""Components that are named where a law does not apply to many."""


@click.command()
@click.argument("package", metavar="PACKAGE")
@click.argument("components", metavar="[COMPONENT]...", nargs=-1)
@click.option(
    "--thorough", is_flag=True, help="Try many more hyperparameters and examples, finer points and all sizes; takes minutes."
)
@click.pass_obj
def check(without: tuple[str, ...], package: str, components: tuple[str, ...], thorough: bool) -> None:
    """Test a package's components against the laws of their kinds.

    PACKAGE is a plugin, a module or a distribution, as in `nnbench plugins`. Each COMPONENT is one that it offers; by default all
    of them are tested. Prints a table of laws × components, and for each broken law the smallest example that breaks it and what
    the law means. The exit status is 1 if a law is broken or could not be judged,
    or if a part of the package did not load.
    """
    out = console()
    catalog = load_catalog(without)
    checked = components_of(catalog, package, components)
    failures = failures_of(catalog, package)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        set_hypothesis_home_dir(scratch)  # what hypothesis remembers is not to lie where somebody happens to work
        outcomes = _outcomes(out, checked, thorough)
    seconds = time.perf_counter() - began
    for kind, members in groupby(checked, key=lambda cls: cls.kind):
        _print_kind(out, kind, list(members), outcomes)
    _print_details(out, outcomes)
    for failure in failures:
        out.print()
        out.print(str(failure), style="bold red", markup=False)
    for cls, others in namesakes(catalog, checked).items():
        out.print()
        out.print(_shared_name(catalog, cls, others), style="yellow", markup=False)
    out.print()
    statuses = [outcome.status for outcome in outcomes]
    out.print(tally(statuses, f" on {counted(len(checked), 'component')} in {seconds:.1f} s"), markup=False)
    sys.exit(1 if failures or {"broken", "not judged"} & set(statuses) else 0)


def _shared_name(catalog: Catalog, cls: type[Component], others: Sequence[Entry]) -> str:
    own = next(entry for entry in catalog.entries if entry.cls is cls)
    shipped = catalog.harness.distribution
    offered = (
        f"WARNING {cls.kind} {cls.name}: {', '.join(entry.origin.distribution for entry in others)} offers one of that name too"
    )
    names = [own, *(entry for entry in others if entry.origin.distribution != shipped)]
    told = " and ".join(f'"{entry.qualified}"' for entry in names if entry.origin.distribution != shipped)
    if len(names) == len(others) + 1:
        return f"{offered}: grids must write {told}; another name saves them that"
    return f'{offered}: "{cls.name}" keeps meaning that of {shipped}, and grids reach the other as {told}; choose another name'


def _outcomes(out: Console, components: Sequence[type[Component]], thorough: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with counting(out, foreign.is_watched()) as bars:
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


def _not_tried(outcomes: Sequence[Outcome]) -> list[str]:
    """For each component and reason, how many laws were not tried."""
    groups: dict[tuple[type[Component], str], int] = {}
    for outcome in outcomes:
        if outcome.status == "not tried":
            groups[outcome.component, outcome.detail] = groups.get((outcome.component, outcome.detail), 0) + 1
    return [f"not tried: {counted(count, 'law')} on {cls.kind} {cls.name}: {detail}" for (cls, detail), count in groups.items()]


def _print_details(out: Console, outcomes: Sequence[Outcome]) -> None:
    reasons: dict[tuple[str, str], list[str]] = {}
    for outcome in outcomes:
        if outcome.status == "does not apply":
            reasons.setdefault((outcome.law.name, outcome.detail), []).append(outcome.component.name)
    for (law, reason), names in reasons.items():
        some = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        out.print(f"does not apply: {law} to {some}: {reason}", style="dim", markup=False)
    for untried in _not_tried(outcomes):
        out.print(untried, style="dim", markup=False)
    for outcome in outcomes:
        if outcome.excused:
            told = f"{100 * outcome.excused:.2g} % of what was looked at lies at a kink, where one of both slopes is right"
            out.print(f"excused: {outcome.title}: {told}", style="dim", markup=False)
    for outcome in outcomes:
        if outcome.status == "not judged":
            out.print(f"NOT JUDGED {outcome.title}: {outcome.detail}", style="bold yellow", markup=False)
    for outcome in outcomes:
        if outcome.status == "expected failure":
            out.print(f"fails as expected: {outcome.title}: {outcome.detail}")
    for outcome in outcomes:
        if outcome.status == "broken":
            out.print()
            out.print(f"BROKEN {outcome.title}", style="bold red")
            out.print(f"  {outcome.detail}")
            out.print(f"  The law: {outcome.law.meaning}")
