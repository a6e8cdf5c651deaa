"""What each command prints, and what it leaves on disk."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from helpers import activation_plugin, make_plugin, nnbench

from nnbench import Grid, load_catalog
from nnbench.cli import COMMANDS, cli
from nnbench.grid import fields
from nnbench.kinds import KINDS

CATALOG = load_catalog()
COMPONENTS = [(kind, name) for kind in KINDS for name in CATALOG.names(kind)]
GRID = """
question = "Does any of this matter?"
seeds = 2
[trial]
activation = ["relu", "tanh"]
epochs = 1
"""


def said(*arguments: str) -> str:
    """What a command prints, run in this process."""
    result = CliRunner().invoke(cli, arguments, prog_name="nnbench", catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output
    return result.output


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    path = tmp_path / "grid.toml"
    path.write_text(GRID)
    return path


def test_help_lists_every_command_and_how_to_start() -> None:
    text = said("--help")
    assert all(re.search(rf"^  {name}\s+\S", text, re.MULTILINE) for name in COMMANDS)
    assert "no:NAME" in text
    assert "Start with: nnbench run" in text
    assert "Exit status" in text


@pytest.mark.parametrize("name", list(COMMANDS))
def test_help_of_a_command_says_what_it_does_and_explains_each_option(name: str) -> None:
    text = said(name, "--help")
    command = cli.get_command(None, name)  # type: ignore[arg-type]
    context = click.Context(command, info_name=name)
    assert command.get_short_help_str(200).rstrip(".") in " ".join(text.split())
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help
            assert parameter.opts[0] in text
        else:
            assert "".join(parameter.make_metavar(context).split()) in "".join(text.split("\n\n")[0].split())


def test_a_command_and_its_line_in_the_overview_agree() -> None:
    assert all(cli.get_command(None, name).name == name for name in COMMANDS)  # type: ignore[arg-type]


def test_the_version_is_that_of_the_harness() -> None:
    assert CATALOG.harness.version in said("--version")


def test_list_names_every_component_and_marks_the_defaults() -> None:
    lines = [line.split() for line in said("list").splitlines()[1:] if not line.startswith(" ")]
    assert [(kind, name.rstrip("*")) for kind, name, *_ in lines] == COMPONENTS
    assert {kind for kind, name, *_ in lines if name.endswith("*")} == set(KINDS)


@pytest.mark.parametrize("kind", list(KINDS))
def test_list_of_a_kind_names_its_components_alone(kind: str) -> None:
    lines = [line.split() for line in said("list", kind).splitlines()[1:] if not line.startswith(" ")]
    assert [(first, name.rstrip("*")) for first, name, *_ in lines] == [each for each in COMPONENTS if each[0] == kind]


@pytest.mark.parametrize(("kind", "name"), COMPONENTS)
def test_show_tells_what_a_component_is_takes_and_comes_from(kind: str, name: str) -> None:
    text = said("show", kind, name)
    entry = CATALOG.entry(kind, name)
    assert text.startswith(f"{kind} {entry.cls.name}\n")
    assert entry.cls.summary().split("`")[0][:40] in text
    assert all(re.search(rf"^{field}\s", text, re.MULTILINE) for field in fields.hyperparameter_types(entry.cls))
    assert f"plugin {entry.plugin.name}" in text
    assert f'{kind} = "{name}"' in text


@pytest.mark.parametrize(("kind", "name"), COMPONENTS)
def test_what_show_says_to_write_in_a_grid_is_accepted(kind: str, name: str) -> None:
    written = re.search(r"in a grid: (.*?)(?: or .*)?$", said("show", kind, name), re.MULTILINE)
    (cell,) = Grid.from_text(f"[trial]\n{written[1]}\n").cells(CATALOG)
    assert getattr(cell, kind) == CATALOG[kind, name]()


def test_plugins_lists_each_with_what_it_offers() -> None:
    text = said("plugins")
    assert all(f"{plugin.name} " in text and plugin.module in text for plugin in CATALOG.plugins)
    assert re.search(r"activations: .*\btanh\b", text)


def test_a_plugin_can_be_left_out() -> None:
    assert not re.search(r"^activation\b", said("-p", "no:activations", "list"), re.MULTILINE)
    assert "left out: activations" in said("-p", "no:activations", "plugins")


def test_an_installed_plugin_shows_up_and_a_broken_one_is_told(tmp_path: Path) -> None:
    good = make_plugin(tmp_path / "good", "curves", activation_plugin("Cubic"), version="1.2")
    bad = make_plugin(tmp_path / "bad", "broken", "import does_not_exist_anywhere")
    done = nnbench("plugins", cwd=tmp_path, path=[good, bad])
    assert done.returncode == 1
    assert re.search(r"^curves +curves +curves 1\.2 .*activations: cubic", done.stdout, re.MULTILINE)
    assert "plugin broken (broken, from broken 1.0) did not load: ModuleNotFoundError" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_the_schema_is_json_that_knows_every_component() -> None:
    schema = json.loads(said("schema"))
    for kind, name in COMPONENTS:
        assert {"const": name, "description": CATALOG[kind, name].summary()} in schema["$defs"][kind]["anyOf"]


def test_a_plan_counts_and_writes_nothing(grid: Path) -> None:
    before = sorted(grid.parent.rglob("*"))
    done = nnbench("plan", grid.name, "--set", "hidden=[8],[4]", "--workers", "1", cwd=grid.parent)
    assert done.returncode == 0, done.stderr
    found = dict(re.split(r"  +", line.strip(), maxsplit=1) for line in done.stdout.splitlines() if "  " in line)
    assert (found["cells"], found["seeds"], found["trials"], found["with results"]) == ("4", "0, 1", "8", "0")
    assert found["to train"].startswith("8 in 2 stacks, 64 steps")
    assert "2-8-2 (4)" in found["networks"]
    assert "1 worker," in found["training time"]
    assert "Does any of this matter?" in done.stdout
    assert sorted(grid.parent.rglob("*")) == before
    assert "\x1b" not in done.stdout


def test_a_grid_is_trained_once_and_again_when_asked(grid: Path) -> None:
    def run(*options: str) -> str:
        done = nnbench("run", grid.name, "--no-tracking", "--workers", "1", *options, cwd=grid.parent)
        assert (done.returncode, done.stderr) == (0, "")
        assert "\x1b" not in done.stdout
        assert "Does any of this matter?" in done.stdout
        return done.stdout

    def stored() -> set[Path]:
        return set(grid.parent.glob("mlruns/results/*.parquet"))

    first = run()
    assert "2 cells × 2 seeds = 4 trials; 1 worker\n" in first
    assert "4 trials done, 0 diverged" in first
    kept = stored()
    assert kept
    assert not list(grid.parent.glob("mlruns/*.db"))

    second = run()
    assert "Nothing was trained" in second
    assert stored() == kept
    assert [line for line in second.splitlines() if "±" in line] == [line for line in first.splitlines() if "±" in line]

    more = run("--set", "activation=relu,tanh,sigmoid")
    assert "6 trials, 4 of them have results already" in more

    before = stored()
    fresh = run("--fresh")
    assert "Nothing was trained" not in fresh
    assert stored() > before
