"""What became of a grid's claims under other choices, in sentences and tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nnbench.analysis.comparison import Comparison, Pair, reversed_pair
from nnbench.analysis.robustness import Judgement, Statement
from nnbench.grid import Alternative
from nnbench.report import comparison, tables, verdict

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


def statements(launched: Sequence[Launched]) -> list[Statement]:
    """Each claim, or each pair of levels of a grid without claims, with what became of it; none without the grid as written."""
    written = launched[0].comparison
    if written is None:
        return []
    if written.claims:
        return [_of_claim(number, outcome.says, launched) for number, outcome in enumerate(written.claims)]
    return [_of_pair(pair, launched) for pair in _telling(written)]


def sentence(statement: Statement) -> str:
    """In how many alternatives the verdict is the same, and which turn it."""
    told = f"{statement.written.verdict} in {holds_in(statement)}"
    if statement.turning:
        told += f"; turned by {_listed([f'{each.alternative} ({each.verdict})' for each in statement.turning])}"
    if statement.missing:
        told += f"; no verdict with {_listed([each.alternative for each in statement.missing])}"
    return told


def holds_in(statement: Statement) -> str:
    """`7 of 9`."""
    return f"{len(statement.agreeing)} of {len(statement.judged)}"


def rows(statement: Statement) -> list[tuple[str, str, str]]:
    """A row for each alternative, as `HEAD` names its columns."""
    return [(each.alternative, each.verdict or "–", each.evidence) for each in statement.judgements]


def claim_rows(launched: Sequence[Launched], holds: bool) -> list[tuple[str, ...]]:
    """The rows of the grid's claims; with `holds`, in how many alternatives each does, undecided where other seeds turn it."""
    written = launched[0].comparison
    if written is None:
        return []
    plain = comparison.claim_rows(written)
    if not holds:
        return [tuple(row) for row in plain]
    return [_with_share(row, statement) for row, statement in zip(plain, statements(launched), strict=True)]


def markdown(found: Sequence[Statement]) -> str:
    """Each statement with its table and its sentence."""
    parts = [[f"**{each.says}**", "", *tables.markdown_lines(HEAD, rows(each)), "", f"{sentence(each)}."] for each in found]
    return "\n\n".join("\n".join(lines) for lines in parts)


def as_json(found: Sequence[Statement]) -> str:
    """Every statement with every judgement."""
    return json.dumps([_plain(each) for each in found], indent=2, ensure_ascii=False)


def _plain(statement: Statement) -> dict[str, Any]:
    return {
        "says": statement.says,
        "verdict": statement.written.verdict,
        "agree": len(statement.agreeing),
        "of": len(statement.judged),
        "flips_between_seeds": statement.flips,
        "turned_by": [each.alternative for each in statement.turning],
        "no_verdict_with": [each.alternative for each in statement.missing],
        "alternatives": [
            {"alternative": each.alternative, "verdict": each.verdict, "evidence": each.evidence} for each in statement.judgements
        ],
    }


def _with_share(row: Sequence[str], statement: Statement) -> tuple[str, ...]:
    says, verdict, *rest = row
    share = holds_in(statement) if len(statement.judgements) > 1 else "–"
    return (says, "undecided (flips between seeds)" if statement.flips else verdict, *rest, share)


def _of_claim(number: int, says: str, launched: Sequence[Launched]) -> Statement:
    claim = launched[0].alternative.grid.claim[number]
    return Statement(says, tuple(_claim_judged(number, each) for each in launched if each.alternative.concerns(claim)))


def _claim_judged(number: int, launched: Launched) -> Judgement:
    found = launched.comparison
    if found is None:
        return _unjudged(launched, launched.reason)
    _, _, evidence, known = comparison.claim_rows(found)[number]
    told = evidence if known == "–" or launched.alternative.changes != "nothing" else f"{evidence}; {known}"
    return _judged(launched, found.claims[number].verdict, told)


def _telling(written: Comparison) -> list[Pair]:
    """Every pair, or of many levels those with the best one."""
    best = written.levels[0].name
    return [pair for pair in written.pairs if len(written.levels) <= FEW or best in (pair.first, pair.second)]


def _of_pair(pair: Pair, launched: Sequence[Launched]) -> Statement:
    return Statement(
        f"{pair.first} is better than {pair.second}", tuple(_pair_judged(pair.first, pair.second, each) for each in launched)
    )


def _pair_judged(better: str, worse: str, launched: Launched) -> Judgement:
    if launched.comparison is None:
        return _unjudged(launched, launched.reason)
    first, second = launched.alternative.level(better), launched.alternative.level(worse)
    for pair in launched.comparison.pairs:
        if {pair.first, pair.second} == {first, second}:
            own = pair if pair.first == first else reversed_pair(pair)
            return _judged(launched, own.outcome, verdict.evidence(own))
    return _unjudged(launched, f"{first} and {second} are not compared there")


def _judged(launched: Launched, outcome: str, evidence: str) -> Judgement:
    return Judgement(launched.alternative.what, outcome, evidence, launched.alternative.changes == "seeds")


def _unjudged(launched: Launched, reason: str) -> Judgement:
    return Judgement(launched.alternative.what, None, reason, launched.alternative.changes == "seeds")


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
