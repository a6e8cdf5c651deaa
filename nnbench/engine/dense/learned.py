"""What activations learn: their hyperparameters as views of the parameters, and the gradients by them."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from nnbench.engine.blocks import Views
from nnbench.engine.contract import checked, read_only
from nnbench.engine.dense.layout import Layout
from nnbench.engine.parts import Part
from nnbench.errors import ContractError
from nnbench.kinds import Activation, Units

Piece = tuple[Activation, slice, Units]
"""An activation, its trials, and their pre-activations, padded."""


class Learned:
    """The activations of each hidden layer, with what they have learned as their hyperparameters."""

    def __init__(self, layout: Layout, activations: Sequence[Part[Activation]], trials: int, dtype: np.dtype[Any]) -> None:
        self._layout = layout
        self._values: list[dict[str, np.ndarray]] = [
            {name: np.zeros((trials, units + 1 if sharing == "unit" else 1, 1), dtype) for name, sharing in layout.learned.items()}
            for units in layout.sizes[1:-1]
        ]
        self.components = [[_with(part, values) for part in activations] for values in self._values]
        """For each hidden layer, one for each part of the stack."""

    def read(self, views: Views) -> None:
        """Take the values from the parameters."""
        for values, learned in zip(self._values, self._layout.activations(views), strict=True):
            for name, value in learned.items():
                values[name][:, : value.shape[1], 0] = value  # the padded row, if there is one, stays 0

    def write_gradients(self, layer: int, delta: Units, pieces: Sequence[Piece], a: Units, gradients: Views) -> None:
        """Write the derivative by what a hidden layer's activation learns, given that by its activations, padded."""
        own, a = self._layout.activations(gradients)[layer], read_only(a)
        for component, rows, z in pieces:
            derivatives: Any = component.learned_derivatives(z, a[rows])
            if not isinstance(derivatives, Mapping) or set(derivatives) != set(own):
                names = ", ".join(derivatives) if isinstance(derivatives, Mapping) else type(derivatives).__name__
                told = f"activation {component.name}: learned_derivatives returned {names or 'nothing'}"
                raise ContractError(f"{told}, expected derivatives by {', '.join(own)}")
            for name, gradient in own.items():
                slope = checked(component, f"learned_derivatives of {name}", derivatives[name], z)
                by_unit = np.add.reduce(np.ascontiguousarray((delta[rows] * slope)[:, :-1]), axis=2)
                gradient[rows] = by_unit if self._layout.learned[name] == "unit" else np.add.reduce(by_unit, axis=1, keepdims=True)


def _with(part: Part[Activation], values: dict[str, Float[np.ndarray, "trial _unit 1"]]) -> Activation:
    """A copy of the part's activation that reads what it has learned from these arrays."""
    component = copy.copy(part.component)
    for name, value in values.items():
        own = value[part.rows]
        own.flags.writeable = False
        object.__setattr__(component, name, own)
    return component
