"""How long a task may take: what the grid says, or a generous multiple of what it should take."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

FLOOR = 60.0
"""Seconds that any task has."""
IMPORTS = 60.0
"""Seconds on top where a worker does something for the first time, and imports what components need: a busy machine takes that long
for the largest libraries."""
REPEATED = 20.0
"""Seconds that a trial has whose stack took too long, now that it is alone."""
FACTOR = 100.0
"""How many times as long as the slowest work of this launch so far: some components cost thirty times what others do, and a
machine may become ten times as busy."""
UNMEASURED = 1e-8
"""Seconds for a unit of work before anything has finished; arrays of usual components take less than a hundredth of that."""
SLOW_STEP = 5e-3
"""Seconds for a step of one trial: ten times what an optimizer written for a single network takes."""


@dataclass(frozen=True)
class Size:
    """How much a task is, roughly."""

    trials: int
    """Or networks to check."""
    units: float
    """Numbers to compute."""
    steps: float = 0.0
    """Steps of all its trials."""


@dataclass
class Deadlines:
    """How long each task of a launch may take."""

    trial_timeout: float | None = None
    """Seconds for one trial; a stack of n has n times as long."""
    imports: float = IMPORTS
    _rates: dict[str, float] = field(default_factory=dict)

    def limit(self, kind: str, size: Size, repeated: bool = False) -> float:
        """Seconds that a task of this kind and size may take; `repeated` where it is a part of one that took too long."""
        if self.trial_timeout is not None:
            return size.trials * self.trial_timeout
        expected = FACTOR * self._rates[kind] if kind in self._rates else UNMEASURED
        return max(REPEATED if repeated else FLOOR, expected * size.units, SLOW_STEP * size.steps)

    def allowed(self, limit: float, cold: bool) -> float:
        """Seconds after which it is ended: its limit, and time for imports that are not its own fault."""
        if not cold:
            return limit
        return max(limit, self.imports) if self.trial_timeout is None else limit + self.imports

    def learn(self, kind: str, size: Size, seconds: float) -> None:
        """Take into account how long a task took."""
        self._rates[kind] = max(self._rates.get(kind, 0.0), seconds / max(size.units, 1.0))

    def reason(self, limit: float, trials: int = 1) -> str:
        """Why something was ended after so long, and together with how many."""
        told = f"took longer than {_shown(limit)} s"
        if trials > 1:
            told += f", in a stack of {trials}, of which any may be the cause"
        return f"{told} (trial_timeout)" if self.trial_timeout is not None else f"{told}; trial_timeout sets another limit"


def _shown(seconds: float) -> str:
    return f"{seconds:g}" if seconds < 100 else f"{math.ceil(seconds):,}"
