"""A comparison in a few sentences: the verdict and its evidence. `answers` words a pair, `caveats` what to know besides."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from nnbench.analysis.comparison import Comparison
from nnbench.analysis.metrics import METRICS
from nnbench.analysis.pairs import Pair, reversed_pair
from nnbench.report.answers import beyond_tests, evidence, in_general, reservations, sentences, unclear
from nnbench.report.caveats import notes
from nnbench.report.words import METRIC_WORDS, counted, figure, listed, p_is, probability, share

MOST = 3
"""So many other pairs are named that differ where the best level differs from none."""


def verdict(comparison: Comparison) -> str:
    """The answer in a few sentences, or why there is none."""
    if len(comparison.levels) - len(comparison.out) < 2:
        return " ".join(["Nothing to compare.", *notes(comparison)])
    return " ".join(f"{sentence}." for sentence in [*_answer(comparison), *_left_out(comparison)])


def _left_out(comparison: Comparison) -> list[str]:
    """Levels that say nothing, by name: not the worst of all, but none that could be compared."""
    failed = [level.name for level in comparison.out if level.failed == level.trials > 0]
    others = [level.name for level in comparison.out if level.name not in failed]
    reasons = [(failed, "failed"), (others, "has a score")]
    return [
        f"{listed(names)} {'is' if len(names) == 1 else 'are'} left out: {'every' if what == 'failed' else 'no'} trial {what}"
        for names, what in reasons
        if names
    ]


def _answer(comparison: Comparison) -> list[str]:
    if comparison.baseline is not None and len(comparison.pairs) > 1:
        return _against(comparison, comparison.baseline)
    if len(comparison.pairs) == 1:
        pair = comparison.pairs[0]
        answer, *rest = sentences(pair)
        return [answer, *_arrivals(comparison, pair), *rest]
    if not comparison.pairs:
        return [f"Nothing to compare: no trial of the baseline, {comparison.baseline}, has a score"]
    return _best(comparison)


def _best(comparison: Comparison) -> list[str]:
    """The best level against each other one."""
    best = comparison.levels[0].name
    pairs = [pair if pair.first == best else reversed_pair(pair) for pair in comparison.pairs if best in (pair.first, pair.second)]
    beaten = [pair for pair in pairs if pair.different and pair.better == best]
    others = [pair for pair in pairs if pair not in beaten]
    if not beaten:
        return _none_beaten(comparison, best, pairs)
    weakest = max(beaten, key=lambda pair: pair.p)
    against = "every other level" if not others else listed([pair.second for pair in beaten])
    alone = "" if weakest.scope == "data sets" else " on these data sets alone"
    on = f"on {weakest.won} of {counted(weakest.tasks, 'task')}"
    least = f"at the least clear, against {weakest.second}, {on}: {evidence(weakest)}"
    return [
        f"{best} {METRIC_WORDS[comparison.metric].wins()} than {against}{alone} ({least})",
        *_arrivals(comparison, weakest),
        *_undecided(best, [(pair.second, pair) for pair in others]),
        *_rivals(best, others),
        *_reserved([(pair.second, pair) for pair in beaten]),
        *in_general(weakest),
    ]


def _none_beaten(comparison: Comparison, best: str, pairs: Sequence[Pair]) -> list[str]:
    """What is known where the level that looks best could not be shown to be better than any other."""
    closest = min(pairs, key=_clarity)
    equal = [pair.second for pair in pairs if pair.equal]
    shown = [pair for pair in comparison.pairs if pair.different and best not in (pair.first, pair.second)]
    words = METRIC_WORDS[comparison.metric]
    apart = [f"{pair.better} {words.wins()} than {pair.worse} ({probability(_towards(pair).improvement)})" for pair in shown[:MOST]]
    if len(shown) > MOST:
        apart.append(f"{len(shown) - MOST} more pairs differ")
    return [
        f"No difference could be shown between {best}, {_standing(comparison)} and the other {len(pairs)} levels",
        f"The clearest is against {closest.second}{unclear(closest)}",
        *_arrivals(comparison, closest),
        *([f"{best} is practically equal to {listed(equal)}"] if equal else []),
        *_rivals(best, pairs),
        *([f"Between others there are differences: {listed(apart)}"] if apart else []),
        *beyond_tests([closest, *(pair for pair in pairs if pair is not closest)]),
    ]


def _standing(comparison: Comparison) -> str:
    """In what sense the first level is the best one."""
    first, *others = comparison.levels
    if math.isnan(first.rank):
        return "which is the most likely to be better than the levels that it met,"
    equal = [level.name for level in others if math.isclose(level.rank, first.rank)]
    return f"which shares the best mean rank with {listed(equal)}," if equal else "which has the best mean rank,"


def _rivals(best: str, pairs: Sequence[Pair]) -> list[str]:
    """Levels that look better than the best one when only the two are compared, which mean ranks over all levels do not show."""
    rivals = [reversed_pair(pair) for pair in pairs if pair.tasks and pair.improvement.value < 0.5]
    told = [f"{pair.first} ({probability(pair.improvement)})" for pair in rivals]
    return [f"Of the two alone, {listed(told)} {'looks' if len(told) == 1 else 'look'} better than {best}"] if told else []


def _towards(pair: Pair) -> Pair:
    return pair if pair.better == pair.first else reversed_pair(pair)


def _arrivals(comparison: Comparison, pair: Pair) -> list[str]:
    """For times: the share of runs that arrive and the mean, where not every run of both does."""
    by_name = {level.name: level for level in comparison.levels}
    levels = [by_name[name] for name in (_towards(pair).first, _towards(pair).second)]
    if not METRICS[comparison.metric].time or not any(level.reached < 1 for level in levels):
        return []
    unit = METRIC_WORDS[comparison.metric].name.split()[0]
    reached = " and ".join(f"{level.name} in {share(level.reached)}" for level in levels)
    told = f"The target was reached by {reached} of runs"
    if any(math.isnan(level.restricted.value) for level in levels):
        return [told]
    means = " and ".join(figure(level.restricted, time=True) for level in levels)
    return [f"{told}, after {means} {unit} on average if a run that never arrives counts as the whole run"]


def _clarity(pair: Pair) -> tuple[float, float]:
    """The clearest is the least: by p, then by how far from ½."""
    return (pair.p, -abs(pair.improvement.value - 0.5))


def _against(comparison: Comparison, baseline: str) -> list[str]:
    """Each level against the baseline."""
    better = [pair for pair in comparison.pairs if pair.different and pair.better == pair.first]
    worse = [pair for pair in comparison.pairs if pair.different and pair.better == pair.second]
    others = [pair for pair in comparison.pairs if not pair.different]
    if not better and not worse:
        closest = min(others, key=_clarity)
        return [
            f"No level could be shown to differ from {baseline}",
            f"The clearest is {closest.first}{unclear(closest)}",
            *_arrivals(comparison, closest),
            *_undecided(baseline, [(pair.first, pair) for pair in others if pair.equal]),
            *beyond_tests([closest]),
        ]
    words = METRIC_WORDS[comparison.metric]
    answers = []
    if better:
        names = listed([_with_evidence(pair.first, pair) for pair in better])
        answers.append(f"{names} {words.wins(len(better))} than {baseline}")
    if worse:
        names = listed([_with_evidence(pair.first, reversed_pair(pair)) for pair in worse])
        answers.append(f"{baseline} {words.wins()} than {names}")
    decided = [*better, *worse]
    return [
        *answers,
        *_arrivals(comparison, min(decided, key=_clarity)),
        *_undecided(baseline, [(pair.first, pair) for pair in others]),
        *_reserved([(pair.first, pair) for pair in decided]),
        *in_general(decided[0]),
    ]


def _with_evidence(name: str, pair: Pair) -> str:
    alone = ", on these data sets alone" if pair.scope != "data sets" else ""
    return f"{name} ({probability(pair.improvement)}, Holm {p_is(pair.p)}{alone})"


def _reserved(pairs: Sequence[tuple[str, Pair]]) -> list[str]:
    """What takes weight from the answers about these levels, by name."""
    names: dict[str, list[str]] = defaultdict(list)
    for name, pair in pairs:
        for reservation in reservations(pair):
            names[reservation].append(name)
    return [f"As for {listed(those)}, {reservation}" for reservation, those in names.items()]


def _undecided(level: str, others: Sequence[tuple[str, Pair]]) -> list[str]:
    """Levels that are no worse, by name: those that are equal, and those that could not be told apart."""
    equal = [name for name, pair in others if pair.equal]
    unclear_ones = [name for name, pair in others if not pair.equal]
    parts = [f"{level} is practically equal to {listed(equal)}"] if equal else []
    return [*parts, f"For {level}, no difference from {listed(unclear_ones)} could be shown"] if unclear_ones else parts
