"""What tuning chose, how much that mattered, and what a smaller search would find, as tables."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from nnbench.analysis.comparison import Comparison
from nnbench.analysis.metrics import METRICS
from nnbench.analysis.tuning import Choice
from nnbench.report.tables import Section
from nnbench.report.words import CRITERION_WORDS, METRIC_WORDS, counted


def chosen_settings(comparison: Comparison) -> Section:
    """What was chosen for each metric that is judged, level by level; the JSON has every task."""
    groups: dict[tuple[str, str], list[Choice]] = defaultdict(list)
    for metric, choices in comparison.choices.items():
        for choice in choices:
            groups[choice.level, metric].append(choice)
    several = len(comparison.choices) > 1
    rows = [
        (
            f"{level}, for {METRIC_WORDS[metric].name}" if several else level,
            "; ".join(_values(name, choices) for name in choices[0].setting),
            _range({choice.budget for choice in choices}),
            f"{_median([choice.score for choice in choices])} against {_median([choice.middle for choice in choices])}",
            "; ".join(_edges(choices)) or "none",
        )
        for (level, metric), choices in groups.items()
    ]
    criteria = " or ".join(dict.fromkeys(CRITERION_WORDS[METRICS[metric].tuned_by] for metric in comparison.choices))
    head = (
        comparison.factor,
        "chosen on validation",
        "settings",
        f"{criteria}: best against middle setting",
        "best at the edge of what was tried",
    )
    return Section("Tuning, with seeds of its own", head, rows, ("settings",), _fairness(comparison))


def _fairness(comparison: Comparison) -> str:
    """Whether every level had the same budget."""
    counts = {choice.budget for choices in comparison.choices.values() for choice in choices}
    if len(counts) == 1:
        return f"Every level had the same budget on every task, {counted(counts.pop(), 'setting')}."
    return f"Budgets are not equal ({_range(counts)} settings): a level with more had a better chance."


def budgets(comparison: Comparison) -> Section:
    """What a smaller search would have found."""
    most = max((len(level.expected) for level in comparison.levels), default=0)
    columns = [tries for tries in (1, 2, 3, 5, 10, 20, 50, 100) if tries < most] + [most]
    rows = [
        (level.name, *(f"{level.expected[tries - 1]:.3f}" if tries <= len(level.expected) else "–" for tries in columns))
        for level in comparison.levels
    ]
    head = (comparison.factor, *(counted(tries, "setting") for tries in columns))
    meaning = "Best validation accuracy to expect from so many of the settings, tried at random (Dodge et al. 2019)."
    return Section("What a smaller search would find, best level first", head, rows, head[1:], meaning)


def _values(name: str, choices: Sequence[Choice]) -> str:
    """`optimizer.lr = 0.3 on 9 tasks, 1.0 on 3`."""
    counts = Counter(_value(choice.setting[name]) for choice in choices if name in choice.setting)
    if len(counts) == 1:
        return f"{name} = {next(iter(counts))}"
    (first, times), *rest = counts.most_common()
    return ", ".join([f"{name} = {first} on {counted(times, 'task')}", *(f"{value} on {number}" for value, number in rest)])


def _edges(choices: Sequence[Choice]) -> list[str]:
    """For each edge that was best somewhere: where, and how many trials would settle what lies beyond."""
    trials: dict[tuple[str, float, str, float], list[int]] = defaultdict(list)
    for choice in choices:
        for edge in choice.edges:
            trials[edge.field, edge.value, edge.side, edge.beyond].append(edge.cells * choice.seeds)
    return [
        f"{field} = {value:g}, the {side}, on {len(each)} of {counted(len(choices), 'task')}: "
        f"trying {beyond:g} there takes {counted(sum(each), 'trial')}"
        for (field, value, side, beyond), each in trials.items()
    ]


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _median(values: Sequence[float]) -> str:
    """Median over tasks, or that most never arrive."""
    value = sorted(values)[len(values) // 2]
    return "never" if math.isinf(value) else f"{value:.3g}"


def _range(values: set[int]) -> str:
    return f"{min(values)} to {max(values)}" if len(values) > 1 else str(min(values))
