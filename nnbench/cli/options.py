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
    help="Override a field, such as epochs=10, optimizer.lr=0.1,0.3 (an axis) or seeds=2; can be repeated.",
)
FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("mlruns"),
    show_default=True,
    help="Folder in which results are kept.",
)
WORKERS = click.option("--workers", type=click.IntRange(min=1), help="Worker processes; by default one for each processor.")
RUNS = click.option(
    "--runs",
    type=click.Choice(["cell", "trial"]),
    default="cell",
    show_default=True,
    help="What gets a run in MLflow: each cell, averaged over its seeds, or each trial as well.",
)
FRESH = click.option("--fresh", is_flag=True, help="Train again what already has results.")
URI = click.option(
    "--tracking-uri", metavar="URI", help="MLflow tracking store; by default MLFLOW_TRACKING_URI, or else SQLite in the folder."
)
