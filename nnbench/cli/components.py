"""`nnbench list`, `show`, `plugins` and `schema`: what is installed."""

from __future__ import annotations

import dataclasses
import inspect
import json
import sys

import click

from nnbench.catalog import Catalog, Plugin, load_catalog
from nnbench.cli.output import console, table
from nnbench.components import KINDS, Dataset, plural
from nnbench.grid import fields, json_schema, label

KIND = click.Choice(list(KINDS))


@click.command("list")
@click.argument("kind", type=KIND, required=False, metavar="[KIND]")
@click.pass_obj
def list_(without: tuple[str, ...], kind: str | None) -> None:
    """List components with one line each; a star marks the one taken where a grid names none.

    KIND is activation, initializer, optimizer, schedule, loss, penalty, preprocessor or dataset; all of them unless given.
    """
    out = console()
    catalog = load_catalog(without)
    rows = [
        (each, f"{name}{'*' if entry.cls.default else ''}", entry.cls.summary(), str(entry.origin).partition(" (")[0])
        for each in ([kind] if kind else KINDS)
        for name, entry in ((name, catalog.entry(each, name)) for name in catalog.names(each))
    ]
    out.print(table(("kind", "name", "summary", "from"), rows))
    _report_failures(catalog)


@click.command()
@click.argument("kind", type=KIND, metavar="KIND")
@click.argument("name")
@click.pass_obj
def show(without: tuple[str, ...], kind: str, name: str) -> None:
    """Show one component: what its docstring says, its hyperparameters, and where it comes from.

    KIND and NAME are as `nnbench list` prints them, for instance: nnbench show activation tanh.
    """
    out = console()
    entry = load_catalog(without).entry(kind, name)
    cls = entry.cls
    out.print(f"{kind} {cls.name}", style="bold")
    out.print(inspect.cleandoc(cls.__doc__ or "no description"), markup=False)
    out.print()
    types = fields.hyperparameter_types(cls)
    if types:
        out.print(
            table(("hyperparameter", "default", "accepted"), [(each, *_hyperparameter(cls, each, types[each])) for each in types])
        )
    else:
        out.print("no hyperparameters")
    if issubclass(cls, Dataset) and all(fields.hyperparameter_default(cls, each) is not dataclasses.MISSING for each in types):
        made = cls()
        out.print()
        out.print(f"with the defaults: {made.classes} classes, {made.features} features, target accuracy {made.target:.3g}")
    if cls.search_space:
        out.print()
        spaces = [f"{key}: {', '.join(label(value) for value in values)}" for key, values in cls.search_space.items()]
        out.print("worth trying: " + "; ".join(spaces))
    out.print()
    out.print(f"from {entry.origin}, plugin {entry.plugin.name}, {cls.__module__}.{cls.__qualname__}", markup=False)
    written = ", ".join(f"{each} = …" for each in types)
    out.print(f'in a grid: {kind} = "{cls.name}"' + (f' or {{ name = "{cls.name}", {written} }}' if types else ""), markup=False)


@click.command()
@click.pass_obj
def plugins(without: tuple[str, ...]) -> None:
    """List every plugin found: where from, what it offers, how long it took to load; exit status 1 if one did not load."""
    out = console()
    catalog = load_catalog(without)
    rows = [
        (
            plugin.name,
            plugin.module,
            f"{plugin.distribution} {plugin.version}",
            f"{plugin.load_seconds * 1000:.0f} ms",
            _offers(plugin),
        )
        for plugin in catalog.plugins
    ]
    out.print(table(("plugin", "module", "from", "loaded in", "offers"), rows, right=("loaded in",)))
    for plugin in catalog.left_out:
        out.print(f"left out: {plugin.name} ({plugin.distribution} {plugin.version})")
    _report_failures(catalog)
    sys.exit(1 if catalog.failures else 0)


@click.command()
@click.pass_obj
def schema(without: tuple[str, ...]) -> None:
    """Print the JSON schema of grid files, with every installed component.

    Save it and name it in the first line of a grid, `#:schema nnbench.schema.json`, and editors with a TOML language server
    complete and check as you type.
    """
    click.echo(json.dumps(json_schema(load_catalog(without)), indent=2, ensure_ascii=False))


def _offers(plugin: Plugin) -> str:
    """`activations: relu, tanh`, or the hooks of a plugin without components."""
    names: dict[str, list[str]] = {}
    for component in plugin.components:
        kind, _, name = component.partition(" ")
        names.setdefault(plural(kind), []).append(name)
    offered = "; ".join(f"{kind}: {', '.join(each)}" for kind, each in names.items())
    return offered or ", ".join(plugin.hooks) or "nothing"


def _hyperparameter(cls: type, name: str, hint: object) -> tuple[str, str]:
    default = fields.hyperparameter_default(cls, name)
    kind = fields.component_kind(hint)
    return ("needed" if default is dataclasses.MISSING else label(default), f"any {kind}" if kind else fields.accepted(hint))


def _report_failures(catalog: Catalog) -> None:
    for failure in catalog.failures:
        console(stderr=True).print(str(failure), style="yellow", markup=False)
