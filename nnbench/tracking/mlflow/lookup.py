"""What a tracking store really has of launches: records tell what was logged, and somebody may have deleted it since."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from nnbench.store import Launch
from nnbench.tracking.mlflow.database import database_of, launch_runs, relocate
from nnbench.tracking.mlflow.server import prepare

OVER = ("FINISHED", "FAILED")
"""Statuses of a run that was logged to the end."""


def places(uri: str, name: str, launches: Sequence[Launch]) -> dict[str, str]:
    """Where these launches are in a tracking store, `experiment id/run id` by their ids, all of their cells or some.

    Of a store that is no file, what records tell of the one with this `name`. Raises sqlite3.Error for a file that is no store.
    """
    database = database_of(uri)
    if database is None:
        return {launch.id: launch.logged_to[name] for launch in launches if name in launch.logged_to}
    if not database.exists():
        return {}
    relocate(database)
    runs = launch_runs(database)
    return {launch.id: runs[launch.id][0] for launch in launches if launch.id in runs}


def logged(uri: str, name: str, launch: Launch) -> bool:
    """Whether a launch is logged to the end, as its record tells of the store with this `name` and the store itself."""
    return name in launch.logged_to and has_all(uri, launch.logged_to[name], launch)


def has_all(uri: str, location: str, launch: Launch) -> bool:
    """Whether the store still has the launch's run at `location` and all of its cells; yes, if it cannot be asked."""
    database = database_of(uri)
    if database is None:
        return _answers(uri, location, len(launch.cells))
    return database.exists() and _in_file(database, location, launch)


def _in_file(database: Path, location: str, launch: Launch) -> bool:
    try:
        relocate(database)
        there, status, cells = launch_runs(database).get(launch.id, ("", "", 0))
    except sqlite3.Error:
        return False  # whoever logs will say what is wrong
    return there == location and status in OVER and cells >= len(launch.cells)


def _answers(uri: str, location: str, cells: int) -> bool:
    client = prepare(uri)
    from mlflow.exceptions import MlflowException

    experiment, _, run = location.partition("/")
    children = f"tags.`mlflow.parentRunId` = '{run}' and tags.`nnbench.kind` = 'cell'"
    try:
        parent = client.get_run(run).info
        if "deleted" in (parent.lifecycle_stage, client.get_experiment(experiment).lifecycle_stage) or parent.status not in OVER:
            return False
        count, token = 0, None
        while True:
            page = client.search_runs([experiment], children, max_results=1000, page_token=token)
            count, token = count + sum(each.info.status in OVER for each in page), page.token
            if not token:
                return count >= cells
    except MlflowException as error:
        return bool(error.error_code != "RESOURCE_DOES_NOT_EXIST")
