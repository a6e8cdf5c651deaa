"""`nnbench new-plugin`: from an idea to a package."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nnbench.cli.components import KIND
from nnbench.cli.loading import load_catalog
from nnbench.cli.output import console, program, quoted
from nnbench.errors import InputError
from nnbench.scaffold import files, names

GRID_COMMANDS = ("plan compare.toml", "run compare.toml")


@click.command("new-plugin")
@click.argument("name", metavar="NAME")
@click.option("--kind", type=KIND, default="activation", show_default=True, help="Kind of the component that the plugin offers.")
@click.pass_obj
def new_plugin(without: tuple[str, ...], name: str, kind: str) -> None:
    """Write a complete plugin, ready for your own formula.

    NAME is the name of the distribution, such as nnbench-wavy. The command writes a folder of that name with a package that can be
    installed, passes its tests and can be trained as it is: a component with formula and docstring, pyproject.toml with the entry
    point, a test against the laws of its kind, a grid that compares it with its nearest relatives, and a README.
    """
    catalog = load_catalog(without)
    named = names(name, kind, catalog)
    written = files(named, catalog)
    folder = Path(name)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file, and a folder of that name is to be written")
    there = [path for path in written if (folder / path).exists()]
    if there:
        click.confirm(f"{folder} has {', '.join(there)} already. Overwrite?", abort=True)
    for path, content in written.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
    out, run = console(), program() if "/" not in program() else f"{quoted(sys.executable)} -m nnbench"
    out.print(f"{folder}/ has a plugin with the {kind} {named.component}; its formula is in {folder}/{named.module}.py.")
    out.print("What next:", style="bold")
    for command in (
        f"cd {folder}",
        "pip install -e '.[test]'",
        f"{run} check {named.distribution}",
        f"{run} plan compare.toml",
        f"{run} run compare.toml",
    ):
        out.print(f"  {command}", soft_wrap=True)
