"""Files of the result store: whole or not there, locked by one process at a time, read by columns."""

from __future__ import annotations

import math
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nnbench.store.schema import check_format, told_format

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: two processes that run one launch at once are not kept apart
    fcntl = None

INDEXED = ("trial_id", "status", "stored")
"""Columns without which a file is none of nnbench's; any other may be missing, because an older version wrote the file."""


REACHED = "steps_to_target"


def read_columns(path: Path, columns: Sequence[str], schema: pa.Schema) -> pa.Table:
    """These columns of a file, null where it lacks one.

    Raises ValueError if it lacks one that every version of nnbench writes, and InputError if its format is newer.
    """
    with path.open("rb") as stream, pq.ParquetFile(stream) as file:  # by its path, pyarrow may take it for a URI
        check_format(path, *told_format(file.schema_arrow.metadata))
        missing = set(columns) - set(file.schema_arrow.names)
        if missing.intersection(INDEXED):
            raise ValueError(f"it lacks {', '.join(sorted(missing))}, so it was not written by nnbench")
        wanted = {*columns, *(["status"] if REACHED in columns else [])} - missing
        table = file.read(columns=sorted(wanted), use_threads=False)
    if REACHED in wanted:
        table = _never_by_what_diverged(table)
    for name in missing:
        table = table.append_column(schema.field(name), pa.nulls(len(table), schema.field(name).type))
    return table.select(list(columns)).replace_schema_metadata(schema.metadata)


def _never_by_what_diverged(table: pa.Table) -> pa.Table:
    """A trial that diverged has reached nothing; results of older versions say when it had met the target before."""
    diverged = pc.equal(table["status"], "diverged")
    amended = pc.if_else(diverged, pa.scalar(math.inf), table[REACHED])
    return table.set_column(table.schema.get_field_index(REACHED), table.schema.field(REACHED), amended)


def write_table(table: pa.Table, path: Path) -> None:
    """Write a file; raises OSError if the disk does not take it, leaving no half a file."""
    with renamed(path) as temporary, temporary.open("wb") as stream:
        pq.write_table(table, stream, compression="zstd")


def write_text(text: str, path: Path) -> None:
    """The same for a text."""
    with renamed(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextmanager
def locked(path: Path, wait: bool) -> Iterator[None]:
    """Hold a lock on a file, which the system releases when the process ends, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


@contextmanager
def renamed(path: Path) -> Iterator[Path]:
    """A temporary path that becomes the real one when the block ends well."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        yield temporary
        os.replace(temporary, path)  # noqa: PTH105 - atomic, also where the target exists
    finally:
        temporary.unlink(missing_ok=True)
