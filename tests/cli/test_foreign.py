"""A plugin that ends the process, crashes it, never returns or floods the screen: a sentence names it, and the command goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import activation_plugin, make_plugin, nnbench

EXIT = activation_plugin("Exit", forward="os._exit(5)")
POST = activation_plugin("Post").replace('"""z²."""\n', '"""z²."""\n\n    def __post_init__(self):\n        os._exit(0)\n')
DEAD = """
import ctypes
from nnbench import Dataset, hookimpl

class Dead(Dataset):
    \"\"\"Points.\"\"\"

    features, target = 2, 0.9

    @property
    def classes(self):
        ctypes.string_at(0)

    def sample(self, rng, n):
        return rng.normal(size=(n, 2)), rng.integers(0, 2, n)

@hookimpl
def nnbench_components():
    return [Dead]
"""
GOOD = activation_plugin("Good")
TRIAL = "seeds = 1\n[trial]\n{}\nepochs = 1\nhidden = [[4]]\n"


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    sources = {"exiting": EXIT, "posting": POST, "dead": DEAD, "good": GOOD}
    return [make_plugin(tmp_path_factory.mktemp(name), name, source) for name, source in sources.items()]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import os\nos._exit(0)", "it ended the process (exit status 0)"),
        ("import ctypes\nctypes.string_at(0)", "it ended the process (signal SIGSEGV)"),
    ],
)
def test_a_plugin_that_ends_the_process_while_it_is_imported_has_not_loaded(tmp_path: Path, source: str, told: str) -> None:
    path = [make_plugin(tmp_path / "a", "deadly", source), make_plugin(tmp_path / "b", "good", GOOD)]
    done = nnbench("plugins", cwd=tmp_path, path=path)
    assert done.returncode == 1
    assert f"plugin deadly (deadly, from deadly 1.0) did not load: {told}" in done.stderr
    assert "activations: good" in done.stdout


def test_a_plugin_that_is_never_imported_to_the_end_has_not_loaded(tmp_path: Path) -> None:
    path = [make_plugin(tmp_path / "a", "hanging", "import time\ntime.sleep(1e6)")]
    hurried = "import sys\nfrom nnbench import foreign\nforeign.calling.__wrapped__.__defaults__ = (1.0, True)\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{hurried}from nnbench.cli import main\nsys.argv = ['nnbench', 'plugins']\nmain()"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(path[0])},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 1
    assert "did not load: it took longer than 1 s" in done.stderr


def test_what_a_plugin_prints_while_it_is_imported_is_shortened_and_not_part_of_the_output(tmp_path: Path) -> None:
    path = [make_plugin(tmp_path / "a", "noisy", "import os\nprint('x' * 20_000_000)\nos.write(1, b'end')\n" + GOOD)]
    done = nnbench("schema", cwd=tmp_path, path=path)
    assert done.returncode == 0
    assert json.loads(done.stdout)
    assert "plugin noisy of noisy printed:\nxxx" in done.stderr
    assert "characters more" in done.stderr
    assert len(done.stderr) < 10_000


@pytest.mark.parametrize(
    ("command", "status", "told"),
    [
        (
            ("plan", "post.toml"),
            2,
            "post.toml: trial.activation (2nd value): activation post(): it ended the process (exit status 0)",
        ),
        (("run", "dead.toml", "--no-tracking"), 2, "dataset dead(): it ended the process (signal SIGSEGV)"),
        (("plan", "exit.toml"), 0, "activation exit: the worker process died"),
        (("show", "activation", "exit"), 1, "activation exit cannot be drawn: it ended the process (exit status 5)"),
        (("gradcheck", "--activation", "exit", "--hidden", "4"), 1, "it ended the process (exit status 5)"),
        (("relatives", "exit"), 2, "activation exit: it ended the process (exit status 5)"),
        (
            ("time", "activation", "relu", "exit", "--no-tracking", "--rounds", "6", "--size", "one"),
            1,
            "activation exit cannot be timed: it ended the process (exit status 5)",
        ),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, tuple) else "",
)
def test_a_component_that_ends_the_process_is_named(
    plugins: list[Path], tmp_path: Path, command: tuple[str, ...], status: int, told: str
) -> None:
    for name, line in {
        "post": 'activation = ["relu", "post"]',
        "dead": 'dataset = "dead"',
        "exit": 'activation = ["relu", "exit"]',
    }.items():
        (tmp_path / f"{name}.toml").write_text(TRIAL.format(line))
    done = nnbench(*command, cwd=tmp_path, path=plugins)
    assert done.returncode == status, done.stdout + done.stderr
    assert told in " ".join((done.stdout + done.stderr).split())
    assert "Traceback" not in done.stderr


def test_a_law_that_ends_the_process_is_broken_and_the_others_are_tried(plugins: list[Path], tmp_path: Path) -> None:
    done = nnbench("check", "exiting", cwd=tmp_path, path=plugins)
    assert done.returncode == 1
    assert "it ended the process (exit status 5)" in done.stdout
    assert " 0 held" not in done.stdout


def test_a_new_plugin_is_written_whatever_others_do(plugins: list[Path], tmp_path: Path) -> None:
    done = nnbench("new-plugin", "nnbench-wavy", cwd=tmp_path, path=plugins)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "nnbench-wavy" / "compare.toml").exists()


def test_a_watcher_that_ends_the_process_is_named_and_its_launch_goes_on(tmp_path: Path) -> None:
    source = "import os\nfrom nnbench import hookimpl\n@hookimpl\ndef nnbench_results_stored(launch, results):\n    os._exit(7)\n"
    (tmp_path / "grid.toml").write_text(TRIAL.format('activation = "relu"'))
    path = [make_plugin(tmp_path / "w", "watching", source)]
    done = nnbench("run", "grid.toml", "--no-tracking", cwd=tmp_path, path=path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "watching: nnbench_results_stored raised ContractError: it ended the process (exit status 7)" in done.stdout


def test_a_signal_to_the_command_reaches_the_launch(tmp_path: Path) -> None:
    (tmp_path / "grid.toml").write_text("seeds = 400\n[trial]\nactivation = 'good'\nepochs = 400\nhidden = [[32, 32]]\n")
    path = make_plugin(tmp_path / "g", "good", GOOD)
    environment = {**os.environ, "PYTHONPATH": str(path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "nnbench", "run", "grid.toml", "--no-tracking", "--workers", "1", "--set", "gradcheck=off"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("mlruns/results/**/*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "the same command goes on" in out
