"""What is measured while a stack trains, and the parameters that were best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from nnbench.engine.blocks import Flat
from nnbench.engine.task import PerTrial, Task


class Curves:
    """What was measured at each evaluation of a stack."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self._values: dict[str, list[np.ndarray]] = {}

    def add(self, step: int, measured: dict[str, np.ndarray]) -> None:
        """Append an evaluation."""
        self.steps.append(step)
        for name, values in measured.items():
            self._values.setdefault(name, []).append(values)

    def values(self, name: str) -> Sequence[np.ndarray]:
        """A curve so far, of all trials at each evaluation."""
        return self._values[name]

    def amend(self, name: str, values: Float[np.ndarray, " trial"]) -> None:
        """Replace a curve's last values."""
        self._values[name][-1] = values

    def of(self, trial: int, until: int | None) -> tuple[list[int], dict[str, Any]]:
        """One trial's evaluations (before step `until`, if given): their steps, and curves; per-layer ones are lists of curves."""
        steps = [step for step in self.steps if until is None or step < until]
        return steps, {
            name: np.stack([at[trial] for at in values])[: len(steps)].T.tolist() for name, values in self._values.items()
        }


class Best:
    """The parameters that were best by validation: best score, then lowest loss, then earliest."""

    def __init__(self, params: Flat) -> None:
        self.params = np.zeros_like(params)
        self.step = np.full(len(params), -1)
        self.score = np.full(len(params), np.nan)
        self.loss = np.full(len(params), np.nan)

    def offer(self, step: int, score: PerTrial, loss: PerTrial, params: Flat, alive: np.ndarray, task: Task) -> None:
        """Keep the parameters of those trials that are better now."""
        higher = task.better(score, self.score) | (self.step < 0)
        better = alive & (higher | ((score == self.score) & (loss < self.loss)))
        self.params[better] = params[better]
        self.step[better] = step
        self.score[better] = score[better]
        self.loss[better] = loss[better]
