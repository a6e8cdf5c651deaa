"""A launch's results as pandas frames that join on `trial_id` and `cell_id`, in the grid's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, get_args

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nnbench.engine.records import Status
from nnbench.report.cells import Line
from nnbench.report.columns import OWNER, cell_columns
from nnbench.store import CURVES, SCALARS, SCHEMA, Launch, Store


def cells(launch: Launch, lines: Sequence[Line]) -> pd.DataFrame:
    """One row for each cell that has a result: `cell_id`, what tells it from others, and what its seeds amount to."""
    summaries = {line.cell.id: asdict(line.summary) for line in lines}
    kept = [number for number, cell in enumerate(launch.cells) if cell.id in summaries]
    ids = [launch.cells[number].id for number in kept]
    own = {name: _series(values, kept) for name, values in cell_columns(launch).items()}
    measured = pd.json_normalize([summaries[each] for each in ids])
    return pd.concat([pd.DataFrame({"cell_id": ids, **own}), measured], axis=1)


def trials(launch: Launch, store: Store) -> pd.DataFrame:
    """One row for each trial that has a result: whose it is, what tells its cell from others, and what was measured."""
    stored = _Stored(launch, store, SCALARS)
    place = {cell.id: number for number, cell in enumerate(launch.cells)}
    cell_of = [place[each] for each in stored.column("cell_id").to_pylist()]
    own = {name: _series(values, cell_of) for name, values in cell_columns(launch).items()}
    measured = {name: _stored_series(stored.column(name)) for name in SCALARS}
    measured["status"] = pd.Series(pd.Categorical(measured["status"], categories=list(get_args(Status))))
    return pd.DataFrame({**{name: measured[name] for name in OWNER}, **own, **measured})


def curves(launch: Launch, store: Store) -> pd.DataFrame:
    """One row for each evaluation of each trial that has a result: whose it is, the step, and what was measured there."""
    stored = _Stored(launch, store, (*OWNER, *CURVES))
    steps = stored.column("curve_steps")
    lengths = _lengths(steps)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    frame: dict[str, Any] = {
        "trial_id": pd.Categorical.from_codes(rows.astype(np.int32), stored.column("trial_id").to_pylist()),
        "cell_id": _categorical(stored.column("cell_id").to_pylist()).take(rows),
        "seed": stored.column("seed").to_numpy()[rows],
        "step": pc.list_flatten(steps).to_numpy(),
    }
    for name in CURVES[1:]:
        for title, column in _by_layer(name, stored.column(name)):
            frame[title] = _values(column, lengths)
    return pd.DataFrame(frame, copy=False)


class _Stored:
    """Columns of a launch's results, each put into the grid's order when it is asked for, as curves take much memory."""

    def __init__(self, launch: Launch, store: Store, columns: Sequence[str]) -> None:
        schema = pa.schema([SCHEMA.field(name) for name in columns])
        tables = [table.replace_schema_metadata() for table in store.tables(launch.trial_ids, columns)]
        self._table = pa.concat_tables([schema.empty_table(), *tables])
        row = {trial: number for number, trial in enumerate(self._table["trial_id"].to_pylist())}
        self._order = pa.array([row[trial] for trial in launch.trial_ids if trial in row], pa.int64())

    def column(self, name: str) -> pa.ChunkedArray:
        """One of the columns."""
        return self._table[name].take(self._order)


def _series(values: Sequence[Any], rows: Sequence[int]) -> Any:
    """Values by cell, a row for each of these cells: texts as a categorical in the grid's order, whole numbers as such."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {str}:
        return _categorical(values).take(np.asarray(rows, dtype=np.intp))
    dtype: Any = {int: "Int64", bool: "boolean"}.get(next(iter(kinds))) if None in values else None
    return pd.Series(values, dtype=dtype).take(list(rows)).reset_index(drop=True)


def _categorical(texts: Sequence[str | None]) -> pd.Categorical:
    """Texts, with categories in the order in which they come."""
    return pd.Categorical(list(texts), categories=list(dict.fromkeys(text for text in texts if text is not None)))


def _stored_series(column: pa.ChunkedArray) -> pd.Series:
    if pa.types.is_integer(column.type) and column.null_count:
        return column.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return column.to_pandas()


def _lengths(column: pa.ChunkedArray) -> np.ndarray:
    """Of the list in each row; 0 where there is none."""
    return pc.list_value_length(column).fill_null(0).to_numpy()


def _by_layer(name: str, column: pa.ChunkedArray) -> list[tuple[str, pa.ChunkedArray]]:
    """A curve, or one for each hidden layer; a trial has none for a layer that its network lacks."""
    if not pa.types.is_list(column.type.value_type):
        return [(name, column)]
    depths = _lengths(column)
    starts = np.cumsum(depths) - depths
    inner = pc.list_flatten(column)
    return [
        (f"{name}.layer_{layer + 1}", inner.take(pa.array(starts + layer, mask=depths <= layer)))
        for layer in range(depths.max(initial=0))
    ]


def _values(column: pa.ChunkedArray, lengths: np.ndarray) -> np.ndarray:
    """A curve's values, trial after trial, as many as it has evaluations; NaN where it was not measured."""
    measured = _lengths(column) == lengths
    values = pc.list_flatten(column.filter(pa.array(measured))).to_numpy()
    if measured.all():
        return values
    out = np.full(lengths.sum(), np.nan)
    out[np.repeat(measured, lengths)] = values
    return out
