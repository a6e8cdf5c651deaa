"""Which setting is best for each level on each task, how easily it could have been another one, and whether the search was wide
enough.

Settings are chosen by validation alone (by the training loss for the metric that is one). Few tuning seeds choose by luck too: so
seeds are drawn again with replacement, each draw chooses again, and intervals take the spread of these choices into account.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from nnbench.analysis.metrics import METRICS, Row
from nnbench.grid.asked import Tried

ENUMERATED = 5
"""Up to so many tuning seeds, every draw of as many is looked at; beyond, `DRAWS` random ones."""
DRAWS = 200
COLUMNS = (
    "trial_id",
    "cell_id",
    "seed",
    "status",
    "steps_to_target",
    "best_valid_accuracy",
    "best_valid_loss",
    "curve_steps",
    "valid_accuracy",
    "valid_loss",
    "train_loss",
)
"""What of results tuning takes."""


@dataclass(frozen=True)
class Criterion:
    """What settings are chosen by: one number for each trial, of which the mean over tuning seeds counts."""

    value: Callable[[Row], float]
    """From the result of a trial that is done."""
    higher: bool = False
    worst: float = math.inf
    """What any other trial counts as."""
    time: bool = False
    """Whether it may never arrive: then the share that arrives counts first, and the median second."""

    def of(self, row: Row) -> float:
        """The number, turned so that more is better."""
        value = self.value(row) if row["status"] == "done" else self.worst
        value = self.worst if math.isnan(value) else value
        return value if self.higher else -value


CRITERIA: Mapping[str, Criterion] = {
    "steps_to_target": Criterion(lambda row: row["steps_to_target"], time=True),
    "best_valid_accuracy": Criterion(lambda row: row["best_valid_accuracy"], higher=True, worst=0.0),
    "valid_accuracy_last": Criterion(lambda row: row["valid_accuracy"][-1], higher=True, worst=0.0),
    "valid_area": Criterion(METRICS["valid_area"].value, higher=True, worst=0.0),
    "best_valid_loss": Criterion(lambda row: row["best_valid_loss"]),
    "valid_loss_last": Criterion(lambda row: row["valid_loss"][-1]),
    "train_loss_last": Criterion(lambda row: row["train_loss"][-1]),
}


@dataclass(frozen=True)
class Edge:
    """A best value that is the smallest or largest tried: a wider search might find a better one."""

    field: str
    value: float
    side: Literal["smallest", "largest"]
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
    """By `Metric.tuned_by`, over the tuning seeds: their mean, or the median of times."""
    middle: float
    """The same of the setting in the middle of their order, than which at least half of them are no better."""
    budget: int
    """How many settings were tried."""
    seeds: int
    """How many tuning seeds each setting was tried with."""
    redrawn: tuple[str, ...]
    """The cell that each of `draws(seeds)` chooses."""
    expected: tuple[float, ...]
    """Best validation accuracy to expect from one, two … of the settings, tried at random."""
    edges: tuple[Edge, ...] = ()
    reached: float = math.nan
    """Share of the tuning seeds with which the best setting arrives, where it is chosen by a time; NaN otherwise."""
    middle_reached: float = math.nan
    """The same of the setting in the middle."""
    trials: int = 0
    """Of tuning, all settings together, that have a result."""
    diverged: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Draws:
    """Tuning seeds drawn again with replacement."""

    weights: Float[np.ndarray, " draw"]
    """How likely each draw is."""
    seeds: Int[np.ndarray, "draw seed"]
    """Which seeds, by position."""


@cache
def draws(count: int) -> Draws:
    """Every draw of `count` tuning seeds out of as many, or many random ones."""
    if count > ENUMERATED:
        drawn = np.random.default_rng(0).integers(count, size=(DRAWS, count))
        return Draws(np.full(DRAWS, 1 / DRAWS), drawn)
    different = list(combinations_with_replacement(range(count), count))
    ways = [math.factorial(count) / math.prod(map(math.factorial, Counter(each).values())) for each in different]
    return Draws(np.array(ways) / count**count, np.array(different))


def choose(tried: Sequence[Tried], rows: Sequence[Row], metric: str) -> list[Choice]:
    """The best setting for each level and task, in the order of `tried`.

    By the metric's criterion, then by the larger area under the validation curve, then the earlier one. A trial that is not done
    is worst.
    """
    by_cell: dict[str, dict[int, Row]] = defaultdict(dict)
    for row in rows:
        by_cell[row["cell_id"]][row["seed"]] = row
    seeds = sorted({row["seed"] for row in rows})
    groups: dict[tuple[str, str], list[Tried]] = defaultdict(list)
    for each in tried:
        groups[each.level, each.task].append(each)
    return [_choice(group, [by_cell[each.cell] for each in group], seeds, metric) for group in groups.values() if seeds]


def expected_best(scores: Sequence[float]) -> tuple[float, ...]:
    """The best score to expect of one, two … settings drawn at random with replacement; more is better.

    Dodge et al. 2019, "Show your work: improved reporting of experimental results".
    """
    ordered, count = np.sort(np.asarray(scores, dtype=float)), len(scores)
    at_most = np.arange(count + 1) / count
    return tuple(float(ordered @ np.diff(at_most**tries)) for tries in range(1, count + 1))


def _choice(group: Sequence[Tried], results: Sequence[Mapping[int, Row]], seeds: Sequence[int], metric: str) -> Choice:
    criterion = CRITERIA[METRICS[metric].tuned_by]
    primary = _scores(results, seeds, criterion)
    area = _scores(results, seeds, CRITERIA["valid_area"])
    order = _ranked(criterion, primary[:, None], area[:, None])[:, 0]
    drawn = draws(len(seeds)).seeds
    redrawn = _ranked(criterion, primary[:, drawn], area[:, drawn])[0]
    first, half = order[0], order[len(order) // 2]
    best, middle = (_shown(criterion, primary[at]) for at in (first, half))
    reached, middle_reached = (float(np.isfinite(primary[at]).mean()) if criterion.time else math.nan for at in (first, half))
    statuses = [row["status"] for by_seed in results for row in by_seed.values()]
    accuracies = _scores(results, seeds, CRITERIA["best_valid_accuracy"]).mean(axis=1)
    chosen = group[first]
    return Choice(
        level=chosen.level,
        task=chosen.task,
        cell=chosen.cell,
        setting=chosen.setting,
        score=best,
        middle=middle,
        budget=len(group),
        seeds=len(seeds),
        redrawn=tuple(group[at].cell for at in redrawn),
        expected=expected_best(np.maximum(accuracies, 0.0).tolist()),
        edges=tuple(edge for name in chosen.setting if (edge := _edge(name, chosen, group))),
        reached=reached,
        middle_reached=middle_reached,
        trials=len(statuses),
        diverged=statuses.count("diverged"),
        failed=statuses.count("failed"),
    )


def _scores(results: Sequence[Mapping[int, Row]], seeds: Sequence[int], by: Criterion) -> Float[np.ndarray, "setting seed"]:
    """More is better; -inf where a trial failed or is missing."""

    def score(row: Row | None) -> float:
        return -math.inf if row is None or row["status"] == "failed" else by.of(row)

    return np.array([[score(by_seed.get(seed)) for seed in seeds] for by_seed in results])


def _ranked(
    by: Criterion, primary: Float[np.ndarray, "setting draw seed"], area: Float[np.ndarray, "setting draw seed"]
) -> Int[np.ndarray, "setting draw"]:
    """Settings in each draw, the best first."""
    keys = [-area.mean(axis=2)]
    if by.time:
        keys += [-np.sort(primary, axis=2)[:, :, (primary.shape[2] - 1) // 2], -np.isfinite(primary).mean(axis=2)]
    else:
        keys.append(-primary.mean(axis=2))
    return np.lexsort(keys, axis=0)


def _shown(by: Criterion, scores: Float[np.ndarray, " seed"]) -> float:
    """A setting's score as its criterion has it."""
    value = float(np.sort(scores)[(len(scores) - 1) // 2]) if by.time else float(scores.mean())
    return value if by.higher else -value


def _edge(name: str, best: Tried, group: Sequence[Tried]) -> Edge | None:
    value = best.setting[name]
    values = sorted({each.setting[name] for each in group if _number(each.setting.get(name))})
    if not _number(value) or len(values) < 2 or value not in (values[0], values[-1]):
        return None
    side: Literal["smallest", "largest"] = "smallest" if value == values[0] else "largest"
    neighbour = values[1] if side == "smallest" else values[-2]
    beyond = value * value / neighbour if value and neighbour and value * neighbour > 0 else 2 * value - neighbour
    return Edge(name, value, side, float(f"{beyond:.2g}"), sum(each.setting[name] == value for each in group))


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
