"""Where output goes nowhere: training goes on, and commands that only print end quietly; commands that are printed work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import activation_plugin, make_plugin, nnbench
from test_launches import GRID, QUIET

from nnbench.store import Store

COMMAND = (sys.executable, "-m", "nnbench")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "grid.toml").write_text(GRID.format(epochs=1))
    return tmp_path


def shell(line: str, folder: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What a shell makes of a line in which `nnbench` is this one."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **({"PYTHONPATH": str(path)} if path else {})}
    script = f'set -o pipefail; nnbench() {{ "{sys.executable}" -m nnbench "$@"; }}; {line}'
    return subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def finished(folder: Path) -> bool:
    store = Store(folder / "mlruns" / "results")
    (launch,) = store.launches()
    return launch.status == "finished" and len(store.statuses()) == 4


@pytest.mark.parametrize("rest", ["| true", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_launch_goes_on_without_anybody_who_reads(rest: str, folder: Path) -> None:
    done = shell(f"nnbench run grid.toml {' '.join(QUIET)} {rest}", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert finished(folder)


def test_a_component_that_prints_fails_no_trial_where_nobody_reads(folder: Path, tmp_path: Path) -> None:
    loud = activation_plugin("Loud", forward="print('loud' * 9_999, flush=True); return z * z")
    plugin = make_plugin(tmp_path / "plugin", "loud", loud)
    (folder / "grid.toml").write_text(GRID.format(epochs=1).replace('"relu"', '"loud"'))
    done = shell(f"nnbench run grid.toml {' '.join(QUIET)} | true", folder, plugin)
    assert (done.returncode, done.stderr) == (0, "")
    assert finished(folder)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_full_disk_ends_no_launch_and_is_told(folder: Path) -> None:
    done = shell(f"nnbench run grid.toml {' '.join(QUIET)} >/dev/full", folder)
    assert (done.returncode, done.stderr) == (1, "error: not everything could be printed: No space left on device\n")
    assert finished(folder)
    listed = shell("nnbench list activation >/dev/full", folder)
    assert (listed.returncode, listed.stderr) == (1, "error: not everything could be printed: No space left on device\n")


@pytest.mark.parametrize("command", ["list", "show activation relu", "schema", "plugins"])
def test_what_only_prints_ends_quietly_without_a_reader(command: str, folder: Path) -> None:
    done = shell(f"nnbench {command} | true", folder)
    assert done.stderr == ""
    assert done.returncode in (0, 141)  # 0 if it was written before the reader was gone


def test_the_command_that_is_printed_works_however_nnbench_was_called(folder: Path) -> None:
    (folder / "-odd; name").mkdir()
    done = nnbench("run", "grid.toml", "--folder", "-odd; name", "--workers", "1", cwd=folder)
    command = done.stdout.strip().rpartition("Browse every run: ")[2]
    assert "__main__" not in command
    assert command.endswith(" -m nnbench ui --folder './-odd; name'")
    synced = subprocess.run(
        ["bash", "-c", command.replace(" ui ", " sync ")], cwd=folder, capture_output=True, text=True, check=False
    )
    assert synced.returncode == 0, synced.stderr
    assert "2 of 2 cells are in MLflow (-odd; name/mlflow.db), none of them had to be logged now" in synced.stdout
