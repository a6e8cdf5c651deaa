"""Where MLflow keeps its runs, and a client of that."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from nnbench.distributions import BACKPORT, pass_over_unreadable
from nnbench.errors import InputError
from nnbench.store import locked

if TYPE_CHECKING:
    from mlflow import MlflowClient

SCHEMES = ("sqlite", "postgresql", "mysql", "mssql", "http", "https", "databricks", "uc")


def default_uri(folder: Path) -> str:
    """The tracking store in `folder`, as SQLite, unless MLFLOW_TRACKING_URI names another."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(folder / 'mlflow.db').resolve().as_posix()}"


def artifact_folder(uri: str, folder: Path) -> Path | None:
    """Where artifacts go beside a local store; a server has its own place for them."""
    return folder / "artifacts" if uri.startswith("sqlite:") else None


def checked_uri(uri: str) -> str:
    """The URI, if MLflow has a tracking store for it; raises InputError."""
    scheme = uri.partition(":")[0].partition("+")[0]
    if scheme not in SCHEMES or "://" not in uri:
        raise InputError(f"tracking URI {uri!r}: MLflow takes {', '.join(f'{scheme}://…' for scheme in SCHEMES)}")
    return uri


def prepare(uri: str) -> MlflowClient:
    """A client of the tracking store, which is created when missing. Imports mlflow, which takes seconds."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    pass_over_unreadable(BACKPORT)
    if uri.startswith("sqlite:///"):
        path = Path(uri.removeprefix("sqlite:///"))
        _create(path)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode=WAL")  # stays with the file; readers and the writer no longer block each other
        connection.close()
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)


def _create(path: Path) -> None:
    """Make MLflow's tables under a temporary name, then rename: a process that is killed meanwhile leaves no half a store."""
    with locked(path.with_name(f"{path.name}.lock"), wait=True):
        if path.exists():
            return
        from mlflow import MlflowClient

        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".creating-") as folder:
            new = Path(folder) / path.name
            MlflowClient(tracking_uri=f"sqlite:///{new.as_posix()}").search_experiments(max_results=1)
            os.replace(new, path)  # noqa: PTH105 - atomic
