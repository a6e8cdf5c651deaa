"""A plugin that misbehaves names itself: `nnbench plugins`, and --trace, which shows the calls of hooks."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from helpers import activation_plugin, make_plugin, nnbench

WATCHER = """
import json
from nnbench import hookimpl

@hookimpl
def nnbench_launch_started(launch):
    return len(launch.cells)

@hookimpl
def nnbench_results_stored(launch, results):
    raise RuntimeError("disk full")

@hookimpl
def nnbench_launch_finished(launch, status):
    pass
"""


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One that is well, one that is slow, one that does not load, one that watches launches."""
    return [
        make_plugin(tmp_path_factory.mktemp("a"), "curves", activation_plugin("Cubic", "Quartic"), version="1.2"),
        make_plugin(tmp_path_factory.mktemp("b"), "slow-one", "import time\ntime.sleep(0.35)\n" + activation_plugin("Lazy")),
        make_plugin(tmp_path_factory.mktemp("c"), "broken", "import does_not_exist_anywhere", version="0.3"),
        make_plugin(tmp_path_factory.mktemp("d"), "watcher", WATCHER),
    ]


def listed(plugins: list[Path], folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    done = nnbench("plugins", *options, cwd=folder, path=plugins)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr
    return done


def test_a_plugin_is_listed_with_its_distribution_version_time_and_components(plugins: list[Path], tmp_path: Path) -> None:
    done = listed(plugins, tmp_path)
    assert re.search(r"^curves +curves +curves 1\.2 +[\d,]+ ms +activations: cubic, quartic", done.stdout, re.MULTILINE)
    assert re.search(
        r"^watcher +watcher +watcher 1\.0 +[\d,]+ ms +nnbench_launch_finished, nnbench_launch_started", done.stdout, re.MULTILINE
    )


def test_one_that_fails_is_listed_with_the_cause(plugins: list[Path], tmp_path: Path) -> None:
    done = listed(plugins, tmp_path)
    assert re.search(r"^broken +broken +broken 0\.3 +failed +ModuleNotFoundError: No module named", done.stdout, re.MULTILINE)
    assert "plugin broken (broken, from broken 0.3) did not load" in done.stderr


def test_one_that_is_slow_to_load_is_pointed_out(plugins: list[Path], tmp_path: Path) -> None:
    (line,) = [line for line in listed(plugins, tmp_path).stdout.splitlines() if line.startswith("slow: slow_one")]
    assert float(re.search(r"took ([\d.]+) s to load", line)[1]) >= 0.3
    assert "python -X importtime -c 'import slow_one'" in line


def test_a_trace_shows_what_each_hook_returns_and_where_a_failure_came_from(plugins: list[Path], tmp_path: Path) -> None:
    text = listed(plugins, tmp_path, "--trace").stdout
    assert re.search(r"^trace: curves:curves: nnbench_components\(\) returned 2 components in [\d.,]+ ms$", text, re.MULTILINE)
    assert "Traceback (most recent call last):" in text
    assert "import does_not_exist_anywhere" in text
    assert "Traceback" not in listed(plugins, tmp_path).stdout


def test_a_trace_of_a_launch_shows_each_call_and_what_it_raised(plugins: list[Path], tmp_path: Path) -> None:
    (tmp_path / "grid.toml").write_text("seeds = 1\n[trial]\nepochs = 1\n")
    done = nnbench("run", "grid.toml", "--no-tracking", "--workers", "1", "--trace", cwd=tmp_path, path=plugins)
    assert done.returncode == 0, done.stdout + done.stderr
    calls = [line for line in done.stderr.splitlines() if line.startswith("trace: ")]
    launch = r"\d{8}-\d{6}-[0-9a-f]{4}"
    assert re.fullmatch(rf"trace: watcher:watcher: nnbench_launch_started\(launch={launch}\) returned 1 in \S+ ms", calls[0])
    stored = rf"nnbench_results_stored\(launch={launch}, results=1 results\) raised RuntimeError: disk full in \S+ ms"
    assert re.fullmatch(rf"trace: watcher:watcher: {stored}", calls[1])
    assert (
        "A watcher failed and was not told more: watcher:watcher: nnbench_results_stored raised RuntimeError: disk full"
        in done.stdout
    )


def test_a_trace_without_watchers_says_so(tmp_path: Path) -> None:
    (tmp_path / "grid.toml").write_text("seeds = 1\n[trial]\nepochs = 1\n")
    done = nnbench("run", "grid.toml", "--no-tracking", "--workers", "1", "--trace", cwd=tmp_path)
    assert "trace: no installed plugin implements a hook of launches" in done.stderr
