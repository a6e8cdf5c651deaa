"""A comparison in one sentence: the verdict, with the evidence for it. `answers` words a pair, `caveats` what to know besides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from nnbench.analysis.comparison import Comparison
from nnbench.analysis.pairs import Pair, reversed_pair
from nnbench.report.answers import evidence, reservations, sentence, unclear_evidence
from nnbench.report.caveats import notes
from nnbench.report.words import METRIC_WORDS, counted, listed, p_is, probability


def verdict(comparison: Comparison) -> str:
    """The answer in one sentence, or why there is none."""
    if len(comparison.levels) - len(comparison.out) < 2:
        return " ".join(["Nothing to compare.", *notes(comparison)])
    return f"{_answer(comparison)}."


def _answer(comparison: Comparison) -> str:
    if comparison.baseline is not None and len(comparison.pairs) > 1:
        return _against(comparison, comparison.baseline)
    if len(comparison.pairs) == 1:
        return sentence(comparison.pairs[0])
    if not comparison.pairs:
        return f"Nothing to compare: no trial of the baseline, {comparison.baseline}, has a score"
    return _best(comparison)


def _best(comparison: Comparison) -> str:
    """The best level against each other one."""
    best = comparison.levels[0].name
    pairs = [pair if pair.first == best else reversed_pair(pair) for pair in comparison.pairs if best in (pair.first, pair.second)]
    beaten = [pair for pair in pairs if pair.different and pair.better == best]
    others = [pair for pair in pairs if pair not in beaten]
    if not beaten:
        closest = min(pairs, key=_clarity)
        return (
            f"No difference could be shown between {best}, which looks best, and the other {len(pairs)} levels; "
            f"the clearest is against {closest.second}: {unclear_evidence(closest)}"
        )
    weakest = max(beaten, key=lambda pair: pair.p)
    against = "every other level" if not others else listed([pair.second for pair in beaten])
    alone = "" if weakest.scope == "data sets" else " on these data sets alone"
    on = f"on {weakest.won} of {counted(weakest.tasks, 'task')}"
    least = f"at the least clear, against {weakest.second}, {on}: {evidence(weakest)}"
    answer = f"{best} {METRIC_WORDS[comparison.metric].wins()} than {against}{alone} ({least})"
    undecided = _undecided([(pair.second, pair) for pair in others])
    return "; ".join([answer, *undecided, *_reserved([(pair.second, pair) for pair in beaten])])


def _clarity(pair: Pair) -> tuple[float, float]:
    """The clearest is the least: by p, then by how far from ½."""
    return (pair.p, -abs(pair.improvement.value - 0.5))


def _against(comparison: Comparison, baseline: str) -> str:
    """Each level against the baseline."""
    better = [pair for pair in comparison.pairs if pair.different and pair.better == pair.first]
    worse = [pair for pair in comparison.pairs if pair.different and pair.better == pair.second]
    others = [pair for pair in comparison.pairs if not pair.different]
    if not better and not worse:
        closest = min(others, key=_clarity)
        return f"No level could be shown to differ from {baseline}; the clearest is {closest.first}: {unclear_evidence(closest)}"
    words = METRIC_WORDS[comparison.metric]
    answers = []
    if better:
        names = listed([_with_evidence(pair.first, pair) for pair in better])
        answers.append(f"{names} {words.wins(len(better))} than {baseline}")
    if worse:
        names = listed([_with_evidence(pair.first, reversed_pair(pair)) for pair in worse])
        answers.append(f"{baseline} {words.wins()} than {names}")
    undecided = _undecided([(pair.first, pair) for pair in others])
    return "; ".join([*answers, *undecided, *_reserved([(pair.first, pair) for pair in (*better, *worse)])])


def _with_evidence(name: str, pair: Pair) -> str:
    alone = ", on these data sets alone" if pair.scope != "data sets" else ""
    return f"{name} ({probability(pair.improvement)}, Holm {p_is(pair.p)}{alone})"


def _reserved(pairs: Sequence[tuple[str, Pair]]) -> list[str]:
    """What takes weight from the answers about these levels, by name."""
    names: dict[str, list[str]] = defaultdict(list)
    for name, pair in pairs:
        for reservation in reservations(pair):
            names[reservation].append(name)
    return [f"{listed(those)}: {reservation}" for reservation, those in names.items()]


def _undecided(others: Sequence[tuple[str, Pair]]) -> list[str]:
    """Levels that are no worse, by name: those that are equal, and those that could not be told apart."""
    equal = [name for name, pair in others if pair.equal]
    unclear = [name for name, pair in others if not pair.equal]
    parts = [f"practically equal to {listed(equal)}"] if equal else []
    return [*parts, f"no difference from {listed(unclear)} could be shown"] if unclear else parts
