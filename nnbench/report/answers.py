"""Two levels in sentences: which is better, the evidence for it, and what stands in the way of an answer."""

from __future__ import annotations

from nnbench.analysis.pairs import ALPHA, Pair, reversed_pair
from nnbench.analysis.statistics import TUNING_SEEDS_NEEDED
from nnbench.report.words import METRIC_WORDS, counted, listed, p_is, probability, share


def sentence(pair: Pair) -> str:
    """Which of two levels is better, with effect, interval, and how that was reached; without a full stop."""
    if pair.equal:
        matters = f"{pair.at_least:g}, which would matter, can be ruled out either way"
        return f"{pair.first} and {pair.second} are practically equal: {evidence(pair)}; {matters}"
    if not pair.different:
        unclear = f"No difference could be shown between {pair.first} and {pair.second}"
        return f"{unclear}: {unclear_evidence(pair)}"
    towards = pair if pair.better == pair.first else reversed_pair(pair)
    alone = "" if pair.scope == "data sets" else f", on {listed([each.dataset for each in pair.datasets])} alone"
    on = f"on {towards.won} of {counted(pair.tasks, 'task')}{alone}"
    answer = f"{towards.first} {METRIC_WORDS[pair.metric].wins()} than {towards.second} {on} ({evidence(towards)})"
    return "; ".join([answer, *reservations(pair)])


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


def unclear_evidence(pair: Pair) -> str:
    """The evidence where no difference could be shown, why it could not, and what would decide."""
    return "; ".join(filter(None, [evidence(pair), why(pair), more(pair)]))


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
        return "the interval leaves ½ in: so small a difference could be the luck of these seeds"
    if pair.p <= ALPHA and (value - 0.5) * pair.effect <= 0:
        return "the mean over data sets and their ranks point different ways"
    return ""


def more(pair: Pair) -> str:
    """What it would take to decide."""
    if pair.more is None or pair.withheld:
        return ""
    ways = [
        counted(number, f"more {what}")
        for number, what in ((pair.more.datasets, "data set"), (pair.more.seeds, "seed"))
        if number is not None
    ]
    if not ways:
        return "no affordable number of data sets or seeds would decide it at this effect"
    return f"about {', or '.join(ways)}{',' if len(ways) > 1 else ''} would decide it at this effect"


def reservations(pair: Pair) -> list[str]:
    """What takes weight from an answer."""
    weights = []
    if pair.by_construction:
        weights.append("untrained networks differ in the same way, so this is by construction and says nothing about training")
    if pair.at_least is not None and pair.outcome == "undecided":
        weights.append(f"a probability below {pair.at_least:g}, which would not matter, cannot be ruled out")
    return weights
