"""Which setting is best for each level on each task, by validation alone, and whether the search was wide enough."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnbench.analysis.metrics import METRICS, Row

COLUMNS = ("trial_id", "cell_id", "seed", "status", "steps_to_target", "best_valid_accuracy", "curve_steps", "valid_accuracy")
"""What of results tuning takes."""


@dataclass(frozen=True)
class Tried:
    """A setting of one level on one task, trained with the tuning seeds."""

    cell: str
    """The cell's id."""
    level: str
    task: str
    setting: Mapping[str, Any]


@dataclass(frozen=True)
class Edge:
    """A best value that is the smallest or largest tried: a wider search might find a better one."""

    field: str
    value: float
    side: str
    """smallest or largest."""
    beyond: float
    """The next value that way, in the progression of those tried."""
    cells: int
    """How many more cells it takes to try that."""


@dataclass(frozen=True)
class Choice:
    """The best setting of one level on one task."""

    level: str
    task: str
    cell: str
    setting: Mapping[str, Any]
    score: float
    """Of `Metric.tuned_by`, mean over the tuning seeds; more is better."""
    spread: float
    """The same for the median setting: how much tuning mattered."""
    budget: int
    """How many settings were tried."""
    edges: tuple[Edge, ...] = ()


def choose(tried: Sequence[Tried], rows: Sequence[Row], metric: str) -> list[Choice]:
    """The best setting for each level and task, in the order of `tried`: highest score, then larger area, then earlier."""
    by_cell: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_cell[row["cell_id"]].append(row)
    scores = {each.cell: _score(by_cell[each.cell], METRICS[metric].tuned_by) for each in tried}
    groups: dict[tuple[str, str], list[Tried]] = defaultdict(list)
    for each in tried:
        groups[each.level, each.task].append(each)
    found = []
    for (level, task), group in groups.items():
        best = max(group, key=lambda each: scores[each.cell])
        median = float(np.median([scores[each.cell][0] for each in group]))
        edges = tuple(edge for name in best.setting if (edge := _edge(name, best, group)))
        found.append(Choice(level, task, best.cell, best.setting, scores[best.cell][0], median, len(group), edges))
    return found


def _score(rows: Sequence[Row], by: str) -> tuple[float, float]:
    scored = [row for row in rows if row["status"] != "failed"]
    if not scored:
        return (-math.inf, -math.inf)
    area = [METRICS["valid_area"].of(row) for row in scored]
    match by:
        case "speed":
            primary = [1 / (METRICS["steps_to_target"].of(row) + 1) for row in scored]
        case "valid_area":
            primary = area
        case "valid_accuracy_last":
            primary = [row["valid_accuracy"][-1] if row["status"] == "done" else 0.0 for row in scored]
        case _:
            primary = [row[by] if row["status"] == "done" else 0.0 for row in scored]
    return (float(np.mean(primary)), float(np.mean(area)))


def _edge(name: str, best: Tried, group: Sequence[Tried]) -> Edge | None:
    value = best.setting[name]
    values = sorted({each.setting[name] for each in group if _number(each.setting.get(name))})
    if not _number(value) or len(values) < 2 or value not in (values[0], values[-1]):
        return None
    side, neighbour = ("smallest", values[1]) if value == values[0] else ("largest", values[-2])
    beyond = value * value / neighbour if value and neighbour and value * neighbour > 0 else 2 * value - neighbour
    return Edge(name, value, side, float(f"{beyond:.2g}"), sum(each.setting[name] == value for each in group))


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
