"""A launch's comparison: made from the result store, and told as tables, Markdown, CSV or JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnbench.analysis import metrics, tuning
from nnbench.analysis.comparison import ClaimMade, ClaimOutcome, Comparison, Level, Pair, Placed, Terms, compare
from nnbench.analysis.metrics import METRICS
from nnbench.analysis.statistics import Interval
from nnbench.analysis.tuning import Choice
from nnbench.report import tables
from nnbench.report.verdict import cautions, counted, evidence, notes, p_is, p_text, verdict, why
from nnbench.store import Compared, Launch, Store

CLAIM_HEAD = ("claim", "verdict", "evidence", "to be known")


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
    judged = [*dict.fromkeys([asked.metric, *(str(claim["metric"]) for claim in asked.claims)])]
    again = [trial for trials in asked.alternates.values() for trial in trials]
    untrained = [trial for trials in asked.controls.values() for trial in trials]
    cell_of = {trial: cell for cell, trials in asked.controls.items() for trial in trials}
    controls = [{**row, "cell_id": cell_of[row["trial_id"]]} for row in _rows(store, untrained, judged)]
    return compare(
        asked.factor,
        asked.metric,
        {cell: Placed(*where) for cell, where in asked.placed.items()},
        _rows(store, [*launch.trial_ids, *again], judged),
        [_claim(launch, store, claim) for claim in asked.claims],
        choices(asked, store, judged),
        controls,
        Terms(asked.count, asked.baseline, asked.at_least, _looks(launch, store)),
    )


def _rows(store: Store, trials: Sequence[str], judged: Sequence[str]) -> list[dict[str, Any]]:
    """Results with what these metrics take, epochs among it where one takes them."""
    wanted = metrics.columns(["steps_to_target", *judged])
    if not any("epochs" in METRICS[name].columns for name in judged):
        return store.rows(trials, wanted)
    rows = store.rows(trials, [*wanted, "fields"])
    return [{**row, "epochs": json.loads(row["fields"])["epochs"]} for row in rows]


def choices(asked: Compared, store: Store, judged: Sequence[str]) -> dict[str, list[Choice]]:
    """What tuning chose for each metric that is judged, again from its results."""
    if not asked.tried:
        return {}
    tried = [tuning.Tried(each["cell"], each["level"], each["task"], each["setting"]) for each in asked.tried]
    rows = store.rows([trial for each in asked.tried for trial in each["trials"]], tuning.COLUMNS)
    return {metric: tuning.choose(tried, rows, metric) for metric in judged}


def _claim(launch: Launch, store: Store, claim: Mapping[str, Any]) -> ClaimMade:
    return ClaimMade(
        says=claim["says"],
        better=claim["better"],
        worse=claim["worse"],
        metric=claim["metric"],
        at_least=claim.get("at_least"),
        post_hoc=_post_hoc(launch, store, claim),
    )


def _post_hoc(launch: Launch, store: Store, claim: Mapping[str, Any]) -> bool | None:
    """Whether both levels of the claim had results before it was first launched; None for launches that did not record that."""
    written = claim.get("written")
    if launch.compared is None or written is None:
        return None
    first = [store.first_result(_trials(launch, launch.compared, claim[role])) for role in ("better", "worse")]
    return all(time is not None and time < written for time in first)


def _trials(launch: Launch, asked: Compared, level: str) -> list[str]:
    """The level's trials, those of tuning among them."""
    own = [trial for cell in launch.cells if asked.placed[cell.id][0] == level for trial in cell.trials]
    return own + [trial for each in asked.tried if each["level"] == level for trial in each["trials"]]


def _looks(launch: Launch, store: Store) -> int:
    """How many launches have compared this factor by these trials, or by a part of them, so far, whatever their grid's name."""
    own, factor = set(launch.trial_ids), launch.compared.factor if launch.compared else ""
    others = (other for other in store.launches() if other.compared and other.compared.factor == factor and not other.alternative)
    earlier = (set(other.trial_ids) for other in others if other.started < launch.started)
    return 1 + sum(bool(trials) and trials < own for trials in earlier)


def sections(found: Comparison) -> list[Section]:
    """The tables of a comparison, the most telling first."""
    made = [_levels(found)]
    if found.pairs:
        made.append(_pairs(found))
    if found.claims:
        made.append(_claims(found))
    if found.choices:
        made += [_tuning(found), _budgets(found)]
    return made


def markdown(found: Comparison) -> str:
    """Verdict, tables and what cannot be concluded."""
    parts = [f"**{verdict(found)}**", "", *(f"- {note}" for note in notes(found))]
    for section in sections(found):
        parts += ["", f"**{section.title}**", "", *tables.markdown_lines(section.head, section.rows)]
        parts += ["", section.below] if section.below else []
    return "\n".join(parts)


def as_json(found: Comparison) -> str:
    """Every figure, with NaN and infinity as null."""
    return json.dumps({"verdict": verdict(found), **_plain(dataclasses.asdict(found))}, indent=2, ensure_ascii=False)


def as_csv(found: Comparison) -> str:
    """For each pair of levels, one line over everything, one for each data set, and one for each task."""
    head = ["metric", "first", "second", "dataset", "task", "improvement", "low", "high", "p", "tasks", "won", "lost"]
    head += ["paired", "answer", "about"]
    rows: list[Sequence[Any]] = []
    for pair in found.pairs:
        interval = pair.improvement
        start = [pair.metric, pair.first, pair.second]
        numbers = [interval.value, interval.low, interval.high, pair.p, pair.tasks, pair.won, pair.lost, pair.paired]
        figures = [*numbers, _answer(pair), pair.scope]
        rows.append([*start, "", "", *figures])
        for on in pair.datasets:
            p = "" if math.isnan(on.p) else on.p
            rows.append([*start, on.dataset, "", on.improvement, "", "", p, *[""] * 5, "this data set alone"])
        rows += [[*start, each.dataset, each.task, each.improvement, *[""] * 8, "this task alone"] for each in pair.by_task]
    return tables.csv_text(head, rows)


def tuning_csv(launch: Launch, found: Comparison) -> str:
    """Every setting that was tried, with its trials, and whether it was chosen."""
    chosen = {choice.cell: choice for choice in found.choices.get(found.metric, ())}
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
    counts = Counter(claim_verdict(outcome) for outcome in found.claims)
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
            ", ".join([f"{level.diverged} of {level.trials}", *_lacking(level)]),
        )
        for level in found.levels
    ]
    ranked = ""
    if found.ranking:
        ranking = found.ranking
        told = f"Friedman's test that all levels are alike: {p_is(ranking.p)}"
        different = f"; mean ranks {ranking.critical_difference:.2f} apart or more differ (Nemenyi)" if ranking.p <= 0.05 else ""
        ranked = f"{told}{different}."
    shown = [index for index in range(len(head)) if index == 0 or any(row[index] != "–" for row in rows)]
    kind = "variant" if found.count == "variants" else "data set"
    over = f"{counted(found.tasks, 'task')} over {counted(len(found.datasets), kind)}"
    title = f"{counted(len(found.levels), 'level')} on {over}, {counted(found.seeds, 'seed')}"
    picked = [tuple(row[index] for index in shown) for row in rows]
    kept = tuple(head[index] for index in shown)
    return Section(title, kept, picked, kept[1:], ranked)


def _lacking(level: Level) -> list[str]:
    return [f"{count} {what}" for count, what in ((level.failed, "failed"), (level.missing, "missing")) if count]


def _pairs(found: Comparison) -> Section:
    best = found.levels[0].name
    many = len(found.levels) > 4 and found.baseline is None
    pairs = [pair for pair in found.pairs if best in (pair.first, pair.second)] if many else list(found.pairs)
    rows = [
        (
            pair.first,
            pair.second,
            _interval(pair.improvement),
            _number(pair.paired),
            f"{pair.won} of {pair.tasks}",
            f"{pair.effect:+.2f}",
            "–" if pair.scope == "nothing" else p_text(pair.p),
            _answer(pair),
        )
        for pair in pairs
    ]
    first = "looks better" if found.baseline is None else "level"
    second = "than" if found.baseline is None else "baseline"
    head = (first, second, "probability of improvement", "paired wins", "tasks won", "effect", "Holm p", "shown")
    rest = len(found.pairs) - len(pairs)
    below = f"{rest} more pairs, without {best}: --format csv has all of them." if rest else ""
    return Section("Pairs of levels", head, rows, head[2:7], below)


def _answer(pair: Pair) -> str:
    if pair.equal:
        return "practically equal"
    if pair.scope == "nothing":
        return "cannot be told"
    about = "" if pair.scope == "data sets" else ", on these data sets alone"
    if pair.withheld:
        return f"withheld{about}"
    doubt = ", by construction" if pair.by_construction else ""
    return f"yes{doubt}{about}" if pair.different else f"no{about}"


def _claims(found: Comparison) -> Section:
    before = all(outcome.post_hoc is False for outcome in found.claims)
    return Section("Claims, written before the launch" if before else "Claims", CLAIM_HEAD, claim_rows(found))


def claim_rows(found: Comparison) -> list[tuple[str, str, str, str]]:
    """What each claim says, what became of it, the evidence, and what should be known about it."""
    return [
        (outcome.says, claim_verdict(outcome), _evidence(outcome.pair), "; ".join(cautions(found, outcome)) or "–")
        for outcome in found.claims
    ]


def claim_verdict(outcome: ClaimOutcome) -> str:
    """The verdict; one about a claim that came after the results says so."""
    return f"{outcome.verdict}, post hoc" if outcome.post_hoc else outcome.verdict


def _evidence(pair: Pair) -> str:
    on = f"better on {pair.won} of {pair.tasks} tasks" if pair.tasks else ""
    alone = "on these data sets alone" if pair.scope == "these data sets alone" else ""
    return ", ".join(filter(None, [on, evidence(pair), alone, "" if pair.different or pair.equal else why(pair)]))


def _tuning(found: Comparison) -> Section:
    """What was chosen for each metric that is judged, level by level; the JSON has every task."""
    by_level: dict[tuple[str, str], list[Choice]] = defaultdict(list)
    for metric, own in found.choices.items():
        for choice in own:
            by_level[choice.level, metric].append(choice)
    several = len(found.choices) > 1
    rows = [
        (
            f"{level}, for {METRICS[metric].says}" if several else level,
            "; ".join(_chosen(name, own) for name in own[0].setting),
            _spans({choice.budget for choice in own}),
            f"{_middle([choice.score for choice in own])} against {_middle([choice.middle for choice in own])}",
            "; ".join(_edges(own)) or "none",
        )
        for (level, metric), own in by_level.items()
    ]
    budgets = {choice.budget for own in found.choices.values() for choice in own}
    told = (
        f"Every level had the same budget on every task, {budgets.pop()} settings."
        if len(budgets) == 1
        else f"Budgets are not equal ({_spans(budgets)} settings): a level with more had a better chance."
    )
    by = " or ".join(dict.fromkeys(tuning.CRITERIA[METRICS[metric].tuned_by].says for metric in found.choices))
    head = (
        found.factor,
        "chosen on validation",
        "settings",
        f"{by}: best against middle setting",
        "best at the edge of what was tried",
    )
    return Section("Tuning, with seeds of its own", head, rows, ("settings",), told)


def _budgets(found: Comparison) -> Section:
    """What a smaller search would have found."""
    most = max((len(level.expected) for level in found.levels), default=0)
    shown = [tries for tries in (1, 2, 3, 5, 10, 20, 50, 100) if tries < most] + [most]
    rows = [
        (level.name, *(f"{level.expected[tries - 1]:.3f}" if tries <= len(level.expected) else "–" for tries in shown))
        for level in found.levels
    ]
    head = (found.factor, *(f"{tries} setting{'s' if tries > 1 else ''}" for tries in shown))
    told = "Best validation accuracy to expect from so many of the settings, tried at random (Dodge et al. 2019)."
    return Section("What a smaller search would find", head, rows, head[1:], told)


def _chosen(name: str, choices_: Sequence[Choice]) -> str:
    """`optimizer.lr = 0.3 on 9 tasks, 1.0 on 3`."""
    counts = Counter(_value(choice.setting[name]) for choice in choices_ if name in choice.setting)
    if len(counts) == 1:
        return f"{name} = {next(iter(counts))}"
    (first, times), *rest = counts.most_common()
    return ", ".join([f"{name} = {first} on {times} tasks", *(f"{value} on {number}" for value, number in rest)])


def _edges(choices_: Sequence[Choice]) -> list[str]:
    """For each edge that was best somewhere: where, and how many trials would settle what lies beyond."""
    found: dict[tuple[str, float, str, float], list[int]] = defaultdict(list)
    for choice in choices_:
        for edge in choice.edges:
            found[edge.field, edge.value, edge.side, edge.beyond].append(edge.cells * choice.seeds)
    return [
        f"{field} = {value:g}, the {side}, on {len(trials)} of {len(choices_)} tasks: "
        f"trying {beyond:g} there takes {counted(sum(trials), 'trial')}"
        for (field, value, side, beyond), trials in found.items()
    ]


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _middle(values: Sequence[float]) -> str:
    """Median over tasks, or that most never arrive."""
    value = sorted(values)[len(values) // 2]
    return "never" if math.isinf(value) else f"{value:.3g}"


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
