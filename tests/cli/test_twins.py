"""Two distributions that offer one name: levels of their own from the grid to MLflow, and claims about each."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from helpers import activation_plugin, make_plugin, nnbench

GRID = """
name = "twins"
seeds = 2

[compare]
factor = "activation"
metric = "test_accuracy"
tune = ["optimizer.lr"]
tuning_seeds = 1

[[claim]]
says = "a is sooner than b"
better = "twin-a:twin"
worse = "twin-b:twin"
metric = "steps_to_target"

[trial]
dataset = ["circles", "xor"]
activation = ["twin-a:twin", "twin-b:twin", "sigmoid"]
optimizer = { name = "sgd", lr = [0.03, 0.3] }
hidden = [[8]]
train_size = 64
valid_size = 32
test_size = 32
batch_size = 16
epochs = 3
"""


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Both offer `twin`, with other formulas."""
    tanh = {"forward": "return np.tanh(z)", "derivative": "return 1 - a**2"}
    return [
        make_plugin(tmp_path_factory.mktemp("a"), "twin-a", activation_plugin("Twin")),
        make_plugin(tmp_path_factory.mktemp("b"), "twin-b", activation_plugin("Twin", **tanh)),
    ]


def test_levels_of_one_name_are_told_apart_everywhere(plugins: list[Path], tmp_path: Path) -> None:
    (tmp_path / "twins.toml").write_text(GRID, encoding="utf-8")
    plan = nnbench("plan", "twins.toml", cwd=tmp_path, path=plugins)
    assert "6 to 12: each metric that is judged chooses its settings" in plan.stdout
    done = nnbench("run", "twins.toml", "--workers", "1", cwd=tmp_path, path=plugins)
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        "6 to 12 cells × 2 seeds = 12 to 24 trials of the best settings (each metric that is judged chooses its own)" in done.stdout
    )
    assert "3 levels on 2 tasks over 2 data sets" in done.stdout
    found = json.loads(nnbench("report", "--format", "json", cwd=tmp_path, path=plugins).stdout)
    assert {level["name"] for level in found["levels"]} == {"twin-a:twin", "twin-b:twin", "sigmoid"}
    (claim,) = found["claims"]
    assert {claim["pair"]["first"], claim["pair"]["second"]} == {"twin-a:twin", "twin-b:twin"}
    with sqlite3.connect(tmp_path / "mlruns" / "mlflow.db") as connection:
        shown = {value for (value,) in connection.execute("SELECT DISTINCT value FROM params WHERE key = 'activation'")}
    assert shown == {"twin-a:twin", "twin-b:twin", "sigmoid"}
