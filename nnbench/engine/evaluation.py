"""Loss and accuracy of a stack on a split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from nnbench.engine.data import Split
from nnbench.engine.network import Layers, Layout, Network
from nnbench.engine.objective import Objective
from nnbench.engine.stack import Part
from nnbench.kinds import Activation

CHUNK = 128
"""Samples that pass through the networks at once."""

PerTrial = Float[np.ndarray, " trial"]


class Evaluation:
    """Evaluates a stack on one split, chunk by chunk."""

    def __init__(
        self,
        layout: Layout,
        activations: Sequence[Part[Activation]],
        objective: Objective,
        splits: Sequence[Split],
        dtype: np.dtype[Any],
    ) -> None:
        samples = len(splits[0].labels)
        self._objective = objective
        self._x: Float[np.ndarray, "trial feature sample"] = np.stack([split.inputs for split in splits])
        self._targets: Float[np.ndarray, "trial class sample"] = np.stack([split.targets for split in splits])
        self._labels: Int[np.ndarray, "trial sample"] = np.stack([split.labels for split in splits])
        self._samples = samples
        self._chunks = [slice(start, min(start + CHUNK, samples)) for start in range(0, samples, CHUNK)]
        self._networks = {
            size: Network(layout, activations, len(splits), size, dtype) for size in {c.stop - c.start for c in self._chunks}
        }

    def __call__(self, weights: Layers) -> tuple[PerTrial, PerTrial]:
        """Mean loss and accuracy of each trial, in float64."""
        loss = np.zeros(len(self._x))
        correct = np.zeros(len(self._x))
        for chunk in self._chunks:
            scores = self._networks[chunk.stop - chunk.start].forward(weights, self._x[:, :, chunk])
            losses = self._objective.losses(scores, self._targets[:, :, chunk])
            loss += np.add.reduce(losses[:, 0].astype(np.float64), axis=1)
            correct += (predicted(scores) == self._labels[:, chunk]).sum(axis=1)
        return loss / self._samples, correct / self._samples


def predicted(scores: Float[np.ndarray, "trial class sample"]) -> Int[np.ndarray, "trial sample"]:
    """The class with the highest score; with a single score, class 1 where it is positive."""
    if scores.shape[1] == 1:
        return (scores[:, 0] > 0).astype(np.int64)
    return scores.argmax(axis=1)
