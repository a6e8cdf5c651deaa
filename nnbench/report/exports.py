"""A comparison for other programs: Markdown, JSON, CSV, and the tags of its run."""

from __future__ import annotations

import dataclasses
import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from nnbench.analysis.comparison import Comparison
from nnbench.analysis.digits import rounded_interval, significant
from nnbench.analysis.metrics import METRICS
from nnbench.analysis.pairs import Pair
from nnbench.analysis.statistics import Interval
from nnbench.analysis.tuning import Choice, Edge
from nnbench.escaping import escaped
from nnbench.report import tables
from nnbench.report.answers import reservations
from nnbench.report.caveats import cautions, notes
from nnbench.report.claims import claim_verdict
from nnbench.report.sections import sections, shown
from nnbench.report.verdict import verdict
from nnbench.store import Launch


def markdown(comparison: Comparison) -> str:
    """Verdict, tables and what cannot be concluded."""
    parts = [f"**{escaped(verdict(comparison))}**", "", *(f"- {escaped(note)}" for note in notes(comparison))]
    for section in sections(comparison):
        parts += ["", f"**{escaped(section.title)}**", "", *tables.markdown_lines(section.head, section.rows)]
        parts += ["", escaped(section.below)] if section.below else []
    return "\n".join(parts)


def as_json(comparison: Comparison) -> str:
    """Every figure with the digits that it deserves, NaN and infinity as null."""
    told = {"verdict": verdict(comparison), "notes": notes(comparison)}
    return json.dumps({**told, **_plain(comparison)}, indent=2, ensure_ascii=False)


CSV_HEAD = (
    *("metric", "first", "second", "dataset", "task", "improvement", "low", "high", "p", "tasks", "won", "lost", "paired"),
    *("answer", "about", "first_value", "second_value", "first_reached", "second_reached", "claim", "to be known"),
)


def as_csv(comparison: Comparison) -> str:
    """For each pair of levels, one line over everything, one for each data set, and one for each task; then one for each claim.

    The values of levels are what the table of levels has: of a time the mean, in which never counts as the whole run, of anything
    else the middle half.
    """
    rows: list[Sequence[Any]] = []
    levels = {level.name: level for level in comparison.levels}
    time = METRICS[comparison.metric].time
    for pair in comparison.pairs:
        start = [pair.metric, pair.first, pair.second]
        both = [levels[name] for name in (pair.first, pair.second)]
        values = [rounded_interval(level.restricted if time else level.middle).value for level in both]
        told = map(_cell, [*values, *(level.reached for level in both)])
        rows.append([*start, "", "", *_figures(pair), *told, "", "; ".join(reservations(pair))])
        for on in pair.datasets:
            figures = [_cell(on.improvement), "", "", p_figure(on.p), *[""] * 5, "this data set alone"]
            rows.append([*start, on.dataset, "", *figures, *[""] * 6])
        alone = [*[""] * 8, "this task alone", *[""] * 6]
        rows += [[*start, each.dataset, each.task, _cell(each.improvement), *alone] for each in pair.by_task]
    for outcome in comparison.claims:
        pair = outcome.pair
        figures = [*_figures(pair)[:-2], claim_verdict(outcome), pair.scope]
        known = "; ".join(cautions(comparison, outcome))
        rows.append([pair.metric, pair.first, pair.second, "", "", *figures, *[""] * 4, outcome.says, known])
    return tables.csv_text(CSV_HEAD, rows)


def _figures(pair: Pair) -> list[Any]:
    """A pair's figures over everything, from `improvement` to `about`."""
    interval = rounded_interval(pair.improvement)
    numbers = [_cell(each) if pair.tasks else "" for each in (interval.value, interval.low, interval.high)]
    paired = _cell(pair.paired) if pair.tasks else ""
    return [*numbers, _p(pair), pair.tasks, pair.won, pair.lost, paired, shown(pair), pair.scope]


def _p(pair: Pair) -> float | str:
    """The corrected p; empty where nothing could be tested, as the tables have a dash."""
    return "" if pair.scope == "nothing" else p_figure(pair.p)


def p_figure(p: float) -> float | str:
    """A p-value as a number with three digits; empty for NaN."""
    return "" if math.isnan(p) else significant(p, 3)


def _cell(value: float) -> float | str:
    """A figure as a number with the digits that one without an interval deserves; empty for what is not finite."""
    return significant(value) if math.isfinite(value) else ""


def tuning_csv(launch: Launch, comparison: Comparison) -> str:
    """Every setting that was tried, with its trials, and the metrics that it was chosen for; the score is by the comparison's."""
    chosen = {choice.cell: choice for choice in comparison.choices.get(comparison.metric, ())}
    chosen_for: dict[str, list[str]] = defaultdict(list)
    for metric, choices in comparison.choices.items():
        for best in choices:
            chosen_for[best.cell].append(metric)
    asked = launch.compared
    names = list(asked.tune) if asked else []
    rows: list[Sequence[Any]] = []
    for each in asked.tried if asked else []:
        choice = chosen.get(each.cell)
        setting = [str(each.setting.get(name, "")) for name in names]  # exact, since it names the setting
        seeds = " ".join(map(str, each.trials.values()))
        score = _cell(choice.score) if choice else ""
        metrics = " ".join(chosen_for[each.cell])
        rows.append([each.level, each.task, *setting, bool(metrics), metrics, score, seeds, " ".join(each.trials)])
    return tables.csv_text(["level", "task", *names, "chosen", "chosen_for", "score", "seeds", "trials"], rows)


def tags(comparison: Comparison) -> dict[str, str]:
    """What a launch's run is tagged with, so that runs can be filtered by it."""
    counts = Counter(claim_verdict(outcome) for outcome in comparison.claims)
    claims = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    return {
        "nnbench.factor": comparison.factor,
        "nnbench.metric": comparison.metric,
        "nnbench.verdict": verdict(comparison),
        **({"nnbench.claims": claims} if claims else {}),
    }


def _plain(value: Any) -> Any:
    """Records, lists and mappings as JSON has them; values of settings stay as they are, since they name these."""
    if isinstance(value, Interval):
        return {name: _finite(each) for name, each in dataclasses.asdict(rounded_interval(value)).items()}
    if isinstance(value, Edge):
        return dataclasses.asdict(value)
    if dataclasses.is_dataclass(value):
        plain = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        if isinstance(value, Pair):
            plain["p"] = _p(value) or None
        if isinstance(value, Choice):
            plain["setting"] = dict(value.setting)
        return plain
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return _finite(significant(value)) if isinstance(value, float) else value


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
