"""`nnbench relatives`: what to compare a component with."""

from __future__ import annotations

from pathlib import Path

import click

from nnbench import foreign
from nnbench.catalog import Catalog, Entry
from nnbench.cli.components import KIND
from nnbench.cli.loading import load_catalog
from nnbench.cli.names import print_names
from nnbench.cli.output import console
from nnbench.cli.sheets import table
from nnbench.conformance.packages import components_of
from nnbench.conformance.variants import CannotMake, prototype
from nnbench.errors import ContractError, InputError
from nnbench.kinds import KINDS
from nnbench.report.pictures.files import write_whole
from nnbench.scaffold.levels import listed, with_levels
from nnbench.scaffold.relatives import Relative, relatives


@click.command("relatives")
@click.argument("name", metavar="NAME")
@click.option("--kind", type=KIND, help="Which component is meant, if several kinds have one of that name.")
@click.option("--update", "grid", metavar="GRID.toml", type=click.Path(path_type=Path), help="Write them into this grid.")
@click.pass_obj
def relatives_(without: tuple[str, ...], name: str, kind: str | None, grid: Path | None) -> None:
    """Measure which shipped components are most like a given one, by what they compute, and so what to compare it with.

    NAME is a component of any plugin, or a plugin that offers a single one: nnbench relatives wavy. With --update compare.toml the
    grid that nnbench new-plugin wrote compares it with those, and with the kind's default; run it again when the formula changed.
    """
    catalog = load_catalog(without)
    entry = _entry(catalog, name, kind)
    nearest = _nearest(catalog, entry)
    out, own = console(), catalog.written(entry)
    print_names(out, catalog, [(entry.cls.kind, name)] if (entry.cls.kind, name) in catalog else [])
    rows = [(f"{each.name}{'*' if each.default else ''}", f"{each.difference:.3g}") for each in nearest]
    out.print(table((f"like {entry.cls.kind} {own}", "difference"), rows, right=("difference",)))
    out.print("difference: 0 where both return the same for equal inputs; a star marks the kind's default")
    names = [own, *(each.name for each in nearest)]
    if grid is None:
        out.print(f"in a grid: {entry.cls.kind} = [{listed(names)}]", markup=False, soft_wrap=True)
        return
    try:
        text = grid.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{grid}: cannot be read: {error}") from None
    write_whole(grid, with_levels(text, str(grid), entry.cls.kind, names).encode())
    out.print(f"Written: {grid}", markup=False, soft_wrap=True)


def _entry(catalog: Catalog, name: str, kind: str | None) -> Entry:
    """The component that is meant; raises InputError for none and for several."""
    if kind is not None:
        return catalog.entry(kind, name)
    entries = [catalog.entry(each, name) for each in KINDS if (each, name) in catalog]
    if not entries:
        offered = components_of(catalog, name)
        entries = [entry for entry in catalog.entries if entry.cls in offered]
    if len(entries) > 1:
        which = ", ".join(f"{entry.cls.kind} {catalog.written(entry)}" for entry in entries)
        raise InputError(f"{name!r} is {which}: name one of them, and its kind with --kind")
    return entries[0]


def _nearest(catalog: Catalog, entry: Entry) -> list[Relative]:
    """Its relatives; raises InputError with what the component raises."""
    who = f"{entry.cls.kind} {entry.cls.name}"
    try:
        with foreign.calling(who):
            return relatives(prototype(entry.cls), catalog)
    except (ContractError, CannotMake) as error:
        raise InputError(f"{who}: {error}") from None
    except (Exception, SystemExit) as error:  # whatever an author's code raises
        raise InputError(f"{who}: {type(error).__name__}: {error}") from None
