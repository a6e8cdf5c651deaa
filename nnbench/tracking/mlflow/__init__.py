"""Results to MLflow: one parent run for a launch, one child for each of its cells. Only this package imports mlflow."""

from nnbench.tracking.mlflow.database import database_of
from nnbench.tracking.mlflow.links import charts_path, view_path
from nnbench.tracking.mlflow.lookup import has_all, logged, places
from nnbench.tracking.mlflow.projection import Projection
from nnbench.tracking.mlflow.server import artifact_folder, checked_uri, default_uri, prepare, shown_place, store_name
from nnbench.tracking.mlflow.studies import log_study
from nnbench.tracking.mlflow.tracker import MlflowTracker

__all__ = [
    "MlflowTracker",
    "Projection",
    "artifact_folder",
    "charts_path",
    "checked_uri",
    "database_of",
    "default_uri",
    "has_all",
    "log_study",
    "logged",
    "places",
    "prepare",
    "shown_place",
    "store_name",
    "view_path",
]
