"""A launch's comparison: made from the result store, and told as tables, Markdown, CSV or JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nnbench.analysis import metrics, tuning
from nnbench.analysis.comparison import ClaimMade, Comparison, Pair, Placed, compare, p_text
from nnbench.analysis.metrics import METRICS
from nnbench.analysis.statistics import Interval
from nnbench.analysis.tuning import Choice
from nnbench.report import tables
from nnbench.results import Compared, Launch, Store


@dataclass(frozen=True)
class Section:
    """A table with what is to be said about it."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    right: tuple[str, ...] = ()
    """Columns of figures."""
    below: str = ""


def comparison(launch: Launch, store: Store) -> Comparison | None:
    """What the launch's results say about its factor; None for a grid that asks for no verdict."""
    asked = launch.compared
    if asked is None:
        return None
    names = ["steps_to_target", asked.metric, *(claim["metric"] for claim in asked.claims)]
    epochs = {cell.id: cell.fields["epochs"] for cell in launch.cells}
    rows = store.rows(launch.trial_ids, metrics.columns(names))
    return compare(
        asked.factor,
        asked.metric,
        {cell: Placed(*where) for cell, where in asked.placed.items()},
        [{**row, "epochs": epochs[row["cell_id"]]} for row in rows],
        [ClaimMade(**claim) for claim in asked.claims],
        choices(asked, store),
        max((len(each["trials"]) for each in asked.tried), default=0),
    )


def choices(asked: Compared, store: Store) -> list[Choice]:
    """What tuning chose, again from its results."""
    tried = [tuning.Tried(each["cell"], each["level"], each["task"], each["setting"]) for each in asked.tried]
    rows = store.rows([trial for each in asked.tried for trial in each["trials"]], tuning.COLUMNS)
    return tuning.choose(tried, rows, asked.metric)


def sections(found: Comparison) -> list[Section]:
    """The tables of a comparison, the most telling first."""
    made = [_levels(found)]
    if found.pairs:
        made.append(_pairs(found))
    if found.claims:
        made.append(_claims(found))
    if found.choices:
        made.append(_tuning(found))
    return made


def verdict(found: Comparison) -> str:
    """The verdict as a sentence."""
    text = found.verdict
    named = any(text.startswith(level.name) for level in found.levels)
    return (text if named else text[:1].upper() + text[1:]) + ("" if text.endswith(".") else ".")


def markdown(found: Comparison) -> str:
    """Verdict, tables and what cannot be concluded."""
    parts = [f"**{verdict(found)}**", "", *(f"- {note}" for note in found.notes)]
    for section in sections(found):
        parts += ["", f"**{section.title}**", "", *tables.markdown_lines(section.head, section.rows)]
        parts += ["", section.below] if section.below else []
    return "\n".join(parts)


def as_json(found: Comparison) -> str:
    """Every figure, with NaN and infinity as null."""
    return json.dumps({"verdict": verdict(found), **_plain(dataclasses.asdict(found))}, indent=2, ensure_ascii=False)


def as_csv(found: Comparison) -> str:
    """For each pair of levels, one line over everything, one for each data set, and one for each task."""
    head = ["metric", "first", "second", "dataset", "task", "improvement", "low", "high", "p", "tasks", "won", "lost", "about"]
    rows: list[Sequence[Any]] = []
    for pair in found.pairs:
        interval = pair.improvement
        start = [pair.metric, pair.first, pair.second]
        figures = [interval.value, interval.low, interval.high, pair.p, pair.tasks, pair.won, pair.lost, pair.scope]
        rows.append([*start, "", "", *figures])
        rows += [
            [*start, each.dataset, "", each.improvement, "", "", each.p, *[""] * 3, "this data set alone"] for each in pair.datasets
        ]
        rows += [[*start, each.dataset, each.task, each.improvement, *[""] * 6, "this task alone"] for each in pair.by_task]
    return tables.csv_text(head, rows)


def tuning_csv(launch: Launch, found: Comparison) -> str:
    """Every setting that was tried, with its trials, and whether it was chosen."""
    chosen = {choice.cell: choice for choice in found.choices}
    asked = launch.compared
    names = list(asked.tune) if asked else []
    rows: list[Sequence[Any]] = []
    for each in asked.tried if asked else []:
        choice = chosen.get(each["cell"])
        setting = [each["setting"].get(name, "") for name in names]
        seeds = " ".join(map(str, each["trials"].values()))
        score = choice.score if choice else ""
        rows.append([each["level"], each["task"], *setting, choice is not None, score, seeds, " ".join(each["trials"])])
    return tables.csv_text(["level", "task", *names, "chosen", "score", "seeds", "trials"], rows)


def tags(found: Comparison) -> dict[str, str]:
    """What a launch's run is tagged with, so that runs can be filtered by it."""
    counts = Counter(outcome.verdict for outcome in found.claims)
    claims = ", ".join(f"{count} {verdict_}" for verdict_, count in counts.items())
    return {
        "nnbench.factor": found.factor,
        "nnbench.metric": found.metric,
        "nnbench.verdict": verdict(found),
        **({"nnbench.claims": claims} if claims else {}),
    }


def _levels(found: Comparison) -> Section:
    metric = METRICS[found.metric]
    head = (found.factor, "mean rank", f"{metric.says}, middle half", "reached the target", "profile area", "diverged")
    rows = [
        (
            level.name,
            _number(level.rank),
            _interval(level.middle, metric.time),
            _share(level.reached),
            _number(level.area),
            f"{level.diverged} of {level.trials}" + (f", {level.failed} failed" if level.failed else ""),
        )
        for level in found.levels
    ]
    ranked = ""
    if found.ranking:
        ranking = found.ranking
        told = f"Friedman's test that all levels are alike: p = {p_text(ranking.p)}"
        different = f"; mean ranks {ranking.critical_difference:.2f} apart or more differ (Nemenyi)" if ranking.p <= 0.05 else ""
        ranked = f"{told}{different}."
    shown = [index for index in range(len(head)) if index == 0 or any(row[index] != "–" for row in rows)]
    title = f"{len(found.levels)} levels on {found.tasks} tasks over {len(found.datasets)} data sets, {found.seeds} seeds"
    picked = [tuple(row[index] for index in shown) for row in rows]
    kept = tuple(head[index] for index in shown)
    return Section(title, kept, picked, kept[1:], ranked)


def _pairs(found: Comparison) -> Section:
    best = found.levels[0].name
    pairs = [pair for pair in found.pairs if best in (pair.first, pair.second)] if len(found.levels) > 4 else list(found.pairs)
    rows = [
        (
            pair.first,
            pair.second,
            _interval(pair.improvement),
            f"{pair.won} of {pair.tasks}",
            f"{pair.effect:+.2f}",
            "–" if pair.scope == "nothing" else p_text(pair.p),
            _answer(pair),
        )
        for pair in pairs
    ]
    head = ("looks better", "than", "probability of improvement", "tasks won", "effect", "Holm p", "shown")
    rest = len(found.pairs) - len(pairs)
    below = f"{rest} more pairs, without {best}: --format csv has all of them." if rest else ""
    return Section("Pairs of levels", head, rows, head[2:6], below)


def _answer(pair: Pair) -> str:
    if pair.scope == "nothing":
        return "cannot be told"
    about = "" if pair.scope == "data sets" else ", on these data sets alone"
    return f"yes{about}" if pair.different else f"no{about}"


def _claims(found: Comparison) -> Section:
    return Section("Claims, written before the launch", ("claim", "verdict", "evidence"), claim_rows(found))


def claim_rows(found: Comparison) -> list[tuple[str, str, str]]:
    """What each claim says, what became of it, and the evidence."""
    return [(outcome.says, outcome.verdict, _evidence(outcome.pair)) for outcome in found.claims]


def _evidence(pair: Pair) -> str:
    on = f"better on {pair.won} of {pair.tasks} tasks" if pair.tasks else "no task in common"
    alone = ", on these data sets alone" if pair.scope == "these data sets alone" else ""
    return f"{on}, {pair.evidence()}{alone}"


def _tuning(found: Comparison) -> Section:
    """What was chosen, level by level; the JSON has every task."""
    by_level: dict[str, list[Choice]] = defaultdict(list)
    for choice in found.choices:
        by_level[choice.level].append(choice)
    rows = [
        (
            level,
            "; ".join(_chosen(name, own) for name in own[0].setting),
            _spans({choice.budget for choice in own}),
            f"{_mean([choice.score for choice in own])} against {_mean([choice.spread for choice in own])}",
            "; ".join(_edges(own, found.tuning_seeds)) or "none",
        )
        for level, own in by_level.items()
    ]
    budgets = {choice.budget for choice in found.choices}
    told = (
        f"Every level had the same budget on every task, {budgets.pop()} settings."
        if len(budgets) == 1
        else f"Budgets are not equal ({_spans(budgets)} settings): a level with more had a better chance."
    )
    by = {"speed": "1 / steps"}.get(METRICS[found.metric].tuned_by, METRICS[found.metric].tuned_by.replace("_", " "))
    head = (
        found.factor,
        "chosen on validation",
        "settings",
        f"{by}: best against median setting",
        "best at the edge of what was tried",
    )
    return Section("Tuning, with seeds of its own", head, rows, ("settings",), told)


def _chosen(name: str, choices_: Sequence[Choice]) -> str:
    """`optimizer.lr = 0.3 on 9 tasks, 1.0 on 3`."""
    counts = Counter(_value(choice.setting[name]) for choice in choices_ if name in choice.setting)
    if len(counts) == 1:
        return f"{name} = {next(iter(counts))}"
    (first, times), *rest = counts.most_common()
    return ", ".join([f"{name} = {first} on {times} tasks", *(f"{value} on {number}" for value, number in rest)])


def _edges(choices_: Sequence[Choice], seeds: int) -> list[str]:
    """For each edge that was best somewhere: where, and how many trials would settle what lies beyond."""
    found: dict[tuple[str, float, str, float], list[int]] = defaultdict(list)
    for choice in choices_:
        for edge in choice.edges:
            found[edge.field, edge.value, edge.side, edge.beyond].append(edge.cells)
    return [
        f"{field} = {value:g}, the {side}, on {len(cells)} of {len(choices_)} tasks: "
        f"trying {beyond:g} there takes {sum(cells) * seeds} trials"
        for (field, value, side, beyond), cells in found.items()
    ]


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _mean(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):.3g}"


def _spans(values: set[int]) -> str:
    return f"{min(values)} to {max(values)}" if len(values) > 1 else str(min(values))


def _interval(interval: Interval, time: bool = False) -> str:
    if math.isnan(interval.value):
        return "–"

    def text(value: float) -> str:
        return "never" if math.isinf(value) else f"{value:.0f}" if time else f"{value:.3g}" if abs(value) >= 1 else f"{value:.2f}"

    return text(interval.value) + ("" if math.isnan(interval.low) else f" [{text(interval.low)}, {text(interval.high)}]")


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.0f} %"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
