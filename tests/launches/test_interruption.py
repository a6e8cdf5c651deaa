"""Launches in real processes that are interrupted and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers import MLFLOWS_OWN

from nnbench.store import SCALARS, Store
from nnbench.tracking.mlflow import default_uri, prepare

pytestmark = MLFLOWS_OWN

GRID = """
question = "How long?"
seeds = 64
[trial]
activation = ["tanh", "relu", "sigmoid", "soft_sign", "hard_tanh", "leaky_relu"]
hidden = [[24, 24]]
epochs = 30
"""
TRIALS = 384


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}


def command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "nnbench", "run", str(folder / "long.toml"), "--folder", str(folder / "mlruns"), "--workers", "2"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "long.toml").write_text(GRID)
    return tmp_path


@pytest.fixture
def begun(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A launch that has stored some results and has more to train."""
    process = subprocess.Popen(command(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment())
    until(lambda: any((folder / "mlruns" / "results").glob("*.parquet")))
    yield process
    if process.poll() is None:
        process.kill()
        process.wait()
    assert process.stdout is not None
    process.stdout.close()


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def run_again(folder: Path) -> str:
    done = subprocess.run(command(folder), capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def assert_complete(folder: Path) -> None:
    """Every trial has one result, and MLflow shows each cell once, finished, under one launch."""
    store = Store(folder / "mlruns" / "results")
    (launch,) = store.launches()
    assert launch.status == "finished"
    rows = store.rows(launch.trial_ids, [*SCALARS])
    assert len(rows) == TRIALS
    assert {row["status"] for row in rows} == {"done"}
    (location,) = launch.logged_to.values()
    experiment, _, parent = location.partition("/")
    client = prepare(default_uri(folder / "mlruns"))
    runs = client.search_runs([experiment], max_results=1000)
    (top,) = [run for run in runs if run.data.tags["nnbench.kind"] == "launch"]
    cells = [run for run in runs if run.data.tags["nnbench.kind"] == "cell"]
    assert top.info.run_id == parent
    assert sorted(run.data.tags["nnbench.cell"] for run in cells) == sorted(cell.id for cell in launch.cells)
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_ctrl_c_keeps_what_is_finished_says_so_and_the_same_command_goes_on(folder: Path, begun: subprocess.Popen[str]) -> None:
    begun.send_signal(signal.SIGINT)
    output, _ = begun.communicate(timeout=60)
    assert begun.returncode == 130, output
    assert "Traceback" not in output
    store = Store(folder / "mlruns" / "results")
    (launch,) = store.launches()
    kept = len(store.statuses())
    assert 0 < kept < TRIALS
    assert f"Interrupted: {TRIALS - kept} trials are still to be trained; the same command goes on." in output
    assert launch.status == "interrupted"
    client = prepare(default_uri(folder / "mlruns"))
    (experiment,) = [each for each in client.search_experiments() if each.name == "long"]
    (top,) = client.search_runs([experiment.experiment_id], "tags.`nnbench.kind` = 'launch'")
    assert top.info.status == "KILLED"
    assert f"{kept} of them have results already" in run_again(folder)
    assert_complete(folder)


def test_kill_9_loses_no_stored_result_and_leaves_no_worker_behind(folder: Path, begun: subprocess.Popen[str]) -> None:
    workers = workers_of(begun)
    assert workers
    begun.kill()
    begun.wait()
    until(lambda: not any(alive(pid) for pid in workers))
    kept = Store(folder / "mlruns" / "results").statuses()
    assert kept
    run_again(folder)
    assert_complete(folder)


def test_a_worker_that_is_killed_is_replaced(folder: Path, begun: subprocess.Popen[str]) -> None:
    names = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in workers_of(begun) if Path(f"/proc/{pid}/cmdline").exists()}
    victims = [pid for pid, line in names.items() if b"spawn_main" in line]
    os.kill(victims[0], signal.SIGKILL)
    output, _ = begun.communicate(timeout=120)
    assert begun.returncode == 0, output
    assert_complete(folder)
