"""Where MLflow's UI shows a launch."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from nnbench.store import Launch


def view_path(location: str, launch: Launch) -> str:
    """Where the UI shows the cells of the launch at `location`, best first, with columns chosen.

    Columns are not a documented feature of MLflow: where they fail, the page shows all runs of the experiment.
    """
    return f"/#/experiments/{location.partition('/')[0]}/runs?workflowType=machine_learning&viewStateShareKey={launch.id}"


def charts_path(location: str) -> str:
    """Where the UI draws the curves of the ten best cells of the launch at `location`."""
    experiment_id, _, run_id = location.partition("/")
    query = {
        "workflowType": "machine_learning",
        "searchFilter": cells_of(run_id),
        "orderByKey": "metrics.`test/accuracy`",
        "orderByAsc": "false",
        "compareRunsMode": "CHART",
    }
    return f"/#/experiments/{experiment_id}/runs?{urlencode(query, quote_via=quote)}"


def cells_of(run_id: str) -> str:
    """The filter that the cells of the launch with this run pass."""
    return f"tags.mlflow.parentRunId = '{run_id}' and tags.nnbench.kind = 'cell'"
