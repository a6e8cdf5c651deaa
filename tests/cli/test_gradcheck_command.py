"""`nnbench gradcheck`: tables, exit statuses, the study."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from helpers import MLFLOWS_OWN, make_plugin, nnbench

from nnbench.cli import cli

pytestmark = MLFLOWS_OWN
GRID = '[trial]\nactivation = ["relu", "tanh"]\nhidden = [[4], [3, 2]]\noptimizer = ["adam", "sgd"]\n'


def gradcheck(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["gradcheck", *arguments], prog_name="nnbench")
    if status == 2:
        assert result.exception is not None
    else:
        assert result.exit_code == status, result.output
    return result


def test_a_grid_gives_a_line_for_each_distinct_network_worst_first(tmp_path: Path) -> None:
    grid = tmp_path / "grid.toml"
    grid.write_text(GRID)
    text = gradcheck(str(grid)).output
    lines = [line for line in text.splitlines() if " passed " in line]
    assert len(lines) == 4
    errors = [float(line.split()[3]) for line in lines]
    assert errors == sorted(errors, reverse=True)
    assert "4 networks, " in text
    assert "4 passed, 0 failed." in text
    assert list(tmp_path.iterdir()) == [grid]


def test_components_can_be_named_without_a_grid() -> None:
    text = gradcheck(
        "--activation", "tanh,relu", "--loss", "max_margin", "--penalty", "l1", "--hidden", "8,8", "--dropout", "0.2"
    ).output
    assert "6 networks, " in text  # two activations, with 2, 3 and 10 classes
    assert "2 networks, 228 parameters" in gradcheck("--activation", "tanh,relu", "--hidden", "8,8", "--penalty", "l1").output
    assert "1 network, 6 parameters" in gradcheck("--activation", "tanh", "--hidden", "none").output
    assert gradcheck("--activation", "tanh", "--one-sided", "--epsilon", "1e-6").exit_code == 0


def test_a_loss_is_checked_with_two_three_and_ten_classes(tmp_path: Path) -> None:
    source = """
import numpy as np
from nnbench import Loss, hookimpl

class Lopsided(Loss):
    '''Squares, wrong for class 2.'''

    def value(self, scores, targets):
        return ((scores - targets) ** 2).sum(axis=1, keepdims=True)

    def gradient(self, scores, targets):
        g = 2 * (scores - targets)
        g[:, 2:3] *= 0.5
        return g

@hookimpl
def nnbench_components():
    return [Lopsided]
"""
    site = make_plugin(tmp_path / "site", "lopsided", source)
    checked = nnbench("gradcheck", "--loss", "lopsided", cwd=tmp_path, path=[site])
    assert checked.returncode == 1, checked.stderr
    assert "3 networks, " in checked.stdout
    assert "1 passed, 2 failed." in checked.stdout
    verdicts = dict(line.split()[:2] for line in checked.stdout.splitlines() if re.match(r"\d+ +(passed|FAILED)", line))
    assert verdicts == {"2": "passed", "3": "FAILED", "10": "FAILED"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name a grid file, or components"),
        (["--activation", "tnh"], "did you mean tanh"),
        (["nowhere.toml"], "cannot be read"),
        (["nowhere.toml", "--activation", "tanh"], "with a grid, override with --set activation=tanh"),
        (["nowhere.toml", "--study"], "no grid file"),
        (["--study", "--activation", "tanh,relu"], "one network, not 2"),
        (["--activation", "tanh", "--hidden", "8,x"], "hidden"),
        (["--activation", "tanh", "--epsilon", "1e-14"], "epsilon = 1e-14 is too small"),
        (["--activation", "tanh", "--epsilon", "1"], "at most 0.01"),
    ],
)
def test_bad_input_is_told_in_a_line(arguments: list[str], words: str) -> None:
    assert words in str(gradcheck(*arguments, status=2).exception)


def test_a_wrong_derivative_fails_with_the_place_and_both_values(tmp_path: Path) -> None:
    source = """
import numpy as np
from nnbench import Activation, hookimpl

class Printed(Activation):
    '''The notes' soft sign, derivative as printed.'''

    def forward(self, z):
        return z / (1 + np.abs(z))

    def derivative(self, z, a):
        return np.sign(z) / (1 + z) ** 2

@hookimpl
def nnbench_components():
    return [Printed]
"""
    site = make_plugin(tmp_path / "site", "printed", source)
    checked = nnbench("gradcheck", "--activation", "printed,soft_sign", cwd=tmp_path, path=[site])
    assert checked.returncode == 1, checked.stderr
    lines = checked.stdout.splitlines()
    assert lines[2].startswith("printed")
    assert "FAILED" in lines[2]
    assert "disagree with numerical ones; the worst, layer " in checked.stdout
    assert "1 passed, 1 failed." in checked.stdout
    (tmp_path / "grid.toml").write_text('seeds = 1\n[trial]\nactivation = ["printed", "soft_sign"]\nepochs = 1\n')
    flagged = nnbench("run", "grid.toml", "--no-tracking", cwd=tmp_path, path=[site])
    assert flagged.returncode == 0, flagged.stderr
    assert "1 (gradient check failed)" in flagged.stdout
    assert "Gradient check failed, so its figures mean little: activation printed, loss softmax_cross_entropy" in flagged.stdout
    (tmp_path / "new.toml").write_text('gradcheck = "require"\nseeds = 1\n[trial]\nactivation = "printed"\nepochs = 2\n')
    refused = nnbench("run", "new.toml", "--no-tracking", cwd=tmp_path, path=[site])
    assert refused.returncode == 1, refused.stderr
    assert "1 failed: gradient check failed, not trained: " in " ".join(refused.stdout.split())


def test_a_grids_mode_is_checked() -> None:
    result = gradcheck("--activation", "tanh", "--set", "gradcheck=always", status=2)
    assert """'always' is not accepted; accepted: "flag" or "require" or "off\"""" in str(result.exception)


def test_the_study_prints_draws_and_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nnbench.report import gradient_study
    from nnbench.tracking.mlflow import default_uri, prepare

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(gradient_study, "WIDTHS", (2, 4))
    monkeypatch.setattr(gradient_study.study, "__defaults__", (*gradient_study.study.__defaults__[:-1], (2, 8)))
    folder = tmp_path / "runs"
    text = gradcheck("--study", "--hidden", "8,8", "--save", str(tmp_path / "out"), "--folder", str(folder)).output
    assert "falls as ε^2.0" in text or "falls as ε^1.9" in text
    names = {"gradcheck_error.png", "gradcheck_cost.png", "gradcheck_study.html", "gradcheck_error.csv", "gradcheck_cost.csv"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert (tmp_path / "out" / "gradcheck_error.png").read_bytes()[:4] == b"\x89PNG"
    page = (tmp_path / "out" / "gradcheck_study.html").read_text()
    assert page.count("<svg") == page.count("</svg>") == 2
    assert "src=" not in page
    rows = list(csv.DictReader((tmp_path / "out" / "gradcheck_cost.csv").read_text().splitlines()))
    assert all(float(row["numerical"]) > float(row["back_propagated"]) for row in rows)
    client = prepare(default_uri(folder))
    experiment = client.get_experiment_by_name("gradcheck-study")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.data.metrics["slope/central"] == pytest.approx(2, abs=0.1)
    assert run.data.metrics["slope/one_sided"] == pytest.approx(1, abs=0.1)
    assert run.data.metrics["slope/rounding"] == pytest.approx(-1, abs=0.2)
    assert run.data.metrics["cost/ratio"] > 10
    assert {file.path for file in client.list_artifacts(run.info.run_id)} == names
    assert len(client.get_metric_history(run.info.run_id, "error/central")) == len(gradient_study.EPSILONS)
    again = gradcheck("--study", "--hidden", "8,8", "--no-tracking").output
    assert "Logged" not in again
