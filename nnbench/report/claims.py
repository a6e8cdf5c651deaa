"""What became of a comparison's claims, as rows of a table."""

from __future__ import annotations

from nnbench.analysis.comparison import ClaimOutcome, Comparison
from nnbench.analysis.pairs import Pair
from nnbench.report.answers import evidence, why
from nnbench.report.caveats import cautions
from nnbench.report.words import counted

CLAIM_HEAD = ("claim", "verdict", "evidence", "to be known")


def claim_rows(comparison: Comparison) -> list[tuple[str, str, str, str]]:
    """What each claim says, what became of it, the evidence, and what should be known about it."""
    return [
        (outcome.says, claim_verdict(outcome), _evidence(outcome.pair), "; ".join(cautions(comparison, outcome)) or "–")
        for outcome in comparison.claims
    ]


def claim_verdict(outcome: ClaimOutcome) -> str:
    """The verdict; one about a claim that came after the results says so."""
    return f"{outcome.verdict}, post hoc" if outcome.post_hoc else outcome.verdict


def _evidence(pair: Pair) -> str:
    on = f"better on {pair.won} of {counted(pair.tasks, 'task')}" if pair.tasks else ""
    alone = "on these data sets alone" if pair.scope == "these data sets alone" else ""
    return ", ".join(filter(None, [on, evidence(pair), alone, "" if pair.different or pair.equal else why(pair)]))
