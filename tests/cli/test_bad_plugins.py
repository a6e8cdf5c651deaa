"""A component that breaks while it trains fails its own trials, says why, and harms no other."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from helpers import activation_plugin, make_plugin, nnbench

from nnbench.store import SCHEMA, Store

FAULTY = """
import numpy as np
from nnbench import Activation, Dataset, Initializer, Loss, Optimizer, Penalty, Preprocessor, Schedule, hookimpl

BROKEN = True

class Draws(Initializer):
    def sample(self, rng, fan_in, fan_out):
        if BROKEN:
            raise ValueError("cannot draw")
        return rng.standard_normal((fan_out, fan_in))

class DrawsFlat(Draws):
    def sample(self, rng, fan_in, fan_out):
        drawn = rng.standard_normal((fan_out, fan_in))
        return drawn.ravel() if BROKEN else drawn

class Forward(Activation):
    def forward(self, z):
        if BROKEN:
            raise RuntimeError("cannot go\\nforward")
        return z * 1

    def derivative(self, z, a):
        return np.ones_like(z)

class Shape(Forward):
    def forward(self, z):
        return z[:, :1] * 1 if BROKEN else z * 1

class Precise(Forward):
    def forward(self, z):
        return z.astype(np.float64 if BROKEN else z.dtype) * 1

class Nothing(Forward):
    def forward(self, z):
        return None if BROKEN else z * 1

class InPlace(Forward):
    def forward(self, z):
        return np.tanh(z, out=z) if BROKEN else np.tanh(z)

class Slope(Forward):
    def forward(self, z):
        return z * 1

    def derivative(self, z, a):
        return 1.0 if BROKEN else np.ones_like(z)

class State(Optimizer):
    def init(self, params):
        return {"v": np.zeros((len(params) + 1, 1, 1) if BROKEN else params.shape, params.dtype)}

    def step(self, params, grads, state, lr, t):
        params -= lr * grads

class Lossy(Loss):
    def value(self, scores, targets):
        squares = (scores - targets) ** 2
        return squares if BROKEN else squares.sum(axis=1, keepdims=True)

    def gradient(self, scores, targets):
        return 2 * (scores - targets)

class Weighty(Penalty):
    def value(self, w):
        return np.zeros((len(w), 1, 1), w.dtype)

    def gradient(self, w):
        return np.zeros(len(w), w.dtype) if BROKEN else np.zeros_like(w)

class Undefined(Schedule):
    def factor(self, step, total):
        return np.full(step.shape, np.nan if BROKEN else 1.0)

class Labels(Dataset):
    classes, features, target = 2, 2, 0.9

    def sample(self, rng, n):
        return rng.standard_normal((n, 2)), np.arange(n) % (3 if BROKEN else 2)

class Infinite(Preprocessor):
    def fit(self, x):
        return self

    def apply(self, x):
        return x / 0.0 if BROKEN else x

@hookimpl
def nnbench_components():
    return [Draws, DrawsFlat, Forward, Shape, Precise, Nothing, InPlace, Slope, State, Lossy, Weighty, Undefined, Labels, Infinite]
"""
CONTRACT = "nnbench.errors.ContractError: "
FAULTS = {
    ("initializer", "draws"): "ValueError: cannot draw",
    ("initializer", "draws_flat"): CONTRACT + "initializer draws_flat: sample returned",
    ("activation", "forward"): "RuntimeError: cannot go\nforward",
    ("activation", "shape"): CONTRACT + "activation shape: forward returned float32",
    ("activation", "precise"): CONTRACT + "activation precise: forward returned float64",
    ("activation", "nothing"): CONTRACT + "activation nothing: forward returned NoneType",
    ("activation", "in_place"): CONTRACT + "activation in_place: forward changes its argument z in place",
    ("activation", "slope"): CONTRACT + "activation slope: derivative returned float",
    ("optimizer", "state"): CONTRACT + "optimizer state: init returned float32",
    ("loss", "lossy"): CONTRACT + "loss lossy: value returned float32",
    ("penalty", "weighty"): CONTRACT + "penalty weighty: gradient returned float32",
    ("schedule", "undefined"): CONTRACT + "schedule undefined: factor",
    ("dataset", "labels"): CONTRACT + "dataset labels: labels must be",
    ("preprocessor", "infinite"): CONTRACT + "preprocessor infinite: apply returned",
}
GOOD = 'seeds = 2\n[[trial]]\nactivation = ["relu", "tanh"]\nepochs = 1\n'
WHOLE = GOOD + "".join(f'[[trial]]\n{kind} = "{name}"\nepochs = 1\n' for kind, name in FAULTS)
OWN = {"launch_id", "started", "seconds", "stored", "grid"}
"""Columns in which two launches of one trial may differ."""


def run(folder: Path, grid: str, plugin: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "grid.toml").write_text(grid)
    return nnbench("run", "grid.toml", "--no-tracking", "--workers", "1", "--all", *options, cwd=folder, path=[plugin])


def rows(folder: Path) -> list[dict[str, Any]]:
    """Results of the latest launch."""
    store = Store(folder / "mlruns" / "results")
    return store.rows(store.launches()[-1].trial_ids, SCHEMA.names)


def names(row: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(kind, value["name"]) for kind, value in json.loads(row["fields"]).items() if isinstance(value, dict)}


def results(found: list[dict[str, Any]]) -> dict[str, str]:
    """What was measured, by trial, as text so that NaN equals NaN."""
    return {row["trial_id"]: repr({key: value for key, value in row.items() if key not in OWN}) for row in found}


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_plugin(tmp_path_factory.mktemp("plugin"), "faulty", FAULTY)


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory: pytest.TempPathFactory, plugin: Path) -> dict[str, str]:
    """Results of the good cells without any bad one beside them."""
    folder = tmp_path_factory.mktemp("alone")
    done = run(folder, GOOD, plugin)
    assert done.returncode == 0, done.stderr
    return results(rows(folder))


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def launch(work: Path, plugin: Path) -> subprocess.CompletedProcess[str]:
    """A launch of good cells and of one for each fault."""
    return run(work, WHOLE, plugin)


@pytest.fixture(scope="module")
def found(work: Path, launch: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Its results."""
    return rows(work)


def test_a_launch_with_failed_trials_exits_with_1_and_has_every_trial(
    launch: subprocess.CompletedProcess[str], found: list[dict[str, Any]]
) -> None:
    assert launch.returncode == 1
    assert "Traceback" not in launch.stderr
    assert len(found) == 2 * (2 + len(FAULTS))


def test_the_trials_without_a_fault_are_done_with_the_results_that_they_have_alone(
    found: list[dict[str, Any]], unharmed: dict[str, str]
) -> None:
    good = [row for row in found if not names(row) & set(FAULTS)]
    assert {row["status"] for row in good} == {"done"}
    assert results(good) == unharmed


@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_failed_trial_keeps_its_cause_and_traceback(found: list[dict[str, Any]], fault: tuple[str, str]) -> None:
    failed = [row for row in found if fault in names(row)]
    assert [row["status"] for row in failed] == ["failed", "failed"]
    for row in failed:
        assert row["error"].startswith("Traceback")
        assert FAULTS[fault] in row["error"]
        assert fault[1] in row["error"] or "faulty.py" in row["error"]


def test_the_summary_says_how_many_failed_and_why(launch: subprocess.CompletedProcess[str]) -> None:
    text = " ".join(launch.stdout.split())
    assert f"4 trials done, 0 diverged (each counts as accuracy 0), {2 * len(FAULTS)} failed." in text
    for (kind, name), cause in FAULTS.items():
        first = cause.removeprefix(CONTRACT).splitlines()[0]
        assert f"2 failed: {first}" in text or f"2 failed: {CONTRACT}{first}" in text, (kind, name)


def test_a_plugin_once_fixed_has_only_its_failed_trials_trained_again(
    work: Path, plugin: Path, found: list[dict[str, Any]], unharmed: dict[str, str]
) -> None:
    done = run(work, WHOLE, make_plugin(plugin, "faulty", FAULTY.replace("BROKEN = True", "BROKEN = False")))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"= {len(found)} trials, 4 of them have results already" in done.stdout
    again = rows(work)
    assert {row["status"] for row in again} == {"done"}
    assert unharmed.items() <= results(again).items()


@pytest.mark.parametrize(
    ("forward", "cause"),
    [("os._exit(1)", "worker process died"), ("raise SystemExit(3)", "SystemExit: 3")],
)
def test_a_component_that_ends_its_process_fails_alone(tmp_path: Path, unharmed: dict[str, str], forward: str, cause: str) -> None:
    plugin = make_plugin(tmp_path / "plugin", "deadly", activation_plugin("Deadly", forward=forward))
    done = run(tmp_path, GOOD + '[[trial]]\nactivation = "deadly"\nepochs = 1\n', plugin, "--set", "seeds=1")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    found = rows(tmp_path)
    good, bad = found[:2], found[2:]
    assert [(row["status"], names(row) & {("activation", "deadly")}) for row in bad] == [("failed", {("activation", "deadly")})]
    assert cause in bad[0]["error"]
    assert re.search(f"^1 failed: .*{re.escape(cause)}", done.stdout, re.MULTILINE)
    assert len(good) == 2
    assert results(good).items() <= unharmed.items()
