"""A comparison as tables, each with what is to be said about it."""

from __future__ import annotations

import math

from nnbench.analysis.comparison import Comparison, Level
from nnbench.analysis.metrics import METRICS
from nnbench.analysis.pairs import ALPHA, Pair
from nnbench.report.claims import CLAIM_HEAD, claim_rows
from nnbench.report.settings import budgets, chosen_settings
from nnbench.report.tables import Section
from nnbench.report.words import METRIC_WORDS, counted, figure, listed, p_is, p_text, probability, share

NEVER = "In the mean, a run that never arrives counts as the whole run."


def sections(comparison: Comparison) -> list[Section]:
    """The tables of a comparison, the most telling first."""
    tables = [_levels(comparison)]
    if comparison.pairs:
        tables.append(_pairs(comparison))
    if comparison.claims:
        tables.append(_claims(comparison))
    if comparison.choices:
        tables += [chosen_settings(comparison), budgets(comparison)]
    return tables


def _levels(comparison: Comparison) -> Section:
    time = METRICS[comparison.metric].time
    name = METRIC_WORDS[comparison.metric].name
    middle = f"{name}, {'mean' if time else 'middle half'}"
    head = (comparison.factor, "mean rank", middle, "reached the target", "profile area", "diverged")
    rows = [
        (
            level.name,
            _number(level.rank),
            figure(level.restricted if time else level.middle, time),
            share(level.reached),
            _number(level.area),
            ", ".join([f"{level.diverged} of {level.trials}", *_lacking(level)]),
        )
        for level in comparison.levels
    ]
    shown = [index for index in range(len(head)) if index == 0 or any(row[index] != "–" for row in rows)]
    kept = tuple(head[index] for index in shown)
    below = [*([NEVER] if time and head[2] in kept else []), *filter(None, [_alike(comparison)])]
    return Section(_where(comparison), kept, [tuple(row[index] for index in shown) for row in rows], kept[1:], " ".join(below))


def _where(comparison: Comparison) -> str:
    """How many levels met on what, and which data sets do not count."""
    kind = "variant" if comparison.count == "variants" else "data set"
    over = f"{counted(comparison.tasks, 'task')} over {counted(len(comparison.datasets), kind)}"
    order = ", best first" if len(comparison.levels) > 1 else ""
    title = f"{counted(len(comparison.levels), 'level')} on {over}, {counted(comparison.seeds, 'seed')}{order}"
    silent = [name for name in comparison.datasets if name not in comparison.telling]
    if not silent:
        return title
    return f"{title}; scored without {listed(silent)}, where no levels differ"


def _alike(comparison: Comparison) -> str:
    """Friedman's test, where there is one."""
    ranking = comparison.ranking
    if ranking is None:
        return ""
    test = f"Friedman's test that all levels are alike: {p_is(ranking.p)}"
    if ranking.p > ALPHA:
        return f"{test}."
    return f"{test}; mean ranks {ranking.critical_difference:.2f} apart or more differ (Nemenyi)."


def _lacking(level: Level) -> list[str]:
    return [f"{count} {what}" for count, what in ((level.failed, "failed"), (level.missing, "missing")) if count]


def _pairs(comparison: Comparison) -> Section:
    best = comparison.levels[0].name
    many = len(comparison.levels) > 4 and comparison.baseline is None
    pairs = [pair for pair in comparison.pairs if best in (pair.first, pair.second)] if many else list(comparison.pairs)
    rows = [
        (
            pair.first,
            pair.second,
            probability(pair.improvement) if pair.tasks else "–",
            _number(pair.paired) if pair.tasks else "–",
            f"{pair.won} of {pair.tasks}",
            "–" if pair.scope == "nothing" else p_text(pair.p),
            shown(pair),
        )
        for pair in pairs
    ]
    first = "looks better" if comparison.baseline is None else "level"
    second = "than" if comparison.baseline is None else "baseline"
    head = (first, second, "probability of improvement", "paired wins", "tasks won", "Holm p", "shown")
    rest = len(comparison.pairs) - len(pairs)
    below = f"{rest} more pairs, without {best}: --format csv has all of them." if rest else ""
    return Section("Pairs of levels, best first", head, rows, head[2:6], below)


def shown(pair: Pair) -> str:
    """Whether the first level was shown to be better, and what that is about."""
    if pair.equal:
        return "practically equal"
    if pair.scope == "nothing":
        return "cannot be told"
    about = "" if pair.scope == "data sets" else ", on these data sets alone"
    if pair.withheld:
        return f"withheld{about}"
    doubt = ", by construction" if pair.by_construction else ""
    return f"yes{doubt}{about}" if pair.different else f"no{about}"


def _claims(comparison: Comparison) -> Section:
    before = all(outcome.post_hoc is False for outcome in comparison.claims)
    return Section("Claims, written before the launch" if before else "Claims", CLAIM_HEAD, claim_rows(comparison))


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"
