"""`nnbench show`: what a component is, takes, comes from and looks like."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from nnbench import foreign
from nnbench.catalog import Catalog, Entry
from nnbench.cli.components import kind_of
from nnbench.cli.loading import load_catalog
from nnbench.cli.names import print_names
from nnbench.cli.output import console
from nnbench.cli.sheets import table
from nnbench.errors import ContractError, InputError
from nnbench.grid import Grid, fields, label
from nnbench.grid.suggest import nearest
from nnbench.kinds import KINDS, Component, Dataset
from nnbench.report.describe import hyperparameters, needed, paragraphs
from nnbench.report.pictures import READING, Figure, check, draw, save, text
from nnbench.report.words import counted


@click.command()
@click.argument("words", metavar="[KIND] NAME", nargs=-1, required=True)
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
def show(without: tuple[str, ...], words: tuple[str, ...], overrides: tuple[str, ...], path: Path | None) -> None:
    """Show one component: its description, hyperparameters, origin and picture.

    KIND and NAME are as in `nnbench list`, for example nnbench show activation tanh; a name that only one kind has is enough. To
    draw a variant and write it to a file: nnbench show activation leaky_relu --set k=0.2 --save leaky.svg

    The picture shows the response and derivative of an activation; the weights of an initializer's layer, and what ten such layers
    do to activations; the path of an optimizer down a bent valley; the curve of a schedule; the value and derivative of a loss or a
    penalty; points before and after a preprocessor; the points of a data set, and what the best linear model makes of them.
    `nnbench gallery` draws all components.

    FILE is overwritten only if nnbench drew it. The exit status is 1 if the picture cannot be drawn.
    """
    catalog = load_catalog(without)
    kind, name = _kind_and_name(catalog, words)
    entry = catalog.entry(kind, name)
    assignments = [_assignment(entry.cls, override) for override in overrides]
    variant = _variant(catalog, kind, name, assignments) if assignments else None
    lacking = needed(entry.cls) if variant is None else []
    how = f"It has no default to be drawn with: {' '.join(f'--set {each}=…' for each in lacking)}"
    if path:
        check(path)
        if lacking:
            raise InputError(f"{kind} {name}: {how}")
    out, component, figure, problem = console(), variant, None, ""
    if not lacking:  # drawn first: what ends the process is found out before anything is printed
        try:
            with foreign.calling(f"{kind} {entry.cls.name}"):
                component = variant or entry.cls()
                figure = draw(component, {name.partition(".")[0] for name, _ in assignments})
        except (Exception, SystemExit) as error:  # whatever an author's code raises
            problem = str(error) if isinstance(error, ContractError) else f"{type(error).__name__}: {error}"
    print_names(out, catalog, [(kind, name)])
    _print_facts(out, entry, catalog.written(entry), variant)
    out.print()
    if lacking:
        out.print(how)
        return
    if figure is None or component is None:
        console(stderr=True).print(f"{kind} {entry.cls.name} cannot be drawn: {problem}", style="red")
        sys.exit(1)
    figure = replace(figure, caption=f"{READING[kind]} {figure.caption}".rstrip())
    title = f"{kind} {label(component)}"
    _print_picture(out, title, figure)
    if path:
        save(figure, title, path)
        out.print(f"\nWritten: {path}", soft_wrap=True)


def _kind_and_name(catalog: Catalog, words: Sequence[str]) -> tuple[str, str]:
    """The component that is meant; raises InputError if that cannot be told."""
    if len(words) > 2:
        raise InputError(f"show one component at a time: nnbench show {words[0]} {words[1]}")
    if len(words) == 2:
        kind = kind_of(words[0])
        if kind is None:
            raise InputError(f"no kind {words[0]!r}{nearest(words[0], KINDS)} (kinds: {', '.join(KINDS)})")
        return kind, words[1]
    (name,) = words
    kinds = [kind for kind in KINDS if (kind, name) in catalog]
    if len(kinds) == 1:
        return kinds[0], name
    if kinds:
        several = " or ".join(f"nnbench show {kind} {name}" for kind in kinds)
        raise InputError(f"{name} is the NAME of more than one component: {several}")
    if kind_of(name):
        raise InputError(f"{name} is a kind; add a NAME: nnbench list {kind_of(name)} lists them")
    told = {each: f"{kind} {each}" for kind in KINDS for each in catalog.names(kind)}
    raise InputError(f"no component {name!r}{nearest(name, told, told)} (nnbench list lists all)")


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


def _print_facts(out: Console, entry: Entry, name: str, variant: Component | None) -> None:
    cls = entry.cls
    out.print(f"{cls.kind} {cls.name}", style="bold")
    for paragraph in paragraphs(cls.__doc__ or "no description"):
        out.print("\n".join(paragraph.lines), end="\n\n")
    if cls.aliases:
        out.print(f"also called {', '.join(cls.aliases)}")
    parameters = hyperparameters(cls, variant)
    if parameters:
        head = ("hyperparameter", "default", "accepted", "meaning")
        out.print(table(head, [(each.name, each.default, each.accepted, each.meaning) for each in parameters]))
    else:
        out.print("no hyperparameters")
    if issubclass(cls, Dataset) and not needed(cls):
        out.print()
        out.print(_with_defaults(cls))
    if cls.search_space:
        out.print()
        spaces = [f"{key}: {', '.join(label(value) for value in values)}" for key, values in cls.search_space.items()]
        out.print("worth trying: " + "; ".join(spaces))
    out.print()
    out.print(f"from {entry.origin}, plugin {entry.plugin.name}, {cls.__module__}.{cls.__qualname__}")
    written = ", ".join(f"{each.name} = …" for each in parameters)
    with_values = f' or {{ name = "{name}", {written} }}' if parameters else ""
    out.print(f'in a grid: {cls.kind} = "{name}"{with_values}')


def _with_defaults(cls: type[Dataset]) -> str:
    """What a data set says of itself."""
    try:
        with foreign.calling(f"{cls.kind} {cls.name}"):
            dataset = cls()
            told = f"{dataset.classes} classes, {counted(dataset.features, 'feature')}, target accuracy {dataset.target:.3g}"
    except (Exception, SystemExit) as error:  # whatever an author's code raises
        told = f"{type(error).__name__}: {error}"
    return f"with the defaults: {told}"


def _print_picture(out: Console, title: str, figure: Figure) -> None:
    if not text.fits(out.encoding):
        out.print("The picture needs an output in Unicode; --save draws it to a file.")
        return
    out.print(title, style="bold")
    colors = out.is_terminal and not out.no_color and out.color_system is not None
    out.print(Text.from_ansi(text.render(figure, out.width, colors)))
