"""Data set to splits to preprocessed arrays, samples last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from nnbench.engine.assembly import task
from nnbench.engine.task import Task, Truth
from nnbench.errors import ContractError
from nnbench.grid.trial import Cell, Trial


@dataclass(frozen=True)
class Split:
    """Inputs with a row of ones below them, targets as the loss wants them, and what is true of each sample."""

    inputs: Float[np.ndarray, "features sample"]
    targets: Float[np.ndarray, "class sample"]
    truth: Truth


@dataclass(frozen=True)
class Splits:
    """The three splits of one draw of a data set."""

    train: Split
    valid: Split
    test: Split


def data_key(trial: Trial) -> tuple[Any, ...]:
    """Trials with equal keys see the same arrays."""
    return (task(trial.cell).fingerprint, trial.cell.precision, trial.seed)


def load(trial: Trial) -> Splits:
    """Draw the trial's data set once, shuffle, split, and preprocess with what the training split alone tells.

    Raises ContractError if the data set or preprocessor returns something else than its kind allows.
    """
    cell, judged = trial.cell, task(trial.cell)
    sizes = (cell.train_size, cell.valid_size, cell.test_size)
    x, truth = judged.sample(trial.stream("data"), sum(sizes))
    shuffled = trial.stream("split").permutation(sum(sizes))
    train, valid, test = np.split(shuffled, np.cumsum(sizes)[:-1])
    transform = cell.preprocessor.fit(x[train])
    return Splits(*(_split(cell, judged, transform.apply(x[rows]), truth[rows]) for rows in (train, valid, test)))


def _split(cell: Cell, judged: Task, transformed: Any, truth: Truth) -> Split:
    x, who = np.asarray(transformed), f"preprocessor {cell.preprocessor.name}: apply"
    if x.dtype.kind not in "fiu":
        raise ContractError(f"{who} returned inputs of dtype {x.dtype}, expected float64")
    expected = (len(truth), cell.layer_sizes[0])
    if x.shape != expected:
        raise ContractError(f"{who} returned shape {x.shape}, expected {expected}")
    if not np.isfinite(x).all():
        raise ContractError(f"{who} returned values that are not finite")
    dtype = np.dtype(cell.precision)
    with np.errstate(over="ignore"):
        inputs = np.vstack([x.astype(np.float64, copy=False).T, np.ones(len(truth))]).astype(dtype)
    if not np.isfinite(inputs).all():
        raise ContractError(f"{who} returned inputs up to {np.abs(x).max():g}, which are infinite in {dtype}")
    return Split(inputs, judged.targets(truth).astype(dtype), truth)
