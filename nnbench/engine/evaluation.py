"""Loss and score of a stack on a split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from nnbench.engine.blocks import Views
from nnbench.engine.contract import read_only
from nnbench.engine.data import Split
from nnbench.engine.model import Model
from nnbench.engine.objective import Objective
from nnbench.engine.task import PerTrial, Task

CHUNK = 128
"""Samples that pass through the networks at once."""


class Evaluation:
    """Evaluates a stack on one split, chunk by chunk."""

    def __init__(self, model: Model, task: Task, objective: Objective, splits: Sequence[Split]) -> None:
        self._task = task
        self._objective = objective
        self._x: Float[np.ndarray, "trial feature sample"] = np.stack([split.inputs for split in splits])
        self._targets: Float[np.ndarray, "trial output sample"] = read_only(np.stack([split.targets for split in splits]))
        self._truth = np.stack([split.truth for split in splits])
        self._outputs = np.empty_like(self._targets)
        self._samples = samples = self._x.shape[2]
        self._chunks = [slice(start, min(start + CHUNK, samples)) for start in range(0, samples, CHUNK)]
        self._networks = {size: model.evaluating(size) for size in {c.stop - c.start for c in self._chunks}}

    def __call__(self, parameters: Views) -> tuple[PerTrial, PerTrial]:
        """Mean loss and score of each trial, in float64."""
        loss = np.zeros(len(self._x))
        for chunk in self._chunks:
            outputs = self._networks[chunk.stop - chunk.start].forward(parameters, self._x[:, :, chunk])
            self._outputs[:, :, chunk] = outputs
            losses = self._objective.losses(outputs, self._targets[:, :, chunk])
            loss += np.add.reduce(losses[:, 0].astype(np.float64), axis=1)
        return loss / self._samples, self._task.score(self._outputs, self._truth)
