"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

GRID = click.argument("grid", metavar="GRID.toml", type=click.Path(path_type=Path))
SET = click.option(
    "--set",
    "overrides",
    metavar="FIELD=VALUES",
    multiple=True,
    help="Override a field: --set epochs=10, --set optimizer.lr=0.1,0.3 (an axis), --set seeds=2.",
)
FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("mlruns"),
    show_default=True,
    help="Where results are kept.",
)
WORKERS = click.option("--workers", type=click.IntRange(min=1), help="Worker processes; one for each processor unless given.")
RUNS = click.option(
    "--runs",
    type=click.Choice(["cell", "trial"]),
    default="cell",
    show_default=True,
    help="What is a run in MLflow: a cell, its seeds aggregated, or each of its trials as well.",
)
FRESH = click.option("--fresh", is_flag=True, help="Train again what has results already.")
URI = click.option(
    "--tracking-uri", metavar="URI", help="MLflow tracking store; MLFLOW_TRACKING_URI, or SQLite in the folder, unless given."
)
