"""The multilayer network as training, evaluation and planning see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float

from nnbench.engine.blocks import Flat, Matrices, Views
from nnbench.engine.dense import probes
from nnbench.engine.dense.dropout import Dropout
from nnbench.engine.dense.initial import initial_parameters
from nnbench.engine.dense.layout import Layout
from nnbench.engine.dense.network import Masks, Network
from nnbench.engine.model import Passes, PerLayer, Size
from nnbench.engine.parts import parts
from nnbench.errors import ContractError
from nnbench.grid.trial import Cell, Trial
from nnbench.kinds import Scores, Units
from nnbench.kinds.activation import learned_problem


def dense_layout(cell: Cell) -> Layout:
    """The blocks of the cell's network; raises ContractError where its activation says something else than what it learns."""
    problem = learned_problem(cell.activation)
    if problem:
        raise ContractError(f"activation {cell.activation.name}: {problem}")
    return Layout(cell.layer_sizes, cell.activation.learned)


def dense_shape(cell: Cell) -> tuple[Any, ...]:
    """What the networks of one stack have in common."""
    return (cell.layer_sizes, tuple(cell.activation.learned.items()))


def dense_size(cell: Cell) -> Size:
    """How large the cell's network is."""
    sizes = cell.layer_sizes
    matrices = sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))
    learned = sum(units if sharing == "unit" else 1 for sharing in cell.activation.learned.values() for units in sizes[1:-1])
    return Size(matrices + learned, max(sizes), sizes[0], sizes[-1], matrices)


class Dense:
    """A stack of multilayer networks; a `nnbench.engine.model.Model`."""

    def __init__(self, trials: Sequence[Trial], dtype: np.dtype[Any]) -> None:
        cells = [trial.cell for trial in trials]
        self.blocks = dense_layout(cells[0])
        self._trials = trials
        self._batch_size = cells[0].batch_size
        self._dtype = dtype
        activations = [cell.activation for cell in cells]
        self._activations = parts(activations, dtype)
        self._flat_below = probes.flat_below(activations, dtype)

    def initial(self, inputs: Sequence[Float[np.ndarray, "_feature sample"]]) -> Flat:
        """Weights from each trial's initializer, biases 0."""
        return initial_parameters(self._trials, inputs, self.blocks, self._dtype)

    def training(self) -> Passes:
        """Passes on batches, with dropout where any trial has it."""
        dropout = Dropout(self._trials, self.blocks, self._dtype) if any(trial.cell.dropout for trial in self._trials) else None
        return _Passes(self._network(self._batch_size), self._flat_below, dropout)

    def evaluating(self, samples: int) -> Passes:
        """Passes without dropout."""
        return _Passes(self._network(samples), self._flat_below, None)

    def penalized(self, parameters: Views) -> Matrices:
        """The matrices without their biases."""
        return [matrix[:, :, :-1] for matrix in parameters[: len(self.blocks.shapes)]]

    def _network(self, samples: int) -> Network:
        return Network(self.blocks, self._activations, len(self._trials), samples, self._dtype)


class _Passes:
    """A network's passes, with masks drawn for each batch."""

    def __init__(self, network: Network, flat_below: probes.Slopes, dropout: Dropout | None) -> None:
        self._network = network
        self._flat_below = flat_below
        self._dropout = dropout
        self._masks: Masks | None = None

    def forward(self, parameters: Views, x: Units) -> Scores:
        if self._dropout:
            self._masks = self._dropout.draw()
        return self._network.forward(parameters, x, self._masks)

    def backward(self, parameters: Views, delta: Scores, gradients: Views) -> None:
        self._network.backward(parameters, delta, gradients, self._masks)

    def inside(self) -> Mapping[str, PerLayer]:
        return probes.inside(self._network, self._flat_below)

    def skip(self, steps: int) -> None:
        if self._dropout:
            self._dropout.skip(steps)
