"""The store itself: results and launches in one folder. Trials are addressed by their id."""

from __future__ import annotations

import math
import time
import uuid
import warnings
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from nnbench.errors import InputError
from nnbench.store.claims import read_claim, write_claim
from nnbench.store.files import INDEXED, locked, read_columns, write_table, write_text
from nnbench.store.launches import Launch, from_json, to_json
from nnbench.store.results import COLUMNS, SCALARS, SCHEMA, Result


class Store:
    """Results and launches in one folder.

    Whatever reads raises InputError where it meets a file of a newer format, which `check` looks for before anything is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.launch_folder = folder / "launches"
        self.claim_folder = folder / "claims"
        """What was claimed when, a file for each claim."""
        self._known: set[Path] = set()
        self._index: dict[str, _Where] = {}
        self._first: dict[str, float] = {}

    def check(self) -> None:
        """Raises InputError if any file has a format that this nnbench does not read, or a claim's is none."""
        self._latest()
        self.launches()
        for path in self.claims():
            read_claim(path)

    def append(self, results: Sequence[Result]) -> list[Result]:
        """Write what training left as one file, and return it as it is stored: with the time.

        Raises OSError if the disk does not take it, leaving no half a file.
        """
        now = time.time()
        stored = [replace(result, stored=now) for result in results]
        self.folder.mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pylist([dict(result) for result in stored], schema=SCHEMA)
        write_table(table, self.folder / f"{results[0].launch_id}-{uuid.uuid4().hex[:12]}.parquet")
        return stored

    def statuses(self, wanted: Collection[str] | None = None) -> dict[str, str]:
        """The status of every trial that has a result, or of those wanted."""
        latest = self._latest()
        return {trial: latest[trial].status for trial in (latest if wanted is None else wanted) if trial in latest}

    def first_result(self, trials: Collection[str]) -> float | None:
        """When the first of all results of these trials was stored, in seconds since 1970; None if there is none."""
        self._latest()
        return min((self._first[trial] for trial in trials if trial in self._first), default=None)

    def claims(self) -> list[Path]:
        """The files of all claims."""
        return sorted(self.claim_folder.glob("*.json"))

    def known_since(self, claim: str, told: Mapping[str, Any]) -> float:
        """When the claim with this digest was first launched, in seconds since 1970; now, if it never was, which is then kept.

        Raises InputError if its file has a newer format or is no claim.
        """
        path = self.claim_folder / f"{claim}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path.parent / "claims.lock", wait=True):
            if not path.exists():
                write_claim(path, told)
            return read_claim(path)

    def claimed_since(self, claim: str, _: Mapping[str, Any]) -> float:
        """The same, with nothing kept."""
        path = self.claim_folder / f"{claim}.json"
        return read_claim(path) if path.exists() else time.time()

    def rows(self, wanted: Collection[str], columns: Sequence[str] = SCALARS) -> list[dict[str, Any]]:
        """These columns of the latest result of each trial wanted that has one, in that order."""
        needed = [*dict.fromkeys([*columns, "trial_id"])]
        latest = {row["trial_id"]: row for block in self.blocks(wanted, needed) for row in block}
        return [{name: latest[trial][name] for name in columns} for trial in wanted if trial in latest]

    def blocks(self, wanted: Collection[str], columns: Sequence[str] = SCALARS) -> Iterator[list[dict[str, Any]]]:
        """The same a file at a time, in no order, so that many results need little memory; `columns` has `trial_id`."""
        for path, trials in self._files(wanted).items():
            yield [row for row in read_columns(path, columns, SCHEMA).to_pylist() if row["trial_id"] in trials]

    def results(self, wanted: Collection[str]) -> Iterator[list[Result]]:
        """The latest result of each trial wanted that has one, whole, a file at a time and in no order."""
        for rows in self.blocks(wanted, COLUMNS):
            yield [Result(**row) for row in rows]

    def tables(self, wanted: Collection[str], columns: Sequence[str] = COLUMNS) -> Iterator[pa.Table]:
        """The same as Arrow tables, for many results at once; `columns` has `trial_id`."""
        for path, trials in self._files(wanted).items():
            table = read_columns(path, columns, SCHEMA)
            yield table.filter(pa.array([trial in trials for trial in table["trial_id"].to_pylist()]))

    def export(self, wanted: Collection[str], path: Path, cells: pa.Table | None = None) -> None:
        """Write the latest results of the trials wanted, curves included, as one Parquet file.

        `cells` has a row for each `cell_id`; its other columns go behind a result's own.
        """
        place = {cell: row for row, cell in enumerate(cells["cell_id"].to_pylist())} if cells else {}
        beside = cells.drop_columns("cell_id") if cells else SCHEMA.empty_table().select([])
        schema = pa.schema([*SCHEMA, *beside.schema], metadata=SCHEMA.metadata)
        with Path(path).open("wb") as stream, pq.ParquetWriter(stream, schema, compression="zstd") as writer:
            for table in self.tables(wanted):
                rows = [place.get(cell) for cell in table["cell_id"].to_pylist()]
                added = beside.take(pa.array(rows, pa.int64())).columns
                writer.write_table(pa.Table.from_arrays([*table.columns, *added], schema=schema))

    def save(self, launch: Launch) -> None:
        """Write or replace a launch's record."""
        self.launch_folder.mkdir(parents=True, exist_ok=True)
        write_text(to_json(launch), self.launch_folder / f"{launch.id}.json")

    @contextmanager
    def choosing(self) -> Iterator[None]:
        """Only one process at a time decides which launch to begin or to go on with."""
        with locked(self.launch_folder / "choosing.lock", wait=True):
            yield

    def claim(self, launch: Launch) -> ExitStack:
        """Have this process alone run the launch until the stack is closed; raises InputError if another one does."""
        claimed = ExitStack()
        try:
            claimed.enter_context(locked(self.launch_folder / f"{launch.id}.lock", wait=False))
        except BlockingIOError:
            raise InputError(
                f"launch {launch.id} of {launch.grid} is running in another process; wait for it, or stop it"
            ) from None
        return claimed

    def launches(self) -> list[Launch]:
        """Every launch recorded, oldest first."""
        launches = []
        for path in sorted(self.launch_folder.glob("*.json")):
            try:
                launches.append(from_json(path.read_text(encoding="utf-8"), path))
            except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
                warnings.warn(f"{path} is not a launch record and is passed over: {error}", stacklevel=2)
        return sorted(launches, key=lambda launch: launch.started)

    def launch(self, name: str) -> Launch:
        """The launch with this id, or the latest of the grid with this name as it is written; raises InputError."""
        launches = self.launches()
        written_last = sorted(launches, key=lambda launch: not launch.alternative)
        for launch in written_last[::-1]:
            if name in (launch.id, launch.grid):
                return launch
        known = ", ".join(dict.fromkeys(launch.grid for launch in launches)) or "none yet"
        raise InputError(f"no launch {name!r} in {self.folder} (grids launched: {known})")

    def _files(self, wanted: Collection[str]) -> dict[Path, set[str]]:
        latest = self._latest()
        files: dict[Path, set[str]] = defaultdict(set)
        for trial in wanted:
            if trial in latest:
                files[latest[trial].path].add(trial)
        return files

    def _latest(self) -> dict[str, _Where]:
        """Where each trial's latest result is. Files never change, so each is looked into once."""
        for path in sorted(self.folder.glob("*.parquet")):
            if path not in self._known:
                try:
                    table = read_columns(path, INDEXED, SCHEMA)
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


class _Where(NamedTuple):
    """A result's time, status and file."""

    stored: float
    status: str
    path: Path
