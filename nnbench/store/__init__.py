"""The result store: one Parquet file for each finished stack, and one JSON file for each launch.

It is the truth; MLflow and every table and picture are projections of it. Trials are addressed by their id. A file is written
under a temporary name and renamed, so that a reader sees all of it or nothing.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import time
import uuid
import warnings
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from nnbench.errors import InputError
from nnbench.grid import TOLD

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: two processes that run one launch at once are not kept apart
    fcntl = None

Row = Mapping[str, Any]

_CURVE = pa.list_(pa.float64())
SCHEMA = pa.schema(
    [
        ("trial_id", pa.string()),
        ("cell_id", pa.string()),
        ("seed", pa.int64()),
        ("launch_id", pa.string()),
        ("grid", pa.string()),
        ("fields", pa.string()),
        ("origins", pa.string()),
        ("started", pa.float64()),
        ("seconds", pa.float64()),
        ("stored", pa.float64()),
        ("status", pa.string()),
        ("steps", pa.int64()),
        ("parameters", pa.int64()),
        ("target", pa.float64()),
        ("diverged_step", pa.int64()),
        ("error", pa.string()),
        ("best_step", pa.int64()),
        ("best_valid_accuracy", pa.float64()),
        ("best_valid_loss", pa.float64()),
        ("test_accuracy", pa.float64()),
        ("test_loss", pa.float64()),
        ("test_accuracy_last", pa.float64()),
        ("test_loss_last", pa.float64()),
        ("train_loss_last", pa.float64()),
        ("steps_to_target", pa.float64()),
        ("curve_steps", pa.list_(pa.int64())),
        ("train_loss", _CURVE),
        ("valid_loss", _CURVE),
        ("valid_accuracy", _CURVE),
        ("gradient_norm", _CURVE),
        ("update_ratio", _CURVE),
        ("activation_std", pa.list_(_CURVE)),
        ("gradient_std", pa.list_(_CURVE)),
        ("dead", pa.list_(_CURVE)),
        ("saturated", pa.list_(_CURVE)),
    ]
)
"""Columns of a result; what they hold is said where training writes them and where a launch does."""
SCALARS = tuple(
    name for name in SCHEMA.names if not pa.types.is_list(SCHEMA.field(name).type) and name not in ("fields", "origins", "grid")
)
"""Columns that are no curves and do not repeat what the launch records of each cell."""
CLAIMS = "claims"
"""The folder of what was claimed when, a file for each claim."""
TUNING, REPORTED, BEHIND = "tuning", "reported", "behind the verdict"
"""The phases of a launch: settings are chosen; what is reported is trained; and what only the verdict needs, settings that could as
well have been chosen and untrained networks."""
INDEXED = ("trial_id", "status", "stored")
"""Columns without which a file is none of nnbench's; any other may be missing, because an older version wrote the file."""


@dataclass(frozen=True)
class LaunchCell:
    """A cell as a launch records it."""

    id: str
    fields: Mapping[str, Any]
    """Canonical field values, every default filled in."""
    labels: Mapping[str, str]
    """The shortest text for each field's value."""
    origins: Mapping[str, Sequence[str]]
    """Distribution, version and digest of each component."""
    trials: Mapping[str, int]
    """Trial ids and their seeds."""
    gradcheck: str = ""
    """Which of the launch's gradient checks covers it."""


@dataclass(frozen=True)
class Compared:
    """What a launch compares, and what it chose from."""

    factor: str
    metric: str
    tune: Sequence[str]
    """Fields that were chosen for each level and task."""
    claims: Sequence[Mapping[str, Any]]
    """What each says, the levels that it says are better and worse, by which metric and how much, its digest, and since when it
    was known, in seconds since 1970."""
    placed: Mapping[str, Sequence[str]]
    """Level, task, data set and family of each cell."""
    tried: Sequence[Mapping[str, Any]]
    """For every setting: cell id, level, task, setting, and trial ids with their seeds."""
    count: str = "families"
    """What tests count: families of data sets, or variants."""
    baseline: str | None = None
    """The level that all others are compared with."""
    at_least: float | None = None
    """The smallest probability of improvement that matters."""
    alternates: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Cells that other tuning seeds would have chosen: their trials with their seeds."""
    controls: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The reported cells untrained: their trials with their seeds."""


@dataclass(frozen=True)
class Launch:
    """One execution of a grid."""

    id: str
    grid: str
    """The grid's name."""
    question: str
    source: str
    """The grid file's path."""
    text: str
    """The grid file's content."""
    overrides: Sequence[str]
    """What `--set` changed, and what `nnbench robust` did."""
    started: float
    """Seconds since 1970."""
    cells: Sequence[LaunchCell]
    environment: Mapping[str, str]
    """Versions, platform and commit."""
    status: str = "running"
    """running, finished, failed (some trials raised) or interrupted."""
    ended: float | None = None
    logged_to: Mapping[str, str] = field(default_factory=dict)
    """Tracking stores that have all of it, and where: `experiment id/run id`."""
    gradcheck: str = "off"
    """flag, require or off."""
    gradient_checks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What each gradient check came to, by its id: the fields of a GradientCheck, and `passed` and `reason`."""
    compared: Compared | None = None
    """What the grid asks a verdict about, if it does."""
    phase: str = REPORTED
    """What is trained, or was last: tuning, reported, or behind the verdict. Of a launch that tunes, cells are known after that."""
    seeds: Sequence[int] = field(default_factory=list)
    """The seeds that are reported."""

    @property
    def trial_ids(self) -> list[str]:
        """Every trial of every cell."""
        return [trial for cell in self.cells for trial in cell.trials]

    @property
    def reported_seeds(self) -> set[int]:
        """The seeds that are reported, also of a launch of an older version."""
        return set(self.seeds) or {seed for cell in self.cells for seed in cell.trials.values()}

    @cached_property
    def varying(self) -> list[str]:
        """Fields that are not the same in all cells."""
        names = self.cells[0].labels if self.cells else {}
        return [name for name in names if len({cell.labels[name] for cell in self.cells}) > 1]

    @property
    def alternative(self) -> bool:
        """Whether it is of a grid with one choice changed, to see whether the verdict holds."""
        return any(told.startswith(TOLD) for told in self.overrides)

    def gradient_check(self, cell: LaunchCell) -> Mapping[str, Any] | None:
        """What the check of the cell's network came to, if there was one."""
        return None if self.gradcheck == "off" else self.gradient_checks.get(cell.gradcheck)

    def gradcheck_status(self, cell: LaunchCell) -> str:
        """passed, failed or off."""
        found = self.gradient_check(cell)
        return "off" if found is None else "passed" if found["passed"] else "failed"

    def title(self, cell: LaunchCell) -> str:
        """What tells the cell from the others of its launch."""
        return " · ".join(cell.labels[name] for name in self.varying) or self.grid


class Store:
    """Results and launches in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._launches = folder / "launches"
        self._known: set[Path] = set()
        self._index: dict[str, _Where] = {}
        self._first: dict[str, float] = {}

    def append(self, rows: Sequence[Row]) -> Path:
        """Write results as one file; raises OSError if the disk does not take them, leaving no half a file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        stored = time.time()
        table = pa.Table.from_pylist([{**row, "stored": stored} for row in rows], schema=SCHEMA)
        path = self.folder / f"{rows[0]['launch_id']}-{uuid.uuid4().hex[:12]}.parquet"
        with _renamed(path) as temporary:
            pq.write_table(table, temporary, compression="zstd")
        return path

    def statuses(self, wanted: Collection[str] | None = None) -> dict[str, str]:
        """The status of every trial that has a result, or of those wanted."""
        latest = self._latest()
        return {trial: latest[trial].status for trial in (latest if wanted is None else wanted) if trial in latest}

    def first_result(self, trials: Collection[str]) -> float | None:
        """When the first of all results of these trials was stored, in seconds since 1970; None if there is none."""
        self._latest()
        return min((self._first[trial] for trial in trials if trial in self._first), default=None)

    def known_since(self, claim: str, told: Mapping[str, Any]) -> float:
        """When the claim with this digest was first launched, in seconds since 1970; now, if it never was, which is then kept."""
        path = self.folder / CLAIMS / f"{claim}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path.parent / "claims.lock", wait=True):
            if not path.exists():
                with _renamed(path) as temporary:
                    temporary.write_text(json.dumps({**told, "since": time.time()}), encoding="utf-8")
            return float(json.loads(path.read_text(encoding="utf-8"))["since"])

    def rows(self, wanted: Collection[str], columns: Sequence[str] = SCALARS) -> list[dict[str, Any]]:
        """The latest result of each trial wanted that has one, in that order."""
        needed = [*dict.fromkeys([*columns, "trial_id"])]
        found = {row["trial_id"]: row for block in self.blocks(wanted, needed) for row in block}
        return [{name: found[trial][name] for name in columns} for trial in wanted if trial in found]

    def blocks(self, wanted: Collection[str], columns: Sequence[str] = SCALARS) -> Iterator[list[dict[str, Any]]]:
        """The same a file at a time, in no order, so that many results need little memory; `columns` has `trial_id`."""
        for path, trials in self._files(wanted).items():
            yield [row for row in _read(path, columns).to_pylist() if row["trial_id"] in trials]

    def _files(self, wanted: Collection[str]) -> dict[Path, set[str]]:
        latest = self._latest()
        files: dict[Path, set[str]] = defaultdict(set)
        for trial in wanted:
            if trial in latest:
                files[latest[trial].path].add(trial)
        return files

    def export(self, wanted: Collection[str], path: Path) -> None:
        """Write the latest results of the trials wanted, curves included, as one Parquet file."""
        with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
            for file, trials in self._files(wanted).items():
                table = _read(file, SCHEMA.names)
                writer.write_table(table.filter(pa.array([trial in trials for trial in table["trial_id"].to_pylist()])))

    def save(self, launch: Launch) -> None:
        """Write or replace a launch's record."""
        self._launches.mkdir(parents=True, exist_ok=True)
        with _renamed(self._launches / f"{launch.id}.json") as temporary:
            temporary.write_text(json.dumps(asdict(launch)), encoding="utf-8")

    @contextmanager
    def choosing(self) -> Iterator[None]:
        """Only one process at a time decides which launch to begin or to go on with."""
        with locked(self._launches / "choosing.lock", wait=True):
            yield

    def claim(self, launch: Launch) -> ExitStack:
        """Have this process alone run the launch until the stack is closed; raises InputError if another one does."""
        claimed = ExitStack()
        try:
            claimed.enter_context(locked(self._launches / f"{launch.id}.lock", wait=False))
        except BlockingIOError:
            raise InputError(
                f"launch {launch.id} of {launch.grid} is running in another process; wait for it, or stop it"
            ) from None
        return claimed

    def launches(self) -> list[Launch]:
        """Every launch recorded, oldest first."""
        found = []
        for path in sorted(self._launches.glob("*.json")):
            try:
                data = json.loads(path.read_text(encoding="utf-8"))
                compared = Compared(**data["compared"]) if data.get("compared") else None
                cells = [LaunchCell(**cell) for cell in data["cells"]]
                found.append(Launch(**{**data, "cells": cells, "compared": compared}))
            except (OSError, ValueError, TypeError, KeyError) as error:
                warnings.warn(f"{path} is not a launch record and is passed over: {error}", stacklevel=2)
        return sorted(found, key=lambda launch: launch.started)

    def launch(self, name: str) -> Launch:
        """The launch with this id, or the latest of the grid with this name as it is written; raises InputError."""
        launches = self.launches()
        written_last = sorted(launches, key=lambda launch: not launch.alternative)
        for launch in written_last[::-1]:
            if name in (launch.id, launch.grid):
                return launch
        known = ", ".join(dict.fromkeys(launch.grid for launch in launches)) or "none yet"
        raise InputError(f"no launch {name!r} in {self.folder} (grids launched: {known})")

    def _latest(self) -> dict[str, _Where]:
        """Where each trial's latest result is. Files never change, so each is looked into once."""
        for path in sorted(self.folder.glob("*.parquet")):
            if path not in self._known:
                try:
                    table = _read(path, INDEXED)
                except (OSError, pa.ArrowInvalid, ValueError) as error:
                    warnings.warn(f"{path} cannot be read and is passed over: {error}", stacklevel=3)
                    self._known.add(path)
                    continue
                for row in table.to_pylist():
                    where = _Where(row["stored"], row["status"], path)
                    self._first[row["trial_id"]] = min(row["stored"], self._first.get(row["trial_id"], math.inf))
                    if row["trial_id"] not in self._index or self._index[row["trial_id"]] <= where:
                        self._index[row["trial_id"]] = where
                self._known.add(path)
        return self._index


class Merged(NamedTuple):
    """What a merge took over."""

    trials: int
    """New here."""
    known: int
    """Had a result here already."""
    differing: int
    """Known ones whose result is another one there."""
    launches: int


def merge_into(store: Store, other: Store) -> Merged:
    """Copy the files of another store that this one lacks; of a trial's results the latest counts, as ever."""
    here, there = store.statuses(), other.statuses()
    both = [trial for trial in there if trial in here]
    compared = ("trial_id", "status", "test_accuracy", "test_loss")
    own, others = ({row["trial_id"]: repr(row) for row in each.rows(both, compared)} for each in (store, other))
    launches = 0
    store._launches.mkdir(parents=True, exist_ok=True)
    for source, target in ((other.folder.glob("*.parquet"), store.folder), (other._launches.glob("*.json"), store._launches)):
        for path in sorted(source):
            if not (target / path.name).exists():
                with _renamed(target / path.name) as temporary:
                    shutil.copyfile(path, temporary)
                launches += path.suffix == ".json"
    _merge_claims(store.folder / CLAIMS, other.folder / CLAIMS)
    return Merged(len(there) - len(both), len(both), sum(own[trial] != others[trial] for trial in both), launches)


def _merge_claims(here: Path, there: Path) -> None:
    """Take over claims; of one that both know, the earlier time counts."""
    for path in sorted(there.glob("*.json")):
        own = here / path.name
        since = [float(json.loads(each.read_text(encoding="utf-8"))["since"]) for each in (path, own) if each.exists()]
        if len(since) < 2 or since[0] < since[1]:
            here.mkdir(parents=True, exist_ok=True)
            with _renamed(own) as temporary:
                shutil.copyfile(path, temporary)


class _Where(NamedTuple):
    """A result's time, status and file."""

    stored: float
    status: str
    path: Path


def _read(path: Path, columns: Sequence[str]) -> pa.Table:
    """These columns of a file, null where it lacks one; raises ValueError if it lacks one that every version of nnbench writes."""
    with pq.ParquetFile(path) as file:
        missing = set(columns) - set(file.schema_arrow.names)
        if missing.intersection(INDEXED):
            raise ValueError(f"it lacks {', '.join(sorted(missing))}, so it was not written by nnbench")
        table = file.read(columns=[name for name in columns if name not in missing], use_threads=False)
    for name in missing:
        table = table.append_column(SCHEMA.field(name), pa.nulls(len(table), SCHEMA.field(name).type))
    return table.select(list(columns))


@contextmanager
def locked(path: Path, wait: bool) -> Iterator[None]:
    """Hold a lock on a file, which the system releases when the process ends, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


@contextmanager
def _renamed(path: Path) -> Iterator[Path]:
    """A temporary path that becomes the real one when the block ends well."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        yield temporary
        os.replace(temporary, path)  # noqa: PTH105 - atomic, also where the target exists
    finally:
        temporary.unlink(missing_ok=True)
