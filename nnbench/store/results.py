"""The result of one trial as it is stored, told to watchers and exported: what was measured, and which trial it belongs to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import pyarrow as pa

from nnbench.engine.records import Record
from nnbench.store.schema import arrow_schema


@dataclass(frozen=True, kw_only=True)
class Result(Record, Mapping[str, Any]):
    """What was measured in a trial, and which trial it was; also a read-only mapping from its fields' names to their values.

    A field of `Record` is a column here, in every stored file and in every export. What an older version of nnbench did not
    measure is None, whatever the annotation says.
    """

    trial_id: str
    cell_id: str
    """For an untrained trial, the cell's id followed by `-untrained`."""
    seed: int
    launch_id: str
    """The launch that trained it."""
    grid: str
    """That launch's grid, by name."""
    fields: str
    """Every field of the trial, defaults filled in, as JSON."""
    origins: str
    """Distribution, version and digest of each component, by field, as JSON."""
    started: float
    """When its training began, in seconds since 1970."""
    seconds: float
    """Its share of the time that its stack took."""
    stored: float = math.nan
    """When it was stored, in seconds since 1970; NaN until it is."""

    def __getitem__(self, name: str) -> Any:
        if name not in COLUMNS:
            raise KeyError(name)
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(COLUMNS)

    def __len__(self) -> int:
        return len(COLUMNS)


_MEASURED = [each.name for each in fields(Record)]
COLUMNS = (*(each.name for each in fields(Result) if each.name not in _MEASURED), *_MEASURED)
"""Names of a result's fields: whose it is, then what was measured."""
SCHEMA: pa.Schema = arrow_schema(Result, COLUMNS)
"""A result's columns."""
SCALARS = tuple(
    name for name in COLUMNS if not pa.types.is_list(SCHEMA.field(name).type) and name not in ("fields", "origins", "grid")
)
"""Columns that are no curves and do not repeat what the launch records of each cell."""
CURVES = tuple(name for name in COLUMNS if pa.types.is_list(SCHEMA.field(name).type))
"""Columns that are curves, `curve_steps` first."""
