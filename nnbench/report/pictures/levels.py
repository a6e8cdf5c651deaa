"""A factor's levels: performance profiles, mean ranks, and the best level against each of the others."""

from __future__ import annotations

import numpy as np

from nnbench.analysis.comparison import ALPHA, TAUS, Comparison, Level, reversed_pair
from nnbench.report.pictures.figure import MUTED, Figure, Line, Panel, Points
from nnbench.report.words import METRIC_WORDS

MOST = 7
"""Levels that can be told apart by colour."""


def draw(comparison: Comparison) -> Figure:
    """The best levels, each in the same colour in every panel."""
    panels = [panel for panel in (_profiles(comparison), _improvements(comparison), _ranks(comparison)) if panel]
    left = len(comparison.levels) - len(comparison.out) - MOST
    return Figure(tuple(panels), f"The {MOST} best levels; {left} more are in the tables." if left > 0 else "")


def _profiles(comparison: Comparison) -> Panel | None:
    """Share of runs that took at most tau times as long as the best on the same task and seed."""
    taus = np.array(TAUS)
    lines = [Line(taus, np.array(level.profile), color, level.name) for color, level in _drawn(comparison) if level.profile]
    if not lines:
        return None
    below = f"τ, {METRIC_WORDS[comparison.metric].name}"
    return Panel("runs within τ × the best", tuple(lines), below, (1.0, TAUS[-1]), (0.0, 1.02))


def _improvements(comparison: Comparison) -> Panel | None:
    """Probability that the best level is better than each other one: dots are data sets, the line is the interval of the mean."""
    if len(comparison.levels) < 2:
        return None
    best = comparison.levels[0].name
    pairs = {
        pair.second: pair
        for each in comparison.pairs
        if best in (each.first, each.second)
        for pair in [each if each.first == best else reversed_pair(each)]
    }
    marks: list[Line | Points] = [Line(np.array([0.5, 0.5]), np.array([-len(comparison.levels), 1.0]), MUTED, dashed=True)]
    shown = [(color, level) for color, level in _drawn(comparison) if level.name in pairs]
    for row, (color, level) in enumerate(shown):
        pair = pairs[level.name]
        chances = np.array([each.improvement for each in pair.datasets])
        marks.append(Points(chances, np.full(len(chances), -row - 0.25), color, marker="ring", faint=True))
        interval = pair.improvement
        if np.isfinite(interval.low):
            marks.append(Line(np.array([interval.low, interval.high]), np.full(2, -float(row)), color))
        marks.append(Points(np.array([interval.value]), np.array([-float(row)]), color, level.name))
    bottom, top = -len(shown) + 0.25, 0.75
    return Panel(f"{best} is better than", tuple(marks), "probability; rings: data sets", (-0.05, 1.05), (bottom, top), rows=True)


def _ranks(comparison: Comparison) -> Panel | None:
    """Mean ranks, where Friedman's test tells them apart; levels that a bar joins are not different by Nemenyi's."""
    ranking = comparison.ranking
    if ranking is None or ranking.p > ALPHA:
        return None
    shown = _drawn(comparison)
    marks: list[Line | Points] = []
    ranks = ranking.ranks[: len(shown)]
    joined = [(low, max(rank for rank in ranks if rank - low <= ranking.critical_difference)) for low in ranks]
    groups = [group for at, group in enumerate(joined) if group[1] > group[0] and all(group[1] > other[1] for other in joined[:at])]
    for row, (low, high) in enumerate(groups):
        marks.append(Line(np.array([low, high]), np.full(2, 0.5 + 0.25 * row), MUTED))
    for row, (color, level) in enumerate(shown):
        marks.append(Points(np.array([ranks[row]]), np.array([-float(row)]), color, level.name))
    return Panel(
        f"mean rank, {len(comparison.telling)} data sets",
        tuple(marks),
        f"1 is best; critical difference {ranking.critical_difference:.2f}",
        (0.8, max(ranks) + 0.2),
        (-len(shown) + 0.25, 1.0 + 0.25 * len(groups)),
        rows=True,
    )


def _drawn(comparison: Comparison) -> list[tuple[int, Level]]:
    """The best levels with their colours, without those of which no trial has a score."""
    out = {level.name for level in comparison.out}
    return list(enumerate([level for level in comparison.levels if level.name not in out][:MOST]))
