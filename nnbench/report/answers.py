"""Two levels in sentences: which is better, the evidence for it, and what stands in the way of an answer. None has a full stop."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench.analysis.pairs import ALPHA, Pair, reversed_pair
from nnbench.analysis.statistics import TUNING_SEEDS_NEEDED
from nnbench.report.words import METRIC_WORDS, counted, listed, p_is, probability, share

NAMED = 6
"""Up to so many data sets are named where an answer is about them alone."""


def sentences(pair: Pair) -> list[str]:
    """Which of two levels is better, with effect, interval, and how that was reached."""
    if pair.equal:
        equal = f"{pair.first} and {pair.second} are practically equal ({evidence(pair)})"
        return [equal, f"A probability of {pair.at_least:g}, which would matter, can be ruled out either way"]
    if not pair.different:
        return [f"No difference could be shown between {pair.first} and {pair.second}{unclear(pair)}", *beyond_tests([pair])]
    towards = pair if pair.better == pair.first else reversed_pair(pair)
    alone = "" if pair.scope == "data sets" else f", on {these(pair)} alone"
    on = f"on {towards.won} of {counted(pair.tasks, 'task')}{alone}"
    answer = f"{towards.first} {METRIC_WORDS[pair.metric].wins()} than {towards.second} {on} ({evidence(towards)})"
    return [answer, *map(capital, reservations(pair)), *in_general(pair)]


def evidence(pair: Pair) -> str:
    """Probability of improvement with its interval, and p."""
    improvement = f"probability of improvement {probability(pair.improvement)}"
    match pair.scope:
        case "data sets":
            return f"{improvement}, Holm {p_is(pair.p)} over {datasets(pair)}"
        case "these data sets alone":
            return f"{improvement}, Holm {p_is(pair.p)} paired over {pair.seeds} seeds"
        case _:
            return improvement


def unclear(pair: Pair) -> str:
    """What follows `no difference could be shown`: why, where that is not a p that is too large, and the evidence."""
    reason = why(pair)
    told = f" ({evidence(pair)})" if pair.tasks else ""
    return f": {reason}{told}" if reason else told


def beyond_tests(pairs: Sequence[Pair]) -> list[str]:
    """What holds for these data sets alone though no test can show it, by the first level, and what would decide the first pair."""
    untested = [pair for pair in pairs if pair.scope == "nothing" and pair.tasks and pair.seeds > 1 and not pair.withheld]
    towards = [pair if pair.won >= pair.lost else reversed_pair(pair) for pair in untested if pair.won != pair.lost]
    ahead = [pair for pair in towards if pair.first == towards[0].first]
    told = []
    if ahead:
        always = [pair.second for pair in ahead if pair.won == pair.tasks]
        parts = [f"of {listed(always)} on every task, {ahead[0].tasks} of {ahead[0].tasks}"] if always else []
        parts += [
            f"of {pair.second} on {pair.won} of {pair.tasks}, behind on {pair.lost}" for pair in ahead if pair.won < pair.tasks
        ]
        told = [f"On {these(ahead[0])} alone, with these {ahead[0].seeds} seeds, {ahead[0].first} was ahead {', and '.join(parts)}"]
    return [*told, *filter(None, [more(pairs[0]) or _takes(pairs[0])])]


def _takes(pair: Pair) -> str:
    """How many data sets or seeds a test takes at the least, where there are fewer."""
    if pair.scope != "nothing" or not pair.tasks or pair.withheld:
        return ""
    if pair.seeds < 2:
        return f"A test takes at least {pair.least_datasets} data sets with 2 seeds, or {pair.least_seeds} seeds for these alone"
    tuning = f" and {TUNING_SEEDS_NEEDED} tuning seeds" if pair.tuned_blindly else ""
    return f"A test takes at least {pair.least_datasets} data sets, or {pair.least_seeds} seeds{tuning} for these data sets alone"


def datasets(pair: Pair) -> str:
    """How many data sets the answer counts, and as what."""
    if pair.count == "variants":
        return f"{counted(len(pair.datasets), 'variant')} of {counted(pair.families, 'data set')}"
    return counted(len(pair.datasets), "data set")


def these(pair: Pair) -> str:
    """The data sets of an answer that is about them alone."""
    names = [each.dataset for each in pair.datasets]
    return listed(names) if len(names) <= NAMED else f"these {datasets(pair)}"


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
        return f"they are equal on every data set (better on {share(pair.paired)} of equal seeds)"
    if pair.scope == "nothing":
        return f"there are too few seeds and data sets for any test to reach {ALPHA}"
    return _contradiction(pair)


def _contradiction(pair: Pair) -> str:
    """Which parts of the evidence do not go together."""
    value, low, high = pair.improvement.value, pair.improvement.low, pair.improvement.high
    if pair.scope != "data sets":
        if len({each.effect > 0 for each in pair.datasets}) > 1:
            return "the data sets disagree"
        if pair.tuned_blindly and pair.p <= ALPHA:
            few = counted(pair.tuning_seeds, "tuning seed")
            return f"settings were chosen with {few}, which do not tell how much luck was in that; it takes {TUNING_SEEDS_NEEDED}"
    if pair.p <= ALPHA and low <= 0.5 <= high:
        return "the interval leaves ½ in, so that so small a difference could be the luck of these seeds"
    if pair.p <= ALPHA and (value - 0.5) * pair.effect <= 0:
        return "the mean over data sets and their ranks point different ways"
    return ""


def more(pair: Pair) -> str:
    """What it would take to decide."""
    if pair.more is None or pair.withheld or pair.different:
        return ""
    number = [
        counted(count, f"more {what}") if count is not None else ""
        for count, what in ((pair.more.datasets, "data set"), (pair.more.seeds, "seed"))
    ]
    if not any(number):
        return "No affordable number of data sets or seeds would decide it at this effect"
    if pair.scope == "data sets":
        ways = list(filter(None, number))
        return f"About {', or '.join(ways)}{',' if len(ways) > 1 else ''} would decide it at this effect"
    scopes = ("in general", "for these data sets alone")
    ways = [f"about {count} would show it {scope}" for count, scope in zip(number, scopes, strict=True) if count]
    return f"At this effect {', and '.join(ways)}"


def in_general(pair: Pair) -> list[str]:
    """What an answer about single data sets lacks to be about others as well."""
    if pair.scope != "these data sets alone":
        return []
    others = pair.more.datasets if pair.more else None
    about = "" if others is None else f", about {others} more at this effect"
    return [f"That holds for these data sets alone: for data sets in general it takes at least {pair.least_datasets}{about}"]


def reservations(pair: Pair) -> list[str]:
    """What takes weight from an answer."""
    weights = []
    if pair.by_construction:
        weights.append("untrained networks differ in the same way, so this is by construction and says nothing about training")
    if pair.at_least is not None and pair.outcome == "undecided":
        weights.append(f"a probability below {pair.at_least:g}, which would not matter, cannot be ruled out")
    return weights


def capital(text: str) -> str:
    """The text as a sentence begins."""
    return text[:1].upper() + text[1:]
