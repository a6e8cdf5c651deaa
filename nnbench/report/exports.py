"""A comparison for other programs: Markdown, JSON, CSV, and the tags of its run."""

from __future__ import annotations

import dataclasses
import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from nnbench.analysis.comparison import Comparison
from nnbench.escaping import escaped
from nnbench.report import tables
from nnbench.report.caveats import notes
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
    """Every figure, with NaN and infinity as null."""
    return json.dumps({"verdict": verdict(comparison), **_plain(dataclasses.asdict(comparison))}, indent=2, ensure_ascii=False)


def as_csv(comparison: Comparison) -> str:
    """For each pair of levels, one line over everything, one for each data set, and one for each task."""
    head = ["metric", "first", "second", "dataset", "task", "improvement", "low", "high", "p", "tasks", "won", "lost"]
    head += ["paired", "answer", "about"]
    rows: list[Sequence[Any]] = []
    for pair in comparison.pairs:
        interval = pair.improvement
        start = [pair.metric, pair.first, pair.second]
        numbers = [interval.value, interval.low, interval.high, pair.p, pair.tasks, pair.won, pair.lost, pair.paired]
        figures = [*numbers, shown(pair), pair.scope]
        rows.append([*start, "", "", *figures])
        for on in pair.datasets:
            p = "" if math.isnan(on.p) else on.p
            rows.append([*start, on.dataset, "", on.improvement, "", "", p, *[""] * 5, "this data set alone"])
        rows += [[*start, each.dataset, each.task, each.improvement, *[""] * 8, "this task alone"] for each in pair.by_task]
    return tables.csv_text(head, rows)


def tuning_csv(launch: Launch, comparison: Comparison) -> str:
    """Every setting that was tried, with its trials, and whether it was chosen."""
    chosen = {choice.cell: choice for choice in comparison.choices.get(comparison.metric, ())}
    asked = launch.compared
    names = list(asked.tune) if asked else []
    rows: list[Sequence[Any]] = []
    for each in asked.tried if asked else []:
        choice = chosen.get(each.cell)
        setting = [each.setting.get(name, "") for name in names]
        seeds = " ".join(map(str, each.trials.values()))
        score = choice.score if choice else ""
        rows.append([each.level, each.task, *setting, choice is not None, score, seeds, " ".join(each.trials)])
    return tables.csv_text(["level", "task", *names, "chosen", "score", "seeds", "trials"], rows)


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
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
