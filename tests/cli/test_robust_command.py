"""`nnbench robust` and `nnbench claims --robust`: a tiny grid, really trained under each of its alternatives."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import nnbench

from nnbench.store import Store

TRIAL = """
[trial]
dataset = ["circles", "xor"]
activation = ["tanh", "identity"]
hidden = [[8]]
train_size = 128
valid_size = 64
test_size = 64
batch_size = 32
epochs = 20
"""
CLAIM = """
[[claim]]
says = "tanh is better than no activation at all"
better = "tanh"
worse = "identity"
"""
CHANGES = ["seeds 8–15", "metric = test_loss", "hidden = 16"]
ROBUST = """
[robust]
metrics = ["test_loss"]
[robust.vary]
hidden = [[16]]
"""


def text(claim: str = CLAIM, robust: str = ROBUST, trial: str = TRIAL) -> str:
    compare = 'question = "Which?"\nseeds = 8\n[compare]\nfactor = "activation"\nmetric = "test_accuracy"'
    return f"{compare}\n{claim}\n{robust}\n{trial}"


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the grid has been launched under each alternative."""
    made = tmp_path_factory.mktemp("robust")
    (made / "grids").mkdir()
    (made / "grids" / "rates.toml").write_text(text(), encoding="utf-8")
    (made / "grids" / "without.toml").write_text(text(robust=""), encoding="utf-8")
    done = nnbench("robust", "grids/rates.toml", "--workers", "1", cwd=made)
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "1 of 4: as written",
        "2 of 4: seeds 8–15",
        "3 of 4: metric = test_loss",
        "4 of 4: hidden = 16",
        "Results: mlruns/results",
    ]
    (made / "told.txt").write_text(done.stdout, encoding="utf-8")
    return made


@pytest.fixture
def folder(launched: Path, tmp_path: Path) -> Path:
    """A copy for one test alone, which may launch more there."""
    return shutil.copytree(launched, tmp_path / "copy")


def test_a_claim_has_a_table_of_alternatives_and_a_sentence(folder: Path) -> None:
    lines = [line.rstrip() for line in (folder / "told.txt").read_text(encoding="utf-8").splitlines()]
    assert lines[:3] == ["Which?", "", "tanh is better than no activation at all"]
    assert lines[3].split() == ["alternative", "verdict", "evidence"]
    rows = [re.split(r"  +", line) for line in lines if line.startswith(("as written", *CHANGES))]  # evidence may fold
    assert [row[0] for row in rows] == ["as written", *CHANGES]
    assert all("probability of improvement" in row[2] for row in rows)
    verdicts = [row[1] for row in rows]
    assert any(line.startswith(f"{verdicts[0]} in {verdicts.count(verdicts[0])} of 4") for line in lines)


def test_the_other_forms_are_markdown_and_json_and_nothing_is_trained_again(folder: Path) -> None:
    before = len(Store(folder / "mlruns" / "results").statuses())
    found = json.loads(nnbench("robust", "grids/rates.toml", "--format", "json", "--workers", "1", cwd=folder).stdout)
    (claim,) = found
    assert [each["alternative"] for each in claim["alternatives"]] == ["as written", *CHANGES]
    assert (claim["of"], claim["agree"] + len(claim["turned_by"])) == (4, 4)
    told = nnbench("robust", "grids/rates.toml", "--format", "markdown", "--workers", "1", cwd=folder).stdout
    assert told.startswith("**tanh is better than no activation at all**\n\n| alternative | verdict | evidence |")
    assert told.splitlines()[-1].startswith(f"{claim['verdict']} in {claim['agree']} of 4")
    assert (
        len(Store(folder / "mlruns" / "results").statuses()) == before == 4 * 8 * 3 * 2
    )  # each with its untrained control; another metric takes no trials


def test_reports_are_of_the_grid_as_written(folder: Path) -> None:
    nnbench("robust", "grids/rates.toml", "--workers", "1", cwd=folder)
    store = Store(folder / "mlruns" / "results")
    assert sorted(tuple(launch.overrides) for launch in store.launches()) == [
        (),
        ("robust: hidden = 16",),
        ("robust: metric = test_loss",),
        ("robust: seeds 8–15",),
    ]
    for which in ([], ["rates"], ["grids/rates.toml"]):
        assert json.loads(nnbench("report", *which, "--format", "json", cwd=folder).stdout)["metric"] == "test_accuracy"


def test_an_option_sets_what_is_tried(folder: Path) -> None:
    options = ("--set", "robust.seed_blocks=1", "--set", "robust.metrics=[]", "--workers", "1")
    told = nnbench("robust", "grids/rates.toml", *options, cwd=folder)
    assert told.stderr.splitlines() == ["1 of 2: as written", "2 of 2: hidden = 16", "Results: mlruns/results"]
    assert re.search(r" in [12] of 2", told.stdout)


def test_a_grid_without_claims_has_a_table_for_each_pair(folder: Path) -> None:
    (folder / "pairs.toml").write_text(text(claim=""), encoding="utf-8")
    told = nnbench("robust", "pairs.toml", "--workers", "1", cwd=folder).stdout
    assert "tanh is better than identity" in told
    assert re.search(r" in [1-4] of 4", told)


def test_claims_hold_in_so_many_alternatives(folder: Path) -> None:
    told = nnbench("claims", "grids", "--robust", "--format", "markdown", "--workers", "1", cwd=folder)
    head, _, first, second = told.stdout.splitlines()
    assert head == "| grid | claim | verdict | evidence | to be known | holds in |"
    assert first.startswith("| rates | tanh is better than no activation at all | ")
    assert re.search(r"\| [1-4] of 4 \|$", first)
    assert second.endswith("| – |")
    assert "1 of 2: rates, 4 of 4: hidden = 16\n2 of 2: without\n" in told.stderr
    plain = nnbench("claims", "grids", "--format", "markdown", "--workers", "1", cwd=folder)
    assert plain.stdout.splitlines()[0] == "| grid | claim | verdict | evidence | to be known |"
    assert plain.stderr == "1 of 2: rates\n2 of 2: without\nResults: mlruns/results\n"


MISTAKES = [
    ("seeds = 3", "robust: asks for a verdict again under other choices, and there is none; add [compare] with a factor"),
    (text(robust="[robust]\nseed_blocks = 1"), "[robust] names nothing that differs from the grid; seed_blocks = 2 is"),
    (text(robust="[robust.vary]\nhiden = [[4]]"), "robust.vary.hiden: no such field; did you mean hidden?"),
    (text(robust="[robust.vary]\nactivation = [['relu']]"), "robust: activation = relu: has 1 level (relu), where the grid has 2"),
    (text(robust="[robust.vary]\ntrain_size = [16]"), "robust: train_size = 16: trial.batch_size: 32 is larger than train_size"),
]


@pytest.mark.parametrize(("grid", "problem"), MISTAKES, ids=[problem[:40] for _, problem in MISTAKES])
def test_a_mistake_is_said_before_anything_is_trained(tmp_path: Path, grid: str, problem: str) -> None:
    (tmp_path / "wrong.toml").write_text(grid, encoding="utf-8")
    failed = nnbench("robust", "wrong.toml", cwd=tmp_path)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert problem in failed.stderr
    assert not (tmp_path / "mlruns").exists()


def test_an_interruption_is_said_with_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_text(text(robust="[robust.vary]\nepochs = [3000]\nhidden = [[4]]"), encoding="utf-8")
    arguments = [sys.executable, "-m", "nnbench", "robust", "long.toml", "--workers", "1", "--set", "robust.seed_blocks=1"]
    process = subprocess.Popen(
        arguments, cwd=tmp_path, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stderr is not None
    while "epochs = 3000" not in process.stderr.readline():
        assert process.poll() is None
    while len(launches := Store(tmp_path / "mlruns" / "results").launches()) == 1:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    told, errors = process.communicate(timeout=120)
    assert launches[0].status == "finished"
    assert process.returncode == 130
    assert "Interrupted: the same command goes on." in errors
    assert "interrupted, " in told
    assert re.search(r"hidden = 4 +– +not launched, because of an interruption", told)
    assert " in 1 of 1; no verdict with epochs = 3000 and hidden = 4" in told
