"""`nnbench list`, `plugins` and `schema`: what is installed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from nnbench import foreign
from nnbench.catalog import Catalog, Entry, Plugin
from nnbench.cli.launches import print_launches
from nnbench.cli.loading import load_catalog
from nnbench.cli.options import FOLDER
from nnbench.cli.output import console
from nnbench.cli.sheets import table
from nnbench.cli.trace import component_calls
from nnbench.grid import json_schema
from nnbench.grid.suggest import nearest
from nnbench.kinds import KINDS, plural
from nnbench.report.describe import field_rows
from nnbench.report.words import METRIC_WORDS


class Kind(click.types.StringParamType):
    """A kind by its name or plural, or one of some other words."""

    name = "kind"

    def __init__(self, *others: str) -> None:
        self.others = others

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The kind; another word as it is."""
        kind = kind_of(value)
        if kind is None and value not in self.others:
            words = [*KINDS, *self.others]
            self.fail(f"no kind {value!r}{nearest(value, words)} (kinds: {', '.join(words)})", param, ctx)
        return kind or value


def kind_of(word: str) -> str | None:
    """The kind that a word names, in the singular or plural; None if it names none."""
    return next((kind for kind in KINDS if word.lower().replace("-", "").replace("_", "") in (kind, plural(kind))), None)


KIND = Kind()
LAUNCHES = "launches"
TABLES = ("fields", "metrics", LAUNCHES)
"""What can be listed beside components."""
SLOW = 0.3
"""Seconds to load from which on a plugin is pointed out."""


HELP = f"""List the components of each kind, one per line, or the launches.

KIND is {", ".join(list(KINDS)[:-1])} or {list(KINDS)[-1]}; by default all are listed. A star marks the component that is used if a
grid names none. `nnbench list fields` lists what a grid file may say, `nnbench list metrics` what levels can be compared by, and
`nnbench list launches` the launches in the folder: ids, grids, states, times and numbers of trials.
"""


@click.command("list", help=HELP)
@click.argument("kind", type=Kind(*TABLES), required=False, metavar="[KIND|launches]")
@FOLDER
@click.pass_obj
def list_(without: tuple[str, ...], kind: str | None, folder: Path) -> None:
    """Print the table."""
    if kind == LAUNCHES:
        print_launches(folder)
        return
    out = console()
    if kind == "metrics":
        out.print(table(("metric", "meaning"), [(name, words.name) for name, words in METRIC_WORDS.items()]))
        return
    if kind == "fields":
        out.print(table(("field", "where", "meaning"), field_rows()))
        return
    catalog = load_catalog(without)
    rows = [
        (each, f"{name}{'*' if catalog.is_default(entry) else ''}", _described(entry), str(entry.origin).partition(" (")[0])
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
            out.print(f"{slow}; python -X importtime -c 'import {module}' shows why", style="yellow")
    if trace:
        out.print()
        for line in component_calls(catalog):
            out.print(line, soft_wrap=True)
        for failure in catalog.failures:
            out.print(f"\n{failure}\n{failure.traceback.rstrip()}", soft_wrap=True)
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


def _described(entry: Entry) -> str:
    """Its summary, and what it is also called."""
    try:
        with foreign.calling(f"{entry.cls.kind} {entry.cls.name}"):
            summary = str(entry.cls.summary())
    except (Exception, SystemExit) as error:  # whatever an author's code raises
        summary = f"{type(error).__name__}: {error}"
    aliases = f" Also {', '.join(entry.cls.aliases)}." if entry.cls.aliases else ""
    return f"{summary}{aliases}"


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
    """Say which plugins did not load, and what else a person should know of them."""
    for told in (*catalog.failures, *catalog.remarks):
        console(stderr=True).print(str(told), style="yellow", soft_wrap=True)
