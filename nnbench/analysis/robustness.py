"""Which of several choices leave a verdict as it is, and which turn it."""

from __future__ import annotations

from dataclasses import dataclass

from nnbench.analysis.pairs import Outcome


@dataclass(frozen=True)
class Judgement:
    """What became of a statement under one choice."""

    alternative: str
    """What was changed; `as written` for nothing."""
    outcome: Outcome | None
    """None where there is none: the launch did not come to it."""
    other_seeds: bool = False
    """Whether nothing but the seeds is other than written."""


@dataclass(frozen=True)
class Robustness:
    """What became of a statement under each choice, the written one first."""

    judgements: tuple[Judgement, ...]

    @property
    def written(self) -> Judgement:
        """What became of it as the grid is written."""
        return self.judgements[0]

    @property
    def judged(self) -> tuple[Judgement, ...]:
        """Those that came to a verdict."""
        return tuple(each for each in self.judgements if each.outcome is not None)

    @property
    def agreeing(self) -> tuple[Judgement, ...]:
        """Those with the verdict of the grid as written, which is one of them."""
        return tuple(each for each in self.judged if each.outcome == self.written.outcome)

    @property
    def turning(self) -> tuple[Judgement, ...]:
        """Those with another verdict."""
        return tuple(each for each in self.judged if each.outcome != self.written.outcome)

    @property
    def missing(self) -> tuple[Judgement, ...]:
        """Those that came to none."""
        return tuple(each for each in self.judgements if each.outcome is None)

    @property
    def flips(self) -> bool:
        """Whether another block of seeds alone turns it: then the written verdict was luck."""
        return any(each.other_seeds for each in self.turning)
