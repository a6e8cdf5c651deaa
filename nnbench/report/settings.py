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
from nnbench.report.words import CRITERION_WORDS, METRIC_WORDS, counted, listed, share


def chosen_settings(comparison: Comparison) -> Section:
    """What was chosen by each criterion of the metrics that are judged, level by level; the JSON has every task."""
    by_criterion = {METRICS[metric].tuned_by: choices for metric, choices in comparison.choices.items()}
    groups: dict[tuple[str, str], list[Choice]] = defaultdict(list)
    for criterion, choices in by_criterion.items():
        for choice in choices:
            groups[choice.level, criterion].append(choice)
    several = len(by_criterion) > 1
    rows = [
        (
            f"{level}, by {CRITERION_WORDS[criterion]}" if several else level,
            "; ".join(_values(name, choices) for name in choices[0].setting),
            _range({choice.budget for choice in choices}),
            _scored([choice.score for choice in choices], [choice.reached for choice in choices]),
            _scored([choice.middle for choice in choices], [choice.middle_reached for choice in choices])
            if any(choice.budget > 1 for choice in choices)
            else "–",
            _unfinished(choices),
            "; ".join(_edges(choices)) or "none",
        )
        for (level, criterion), choices in groups.items()
    ]
    score = "score" if several else CRITERION_WORDS[next(iter(by_criterion))]
    head = (
        comparison.factor,
        "chosen on validation",
        "settings",
        f"{score}, with the chosen setting",
        "half of the settings are no better than",
        "diverged while tuning",
        "best at the edge of what was tried",
    )
    below = " ".join([_fairness(comparison), "Scores are medians over tasks.", *_for_others(comparison)])
    return Section("Tuning, with seeds of its own", head, rows, ("settings",), below)


def _unfinished(choices: Sequence[Choice]) -> str:
    """`3 of 60`, and how many failed."""
    trials, diverged, failed = (sum(getattr(choice, what) for choice in choices) for what in ("trials", "diverged", "failed"))
    return f"{diverged} of {trials}" + (f", {failed} failed" if failed else "")


def _for_others(comparison: Comparison) -> list[str]:
    """How many of the cells that are reported have settings that were chosen for another metric than the comparison's."""
    own = {choice.cell for choice in comparison.choices.get(comparison.metric, ())}
    more = {
        metric: others
        for metric, choices in comparison.choices.items()
        if (others := len({choice.cell for choice in choices} - own))
    }
    if not more:
        return []
    told = [f"{counted(count, 'cell')} chosen for {METRIC_WORDS[metric].name} alone" for metric, count in more.items()]
    first = f"{counted(len(own), 'cell')} chosen for {METRIC_WORDS[comparison.metric].name}"
    return [f"Each metric has settings of its own: reported are {first}, and {listed(told)}."]


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


def _scored(scores: Sequence[float], reached: Sequence[float]) -> str:
    """Median over tasks; of times also the share of tuning seeds that arrive."""
    value = sorted(scores)[len(scores) // 2]
    arriving = [each for each in reached if not math.isnan(each)]
    if not arriving:
        return f"{value:.4g}"
    arrive = f"{share(sum(arriving) / len(arriving))} arrive"
    return arrive if math.isinf(value) else f"{value:.0f}, {arrive}"


def _range(values: set[int]) -> str:
    return f"{min(values)} to {max(values)}" if len(values) > 1 else str(min(values))
