"""The command line: argument parsing and printing only."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from nnbench import foreign, streams
from nnbench.distributions import pass_over_unreadable

pass_over_unreadable()  # before anything is imported that looks for plugins of its own

COMMANDS = {
    "run": ("nnbench.cli.launch:run", "Train a grid, and print a table or a verdict."),
    "plan": ("nnbench.cli.launch:plan", "Show what a grid would train, and how long that takes."),
    "report": ("nnbench.cli.report:report", "Print a verdict again, from stored results."),
    "claims": ("nnbench.cli.report:claims", "Launch a folder of grids, and print what became of their claims."),
    "robust": ("nnbench.cli.robust:robust", "Find out which other choices change a verdict."),
    "merge": ("nnbench.cli.report:merge", "Add the results of other folders to this one."),
    "gradcheck": ("nnbench.cli.gradcheck:gradcheck", "Check back-propagated gradients against numerical ones."),
    "check": ("nnbench.cli.check:check", "Test a package's components against the laws of their kinds."),
    "new-plugin": ("nnbench.cli.new_plugin:new_plugin", "Write a complete plugin, ready for your own formula."),
    "relatives": ("nnbench.cli.relatives:relatives_", "Measure which shipped components are most like one."),
    "list": ("nnbench.cli.components:list_", "List the components of each kind, or the launches."),
    "show": ("nnbench.cli.show:show", "Show one component: formula, hyperparameters, origin, picture."),
    "gallery": ("nnbench.cli.gallery:gallery", "Write a page with pictures of all components."),
    "plugins": ("nnbench.cli.components:plugins", "List plugins: what they offer, and which failed to load."),
    "time": ("nnbench.cli.timing:time_", "Measure how much time components take."),
    "schema": ("nnbench.cli.components:schema", "Print the JSON schema of grid files, for editors."),
    "sync": ("nnbench.cli.store:sync", "Log to MLflow the results that it does not have yet."),
    "ui": ("nnbench.cli.store:ui", "Open MLflow's UI, and print links to the latest launches."),
}


PRINT = ("plan", "report", "gradcheck", "check", "list", "show", "plugins", "schema")
"""Commands that are there to print: without a reader they end. All others go on to the end of what they do."""


class _Lazy(click.Group):
    """Imports a command when it is used, so that help comes at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, help_) in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        from difflib import get_close_matches

        name = args[0]
        if name not in COMMANDS:
            near = get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
            ctx.fail(
                f"no such command {name!r}" + (f"; did you mean {near[0]}?" if near else f" (commands: {', '.join(COMMANDS)})")
            )
        return super().resolve_command(ctx, args)


def _left_out(ctx: click.Context, _: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not value.startswith("no:"):
            raise click.BadParameter(f"{value!r}: write no:NAME to leave the plugin NAME out", ctx=ctx)
    return tuple(value.removeprefix("no:") for value in values)


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="Start with: nnbench run experiments/demo.toml, then nnbench ui. "
    "Exit status: 0 done; 1 some trials failed; 2 bad input, and nothing was changed on disk; 130 interrupted.",
)
@click.option(
    "-p",
    "without",
    metavar="no:NAME",
    multiple=True,
    callback=_left_out,
    help="Ignore the plugin NAME (nnbench plugins lists them).",
)
@click.version_option(package_name="nnbench")
@click.pass_context
def cli(ctx: click.Context, without: tuple[str, ...]) -> None:
    """Which activation, initializer, optimizer or schedule works better here, and how sure are we?

    A grid file asks the question. nnbench trains every combination of its values on synthetic data that no straight line can
    separate, keeps every result, logs it to MLflow, and says which level is better and how sure one can be.
    """
    ctx.obj = without
    if ctx.invoked_subcommand in PRINT:
        streams.only_prints()


def main() -> Any:
    """Run the command line; bad input ends in a message and exit status 2."""
    from nnbench.escaping import printable

    outlets = streams.install()
    warnings.formatwarning = lambda message, *_, **__: f"warning: {printable(str(message))}\n"
    foreign.begin_command()
    try:
        status = _run(outlets)
    finally:
        foreign.end_command()
    sys.exit(streams.finish(outlets, status))


def _run(outlets: Sequence[streams.Outlet]) -> int:
    """The exit status of the command, which has told what was wrong."""
    from nnbench.errors import InputError, PluginError
    from nnbench.escaping import printable

    try:
        cli(prog_name="nnbench")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except (InputError, PluginError) as error:
        lines = printable(str(error)).split("\n")
        click.echo("\n".join(f"error: {line}" for line in lines if line), err=True)
        return 2
    except OSError as error:
        if not any(outlet.problem is error for outlet in outlets):  # that is told when all is over
            click.echo(f"error: {printable(str(error))}", err=True)
        return 1
    return 0
