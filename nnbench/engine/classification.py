"""Classification: the score is the accuracy."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from nnbench.engine.task import PerTrial, Truth
from nnbench.errors import ContractError
from nnbench.grid.trial import Cell
from nnbench.kinds import Samples


class Classification:
    """A data set's labels, told from each other by a network's scores; a `nnbench.engine.task.Task`."""

    name = "classification"

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._dataset = cell.dataset
        self.outputs = cell.layer_sizes[-1]
        self.target = float(cell.dataset.target)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the data set, what the preprocessor makes of it, and how it is split."""
        cell = self._cell
        parts = ("dataset", "preprocessor")
        determining = {
            **{name: cell.canonical[name] for name in (*parts, "train_size", "valid_size", "test_size")},
            "origins": {name: dataclasses.astuple(origin) for name, origin in cell.origins.items() if name.split(".")[0] in parts},
            "classes": [type(getattr(cell, name)).__qualname__ for name in parts],
            "fingerprints": {name: text for name, text in cell.fingerprints.items() if name.split(".")[0] in parts},
            "outputs": self.outputs,
        }
        return hashlib.sha256(json.dumps(determining, sort_keys=True).encode()).hexdigest()[:20]

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Samples, Truth]:
        """Inputs, finite, and labels from 0 to classes - 1."""
        dataset = self._dataset
        x, labels = dataset.sample(rng, n)
        x, labels = np.asarray(x), np.asarray(labels)
        if x.dtype.kind not in "fiu":
            raise ContractError(f"dataset {dataset.name}: sample returned inputs of dtype {x.dtype}, expected float64")
        if x.shape != (n, dataset.features) or labels.shape != (n,):
            raise ContractError(
                f"dataset {dataset.name}: sample(rng, {n}) returned x {x.shape} and labels {labels.shape}, "
                f"expected ({n}, {dataset.features}) and ({n},)"
            )
        if not np.isfinite(x).all():
            raise ContractError(f"dataset {dataset.name}: sample returned inputs that are not finite")
        if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= dataset.classes:
            raise ContractError(f"dataset {dataset.name}: labels must be integers from 0 to {dataset.classes - 1}")
        return x.astype(np.float64, copy=False), labels

    def targets(self, truth: Truth) -> Float[np.ndarray, "output sample"]:
        """One row for each class, one-hot; or the label itself, for a loss with a single score."""
        return _targets(truth, self.outputs)

    def example_targets(self, rng: np.random.Generator, samples: int) -> Float[np.ndarray, "output sample"]:
        """Every class about equally often."""
        return _targets(rng.permutation(np.arange(samples) % max(self.outputs, 2)), self.outputs)

    def score(self, outputs: Float[np.ndarray, "trial output sample"], truth: Int[np.ndarray, "trial sample"]) -> PerTrial:
        """Accuracy: the share of samples whose class is predicted."""
        return (predicted(outputs) == truth).sum(axis=1) / outputs.shape[2]

    def better(self, score: PerTrial, than: PerTrial) -> Bool[np.ndarray, " trial"]:
        """Higher is better."""
        return score > than

    def reached(self, score: float) -> bool:
        """Whether the accuracy is as high as the data set's target."""
        return score >= self.target


def predicted(outputs: Float[np.ndarray, "trial output sample"]) -> Int[np.ndarray, "trial sample"]:
    """The class with the highest score; with a single score, class 1 where it is positive."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > 0).astype(np.int64)
    return outputs.argmax(axis=1)


def _targets(labels: Int[np.ndarray, " sample"], outputs: int) -> Float[np.ndarray, "output sample"]:
    targets = labels[None, :] if outputs == 1 else labels[None, :] == np.arange(outputs)[:, None]
    return targets.astype(np.float64)
