"""What tells a launch's cells apart, as columns: fields, and hyperparameters as numbers and texts of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from nnbench.grid.fields import FIELDS
from nnbench.grid.labels import label
from nnbench.store import Launch, LaunchCell

OWNER = ("trial_id", "cell_id", "seed")
"""Columns that tell whose a row is, which come first."""
Columns = dict[str, list[Any]]
"""Values by column, one for each cell of the launch and in that order; None where a cell has no such hyperparameter."""


def cell_columns(launch: Launch) -> Columns:
    """Everything that tells the cells apart, in the grid's order.

    `title` is what tables and runs call the cell. If the grid compares, `level`, `task` and `family` are what the comparison calls
    its level, its task, and what its data set is a variant of. Then every field: of a component its name, with its hyperparameters
    behind it (`optimizer.lr`, `optimizer.inner.lr` of one inside another). Numbers are numbers and truth values truth values; lists
    are texts as tables have them ("32-32"). `gradcheck` is passed, failed or off.
    """
    cells = launch.cells
    columns: Columns = {"title": [launch.title(cell) for cell in cells]}
    if launch.compared:
        placed = [launch.compared.placed[cell.id] for cell in cells]
        columns["level"] = [where.level for where in placed]
        columns["task"] = [where.task for where in placed]
        columns["family"] = [where.family or where.dataset for where in placed]
    columns |= _fields(cells)
    columns["gradcheck"] = [launch.gradcheck_status(cell) for cell in cells]
    return columns


def cell_table(launch: Launch) -> pa.Table:
    """The same as an Arrow table, with `cell_id`."""
    return pa.table({"cell_id": [cell.id for cell in launch.cells], **cell_columns(launch)})


def _fields(cells: Sequence[LaunchCell]) -> Columns:
    rows = [dict(setting for field, value in cell.fields.items() for setting in _flat(field, value)) for cell in cells]
    offering: dict[tuple[str, str], set[str]] = defaultdict(set)
    for cell, row in zip(cells, rows, strict=True):
        for at in cell.origins.keys() & row:
            offering[at, row[at]].add(cell.origins[at][0])
    for cell, row in zip(cells, rows, strict=True):
        for at in cell.origins.keys() & row:
            if len(offering[at, row[at]]) > 1:  # one name from several distributions
                row[at] = f"{cell.origins[at][0]}:{row[at]}"
    return {name: _alike([row.get(name) for row in rows]) for name in _in_order(rows)}


def _flat(at: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A field's value, a component as its name and then its hyperparameters."""
    if isinstance(value, Mapping):
        yield at, value["name"]
        for key, each in value.items():
            if key != "name":
                yield from _flat(f"{at}.{key}", each)
    else:
        yield at, label(tuple(value)) if isinstance(value, (list, tuple)) else value


def _in_order(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Columns field by field, the hyperparameters of every component that it has behind it."""
    by_field: dict[str, list[str]] = {field: [] for field in FIELDS}
    for name in dict.fromkeys(name for row in rows for name in row):
        by_field.setdefault(name.partition(".")[0], []).append(name)
    return [name for names in by_field.values() for name in names]


def _alike(values: list[Any]) -> list[Any]:
    """Values of one type: floats if some are, texts if they differ otherwise; None stays."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) < 2:
        return values
    one = float if kinds == {int, float} else label
    return [None if value is None else one(value) for value in values]
