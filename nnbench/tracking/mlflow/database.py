"""A local tracking store: one SQLite file with artifacts beside it, and absolute paths in it that are made to follow the folder.

MLflow has no call that changes where an experiment's or a run's artifacts are, so this module alone writes into MLflow's tables.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from nnbench.errors import InputError
from nnbench.store import locked

ARTIFACTS = "artifacts"
"""The folder beside the file."""
PATHS = {"experiments": "artifact_location", "runs": "artifact_uri", "logged_models": "artifact_location"}
"""Columns in which MLflow keeps absolute paths, by table."""
SECONDS = 20.0
"""How long to wait for another process that writes."""

_opened: dict[Path, list[int]] = {}
"""The files that this process has opened under each path, by their inodes: one may be deleted or moved, and another be created."""


def sqlite_uri(database: Path | str) -> str:
    """The URI by which SQLAlchemy opens this file, whatever characters its path has."""
    path = str(database)
    if "?" not in path and "%" not in path:
        return f"sqlite:///{path}"
    escaped = path.replace("%", "%25").replace("?", "%3F")
    # with the driver named, MLflow makes no folder of what it takes for the path
    return f"sqlite+pysqlite:///{escaped}" if _unquotes() else f"sqlite+pysqlite:///file:{escaped}?uri=true"


def database_of(uri: str) -> Path | None:
    """The file that a URI of SQLite names, absolute; None for one in memory and any other store."""
    scheme, _, path = uri.partition(":///")
    if scheme.partition("+")[0] != "sqlite" or path in ("", ":memory:"):
        return None
    path, _, options = path.partition("?")
    if path.startswith("file:") and "uri=true" in options:
        path = unquote(path.removeprefix("file:"), errors="surrogateescape")
    elif "%" in path and _unquotes():
        path = unquote(path, errors="surrogateescape")
    file = Path(path)
    return file.parent.resolve() / file.name


def latest_uri(database: Path) -> str:
    """The URI of the file that is there now: MLflow keeps connections by URI, also to a file that was deleted or moved since."""
    inodes = _opened.setdefault(database, [])
    inode = database.stat().st_ino
    if inode not in inodes:
        inodes.append(inode)
    return sqlite_uri(f"{database.parent}{'/.' * inodes.index(inode)}/{database.name}")  # the same path for all but MLflow


def open_database(database: Path) -> None:
    """Have a store there that several processes can use, whose paths lead to the folder that it is in; raises InputError."""
    try:
        str(database).encode()
    except UnicodeEncodeError:
        raise InputError("MLflow cannot keep anything in a folder whose path is not UTF-8; rename it") from None
    _create(database)
    with closing(sqlite3.connect(database, timeout=SECONDS)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")  # stays with the file; readers and the writer no longer block each other
    relocate(database)


def relocate(database: Path) -> None:
    """Have the paths of a store lead to where it is now: its folder may have been moved, renamed, copied, or mounted elsewhere."""
    here = (database.parent / ARTIFACTS).as_uri()
    with _connected(database) as connection:
        for (root,) in connection.execute("SELECT DISTINCT artifact_location FROM experiments").fetchall():
            if root != here and _is_ours(root) and _came_along(connection, root, database.parent / ARTIFACTS):
                before, now = root.removesuffix(ARTIFACTS), here.removesuffix(ARTIFACTS)
                _replace(connection, before, now)
                _replace(connection, str(_path(before)) + "/", f"{database.parent}/")  # as MLflow writes what it places itself


def launch_runs(database: Path) -> dict[str, tuple[str, str, int]]:
    """The run of each launch, if neither it nor its experiment is deleted: where it is, its status, how many cells are under it.

    Where is `experiment id/run id`; cells count that are logged to the end. A run whose artifacts are gone has an empty status.
    """
    tagged = "JOIN tags {0} ON {0}.run_uuid = runs.run_uuid AND {0}.key = '{1}'"
    launches = f"""SELECT launch.value, runs.experiment_id, runs.run_uuid, runs.status FROM runs
        JOIN experiments USING (experiment_id)
        {tagged.format("kind", "nnbench.kind")} {tagged.format("launch", "nnbench.launch")}
        WHERE kind.value = 'launch' AND runs.lifecycle_stage = 'active' AND experiments.lifecycle_stage = 'active'"""
    cells = f"""SELECT parent.value, count(*) FROM runs
        {tagged.format("kind", "nnbench.kind")} {tagged.format("parent", "mlflow.parentRunId")}
        WHERE kind.value = 'cell' AND runs.lifecycle_stage = 'active' AND runs.status != 'RUNNING' GROUP BY parent.value"""
    with _connected(database) as connection:
        counts = dict(connection.execute(cells).fetchall())
        found = connection.execute(launches).fetchall()
    there = {path.name for path in (database.parent / ARTIFACTS).glob("*/")}
    return {
        launch: (f"{experiment}/{run}", status if run in there else "", counts.get(run, 0))
        for launch, experiment, run, status in found
    }


def _create(path: Path) -> None:
    """Make MLflow's tables under a temporary name, then rename: a process that is killed meanwhile leaves no half a store."""
    with locked(path.with_name(f"{path.name}.lock"), wait=True):
        if path.exists():
            return
        from mlflow import MlflowClient

        for left in ("-wal", "-shm"):  # of a store that was deleted: SQLite would take them for this one's
            path.with_name(f"{path.name}{left}").unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".creating-") as folder:
            new = Path(folder) / path.name
            MlflowClient(tracking_uri=sqlite_uri(new)).search_experiments(max_results=1)
            os.replace(new, path)  # noqa: PTH105 - atomic


def _is_ours(root: str | None) -> bool:
    """Whether a location is one that nnbench gives to experiments: a folder of artifacts beside a local store."""
    return root is not None and root.startswith("file:///") and root.endswith(f"/{ARTIFACTS}")


def _came_along(connection: sqlite3.Connection, root: str, here: Path) -> bool:
    """Whether artifacts are with the store, not where it says: there may still be the folder that this one is a copy of."""
    asked = "SELECT run_uuid FROM runs JOIN experiments USING (experiment_id) WHERE artifact_location = ?"
    runs = {run for (run,) in connection.execute(asked, (root,))}
    return any(path.name in runs for path in here.glob("*/")) or not any(path.name in runs for path in _path(root).glob("*/"))


def _replace(connection: sqlite3.Connection, before: str, now: str) -> None:
    """Have every path that begins with `before` begin with `now`."""
    for table, column in PATHS.items():
        update = f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?"
        connection.execute(update, (now, len(before) + 1, len(before), before))


def _path(location: str) -> Path:
    return Path(unquote(urlsplit(location).path, errors="surrogateescape"))


@contextmanager
def _connected(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection whose changes count together when the block ends well."""
    with closing(sqlite3.connect(database, timeout=SECONDS)) as connection, connection:
        yield connection


def _unquotes() -> bool:
    """Whether this SQLAlchemy decodes the path of a URI; from 2.1 on it does."""
    from sqlalchemy import make_url

    return make_url("sqlite:///%25").database == "%"
