"""`nnbench show`: what a component is, takes, comes from and looks like."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from nnbench.catalog import Catalog, Entry, load_catalog
from nnbench.cli.components import KIND
from nnbench.cli.output import console, table
from nnbench.errors import InputError
from nnbench.grid import Grid, fields, label
from nnbench.kinds import Component, Dataset
from nnbench.report.describe import hyperparameters, needed
from nnbench.report.pictures import READING, Figure, check, draw, save, text


@click.command()
@click.argument("kind", type=KIND, metavar="KIND")
@click.argument("name")
@click.option(
    "--set",
    "overrides",
    metavar="NAME=VALUE",
    multiple=True,
    help="Set a hyperparameter for the picture, such as k=0.2; can be repeated.",
)
@click.option(
    "--save", "path", metavar="FILE", type=click.Path(path_type=Path), help="Also write the picture to a file, as .png or .svg."
)
@click.pass_obj
def show(without: tuple[str, ...], kind: str, name: str, overrides: tuple[str, ...], path: Path | None) -> None:
    """Show one component: its description, hyperparameters, origin and picture.

    KIND and NAME are as in `nnbench list`, for example nnbench show activation tanh. To draw a variant and write it to a file:
    nnbench show activation leaky_relu --set k=0.2 --save leaky.svg

    The picture shows the response and derivative of an activation; the weights of an initializer's layer, and what ten such layers
    do to activations; the path of an optimizer down a bent valley; the curve of a schedule; the value and derivative of a loss or a
    penalty; points before and after a preprocessor; the points of a data set, and what the best linear model makes of them.
    `nnbench gallery` draws all components.

    FILE is overwritten only if nnbench drew it. The exit status is 1 if the picture cannot be drawn.
    """
    catalog = load_catalog(without)
    entry = catalog.entry(kind, name)
    assignments = [_assignment(entry.cls, override) for override in overrides]
    variant = _variant(catalog, kind, name, assignments) if assignments else None
    lacking = needed(entry.cls) if variant is None else []
    how = f"It has no default to be drawn with: {' '.join(f'--set {each}=…' for each in lacking)}"
    if path:
        check(path)
        if lacking:
            raise InputError(f"{kind} {name}: {how}")
    out = console()
    _print_facts(out, entry)
    out.print()
    if lacking:
        out.print(how, markup=False)
        return
    try:
        with console(stderr=True).status("drawing"):
            component = variant or entry.cls()
            figure = draw(component, {name.partition(".")[0] for name, _ in assignments})
    except (Exception, SystemExit) as error:  # whatever an author's code raises
        console(stderr=True).print(f"It cannot be drawn: {type(error).__name__}: {error}", style="red", markup=False)
        sys.exit(1)
    figure = replace(figure, caption=f"{READING[kind]} {figure.caption}".rstrip())
    title = f"{kind} {label(component)}"
    _print_picture(out, title, figure)
    if path:
        save(figure, title, path)
        out.print(f"\nWritten: {path}", markup=False, soft_wrap=True)


def _assignment(cls: type[Component], override: str) -> tuple[str, str]:
    """Name and value; the kind before the name, as grids want it, may be there."""
    name, separator, value = override.partition("=")
    first, _, rest = name.strip().partition(".")
    if not separator or not first:
        raise InputError(f"--set: {override!r} is not of the form NAME=VALUE, for instance k=0.2")
    return (rest if rest and first == cls.kind and first not in fields.hyperparameter_types(cls) else name.strip()), value


def _variant(catalog: Catalog, kind: str, name: str, assignments: Sequence[tuple[str, str]]) -> Component:
    """The component as a grid with the same settings would have it, with the same errors."""
    overrides = [f'{kind}="{name}"', *(f"{kind}.{each}={value}" for each, value in assignments)]
    cells = Grid.from_text("[trial]\n", "command line", catalog, overrides).cells(catalog)
    if len(cells) > 1:
        raise InputError(f"--set gives {len(cells)} variants of {kind} {name}; a picture shows one")
    component: Component = getattr(cells[0], kind)
    return component


def _print_facts(out: Console, entry: Entry) -> None:
    cls = entry.cls
    out.print(f"{cls.kind} {cls.name}", style="bold")
    out.print(inspect.cleandoc(cls.__doc__ or "no description"), markup=False)
    out.print()
    parameters = hyperparameters(cls)
    if parameters:
        head = ("hyperparameter", "default", "accepted", "meaning")
        out.print(table(head, [(each.name, each.default, each.accepted, each.meaning) for each in parameters]))
    else:
        out.print("no hyperparameters")
    if issubclass(cls, Dataset) and not needed(cls):
        dataset = cls()
        out.print()
        out.print(
            f"with the defaults: {dataset.classes} classes, {dataset.features} features, target accuracy {dataset.target:.3g}"
        )
    if cls.search_space:
        out.print()
        spaces = [f"{key}: {', '.join(label(value) for value in values)}" for key, values in cls.search_space.items()]
        out.print("worth trying: " + "; ".join(spaces))
    out.print()
    out.print(f"from {entry.origin}, plugin {entry.plugin.name}, {cls.__module__}.{cls.__qualname__}", markup=False)
    written = ", ".join(f"{each.name} = …" for each in parameters)
    with_values = f' or {{ name = "{cls.name}", {written} }}' if parameters else ""
    out.print(f'in a grid: {cls.kind} = "{cls.name}"{with_values}', markup=False)


def _print_picture(out: Console, title: str, figure: Figure) -> None:
    if not text.fits(out.encoding):
        out.print("The picture needs an output in Unicode; --save draws it to a file.")
        return
    out.print(title, style="bold", markup=False)
    colors = out.is_terminal and not out.no_color and out.color_system is not None
    out.print(Text.from_ansi(text.render(figure, out.width, colors)))
