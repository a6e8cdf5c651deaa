"""What a cell's trials are judged on, and what they train: the one place that knows which tasks and models there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnbench.engine.classification import Classification
from nnbench.engine.dense.model import Dense, dense_shape, dense_size
from nnbench.engine.dense.perturbation import Perturbation
from nnbench.engine.model import Model, Perturbable, Size
from nnbench.engine.task import Task
from nnbench.grid.trial import Cell, Trial


def task(cell: Cell) -> Task:
    """What the cell's trials are judged on."""
    return Classification(cell)


def model(trials: Sequence[Trial], dtype: np.dtype[Any]) -> Model:
    """The networks of a stack."""
    return Dense(trials, dtype)


def shape(cell: Cell) -> tuple[Any, ...]:
    """What the networks of one stack have in common."""
    return dense_shape(cell)


def size(cell: Cell) -> Size:
    """How large the cell's network is."""
    return dense_size(cell)


def perturbable(cell: Cell, seed: int) -> Perturbable:
    """One of the cell's networks, to check its gradients."""
    return Perturbation(cell, task(cell), seed)
