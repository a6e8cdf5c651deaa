"""First parameters: weights from each trial's initializer, biases 0, and where an activation's learning begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float

from nnbench.engine.blocks import Flat
from nnbench.engine.contract import checked, read_only
from nnbench.engine.dense.layout import Layout
from nnbench.errors import ContractError
from nnbench.grid.trial import Cell, Trial
from nnbench.kinds import Initializer

ADAPTED_TO = 256
"""Training samples that an initializer may adapt a layer to, at most."""

Matrices: TypeAlias = Sequence[Float[np.ndarray, "_out _in"]]
Inputs: TypeAlias = Float[np.ndarray, "_feature sample"]


def initial_parameters(trials: Sequence[Trial], inputs: Sequence[Inputs], layout: Layout, dtype: np.dtype[Any]) -> Flat:
    """Every trial's first parameters, drawn from its seed's stream for each layer; a trial's are computed alone.

    `inputs` are each trial's training inputs, with the row of ones. Raises ContractError if an initializer breaks its contract.
    """
    params = np.zeros((len(trials), layout.size), dtype)
    for index, trial in enumerate(trials):
        drawn: Matrices = [_drawn(trial, layer, *shape) for layer, shape in enumerate(layout.shapes)]
        if type(trial.cell.initializer).adapt is not Initializer.adapt:
            drawn = _adapted(trial.cell, drawn, inputs[index][:-1, :ADAPTED_TO].astype(np.float64))
        for weights, w in zip(layout.layers(params), drawn, strict=True):
            weights[index, :, :-1] = _rounded(trial.cell.initializer, w, dtype)
        for learned in layout.activations(layout.views(params)):
            for name, values in learned.items():
                values[index] = getattr(trial.cell.activation, name)
    return params


def _rounded(initializer: Initializer, w: Float[np.ndarray, "_out _in"], dtype: np.dtype[Any]) -> Float[np.ndarray, "_out _in"]:
    """Weights in the network's precision, which has neither the largest numbers nor the smallest."""
    with np.errstate(over="ignore", under="ignore"):
        rounded = w.astype(dtype)
    if np.isinf(rounded).any() and np.isfinite(w).all():
        raise ContractError(f"initializer {initializer.name}: weights up to {np.abs(w).max():g} are infinite in {dtype}")
    if w.any() and not rounded.any():
        raise ContractError(f"initializer {initializer.name}: weights up to {np.abs(w).max():g} are all 0 in {dtype}")
    return rounded


def _drawn(trial: Trial, layer: int, fan_out: int, columns: int) -> Float[np.ndarray, "out in"]:
    initializer = trial.cell.initializer
    drawn = initializer.sample(trial.stream("initialization", layer), columns - 1, fan_out)
    if not isinstance(drawn, np.ndarray) or drawn.shape != (fan_out, columns - 1) or drawn.dtype.kind not in "fiu":
        got = f"{drawn.dtype} {drawn.shape}" if isinstance(drawn, np.ndarray) else type(drawn).__name__
        raise ContractError(f"initializer {initializer.name}: sample returned {got}, expected float64 {(fan_out, columns - 1)}")
    return drawn.astype(np.float64, copy=False)


def _adapted(cell: Cell, drawn: Matrices, x: Inputs) -> Matrices:
    adapted = []
    for layer, w in enumerate(map(read_only, drawn)):
        activation = cell.activation if layer < len(drawn) - 1 else None
        adapted.append(checked(cell.initializer, "adapt", cell.initializer.adapt(w, read_only(x), activation), w))
        if activation is not None:
            z = (adapted[-1] @ x)[None]
            x = checked(activation, "forward", activation.forward(z), z)[0]
    return adapted
