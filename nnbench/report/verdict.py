"""A comparison in sentences: the verdict, the evidence for it, and what should be known before one relies on it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from nnbench.analysis.comparison import ClaimOutcome, Comparison, Level
from nnbench.analysis.metrics import METRICS
from nnbench.analysis.pairs import ALPHA, Pair, reversed_pair
from nnbench.analysis.statistics import TUNING_SEEDS_NEEDED, Interval, pairs_needed
from nnbench.analysis.tuning import Choice

LEAST_P = 1e-15
LOOKS = "over twelve data sets, equal levels looked at with ever more seeds are called different in 7 of 100 launches, not in 5"


def verdict(found: Comparison) -> str:
    """The answer in one sentence."""
    return f"{_answer(found).rstrip('.')}."


def sentence(pair: Pair) -> str:
    """What was found about two levels, with effect, interval, and how it was reached."""
    if pair.equal:
        matters = f"{_number(pair.at_least)}, which would matter, can be ruled out either way"
        return f"{pair.first} and {pair.second} are practically equal: {evidence(pair)}; {matters}"
    if not pair.different:
        reasons = [each for each in (why(pair), more(pair)) if each]
        told = f"No difference could be shown between {pair.first} and {pair.second}: {evidence(pair)}"
        return "; ".join([told, *reasons])
    towards = _towards(pair)
    alone = "" if pair.scope == "data sets" else f", on {_listed([each.dataset for each in pair.datasets])} alone"
    on = f"on {towards.won} of {counted(pair.tasks, 'task')}{alone}"
    told = f"{towards.first} {METRICS[pair.metric].wins} than {towards.second} {on} ({evidence(towards)})"
    return "; ".join([told, *reservations(pair)])


def evidence(pair: Pair) -> str:
    """Probability of improvement with its interval, and p."""
    found = f"probability of improvement {_interval(pair.improvement)}"
    match pair.scope:
        case "data sets":
            return f"{found}, Holm {p_is(pair.p)} over {datasets(pair)}"
        case "these data sets alone":
            return f"{found}, Holm {p_is(pair.p)} paired over {pair.seeds} seeds"
        case _:
            return found


def datasets(pair: Pair) -> str:
    """How many data sets the answer counts, and as what."""
    if pair.count == "variants":
        return f"{counted(len(pair.datasets), 'variant')} of {counted(pair.families, 'data set')}"
    return counted(len(pair.datasets), "data set")


def why(pair: Pair) -> str:
    """What stands in the way of an answer, if it is not a p that is too large."""
    if not pair.tasks:
        if pair.lacking:
            return "of one of them no trial has a score where the other has"
        return "every run of both scored the same on every task" if pair.silent else "they have no task in common"
    if pair.withheld:
        return f"{counted(pair.lacking, 'trial')} failed or missing, which could undo the answer if they were the worst"
    if pair.seeds < 2:
        return "with one seed nothing tells luck from merit"
    if all(each.improvement == 0.5 for each in pair.datasets):
        return f"they are equal on every data set (better on {_share(pair.paired)} of equal seeds)"
    if pair.scope == "nothing":
        return f"there are too few seeds and data sets for any test to reach {ALPHA}"
    return _not_enough(pair)


def _not_enough(pair: Pair) -> str:
    value, low, high = pair.improvement.value, pair.improvement.low, pair.improvement.high
    if pair.scope != "data sets":
        if len({each.effect > 0 for each in pair.datasets}) > 1:
            return "the data sets disagree"
        if pair.tuned_blindly and pair.p <= ALPHA:
            few = counted(pair.tuning_seeds, "tuning seed")
            return f"settings were chosen with {few}, which do not tell how much luck was in that; it takes {TUNING_SEEDS_NEEDED}"
    if pair.p <= ALPHA and low <= 0.5 <= high:
        return "the interval leaves ½ in: so small a difference could be the luck of these seeds"
    if pair.p <= ALPHA and (value - 0.5) * pair.effect <= 0:
        return "the mean over data sets and their ranks point different ways"
    return ""


def more(pair: Pair) -> str:
    """What it would take to decide."""
    if pair.more is None or pair.withheld:
        return ""
    ways = [
        f"{number} more {what}{'s' if number != 1 else ''}"
        for number, what in ((pair.more.datasets, "data set"), (pair.more.seeds, "seed"))
        if number is not None
    ]
    if not ways:
        return "no affordable number of data sets or seeds would decide it at this effect"
    return f"about {', or '.join(ways)}{',' if len(ways) > 1 else ''} would decide it at this effect"


def reservations(pair: Pair) -> list[str]:
    """What takes weight from an answer."""
    found = []
    if pair.by_construction:
        found.append("untrained networks differ in the same way, so this is by construction and says nothing about training")
    if pair.at_least is not None and pair.outcome == "undecided":
        found.append(f"a probability below {_number(pair.at_least)}, which would not matter, cannot be ruled out")
    return found


def notes(found: Comparison) -> list[str]:
    """What cannot be concluded, and why, in plain sentences."""
    levels = [level for level in found.levels if level not in found.out]
    told = [f"{_why_out(level)}: it is left out of every comparison." for level in found.out]
    if not levels:
        return [*told, "There is no level to compare."]
    if len(levels) == 1:
        return [*told, f"There is only one level to compare, {levels[0].name}."]
    return [
        *told,
        *_too_few(found),
        *_about_trials(found, levels),
        *_silent(found),
        *_about_tuning(found),
        *([f"This is look {found.looks} at these cells: {LOOKS}."] if found.looks > 1 else []),
    ]


def _why_out(level: Level) -> str:
    if level.unmeasured:
        return f"No trial of {level.name} was measured by this metric, since an older version trained it (--fresh trains again)"
    return f"Every trial of {level.name} failed" if level.trials else f"No trial of {level.name} has a result yet"


def cautions(found: Comparison, outcome: ClaimOutcome) -> list[str]:
    """What should be known about a claim's verdict."""
    pair = outcome.pair
    told = ["written after the first results of its trials"] if outcome.post_hoc else []
    told += ["not recorded when it was written"] if outcome.post_hoc is None else []
    told += reservations(pair) if pair.different else []
    told += [f"{counted(pair.lacking, 'trial')} failed or missing"] if pair.lacking else []
    told += [f"says nothing: {_listed(pair.silent)}"] if pair.silent else []
    told += [f"look {found.looks}"] if found.looks > 1 else []
    return told + tuning_cautions(found.choices.get(pair.metric, ()), {pair.first, pair.second})


def _about_tuning(found: Comparison) -> list[str]:
    told = tuning_cautions(found.choices.get(found.metric, ()), None)
    return [f"Tuning: {'; '.join(told)}."] if told else []


def tuning_cautions(choices: Sequence[Choice], levels: set[str] | None) -> list[str]:
    """Best values at the edge of what was tried, and unequal budgets, for some levels or all."""
    own = [choice for choice in choices if levels is None or choice.level in levels]
    budgets: dict[str, set[int]] = defaultdict(set)
    for choice in own:
        budgets[choice.level].add(choice.budget)
    edges = Counter(choice.level for choice in own if choice.edges)
    tasks = Counter(choice.level for choice in own)
    told = [
        f"the best setting of {name} is at the edge of what was tried on {count} of {counted(tasks[name], 'task')}"
        for name, count in edges.items()
    ]
    if len(set.union(set(), *budgets.values())) > 1:
        told.append(f"unequal budgets: {_listed([_budget(name, counts) for name, counts in budgets.items()])}")
    if own and own[0].seeds < TUNING_SEEDS_NEEDED:
        with_ = counted(own[0].seeds, "seed")
        told.append(f"settings were chosen with {with_}: intervals know little of the luck in that, and are too narrow")
    return told


def _budget(name: str, counts: set[int]) -> str:
    told = str(min(counts)) if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    return f"{told} setting{'' if counts == {1} else 's'} for {name}"


def p_text(p: float) -> str:
    """A p-value with as many digits as it deserves."""
    return "< 1e-15" if p < LEAST_P else f"{p:.3f}" if p >= 0.001 else f"{p:.0e}"


def p_is(p: float) -> str:
    """The same in a sentence."""
    return f"p {p_text(p)}" if p < LEAST_P else f"p = {p_text(p)}"


def _answer(found: Comparison) -> str:
    if len(found.levels) - len(found.out) < 2:
        return f"Nothing to compare. {' '.join(notes(found))}"
    if found.baseline is not None and len(found.pairs) > 1:
        return _against(found, found.baseline)
    if len(found.pairs) == 1:
        return sentence(found.pairs[0])
    if not found.pairs:
        return f"Nothing to compare: no trial of the baseline, {found.baseline}, has a score"
    best = found.levels[0].name
    own = [pair if pair.first == best else reversed_pair(pair) for pair in found.pairs if best in (pair.first, pair.second)]
    beaten = [pair for pair in own if pair.different and pair.better == best]
    others = [pair for pair in own if pair not in beaten]
    if not beaten:
        closest = min(own, key=_clarity)
        return (
            f"No difference could be shown between {best}, which looks best, and the other {len(own)} levels; "
            f"the clearest is against {closest.second}: {'; '.join(filter(None, [evidence(closest), why(closest), more(closest)]))}"
        )
    weakest = max(beaten, key=lambda pair: pair.p)
    against = "every other level" if not others else _listed([pair.second for pair in beaten])
    alone = "" if weakest.scope == "data sets" else " on these data sets alone"
    told = f"{best} {METRICS[found.metric].wins} than {against}{alone}"
    on = f"on {weakest.won} of {counted(weakest.tasks, 'task')}"
    least = f"at the least clear, against {weakest.second}, {on}: {evidence(weakest)}"
    rest = _rest([(pair.second, pair) for pair in others])
    return "; ".join([f"{told} ({least}){rest}", *_reserved([(pair.second, pair) for pair in beaten])])


def _clarity(pair: Pair) -> tuple[float, float]:
    """The clearest is the least: by p, then by how far from ½."""
    return (pair.p, -abs(pair.improvement.value - 0.5))


def _against(found: Comparison, baseline: str) -> str:
    """Each level against the baseline."""
    better = [pair for pair in found.pairs if pair.different and pair.better == pair.first]
    worse = [pair for pair in found.pairs if pair.different and pair.better == pair.second]
    rest = [pair for pair in found.pairs if not pair.different]
    wins = METRICS[found.metric].wins
    parts = []
    if better:
        names = _listed([_with_evidence(pair.first, pair) for pair in better])
        parts.append(f"{names} {_plural(wins, len(better))} than {baseline}")
    if worse:
        parts.append(f"{baseline} {wins} than {_listed([_with_evidence(pair.first, reversed_pair(pair)) for pair in worse])}")
    if not parts:
        closest = min(rest, key=_clarity)
        told = f"No level could be shown to differ from {baseline}; the clearest is {closest.first}: {evidence(closest)}"
        return "; ".join(filter(None, [told, why(closest), more(closest)]))
    told = "; ".join(parts) + _rest([(pair.first, pair) for pair in rest])
    return "; ".join([told, *_reserved([(pair.first, pair) for pair in (*better, *worse)])])


def _with_evidence(name: str, pair: Pair) -> str:
    alone = ", on these data sets alone" if pair.scope != "data sets" else ""
    return f"{name} ({_interval(pair.improvement)}, Holm {p_is(pair.p)}{alone})"


def _plural(wins: str, count: int) -> str:
    """`has` and `reaches` as several do it."""
    if count == 1:
        return wins
    verb, rest = wins.split(" ", 1)
    return f"{ {'has': 'have', 'reaches': 'reach', 'does': 'do'}.get(verb, verb.removesuffix('s')) } {rest}"


def _reserved(shown: Sequence[tuple[str, Pair]]) -> list[str]:
    """What takes weight from the answers about these levels, by name."""
    by: dict[str, list[str]] = defaultdict(list)
    for name, pair in shown:
        for reservation in reservations(pair):
            by[reservation].append(name)
    return [f"{_listed(names)}: {reservation}" for reservation, names in by.items()]


def _rest(others: Sequence[tuple[str, Pair]]) -> str:
    """Levels that are no worse, by name."""
    equal = [name for name, pair in others if pair.equal]
    unclear = [name for name, pair in others if not pair.equal]
    told = f"; practically equal to {_listed(equal)}" if equal else ""
    return told + (f"; no difference from {_listed(unclear)} could be shown" if unclear else "")


def _too_few(found: Comparison) -> list[str]:
    told = []
    needed = pairs_needed(max(len(found.pairs), 1))
    telling = max((len(pair.datasets) for pair in found.pairs), default=len(found.datasets))
    if 0 < telling < needed:
        kind = "variant" if found.count == "variants" else "data set"
        says = "" if telling == len(found.datasets) else f" that say{'s' if telling == 1 else ''} anything"
        held = f"With {counted(telling, kind)}{says} no test over data sets can reach {ALPHA}"
        compared = "" if len(found.pairs) < 2 else f" for {len(found.pairs)} pairs of levels"
        told.append(f"{held}{compared}; it takes {needed}. What is found holds for these data sets alone.")
    if found.seeds == 1:
        told.append("There is one seed: nothing tells how much luck is in a task's result, and no difference can be shown.")
    if found.seeds == 2:
        told.append("There are two seeds, which show no spread: intervals take it to be that of a coin.")
    return told


def _about_trials(found: Comparison, levels: Sequence[Level]) -> list[str]:
    told = []
    gone = [level.name for level in levels if level.trials and level.diverged == level.trials - level.failed]
    if gone:
        told.append(f"Every trial of {_listed(gone)} diverged.")
    if METRICS[found.metric].time and all(level.reached == 0 for level in levels):
        told.append("No trial reached its target, so steps say nothing; compare by test_accuracy or valid_area instead.")
    counts = [
        f"{number} of {level.name} {what}"
        for level in levels
        for number, what in ((level.failed, "failed"), (level.missing, "missing"))
        if number
    ]
    if counts:
        told.append(
            f"Trials without a result: {_listed(counts)}. An answer that they could undo is withheld; the same command tries "
            "them again."
        )
    partly = [level.name for level in levels if level.tasks < found.tasks]
    if partly:
        told.append(f"{_listed(partly)} did not run on every task; pairs are compared on the tasks that both have.")
    return told


def _silent(found: Comparison) -> list[str]:
    """Data sets that tell no two levels apart."""
    if not found.pairs:
        return []
    names = [name for name in found.datasets if all(name in pair.silent for pair in found.pairs)]
    partly = [name for name in found.datasets if name not in names and any(name in pair.silent for pair in found.pairs)]
    told = [f"Of some pairs every run scored the same on {_listed(partly)}, which does not count for these."] if partly else []
    if not names:
        return told
    cause = "nobody reached the target" if METRICS[found.metric].time else "every run scored the same"
    say, do = ("says", "does") if len(names) == 1 else ("say", "do")
    return [f"{_listed(names)} {say} nothing, since {cause} there, and {do} not count.", *told]


def _towards(pair: Pair) -> Pair:
    return pair if pair.better == pair.first else reversed_pair(pair)


def _interval(interval: Interval) -> str:
    return f"{interval.value:.2f}" + ("" if math.isnan(interval.low) else f" [{interval.low:.2f}, {interval.high:.2f}]")


def _number(value: float | None) -> str:
    return f"{value:g}"


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def counted(count: int, what: str) -> str:
    """So many of something, in words."""
    return f"{count} {what}{'' if count == 1 else 's'}"
