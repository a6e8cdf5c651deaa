"""`nnbench show` draws: in terminals, where there is none, and to files."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from helpers import activation_plugin, make_plugin, nnbench

from nnbench import load_catalog
from nnbench.cli import cli
from nnbench.errors import NnbenchError
from nnbench.report.pictures import draw, text

BRAILLE = re.compile("[⠁-⣿]")
NEEDY = activation_plugin("Needy").replace('    """z²."""\n', '    """z²."""\n\n    k: float\n')


def show(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["show", *arguments], prog_name="nnbench")


def refused(*arguments: str) -> str:
    """What bad input is answered with."""
    result = show(*arguments)
    assert isinstance(result.exception, NnbenchError), result.output
    assert not BRAILLE.search(result.output)
    return str(result.exception)


def test_the_picture_is_plain_text_where_the_output_is_no_terminal(tmp_path: Path) -> None:
    done = nnbench("show", "activation", "tanh", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    expected = text.render(draw(load_catalog()["activation", "tanh"]()), 160, colors=False)
    shown = [line.rstrip() for line in done.stdout.splitlines()]
    assert all(line in shown for line in expected.splitlines()[:18])
    assert "Response and derivative" in done.stdout


def in_terminal(*arguments: str, columns: int, **environment: str) -> str:
    """What a command prints to a terminal so wide."""
    ours, theirs = pty.openpty()
    base = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "nnbench", *arguments],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env={**base, "TERM": "xterm-256color", "COLUMNS": str(columns), "OMP_NUM_THREADS": "1", **environment},
    )
    os.close(theirs)
    found = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how Linux tells that the other side has closed
            break
        if not part:
            break
        found += part
    os.close(ours)
    assert process.wait(60) == 0
    return found.decode()


def test_in_a_terminal_the_picture_has_colours_and_fits() -> None:
    found = in_terminal("show", "activation", "leaky_relu", columns=80)
    assert re.search(r"\x1b\[\d*m?[^\n]*[⠁-⣿]", found)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", found).replace("\r", "")
    assert max(map(len, plain.splitlines())) <= 80
    assert "\nresponse" in plain
    assert "\nderivative" in plain


def test_in_a_terminal_without_colours_it_has_none() -> None:
    found = in_terminal("show", "activation", "leaky_relu", columns=100, NO_COLOR="1")
    assert BRAILLE.search(found)
    assert not re.search(r"\x1b\[3\d", found)


def test_where_braille_cannot_be_written_the_picture_is_left_out(tmp_path: Path) -> None:
    done = nnbench("show", "activation", "tanh", cwd=tmp_path, environment={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "The picture needs an output in Unicode; --save draws it to a file." in done.stdout


@pytest.mark.parametrize("override", ["k=0.2", "activation.k=0.2", " k = 0.2"])
def test_a_hyperparameter_can_be_set(override: str) -> None:
    result = show("activation", "leaky_relu", "--set", override)
    assert result.exit_code == 0, result.output
    assert "activation leaky_relu(k=0.2)" in result.output
    expected = text.render(draw(load_catalog()["activation", "leaky_relu"](k=0.2)), 160, colors=False)
    assert expected.splitlines()[12].rstrip() in [line.rstrip() for line in result.output.splitlines()]


def test_an_optimizers_rate_is_the_best_one_or_the_one_that_is_set() -> None:
    assert "lr = 0.3, the one of 7 in its search space" in " ".join(show("optimizer", "sgd").output.split())
    given = " ".join(show("optimizer", "momentum", "--set", "lr=0.02", "--set", "mu=0.5").output.split())
    assert "optimizer momentum(lr=0.02, mu=0.5)" in given
    assert "lr = 0.02, as given" in given


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["k=2.0"], ["activation.k", "2.0", "must be below 1", "accepted: a number above 0 and below 1"]),
        (["k=soft"], ["activation.k", '"soft"', "number"]),
        (["slope=0.1"], ["no such hyperparameter", "it has: k"]),
        (["k=0.1,0.2"], ["2 variants of activation leaky_relu", "a picture shows one"]),
        (["k"], ["'k' is not of the form NAME=VALUE"]),
        (["=0.2"], ["is not of the form NAME=VALUE"]),
        (["k=3.0", "slope=1"], ["activation.k", "activation.slope"]),
    ],
)
def test_bad_values_are_told_as_for_a_grid(overrides: list[str], words: list[str]) -> None:
    message = refused("activation", "leaky_relu", *(part for each in overrides for part in ("--set", each)))
    assert all(word in message for word in words), message


def test_a_picture_is_saved_and_told(tmp_path: Path) -> None:
    path = tmp_path / "relu.svg"
    result = show("activation", "relu", "--save", str(path))
    assert result.exit_code == 0, result.output
    assert f"Written: {path}" in result.output
    assert path.read_text().startswith("<?xml")
    assert show("activation", "tanh", "--save", str(path)).exit_code == 0  # nnbench drew what was there


@pytest.mark.parametrize(
    ("name", "words"),
    [("relu.jpg", "saved as .png or .svg"), ("gone/relu.png", "no folder"), ("mine.svg", "no picture that nnbench drew")],
)
def test_a_file_that_cannot_be_written_is_told_before_anything_is_drawn(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "mine.svg").write_text("<svg>mine</svg>")
    assert words in refused("activation", "relu", "--save", str(tmp_path / name))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.svg"]
    assert (tmp_path / "mine.svg").read_text() == "<svg>mine</svg>"


def test_a_component_that_fails_is_told_after_what_can_be_said(tmp_path: Path) -> None:
    plugin = make_plugin(tmp_path / "plugin", "torn", activation_plugin("Torn", forward="raise RuntimeError('no way')"))
    done = nnbench("show", "activation", "torn", "--save", "torn.svg", cwd=tmp_path, path=[plugin])
    assert done.returncode == 1
    assert "z²." in done.stdout
    assert done.stderr.strip() == "activation torn cannot be drawn: RuntimeError: no way"
    assert not (tmp_path / "torn.svg").exists()


def test_a_component_without_defaults_is_drawn_once_it_has_values(tmp_path: Path) -> None:
    plugin = make_plugin(tmp_path / "plugin", "needy", NEEDY)
    bare = nnbench("show", "activation", "needy", cwd=tmp_path, path=[plugin])
    assert bare.returncode == 0
    assert "It has no default to be drawn with: --set k=…" in bare.stdout
    assert not BRAILLE.search(bare.stdout)
    unsaved = nnbench("show", "activation", "needy", "--save", "needy.svg", cwd=tmp_path, path=[plugin])
    assert unsaved.returncode == 2
    assert "--set k=…" in unsaved.stderr
    given = nnbench("show", "activation", "needy", "--set", "k=1", cwd=tmp_path, path=[plugin])
    assert given.returncode == 0
    assert BRAILLE.search(given.stdout)


def test_in_a_terminal_of_80_columns_paragraphs_are_wrapped_and_links_are_whole() -> None:
    found = in_terminal("show", "loss", "brier_score", columns=80)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", found).replace("\r", "")
    assert max(map(len, plain.splitlines())) <= 80
    assert "\nBrier 1950: https://doi.org/10.1175/1520-0493(1950)078%3C0001:VOFEIT%3E2.0.CO;2\n" in plain
    said = plain.partition("no hyperparameters")[0].split("\n\n")
    for paragraph in said[1:4]:  # full lines, whatever their author's
        assert all(len(f"{line} {below.split()[0]}") > 80 for line, below in pairwise(paragraph.splitlines()))


@pytest.mark.parametrize("words", [("prelu",), ("activations", "prelu"), ("Activation", "prelu")])
def test_a_name_or_a_plural_is_enough_to_show_a_component(words: tuple[str, ...]) -> None:
    result = show(*words)
    assert (result.exit_code, result.output.splitlines()[0]) == (0, "activation prelu")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("none",), "nnbench show penalty none or nnbench show preprocessor none"),
        (("rellu",), "no component 'rellu'; did you mean activation relu"),
        (("activation",), "nnbench list activation lists them"),
        (("activatio", "relu"), "no kind 'activatio'; did you mean activation?"),
        (("relu", "tanh", "elu"), "one component at a time"),
    ],
)
def test_what_cannot_be_shown_is_told_with_what_can(words: tuple[str, ...], told: str) -> None:
    assert told in refused(*words)
