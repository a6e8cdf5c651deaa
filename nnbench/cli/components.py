"""`nnbench list`, `plugins` and `schema`: what is installed."""

from __future__ import annotations

import json
import sys

import click

from nnbench.catalog import Catalog, Plugin, load_catalog
from nnbench.cli.output import console, table
from nnbench.cli.trace import component_calls
from nnbench.grid import json_schema
from nnbench.kinds import KINDS, plural

KIND = click.Choice(list(KINDS))
SLOW = 0.3
"""Seconds to load from which on a plugin is pointed out."""


HELP = f"""List the components of each kind, one per line.

KIND is {", ".join(list(KINDS)[:-1])} or {list(KINDS)[-1]}; by default all are listed. A star marks the component that is used if a
grid names none.
"""


@click.command("list", help=HELP)
@click.argument("kind", type=KIND, required=False, metavar="[KIND]")
@click.pass_obj
def list_(without: tuple[str, ...], kind: str | None) -> None:
    """Print the table."""
    out = console()
    catalog = load_catalog(without)
    rows = [
        (each, f"{name}{'*' if entry.cls.default else ''}", entry.cls.summary(), str(entry.origin).partition(" (")[0])
        for each in ([kind] if kind else KINDS)
        for name, entry in ((name, catalog.entry(each, name)) for name in catalog.names(each))
    ]
    out.print(table(("kind", "name", "summary", "from"), rows))
    report_failures(catalog)


@click.command()
@click.option("--trace", is_flag=True, help="Also show what each plugin's hook returns, and the tracebacks of failures.")
@click.pass_obj
def plugins(without: tuple[str, ...], trace: bool) -> None:
    """List plugins: what they offer, and which failed to load.

    Also shows where each plugin comes from and how long it took to load. A slow one is pointed out, because every command waits
    for it. The exit status is 1 if a plugin failed to load. To see the hooks of a launch, use nnbench run --trace.
    """
    out = console()
    catalog = load_catalog(without)
    rows = [(*_whence(plugin), f"{plugin.load_seconds * 1000:,.0f} ms", _offers(plugin)) for plugin in catalog.plugins]
    rows += [(*_whence(failure.plugin), "failed", failure.cause) for failure in catalog.failures]
    out.print(table(("plugin", "module", "from", "loaded in", "offers"), rows, right=("loaded in",)))
    for plugin in catalog.left_out:
        out.print(f"left out: {plugin.name} ({plugin.distribution} {plugin.version})")
    for plugin in catalog.plugins:
        if plugin.load_seconds > SLOW:
            slow = f"slow: {plugin.name} took {plugin.load_seconds:.1f} s to load, and every command waits for it"
            module = plugin.module.partition(":")[0]
            out.print(f"{slow}; python -X importtime -c 'import {module}' shows why", style="yellow", markup=False)
    if trace:
        out.print()
        for line in component_calls(catalog):
            out.print(line, markup=False, soft_wrap=True)
        for failure in catalog.failures:
            out.print(f"\n{failure}\n{failure.traceback.rstrip()}", markup=False, soft_wrap=True)
    report_failures(catalog)
    sys.exit(1 if catalog.failures else 0)


@click.command()
@click.pass_obj
def schema(without: tuple[str, ...]) -> None:
    """Print the JSON schema of grid files, with every installed component.

    Save it as nnbench.schema.json, and begin a grid with the line `#:schema nnbench.schema.json`: an editor with a TOML language
    server then completes and checks what you type.
    """
    click.echo(json.dumps(json_schema(load_catalog(without)), indent=2, ensure_ascii=False))


def _whence(plugin: Plugin) -> tuple[str, str, str]:
    return plugin.name, plugin.module, f"{plugin.distribution} {plugin.version}"


def _offers(plugin: Plugin) -> str:
    """`activations: relu, tanh`, or the hooks of a plugin without components."""
    names: dict[str, list[str]] = {}
    for component in plugin.components:
        kind, _, name = component.partition(" ")
        names.setdefault(plural(kind), []).append(name)
    offered = "; ".join(f"{kind}: {', '.join(each)}" for kind, each in names.items())
    return offered or ", ".join(plugin.hooks) or "nothing"


def report_failures(catalog: Catalog) -> None:
    """Say which plugins did not load."""
    for failure in catalog.failures:
        console(stderr=True).print(str(failure), style="yellow", markup=False)
