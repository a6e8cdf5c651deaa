"""What should be known before one relies on a verdict: what cannot be concluded, and what takes weight from a claim's answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from nnbench.analysis.comparison import ClaimOutcome, Comparison, Level
from nnbench.analysis.metrics import METRICS
from nnbench.analysis.pairs import ALPHA
from nnbench.analysis.statistics import TUNING_SEEDS_NEEDED, pairs_needed
from nnbench.analysis.tuning import Choice
from nnbench.report.answers import reservations
from nnbench.report.words import CRITERION_WORDS, METRIC_WORDS, counted, listed

LOOKS = (
    "five looks at equal levels, with ever more seeds, were seen to call them different in 4 of 100 launches on one data set, "
    "in 4 on six and in 7 on twelve"
)
"""What docs/statistics.md has measured."""


def notes(comparison: Comparison) -> list[str]:
    """What cannot be concluded, and why, in plain sentences."""
    levels = [level for level in comparison.levels if level not in comparison.out]
    left_out = [f"{_why_out(level)}: it is left out of every comparison." for level in comparison.out]
    if not levels:
        return [*left_out, "There is no level to compare."]
    if len(levels) == 1:
        return [*left_out, f"There is only one level to compare, {levels[0].name}."]
    choices = comparison.choices.get(comparison.metric, ())
    tuning = [*tuning_cautions(choices, comparison.metric), *_unfinished(choices)]
    return [
        *left_out,
        *_too_few(comparison),
        *_about_trials(comparison, levels),
        *_silent(comparison),
        *([f"Tuning: {'; '.join(tuning)}."] if tuning else []),
        *([f"This is look {comparison.looks} at these cells: {LOOKS}."] if comparison.looks > 1 else []),
    ]


def cautions(comparison: Comparison, outcome: ClaimOutcome) -> list[str]:
    """What should be known about a claim's verdict, in parts of a sentence."""
    pair = outcome.pair
    parts = ["written after the first results of its trials"] if outcome.post_hoc else []
    parts += ["not recorded when it was written"] if outcome.post_hoc is None else []
    parts += reservations(pair) if pair.different else []
    parts += [f"{counted(pair.lacking, 'trial')} failed or missing"] if pair.lacking else []
    parts += [f"says nothing: {listed(pair.silent)}"] if pair.silent else []
    parts += [f"look {comparison.looks}"] if comparison.looks > 1 else []
    choices = [choice for choice in comparison.choices.get(pair.metric, ()) if choice.level in (pair.first, pair.second)]
    if choices and pair.metric != comparison.metric and METRICS[pair.metric].own_criterion:
        parts.append(f"settings of its own, chosen by {CRITERION_WORDS[METRICS[pair.metric].tuned_by]}")
    return parts + tuning_cautions(choices, pair.metric)


def tuning_cautions(choices: Sequence[Choice], metric: str) -> list[str]:
    """What settings were chosen by if not by the metric, best values at the edge, unequal budgets, and too few tuning seeds.

    In parts of a sentence.
    """
    budgets: dict[str, set[int]] = defaultdict(set)
    for choice in choices:
        budgets[choice.level].add(choice.budget)
    edges = Counter(choice.level for choice in choices if choice.edges)
    tasks = Counter(choice.level for choice in choices)
    parts = [
        f"the best setting of {name} is at the edge of what was tried on {count} of {counted(tasks[name], 'task')}"
        for name, count in edges.items()
    ]
    if choices and not METRICS[metric].own_criterion:
        criterion = CRITERION_WORDS[METRICS[metric].tuned_by]
        parts.append(f"settings were chosen by {criterion}, not by {METRIC_WORDS[metric].name}")
    if len(set.union(set(), *budgets.values())) > 1:
        parts.append(f"unequal budgets: {listed([_budget(name, counts) for name, counts in budgets.items()])}")
    if choices and choices[0].seeds < TUNING_SEEDS_NEEDED:
        few = counted(choices[0].seeds, "seed")
        parts.append(f"settings were chosen with {few}: intervals know little of the luck in that, and are too narrow")
    return parts


def _unfinished(choices: Sequence[Choice]) -> list[str]:
    """Trials of tuning that diverged or failed, level by level."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for choice in choices:
        counts[choice.level].update(diverged=choice.diverged, failed=choice.failed, trials=choice.trials)
    return [
        f"{count[what]} of {counted(count['trials'], 'tuning trial')} of {name} {what}"
        for name, count in counts.items()
        for what in ("diverged", "failed")
        if count[what]
    ]


def _budget(name: str, counts: set[int]) -> str:
    """`2 to 6 settings for tanh`."""
    if len(counts) > 1:
        return f"{min(counts)} to {max(counts)} settings for {name}"
    return f"{counted(min(counts), 'setting')} for {name}"


def _why_out(level: Level) -> str:
    if level.unmeasured:
        return f"No trial of {level.name} was measured by this metric, since an older version trained it (--fresh trains again)"
    return f"Every trial of {level.name} failed" if level.trials else f"No trial of {level.name} has a result yet"


def _too_few(comparison: Comparison) -> list[str]:
    """Data sets and seeds that are too few to show anything."""
    sentences = []
    needed = pairs_needed(max(comparison.tests, 1))
    telling = max((len(pair.datasets) for pair in comparison.pairs), default=len(comparison.datasets))
    if 0 < telling < needed:
        kind = "variant" if comparison.count == "variants" else "data set"
        say = "" if telling == len(comparison.datasets) else f" that say{'s' if telling == 1 else ''} anything"
        limit = f"With {counted(telling, kind)}{say} no test over data sets can reach {ALPHA}"
        compared = "" if comparison.tests < 2 else f" for {comparison.tests} pairs of levels"
        sentences.append(f"{limit}{compared}; it takes {needed}. What is found holds for these data sets alone.")
    if comparison.seeds == 1:
        sentences.append("There is one seed: nothing tells how much luck is in a task's result, and no difference can be shown.")
    if comparison.seeds == 2:
        sentences.append("There are two seeds, which show no spread: intervals take it to be that of a coin.")
    return sentences


def _about_trials(comparison: Comparison, levels: Sequence[Level]) -> list[str]:
    """Trials that diverged, never arrived, or have no result, and tasks that a level lacks."""
    sentences = []
    gone = [level for level in levels if level.diverged and level.diverged == level.trials - level.failed]
    all_gone = [level.name for level in gone if not level.failed]
    if all_gone:
        sentences.append(f"Every trial of {listed(all_gone)} diverged.")
    sentences += [f"Every trial of {level.name} that did not fail diverged." for level in gone if level.failed]
    if METRICS[comparison.metric].time and all(level.reached == 0 for level in levels):
        sentences.append("No trial reached its target, so steps say nothing; compare by test_accuracy or valid_area instead.")
    lacking = [
        f"{number} of {level.name} {what}"
        for level in levels
        for number, what in ((level.failed, "failed"), (level.missing, "missing"))
        if number
    ]
    if lacking:
        sentences.append(
            f"Trials without a result: {listed(lacking)}. An answer that they could undo is withheld; the same command tries "
            "them again."
        )
    partly = [level.name for level in levels if level.tasks < comparison.tasks]
    if partly:
        sentences.append(f"{listed(partly)} did not run on every task; pairs are compared on the tasks that both have.")
    return sentences


def _silent(comparison: Comparison) -> list[str]:
    """Data sets that tell no two levels apart."""
    if not comparison.pairs:
        return []
    telling = {on.dataset for pair in comparison.pairs for on in pair.datasets}
    silent = {name for pair in comparison.pairs for name in pair.silent}
    names = [name for name in comparison.datasets if name in silent - telling]
    others = [name for name in comparison.datasets if name not in names]
    partly = [name for name in others if any(name in pair.silent for pair in comparison.pairs)]
    sentences = []
    if names:
        cause = "nobody reached the target" if METRICS[comparison.metric].time else "every run scored the same"
        say, do = ("says", "does") if len(names) == 1 else ("say", "do")
        sentences.append(f"{listed(names)} {say} nothing, since {cause} there, and {do} not count.")
    if partly:
        sentences.append(f"Of some pairs every run scored the same on {listed(partly)}, which does not count for these.")
    return sentences
