"""How long a launch still takes, from how long what it trained has taken."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence

from nnbench.engine import stack as stacking
from nnbench.grid import Trial
from nnbench.launching.plan import Plan
from nnbench.store import Launch, Result


class TimeLeft:
    """Trials that are left, by cell, and seconds for the work of those that were trained, by optimizer."""

    def __init__(self, plan: Plan) -> None:
        self._workers = plan.workers
        self._open = plan.reported is None
        phases = [*filter(None, [plan.tuning, plan.reported]), plan.alternates, plan.controls]
        trials = [trial for phase in phases for trial in phase.trials]
        self._work = {trial.cell_id: _work(trial) for trial in trials}
        self._kind = {trial.cell_id: trial.cell.optimizer.name for trial in trials}
        self._left = Counter(trial.cell_id for phase in phases for trial in phase.missing)
        self._chosen = plan.cells * len(plan.grid.seed_list) if self._open else 0
        """Trials of the settings that are not chosen yet."""
        self._done: dict[str, float] = defaultdict(float)
        self._took: dict[str, float] = defaultdict(float)
        self._began = 0.0

    def choose(self, launch: Launch, seeds: int) -> None:
        """Take up the trials that tuning chose."""
        if self._open:
            self._chosen = 0
            self._left = Counter({cell.id: seeds for cell in launch.cells})

    def learn(self, launch: Launch, results: Sequence[Result]) -> None:
        """Take into account results, those of earlier launches as known."""
        for result in results:
            fresh = result.launch_id == launch.id
            if self._left[result.cell_id] > 0 and (fresh or self._open):
                self._left[result.cell_id] -= 1
            if fresh and result.cell_id in self._work:
                kind = self._kind[result.cell_id]
                self._done[kind] += self._work[result.cell_id]
                self._took[kind] += result.seconds
                self._began = min(self._began or result.started, result.started)

    def seconds(self) -> float | None:
        """About how many seconds are left; None before anything was trained."""
        done, took = sum(self._done.values()), sum(self._took.values())
        if not done:
            return None
        rates = defaultdict(lambda: took / done, {kind: self._took[kind] / self._done[kind] for kind in self._done})
        left = sum(count * self._work[cell] * rates[self._kind[cell]] for cell, count in self._left.items() if cell in self._work)
        left += self._chosen * took / done * sum(self._work.values()) / len(self._work)
        under_way = self._workers * (time.time() - self._began) - took
        return max(left - max(under_way, 0.0), left / 10) / self._workers

    def told(self) -> str:
        """The same in words; nothing before anything was trained, and when nothing is left."""
        seconds = self.seconds()
        return "" if not seconds else f"about {duration(seconds)} left"


def duration(seconds: float) -> str:
    """Seconds in words that a person would use."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"


def _work(trial: Trial) -> float:
    """Rough work of one trial in a full stack."""
    return stacking.cost([trial] * stacking.stack_size(trial)) / stacking.stack_size(trial)
