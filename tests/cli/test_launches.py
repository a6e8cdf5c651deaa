"""Which launch is shown: by what a grid says, not by what it is called; and which launches there are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from helpers import nnbench

from nnbench.store import Store

GRID = """
seeds = 2
gradcheck = "off"
[trial]
activation = ["relu", "tanh"]
dataset = "moons"
epochs = {epochs}
train_size = 64
valid_size = 32
test_size = 32
hidden = [4]
"""
QUIET = ("--no-tracking", "--workers", "1")


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the grid a/grid.toml launched, and b/grid.toml, another one of that name, not launched."""
    folder = tmp_path_factory.mktemp("launched")
    for name, epochs in (("a", 1), ("b", 2)):
        (folder / name).mkdir()
        (folder / name / "grid.toml").write_text(GRID.format(epochs=epochs))
    done = nnbench("run", "a/grid.toml", *QUIET, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(launched: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(launched, tmp_path / "copy"))


def launches(folder: Path) -> list[str]:
    return [launch.id for launch in Store(folder / "mlruns" / "results").launches()]


def recorded(folder: Path, **changes: object) -> str:
    """Write another record of the folder's launch, later and with these changes; returns its id."""
    (first, *_) = sorted((folder / "mlruns" / "results" / "launches").glob("*.json"))
    data = json.loads(first.read_text())
    data.update({"id": "20990101-000000-abcd", "started": data["started"] + 1e6, **changes})
    first.with_name("20990101-000000-abcd.json").write_text(json.dumps(data))
    return "20990101-000000-abcd"


@pytest.mark.parametrize("command", ["report", "sync"])
def test_a_grid_that_was_never_launched_is_none_that_has_its_name(command: str, launched: Path) -> None:
    told = nnbench(command, "b/grid.toml", cwd=launched)
    (known,) = launches(launched)
    assert (told.returncode, told.stdout) == (2, "")
    assert "b/grid.toml: never launched in mlruns as it is now" in told.stderr
    assert f"launch {known} of a grid named grid (finished): epochs 1, here 2" in told.stderr


def test_a_grid_means_the_launch_of_its_trials_whatever_its_name(launched: Path, tmp_path: Path) -> None:
    same = tmp_path / "other name.toml"
    same.write_text("# a comment more\n" + GRID.format(epochs=1))
    by_file, by_content = (nnbench("report", path, cwd=launched) for path in ("a/grid.toml", str(same)))
    assert by_file.returncode == by_content.returncode == 0, by_content.stderr
    assert by_file.stdout == by_content.stdout != ""


def test_set_is_for_reports_what_it_is_for_launches(launched: Path) -> None:
    (known,) = launches(launched)
    assert nnbench("report", "b/grid.toml", "--set", "epochs=1", cwd=launched).returncode == 0
    other = nnbench("report", "a/grid.toml", "--set", "epochs=3", cwd=launched)
    assert other.returncode == 2
    assert "with epochs=3" in other.stderr
    assert f"launch {known} of a grid named grid (finished): epochs 1, here 3" in other.stderr
    assert (
        "--set changes what a grid file says; name the file" in nnbench("report", "grid", "--set", "epochs=1", cwd=launched).stderr
    )


def test_another_question_about_the_same_trials_is_answered(launched: Path) -> None:
    asked = nnbench("report", "a/grid.toml", "--set", "compare.factor=activation", "--format", "json", cwd=launched)
    (known,) = launches(launched)
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["factor"] == "activation"
    assert f"The trials are those of launch {known}, which asked another question" in asked.stderr
    assert Store(launched / "mlruns" / "results").launches()[0].compared is None


@pytest.mark.parametrize("which", ["a/grid.toml", "grid", None])
def test_a_stopped_launch_hides_no_finished_one_without_a_word(which: str | None, folder: Path) -> None:
    (known,) = launches(folder)
    later = recorded(folder, status="interrupted")
    told = nnbench("report", *([which] if which else []), cwd=folder)
    assert told.returncode == 0
    assert f"This is launch {known}; the later launch {later} of the same trials is interrupted." in told.stderr


def test_of_launches_that_were_all_stopped_the_report_says_so(folder: Path) -> None:
    record = next((folder / "mlruns" / "results" / "launches").glob("*.json"))
    record.write_text(record.read_text().replace('"status": "finished"', '"status": "interrupted"'))
    told = nnbench("report", "a/grid.toml", cwd=folder)
    assert f"Launch {record.stem} is not finished (interrupted)" in told.stderr


def test_launches_are_listed_with_ids_states_times_and_trials(folder: Path) -> None:
    (known,) = launches(folder)
    later = recorded(folder, status="running", overrides=["epochs=5"], ended=None)
    lines = nnbench("list", "launches", cwd=folder).stdout.splitlines()
    assert lines[0].split() == ["launch", "grid", "state", "started", "ended", "trials", "changed", "by", "--set"]
    assert lines[1].split()[:3] == [known, "grid", "finished"]
    assert lines[2].split()[:4] == [later, "grid", "cut", "off"]
    assert lines[2].split()[-2:] == ["4", "epochs=5"]
    by_id = nnbench("report", later, cwd=folder)
    assert by_id.returncode == 0
    nothing = nnbench("list", "launches", "--folder", "none", cwd=folder)
    assert (nothing.returncode, "no launch in none yet" in nothing.stderr) == (2, True)
