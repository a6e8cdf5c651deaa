"""What the store keeps of a launch, and how that is written as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from nnbench.grid import TOLD
from nnbench.grid.asked import ClaimMade, Placed, Tried
from nnbench.store.schema import FORMAT, check_format, writer

TUNING, REPORTED, BEHIND = "tuning", "reported", "behind the verdict"
"""The phases of a launch: settings are chosen; what is reported is trained; and what only the verdict needs, settings that could as
well have been chosen and untrained networks."""

OVER = ("finished", "failed")
"""Statuses of a launch that has trained everything."""


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
    claims: Sequence[ClaimMade]
    placed: Mapping[str, Placed]
    """Where each cell stands, by its id."""
    tried: Sequence[Tried]
    """Every setting; none where nothing was tuned."""
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

    @property
    def metrics(self) -> list[str]:
        """The metric of the comparison, and those of its claims."""
        return list(dict.fromkeys([self.metric, *(claim.metric for claim in self.claims)]))


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
    """The trackers that have all of it, by name, and where they have it."""
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
    updated: float | None = None
    """When training last changed its state, in seconds since 1970, and after every state before."""

    @property
    def changed(self) -> float:
        """When its state last changed; of a record of an older version, when it ended or began."""
        return self.updated or self.ended or self.started

    @property
    def recency(self) -> tuple[bool, float]:
        """Of two records of one launch, the greater is the later: all trials have results, or training went on since."""
        return self.status in OVER, self.changed

    def at(self, now: float) -> Launch:
        """The record as changed at this time, or just after its last change where the clocks of two machines differ."""
        return replace(self, updated=max(now, math.nextafter(self.changed, math.inf)))

    @property
    def trial_ids(self) -> list[str]:
        """Every trial of every cell."""
        return [trial for cell in self.cells for trial in cell.trials]

    @property
    def phases(self) -> dict[str, list[str]]:
        """The trials of each phase, in the order in which they are trained."""
        asked = self.compared
        tuning = [trial for tried in asked.tried for trial in tried.trials] if asked else []
        groups = [*asked.alternates.values(), *asked.controls.values()] if asked else []
        return {TUNING: tuning, REPORTED: self.trial_ids, BEHIND: [trial for group in groups for trial in group]}

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
        check = self.gradient_check(cell)
        return "off" if check is None else "passed" if check["passed"] else "failed"

    def title(self, cell: LaunchCell) -> str:
        """What tells the cell from the others of its launch."""
        return " · ".join(cell.labels[name] for name in self.varying) or self.grid


def to_json(launch: Launch) -> str:
    """The launch's record, with its format and the version of nnbench that writes it."""
    data = asdict(launch)
    for claim in data["compared"]["claims"] if data["compared"] else ():
        del claim["post_hoc"]
    return json.dumps({"format": FORMAT, "nnbench": writer(), **data})


def from_json(text: str, path: Path) -> Launch:
    """A launch out of its record in the file `path`.

    Raises InputError if the record's format is newer, and ValueError, TypeError, KeyError or AttributeError if it is no record.
    """
    data = json.loads(text)
    check_format(path, data.pop("format", 1), data.pop("nnbench", ""))
    asked = data.get("compared")
    cells = [LaunchCell(**_known(LaunchCell, cell)) for cell in data["cells"]]
    return Launch(**{**_known(Launch, data), "cells": cells, "compared": _compared(asked) if asked else None})


def _compared(data: Mapping[str, Any]) -> Compared:
    known = {
        **_known(Compared, data),
        "claims": [ClaimMade(**_known(ClaimMade, claim)) for claim in data["claims"]],
        "placed": {
            cell: Placed(*where) if isinstance(where, list) else Placed(**_known(Placed, where))  # a list in format 1
            for cell, where in data["placed"].items()
        },
        "tried": [Tried(**_known(Tried, each)) for each in data["tried"]],
    }
    return Compared(**known)


def _known(record: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the record type has a field for: a later version may have added more without changing what these mean."""
    names = {each.name for each in fields(record)}
    return {name: value for name, value in data.items() if name in names}
