"""A folder of results is a unit: moved, copied, linked or oddly named, all of it stays usable; what was deleted is noticed."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from helpers import MLFLOWS_OWN, ask, nnbench, serving

from nnbench import Catalog, Grid
from nnbench import run as run_grid
from nnbench.launching.conduct import make_tracker
from nnbench.launching.results import Results
from nnbench.store import Store
from nnbench.tracking import replay
from nnbench.tracking.mlflow import default_uri, prepare

pytestmark = MLFLOWS_OWN
NAMES = ["q a?b&c;d#e", "p%20c", '100% [x] it\'s "q" back\\slash a:b', "-ü"]


@pytest.fixture(autouse=True)
def _no_uri_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="module")
def launch_in(small_grid: Callable[..., Grid], catalog: Catalog) -> Callable[..., Results]:
    def launch_in(folder: Path, **fields: Any) -> Results:
        with ThreadPoolExecutor(1) as executor:
            return run_grid(small_grid(**fields), catalog=catalog, executor=executor, folder=folder)

    return launch_in


@pytest.fixture(scope="module")
def original(launch_in: Callable[..., Results], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with results of one launch; copied by each test that changes it."""
    project = tmp_path_factory.mktemp("original") / "a"
    launch_in(project / "mlruns")
    return project


@pytest.fixture
def project(original: Path, tmp_path: Path) -> Path:
    """The project as if it had been made there."""
    shutil.copytree(original, tmp_path / "a")
    prepare(default_uri(tmp_path / "a" / "mlruns"))
    return tmp_path / "a"


def top(folder: Path) -> Any:
    """The run of the folder's one launch."""
    client = prepare(default_uri(folder))
    experiments = [each.experiment_id for each in client.search_experiments()]
    (run,) = client.search_runs(experiments, "tags.`nnbench.kind` = 'launch'")
    return run


def artifact(folder: Path, run: Any, tmp_path: Path) -> str:
    """A file of the run, through MLflow; which keeps in mind where it found a run's files, for as long as a process lives."""
    from mlflow.tracking._tracking_service.utils import _artifact_repos_cache

    _artifact_repos_cache.clear()
    (tmp_path / "read").mkdir(exist_ok=True)
    return Path(prepare(default_uri(folder)).download_artifacts(run.info.run_id, "results.csv", str(tmp_path / "read"))).read_text()


def stored_paths(folder: Path) -> set[str]:
    """Every path that the tracking store keeps of experiments and runs of nnbench."""
    connection = sqlite3.connect(folder / "mlflow.db")
    rows = connection.execute(
        "SELECT artifact_uri FROM runs UNION SELECT artifact_location FROM experiments WHERE experiment_id > 0"
    )
    paths = {row[0] for row in rows}
    connection.close()
    return paths


def moved(project: Path) -> Path:
    target = project.with_name("b")
    project.rename(target)
    return target


def renamed_above(project: Path) -> Path:
    above = project.parent / "above"
    above.mkdir()
    project.rename(above / "a")
    return (above).rename(project.parent / "other") / "a"


def copied(project: Path) -> Path:
    return Path(shutil.copytree(project, project.with_name("b")))


def linked(project: Path) -> Path:
    moved(project)
    link = project.with_name("link")
    link.symlink_to("b")
    return link


@pytest.mark.parametrize("how", [moved, renamed_above, copied, linked])
def test_a_folder_goes_on_wherever_it_is(
    how: Callable[[Path], Path], project: Path, launch_in: Callable[..., Results], tmp_path: Path
) -> None:
    before = top(project / "mlruns")
    is_copy = how is copied
    folder = how(project) / "mlruns"
    again = launch_in(folder)
    assert again.trackers == ()  # nothing is logged twice: the record and the store agree that all of it is there
    assert top(folder).info.run_id == before.info.run_id
    assert "relu" in artifact(folder, before, tmp_path) or "tanh" in artifact(folder, before, tmp_path)
    other = launch_in(folder, activation=["relu"], seeds=[7])
    (location,) = other.launch.logged_to.values()
    here = folder.resolve().as_uri()
    assert {path.partition("/mlruns")[0] + "/mlruns" for path in stored_paths(folder)} == {here}
    assert (folder / "artifacts" / location.partition("/")[2] / "artifacts" / "results.csv").exists()
    assert project.exists() == is_copy
    if is_copy:
        assert len(list((project / "mlruns" / "artifacts").iterdir())) == 1
        assert {path.partition("/mlruns")[0] for path in stored_paths(project / "mlruns")} == {project.as_uri()}


def test_the_ui_shows_artifacts_that_were_written_before_a_move_whatever_the_names(project: Path) -> None:
    run = top(project / "mlruns").info.run_id
    folder = project.rename(project.with_name("p%20c q?b#")) / "mlruns"
    with serving(folder, 3) as lines:
        address = lines[0].split()[2].partition("/#")[0]
        assert (
            f"/experiments/1/runs?workflowType=machine_learning&viewStateShareKey={top(folder).data.tags['nnbench.launch']}"
            in lines[1]
        )
        listed = json.loads(ask(f"{address}/ajax-api/2.0/mlflow/artifacts/list?run_id={run}"))["files"]
        assert {"summary.md", "results.csv"} <= {file["path"] for file in listed}
        assert b"moons" in ask(f"{address}/get-artifact?path=results.csv&run_uuid={run}")


def test_an_experiment_that_somebody_placed_elsewhere_stays_there(project: Path, tmp_path: Path) -> None:
    folder = project / "mlruns"
    client = prepare(default_uri(folder))
    elsewhere = (tmp_path / "elsewhere" / "artifacts").as_uri()
    run = client.create_run(client.create_experiment("mine", elsewhere)).info.run_id
    client.log_text(run, "kept", "note.txt")
    folder = moved(project) / "mlruns"
    assert prepare(default_uri(folder)).get_run(run).info.artifact_uri.startswith(elsewhere)
    assert (folder.resolve() / "artifacts").as_uri() in {
        each.artifact_location for each in prepare(default_uri(folder)).search_experiments()
    }


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_folder_may_have_any_name(name: str, launch_in: Callable[..., Results], tmp_path: Path) -> None:
    folder = tmp_path / "in" / name / "mlruns"
    results = launch_in(folder)
    assert [tracker.problem for tracker in results.trackers] == [""]
    assert launch_in(folder).trackers == ()
    assert "moons" in artifact(folder, top(folder), tmp_path)
    assert [path.name for path in (tmp_path / "in").iterdir()] == [name]
    results.store.export(results.launch.trial_ids, tmp_path / "in" / name / "all.parquet")
    moved_to = folder.parent.rename(tmp_path / "in" / "plain") / "mlruns"
    assert launch_in(moved_to).trackers == ()
    assert "moons" in artifact(moved_to, top(moved_to), tmp_path)


def test_results_are_kept_where_mlflow_cannot_keep_any_and_that_is_said(launch_in: Callable[..., Results], tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"l\xe9")
    results = launch_in(folder, activation=["relu"])
    assert (results.status, len(results.rows)) == ("finished", 2)
    (problem,) = [tracker.problem for tracker in results.trackers]
    assert "MLflow cannot keep anything in a folder whose path is not UTF-8; rename it" in problem
    assert list(tmp_path.iterdir()) == [folder]


def drop_database(folder: Path) -> None:
    (folder / "mlflow.db").unlink()


def drop_all(folder: Path) -> None:
    for path in folder.glob("mlflow.db*"):
        path.unlink()
    shutil.rmtree(folder / "artifacts")


def drop_artifacts(folder: Path) -> None:
    shutil.rmtree(folder / "artifacts")


def drop_experiment(folder: Path) -> None:
    prepare(default_uri(folder)).delete_experiment("1")


def drop_cell(folder: Path) -> None:
    client = prepare(default_uri(folder))
    client.delete_run(client.search_runs(["1"], "tags.`nnbench.kind` = 'cell'")[0].info.run_id)


@pytest.mark.parametrize("drop", [drop_database, drop_all, drop_artifacts, drop_experiment, drop_cell])
def test_what_was_deleted_is_logged_again_by_the_next_launch(
    drop: Callable[[Path], None], project: Path, launch_in: Callable[..., Results], tmp_path: Path
) -> None:
    folder = project / "mlruns"
    drop(folder)
    results = launch_in(folder)
    assert results.trained == 0
    assert [tracker.problem for tracker in results.trackers] == [""]
    assert top(folder).info.status == "FINISHED"
    assert "moons" in artifact(folder, top(folder), tmp_path)
    cells = prepare(default_uri(folder)).search_runs([top(folder).info.experiment_id], "tags.`nnbench.kind` = 'cell'")
    assert len(cells) == len(results.launch.cells)
    assert launch_in(folder).trackers == ()


def test_commands_tell_what_to_do_where_the_tracking_store_was_deleted(project: Path) -> None:
    drop_database(project / "mlruns")
    told = nnbench("ui", cwd=project)
    assert told.returncode == 2
    assert "mlruns/mlflow.db does not exist, but mlruns has results of 1 launch; log them: " in told.stderr
    command = told.stderr.strip().rpartition("log them: ")[2]
    assert command.endswith(" -m nnbench sync")
    synced = nnbench("sync", cwd=project)
    (launch,) = Store(project / "mlruns" / "results").launches()
    cells = len(launch.cells)
    assert (
        f"{launch.grid} {launch.id}: {cells} of {cells} cells are in MLflow (mlruns/mlflow.db), {cells} of them logged now"
        in synced.stdout
    )
    again = nnbench("sync", launch.id, cwd=project)
    assert f"{cells} of {cells} cells are in MLflow (mlruns/mlflow.db), none of them had to be logged now" in again.stdout


def test_the_ui_names_launches_that_are_not_logged(project: Path) -> None:
    drop_experiment(project / "mlruns")
    (launch,) = Store(project / "mlruns" / "results").launches()
    with serving(project / "mlruns", 2) as lines:
        assert f"Not logged here, or not all of it: 1 of 1 launch ({launch.grid} {launch.id})" in lines[1]
        assert f" sync --folder {project / 'mlruns'}" in lines[1]


@pytest.fixture(scope="module")
def halves(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory, small_grid: Callable[..., Grid]) -> tuple[Path, Path]:
    """A folder in which a launch was interrupted, and the same in which it was finished later."""
    first, second = (tmp_path_factory.mktemp("halves") / name for name in ("interrupted", "finished"))
    grid = small_grid(activation=["relu", "tanh"])
    with ThreadPoolExecutor(1) as executor:
        results = run_grid(grid, catalog=catalog, executor=executor, folder=second, track=False)
    (launch,) = results.store.launches()
    shutil.copytree(second, first)
    record = next((first / "results" / "launches").glob("*.json"))
    data = json.loads(record.read_text())
    data.update(status="interrupted", ended=launch.started + 0.001, updated=launch.started + 0.001)
    record.write_text(json.dumps(data))
    return first, second


def merged_into(folder: Path, other: Path) -> None:
    done = nnbench("merge", str(other), "--folder", str(folder), cwd=folder.parent)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("order", ["interrupted finished", "finished interrupted", "interrupted finished interrupted finished"])
def test_the_later_state_of_a_launch_wins_whatever_the_order(order: str, halves: tuple[Path, Path], tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    for name in order.split():
        merged_into(folder, next(half for half in halves if half.name == name))
        (launch,) = Store(folder / "results").launches()
        replay(make_tracker(folder), launch, Store(folder / "results"))
    assert launch.status == "finished"
    assert top(folder).info.status == "FINISHED"


def test_merging_an_older_copy_or_the_same_again_changes_nothing(halves: tuple[Path, Path], tmp_path: Path) -> None:
    first, second = halves
    folder = Path(shutil.copytree(second, tmp_path / "here"))
    before = {path: path.read_bytes() for path in folder.rglob("*.json")}
    merged_into(folder, first)
    merged_into(folder, second)
    assert {path: path.read_bytes() for path in folder.rglob("*.json")} == before


def test_a_merged_launch_is_not_taken_for_logged_here(project: Path, tmp_path: Path) -> None:
    merged_into(tmp_path / "new", project / "mlruns")
    (launch,) = Store(tmp_path / "new" / "results").launches()
    assert launch.logged_to == {}
