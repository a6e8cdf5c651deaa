"""What became of a grid's claims under other choices, in sentences and tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nnbench.analysis.comparison import Comparison, Pair, reversed_pair
from nnbench.analysis.pairs import Outcome
from nnbench.analysis.robustness import Judgement, Robustness
from nnbench.escaping import escaped
from nnbench.grid import Alternative
from nnbench.report import claims, tables
from nnbench.report.answers import evidence
from nnbench.report.words import listed

HEAD = ("alternative", "verdict", "evidence")
FEW = 4
"""Up to so many levels, every pair is a statement; of more, those with the best level."""


@dataclass(frozen=True)
class Launched:
    """An alternative with what its launch came to."""

    alternative: Alternative
    comparison: Comparison | None
    reason: str = ""
    """Why there is no comparison."""
    interrupted: bool = False


@dataclass(frozen=True)
class Statement:
    """A statement with what became of it under each choice, and the evidence for that."""

    says: str
    robustness: Robustness
    evidence: tuple[str, ...]
    """That for each judgement, or why there is none."""


def statements(launched: Sequence[Launched]) -> list[Statement]:
    """Each claim, or each pair of levels of a grid without claims, with what became of it; none without the grid as written."""
    written = launched[0].comparison
    if written is None:
        return []
    if written.claims:
        return [_of_claim(number, outcome.says, launched) for number, outcome in enumerate(written.claims)]
    return [_of_pair(pair, launched) for pair in _telling(written)]


def sentence(statement: Statement) -> str:
    """In how many alternatives the verdict is the same, and which turn it; without a full stop."""
    robustness = statement.robustness
    parts = [f"{robustness.written.outcome} in {holds_in(statement)}"]
    if robustness.turning:
        parts.append(f"turned by {listed([f'{each.alternative} ({each.outcome})' for each in robustness.turning])}")
    if robustness.missing:
        parts.append(f"no verdict with {listed([each.alternative for each in robustness.missing])}")
    return "; ".join(parts)


def holds_in(statement: Statement) -> str:
    """`7 of 9`."""
    return f"{len(statement.robustness.agreeing)} of {len(statement.robustness.judged)}"


def rows(statement: Statement) -> list[tuple[str, str, str]]:
    """A row for each alternative, as `HEAD` names its columns."""
    judgements = zip(statement.robustness.judgements, statement.evidence, strict=True)
    return [(judgement.alternative, judgement.outcome or "–", evidence) for judgement, evidence in judgements]


def claim_rows(launched: Sequence[Launched], holds: bool) -> list[tuple[str, ...]]:
    """The rows of the grid's claims; with `holds`, in how many alternatives each does, undecided where other seeds turn it."""
    written = launched[0].comparison
    if written is None:
        return []
    plain = claims.claim_rows(written)
    if not holds:
        return [tuple(row) for row in plain]
    return [_with_share(row, statement) for row, statement in zip(plain, statements(launched), strict=True)]


def markdown(statements: Sequence[Statement]) -> str:
    """Each statement with its table and its sentence."""
    parts = [
        [f"**{escaped(each.says)}**", "", *tables.markdown_lines(HEAD, rows(each)), "", f"{escaped(sentence(each))}."]
        for each in statements
    ]
    return "\n\n".join("\n".join(lines) for lines in parts)


def as_json(statements: Sequence[Statement]) -> str:
    """Every statement with every judgement."""
    return json.dumps([_plain(each) for each in statements], indent=2, ensure_ascii=False)


def _plain(statement: Statement) -> dict[str, Any]:
    robustness = statement.robustness
    return {
        "says": statement.says,
        "verdict": robustness.written.outcome,
        "agree": len(robustness.agreeing),
        "of": len(robustness.judged),
        "flips_between_seeds": robustness.flips,
        "turned_by": [each.alternative for each in robustness.turning],
        "no_verdict_with": [each.alternative for each in robustness.missing],
        "alternatives": [
            {"alternative": judgement.alternative, "verdict": judgement.outcome, "evidence": evidence}
            for judgement, evidence in zip(robustness.judgements, statement.evidence, strict=True)
        ],
    }


def _with_share(row: Sequence[str], statement: Statement) -> tuple[str, ...]:
    says, verdict, *rest = row
    share = holds_in(statement) if len(statement.robustness.judgements) > 1 else "–"
    return (says, "undecided (flips between seeds)" if statement.robustness.flips else verdict, *rest, share)


def _of_claim(number: int, says: str, launched: Sequence[Launched]) -> Statement:
    claim = launched[0].alternative.grid.claim[number]
    return _statement(says, [_claim_judged(number, each) for each in launched if each.alternative.concerns(claim)])


def _claim_judged(number: int, launched: Launched) -> tuple[Judgement, str]:
    comparison = launched.comparison
    if comparison is None:
        return _judged(launched, None), launched.reason
    _, _, evidence, known = claims.claim_rows(comparison)[number]
    if known != "–" and launched.alternative.changes == "nothing":
        evidence = f"{evidence}; {known}"
    return _judged(launched, comparison.claims[number].verdict), evidence


def _telling(written: Comparison) -> list[Pair]:
    """Every pair, or of many levels those with the best one."""
    best = written.levels[0].name
    return [pair for pair in written.pairs if len(written.levels) <= FEW or best in (pair.first, pair.second)]


def _of_pair(pair: Pair, launched: Sequence[Launched]) -> Statement:
    judged = [_pair_judged(pair.first, pair.second, each) for each in launched]
    return _statement(f"{pair.first} is better than {pair.second}", judged)


def _pair_judged(better: str, worse: str, launched: Launched) -> tuple[Judgement, str]:
    if launched.comparison is None:
        return _judged(launched, None), launched.reason
    first, second = launched.alternative.level(better), launched.alternative.level(worse)
    for each in launched.comparison.pairs:
        if {each.first, each.second} == {first, second}:
            pair = each if each.first == first else reversed_pair(each)
            return _judged(launched, pair.outcome), evidence(pair)
    return _judged(launched, None), f"{first} and {second} are not compared there"


def _judged(launched: Launched, outcome: Outcome | None) -> Judgement:
    return Judgement(launched.alternative.what, outcome, launched.alternative.changes == "seeds")


def _statement(says: str, judged: Sequence[tuple[Judgement, str]]) -> Statement:
    return Statement(says, Robustness(tuple(each for each, _ in judged)), tuple(evidence for _, evidence in judged))
