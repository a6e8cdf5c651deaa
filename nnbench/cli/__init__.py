"""The command line: argument parsing and printing only."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import click

from nnbench import foreign
from nnbench.distributions import pass_over_unreadable

pass_over_unreadable()  # before anything is imported that looks for plugins of its own

COMMANDS = {
    "run": ("nnbench.cli.launch:run", "Train what a grid lacks and log it to MLflow."),
    "plan": ("nnbench.cli.launch:plan", "Say what a grid would train, and how long that takes."),
    "report": ("nnbench.cli.report:report", "Print a comparison again, from stored results."),
    "claims": ("nnbench.cli.report:claims", "Launch the grids of a folder, and say what became of their claims."),
    "robust": ("nnbench.cli.robust:robust", "Launch a grid under other choices too, and say which turn its verdict."),
    "merge": ("nnbench.cli.report:merge", "Take over results from other folders."),
    "gradcheck": ("nnbench.cli.gradcheck:gradcheck", "Compare back-propagated with numerical gradients."),
    "check": ("nnbench.cli.check:check", "Hold a package's components against the laws of their kinds."),
    "new-plugin": ("nnbench.cli.new_plugin:new_plugin", "Write a complete plugin, to put your own formula into."),
    "relatives": ("nnbench.cli.relatives:relatives_", "Measure which shipped components are most like one."),
    "list": ("nnbench.cli.components:list_", "List components by kind, and where they come from."),
    "show": ("nnbench.cli.show:show", "Show one component: formula, hyperparameters, origin, picture."),
    "gallery": ("nnbench.cli.gallery:gallery", "Write a page with the picture of every component."),
    "plugins": ("nnbench.cli.components:plugins", "List plugins: what they offer, and which did not load."),
    "time": ("nnbench.cli.timing:time_", "Measure what components cost."),
    "schema": ("nnbench.cli.components:schema", "Print the JSON schema of grid files, for editors."),
    "sync": ("nnbench.cli.store:sync", "Log to MLflow whatever results it lacks."),
    "ui": ("nnbench.cli.store:ui", "Open the MLflow UI on the local store."),
}


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
    "Exit status: 0 done; 1 some trials failed; 2 bad input, with nothing changed on disk; 130 interrupted.",
)
@click.option(
    "-p",
    "without",
    metavar="no:NAME",
    multiple=True,
    callback=_left_out,
    help="Leave the plugin NAME out (nnbench plugins lists them).",
)
@click.version_option(package_name="nnbench")
@click.pass_context
def cli(ctx: click.Context, without: tuple[str, ...]) -> None:
    """Which activation, initializer, optimizer or schedule works better here, and how sure are we?

    A grid file asks the question; nnbench trains every combination of its values on synthetic data that no line can separate,
    keeps every result, logs them to MLflow and sums them up.
    """
    ctx.obj = without


def main() -> Any:
    """Run the command line; bad input ends in a message and exit status 2."""
    from nnbench.errors import InputError, PluginError

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # formulas have letters that some terminals lack
    warnings.formatwarning = lambda message, *_, **__: f"warning: {message}\n"
    foreign.begin_command()
    try:
        return cli(prog_name="nnbench")
    except (InputError, PluginError) as error:
        lines = str(error).splitlines()
        click.echo("\n".join(f"error: {line}" for line in lines), err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    finally:
        foreign.end_command()
