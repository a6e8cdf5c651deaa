"""Which of several choices leave a statement's verdict as it is, and which turn it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

UNDECIDED = "undecided"


class Compared(Protocol):
    """What a pair of levels came to; `analysis.comparison.Pair` is one."""

    @property
    def different(self) -> bool:
        """Whether one of the two could be shown to be better."""

    @property
    def better(self) -> str:
        """Which one that is, or looks to be."""


@dataclass(frozen=True)
class Judgement:
    """What became of a statement under one choice."""

    alternative: str
    """What was changed; `as written` for nothing."""
    verdict: str | None
    """None where there is none: the launch did not come to it."""
    evidence: str
    """That for the verdict, or why there is none."""
    other_seeds: bool = False
    """Whether nothing but the seeds is other than written."""


@dataclass(frozen=True)
class Statement:
    """A statement with what became of it under each choice, the written one first."""

    says: str
    judgements: tuple[Judgement, ...]

    @property
    def written(self) -> Judgement:
        """What became of it as the grid is written."""
        return self.judgements[0]

    @property
    def judged(self) -> tuple[Judgement, ...]:
        """Those that came to a verdict."""
        return tuple(each for each in self.judgements if each.verdict is not None)

    @property
    def agreeing(self) -> tuple[Judgement, ...]:
        """Those with the verdict of the grid as written, which is one of them."""
        return tuple(each for each in self.judged if each.verdict == self.written.verdict)

    @property
    def turning(self) -> tuple[Judgement, ...]:
        """Those with another verdict."""
        return tuple(each for each in self.judged if each.verdict != self.written.verdict)

    @property
    def missing(self) -> tuple[Judgement, ...]:
        """Those that came to none."""
        return tuple(each for each in self.judgements if each.verdict is None)

    @property
    def flips(self) -> bool:
        """Whether another block of seeds alone turns it: then the written verdict was luck."""
        return any(each.other_seeds for each in self.turning)


def pair_verdict(pair: Compared, better: str) -> str:
    """What became of the statement that this level is the better one of the pair."""
    if not pair.different:
        return UNDECIDED
    return "supported" if pair.better == better else "refuted"
