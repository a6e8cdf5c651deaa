"""Where MLflow keeps its runs, and a client of that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nnbench.distributions import BACKPORT, pass_over_unreadable
from nnbench.errors import InputError
from nnbench.tracking.mlflow.database import ARTIFACTS, database_of, latest_uri, open_database, sqlite_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient

SCHEMES = ("sqlite", "postgresql", "mysql", "mssql", "http", "https", "databricks", "uc")
DATABASE = "mlflow.db"
"""The tracking store in a folder of results."""


def default_uri(folder: Path) -> str:
    """The tracking store in `folder`, as SQLite, unless MLFLOW_TRACKING_URI names another."""
    return os.environ.get("MLFLOW_TRACKING_URI") or sqlite_uri(folder.resolve() / DATABASE)


def store_name(uri: str, folder: Path) -> str:
    """What the records of launches in `folder` call a tracking store: the URI, without the path for the one in the folder itself.

    So that records stay true when the folder is moved or copied.
    """
    database = database_of(uri)
    if database is None:
        return uri
    return f"sqlite:///{DATABASE}" if database == folder.resolve() / DATABASE else sqlite_uri(database)


def shown_place(uri: str, folder: Path) -> str:
    """What a person calls a tracking store: the file, as it is reached by `folder` if it is there, or the URI of a server."""
    database = database_of(uri)
    if database is None:
        return uri
    return str(folder / DATABASE if database == folder.resolve() / DATABASE else database)


def artifact_folder(uri: str) -> Path | None:
    """Where artifacts go, beside a local store; a server has its own place for them."""
    database = database_of(uri)
    return None if database is None else database.parent / ARTIFACTS


def checked_uri(uri: str) -> str:
    """The URI, if MLflow has a tracking store for it; raises InputError."""
    scheme = uri.partition(":")[0].partition("+")[0]
    if scheme not in SCHEMES or "://" not in uri:
        raise InputError(f"tracking URI {uri!r}: MLflow takes {', '.join(f'{scheme}://…' for scheme in SCHEMES)}")
    return uri


def prepare(uri: str) -> MlflowClient:
    """A client of the tracking store; a local one is created when missing, and leads to its own folder. Imports mlflow: seconds."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    pass_over_unreadable(BACKPORT)
    database = database_of(uri)
    if database is not None:
        open_database(database)
        uri = latest_uri(database)
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)
