"""`nnbench time`: a table of costs, logged to a real tracking store."""

from __future__ import annotations

from pathlib import Path

from helpers import MLFLOWS_OWN, nnbench
from mlflow import MlflowClient

pytestmark = MLFLOWS_OWN


def test_costs_are_printed_and_logged(tmp_path: Path) -> None:
    done = nnbench("time", "activation", "relu", "tanh", "--size", "one", "--rounds", "6", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ratio to tanh" in done.stdout
    assert "Logged to MLflow, experiment component-costs" in done.stdout
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'mlruns' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("component-costs")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert set(run.data.metrics) == {"one/ratio/relu", "one/ratio/tanh"}
    assert run.data.params == {"kind": "activation", "baseline": "tanh", "rounds": "6"}


def test_what_cannot_be_timed_is_said(tmp_path: Path) -> None:
    for arguments, told in (
        (("time", "activation", "rellu"), "did you mean"),
        (("time", "--baseline", "tanh"), "name the kind"),
        (("time", "activation", "--rounds", "2"), "2 is not in the range"),
    ):
        failed = nnbench(*arguments, cwd=tmp_path)
        assert failed.returncode == 2
        assert told in failed.stderr
    assert not (tmp_path / "mlruns").exists()
