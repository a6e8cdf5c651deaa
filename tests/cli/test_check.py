"""`nnbench check`: laws × components, the smallest example of what is broken, and how many laws ran."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers import activation_plugin, make_plugin, nnbench

from nnbench.cli import cli
from nnbench.conformance import laws

MIXED = (
    activation_plugin("Cubic").replace("z * z", "z * z * z").replace("2 * z", "3 * z * z").split("@hookimpl")[0]
    + '''
class Soft(Cubic):
    """log(1 + e^z)."""

    expected_failures = {"finite": "to be mended"}

    def forward(self, z):
        return np.log(1 + np.exp(z))

    def derivative(self, z, a):
        return 1 / (1 + np.exp(-z))


class Wrong(Cubic):
    """z³ with a derivative that forgot something."""

    def derivative(self, z, a):
        return 3 * z


@hookimpl
def nnbench_components():
    return [Wrong, Soft, Cubic]
'''
)


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_plugin(tmp_path_factory.mktemp("plugin"), "curves", MIXED)


@pytest.fixture(scope="module")
def said(plugin: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    done = nnbench("check", "curves", cwd=tmp_path_factory.mktemp("work"), path=[plugin])
    assert (done.returncode, done.stderr) == (1, "")
    assert "\x1b" not in done.stdout
    return done.stdout


def test_there_is_a_row_for_each_law_and_a_column_for_each_component(said: str) -> None:
    head, *rows = said.splitlines()
    assert head.split() == ["activations", "cubic", "soft", "wrong"]
    table = {row.split()[0]: row.split()[1:] for row in rows[: rows.index("")]}
    assert list(table) == [law.name for law in laws("activation")]
    assert table["finite"] == ["held", "expected", "held"]
    assert table["derivative_matches_differences"] == ["held", "held", "BROKEN"]
    assert table["hyperparameters_broadcast"] == ["–", "–", "–"]


def test_what_is_broken_is_told_with_the_smallest_example_and_the_meaning(said: str) -> None:
    _, _, told = said.partition("BROKEN activation wrong: derivative_matches_differences\n")
    example, meaning, *_ = told.splitlines()
    assert example == "  at z = 2 derivative gives 6, and forward has the slope 12"
    assert meaning.startswith("  The law: Away from kinks, the derivative is the slope of forward")


def test_what_does_not_apply_and_what_is_expected_come_with_reasons(said: str) -> None:
    assert "does not apply: hyperparameters_broadcast to cubic, soft, wrong: it has no floating-point hyperparameters" in said
    assert re.search(r"fails as expected: activation soft: finite: to be mended \(at z = 89 forward gives inf", said)


def test_how_many_laws_ran_is_always_told(said: str) -> None:
    last = said.splitlines()[-1]
    ran, held, broken, expected, skipped = (
        int(re.search(pattern, last)[1])
        for pattern in (
            r"^(\d+) laws ran on 3 components",
            r"(\d+) held",
            r"(\d+) broken",
            r"(\d+) failed as",
            r"(\d+) do not apply",
        )
    )
    assert ran == held + broken + expected
    assert ran + skipped == 3 * len(laws("activation"))


def test_components_can_be_named(plugin: Path, tmp_path: Path) -> None:
    done = nnbench("check", "curves", "cubic", cwd=tmp_path, path=[plugin])
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[0].split() == ["activations", "cubic"]
    assert "on 1 component in" in done.stdout
    wrong = nnbench("check", "curves", "cubik", cwd=tmp_path, path=[plugin])
    assert (wrong.returncode, "did you mean cubic?" in wrong.stderr) == (2, True)


def test_columns_that_do_not_fit_are_in_further_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnbench.cli.output.WIDE", 72)
    done = CliRunner().invoke(
        cli, ["check", "activations", "tanh", "sigmoid", "hard_tanh", "soft_sign", "relu"], prog_name="nnbench"
    )
    assert done.exit_code == 0, done.output
    heads = [line.split()[1:] for line in done.output.splitlines() if line.startswith("activations ")]
    assert len(heads) > 1
    assert [name for head in heads for name in head] == ["hard_tanh", "relu", "sigmoid", "soft_sign", "tanh"]
    assert max(len(line.rstrip()) for line in done.output.split("\n\n")[0].splitlines()) <= 72


@pytest.mark.parametrize(
    ("name", "told"), [("curvs", "did you mean curves?"), ("broken", "broken 1.0) did not load: ModuleNotFoundError")]
)
def test_a_package_that_cannot_be_checked_is_bad_input(plugin: Path, tmp_path: Path, name: str, told: str) -> None:
    bad = make_plugin(tmp_path / "bad", "broken", "import does_not_exist_anywhere")
    done = nnbench("check", name, cwd=tmp_path, path=[plugin, bad])
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


STUMBLING = """
import math

import numpy as np
from nnbench import Activation, hookimpl


class Chooses(Activation):
    '''max(z, 0), element by element in Python.'''

    def forward(self, z):
        return z if z > 0 else 0 * z

    def derivative(self, z, a):
        return (z > 0).astype(z.dtype)


class Relu(Activation):
    '''max(z, 0), by a name that is taken.'''

    kinks = (0.0,)

    def forward(self, z):
        return np.maximum(z, 0)

    def derivative(self, z, a):
        return (z > 0).astype(z.dtype)


@hookimpl
def nnbench_components():
    return [Chooses, Relu]
"""


@pytest.fixture(scope="module")
def stumbling(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a check says of a package of two plugins: one with two components, one that does not load."""
    folder = make_plugin(tmp_path_factory.mktemp("stumbling"), "stumbling", STUMBLING, files={"absent.py": "import no_such_module"})
    (folder / "stumbling-1.0.dist-info" / "entry_points.txt").write_text("[nnbench]\nstumbling = stumbling\nabsent = absent\n")
    work = tmp_path_factory.mktemp("work")
    done = nnbench("check", "stumbling", cwd=work, path=[folder])
    assert (done.returncode, done.stderr) == (1, "")
    assert not list(work.iterdir()), "a check leaves something behind"
    return done.stdout


def test_one_mistake_is_told_once_with_the_remedy_and_what_builds_on_it_is_not_tried(stumbling: str) -> None:
    assert stumbling.count("BROKEN activation chooses") == 1
    told = " ".join(stumbling.split())
    assert "forward raises ValueError: The truth value of an array with more than one element is ambiguous; Python's if" in told
    assert "np.where(condition, this, otherwise)" in told
    assert re.search(r"not tried: \d+ laws on activation chooses: shape_and_dtype is broken", stumbling)


def test_what_of_a_package_does_not_load_is_named_beside_what_does(stumbling: str) -> None:
    assert "plugin absent (absent, from stumbling 1.0) did not load: ModuleNotFoundError" in " ".join(stumbling.split())
    assert re.search(r"laws ran on 2 components in .* 1 broken", stumbling)


def test_a_name_that_ships_already_is_warned_of(stumbling: str) -> None:
    told = " ".join(stumbling.split())
    assert "WARNING activation relu: nnbench offers one of that name too" in told
    assert '"relu" keeps meaning that of nnbench, and grids reach the other as "stumbling:relu"' in told


def test_the_share_at_kinks_is_told(stumbling: str) -> None:
    assert re.search(r"excused: activation relu: derivative_matches_differences: 0\.\d+ % of what was looked at", stumbling)
