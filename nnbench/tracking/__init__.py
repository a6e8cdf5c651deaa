"""Trackers: what one is, and MLflow's. Only `nnbench.tracking.mlflow` imports mlflow."""

from nnbench.tracking.protocol import Tracker, replay

__all__ = ["Tracker", "replay"]
