"""Data set to splits to preprocessed arrays, samples last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from nnbench.errors import ContractError
from nnbench.grid.trial import Cell, Trial


@dataclass(frozen=True)
class Split:
    """Inputs with a row of ones below them, targets as the loss wants them, and labels."""

    inputs: Float[np.ndarray, "features sample"]
    targets: Float[np.ndarray, "class sample"]
    labels: Int[np.ndarray, " sample"]


@dataclass(frozen=True)
class Splits:
    """The three splits of one draw of a data set."""

    train: Split
    valid: Split
    test: Split


def data_key(trial: Trial) -> tuple[Any, ...]:
    """Trials with equal keys see the same arrays."""
    cell = trial.cell
    return (
        cell.dataset,
        cell.preprocessor,
        cell.train_size,
        cell.valid_size,
        cell.test_size,
        cell.precision,
        cell.layer_sizes[-1],
        trial.seed,
    )


def load(trial: Trial) -> Splits:
    """Draw the trial's data set once, shuffle, split, and preprocess with what the training split alone tells.

    Raises ContractError if the data set or preprocessor returns something else than its kind allows.
    """
    cell = trial.cell
    sizes = (cell.train_size, cell.valid_size, cell.test_size)
    rng = trial.stream("data")
    x, labels = _drawn(cell, rng, sum(sizes))
    shuffled = trial.stream("split").permutation(sum(sizes))
    train, valid, test = np.split(shuffled, np.cumsum(sizes)[:-1])
    transform = cell.preprocessor.fit(x[train])
    outputs = cell.layer_sizes[-1]
    return Splits(*(_split(cell, transform.apply(x[rows]), labels[rows], outputs) for rows in (train, valid, test)))


def _drawn(cell: Cell, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    dataset = cell.dataset
    x, labels = dataset.sample(rng, n)
    x, labels = _real(f"dataset {dataset.name}: sample", x), np.asarray(labels)
    if x.shape != (n, dataset.features) or labels.shape != (n,):
        raise ContractError(
            f"dataset {dataset.name}: sample(rng, {n}) returned x {x.shape} and labels {labels.shape}, "
            f"expected ({n}, {dataset.features}) and ({n},)"
        )
    if not np.isfinite(x).all():
        raise ContractError(f"dataset {dataset.name}: sample returned inputs that are not finite")
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= dataset.classes:
        raise ContractError(f"dataset {dataset.name}: labels must be integers from 0 to {dataset.classes - 1}")
    return x, labels


def _real(what: str, x: Any) -> np.ndarray:
    array = np.asarray(x)
    if array.dtype.kind not in "fiu":
        raise ContractError(f"{what} returned inputs of dtype {array.dtype}, expected float64")
    return array.astype(np.float64, copy=False)


def _split(cell: Cell, x: np.ndarray, labels: np.ndarray, outputs: int) -> Split:
    x = _real(f"preprocessor {cell.preprocessor.name}: apply", x)
    expected = (len(labels), cell.layer_sizes[0])
    if x.shape != expected:
        raise ContractError(f"preprocessor {cell.preprocessor.name}: apply returned shape {x.shape}, expected {expected}")
    if not np.isfinite(x).all():
        raise ContractError(f"preprocessor {cell.preprocessor.name}: apply returned values that are not finite")
    dtype = np.dtype(cell.precision)
    inputs = np.vstack([x.T, np.ones(len(labels))]).astype(dtype)
    targets = labels[None, :] if outputs == 1 else labels[None, :] == np.arange(outputs)[:, None]
    return Split(inputs, targets.astype(dtype), labels.astype(np.int64))
