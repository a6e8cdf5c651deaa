"""What a comparison is asked about, in the shape in which it travels from the plan through a launch's record to the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Placed:
    """Where a cell stands: its level, its task, and the task's data set."""

    level: str
    task: str
    dataset: str
    family: str = ""
    """What the data set is a variant of; the data set itself unless given."""

    def unit(self, count: str) -> str:
        """What tests count: the family, or each variant."""
        return self.dataset if count == "variants" else self.family or self.dataset


@dataclass(frozen=True)
class Tried:
    """A setting of one level on one task, trained with the tuning seeds."""

    cell: str
    """The cell's id."""
    level: str
    task: str
    setting: Mapping[str, Any]
    trials: Mapping[str, int] = field(default_factory=dict)
    """Trial ids and their seeds."""


@dataclass(frozen=True)
class ClaimMade:
    """A prediction, with levels as the comparison names them."""

    says: str
    better: str
    worse: str
    metric: str
    at_least: float | None = None
    """The smallest probability of improvement that matters."""
    digest: str = ""
    """Of what it says, under which the result store keeps since when it is known."""
    written: float | None = None
    """When it was first launched, in seconds since 1970; None for launches that did not record that."""
    post_hoc: bool | None = None
    """Whether it was written after the first result of its trials; None where that is not known. No record keeps it: the store
    tells."""
