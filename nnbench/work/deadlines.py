"""How long a task may take: what the grid says, or a generous multiple of what it should take."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

FLOOR = 60.0
"""Seconds that any task has."""
IMPORTS = 60.0
"""Seconds on top for importing what components need: a busy machine takes that long for the largest libraries."""
IMPORT = 10.0
"""Seconds that a task has at least after it began to import a module: a busy machine takes that long for the largest one."""
AFTER_CUT = 5.0
"""Seconds on top for imports that cannot be heard, once something took too long, unless `trial_timeout` is more."""
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
    cut: bool = False
    """Whether something took too long already."""
    _rates: dict[str, float] = field(default_factory=dict)

    def limit(self, kind: str, size: Size, repeated: bool = False) -> float:
        """Seconds that a task of this kind and size may take; `repeated` where it is a part of one that took too long."""
        if self.trial_timeout is not None:
            return size.trials * self.trial_timeout
        expected = FACTOR * self._rates[kind] if kind in self._rates else UNMEASURED
        return max(REPEATED if repeated else FLOOR, expected * size.units, SLOW_STEP * size.steps)

    def allowed(self, limit: float, cold: bool, imported: float | None = None) -> float:
        """Seconds after which a task is ended: its limit, and time for imports that are not its own fault.

        Its clock begins again with the last module that it began to import, `imported` seconds after it began itself. Where that
        cannot be heard, `cold` says that its worker may import something: then it has the time that this may take.
        """
        if imported is not None:
            return min(imported, self.imports) + max(limit, min(IMPORT, self.imports))
        if not cold:
            return limit
        if self.trial_timeout is None:
            return max(limit, self.imports)
        return limit + (min(self.imports, max(AFTER_CUT, self.trial_timeout)) if self.cut else self.imports)

    def learn(self, kind: str, size: Size, seconds: float) -> None:
        """Take into account how long a task took."""
        self._rates[kind] = max(self._rates.get(kind, 0.0), seconds / max(size.units, 1.0))

    def reason(self, limit: float) -> str:
        """Why something was ended after so long."""
        told = f"took longer than {_shown(limit)} s"
        return f"{told} (trial_timeout)" if self.trial_timeout is not None else f"{told}; trial_timeout sets another limit"


def _shown(seconds: float) -> str:
    return f"{seconds:g}" if seconds < 100 else f"{math.ceil(seconds):,}"
