"""Forward and backward pass of a stack of networks.

a⁽ˡ⁾ = f([W⁽ˡ⁾ b⁽ˡ⁾] [a⁽ˡ⁻¹⁾; 1]). Samples are the last axis. Every layer's pre-activations and activations carry one more row than
there are units: below the activations it holds the ones that the bias multiplies; elsewhere its content has no meaning. So
element-wise functions run over contiguous memory, and no array is copied to append the ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float

from nnbench.engine.blocks import Views
from nnbench.engine.contract import checked, read_only
from nnbench.engine.dense.layout import Layout
from nnbench.engine.dense.learned import Learned
from nnbench.engine.parts import Part
from nnbench.kinds import Activation, Scores, Units

Masks: TypeAlias = Sequence[Float[np.ndarray, "trial _unit sample"]]
"""What scales each hidden layer's activations."""


class Network:
    """Buffers and passes for a stack of equally shaped networks on batches of one size."""

    def __init__(
        self, layout: Layout, activations: Sequence[Part[Activation]], trials: int, samples: int, dtype: np.dtype[Any]
    ) -> None:
        hidden = layout.sizes[1:-1]
        self._z = [np.zeros((trials, units + 1, samples), dtype) for units in hidden]
        self._z_units = [z[:, :-1] for z in self._z]
        self.z = [read_only(z) for z in self._z]
        """Pre-activations, (trial, unit + 1, sample), of each hidden layer."""
        self.a: list[Units] = [np.ones_like(z) for z in self._z]
        """Activations before dropout, with the row of ones."""
        self.inputs: list[Units] = [np.empty((0, 0, 0), dtype)] * (len(hidden) + 1)
        """What each layer multiplied."""
        self._deltas = [np.zeros_like(z) for z in self._z]
        self._delta_parts = [[delta[part.rows] for part in activations] for delta in self._deltas]
        self.deltas = [delta[:, :-1] for delta in self._deltas]
        """Derivative of the objective by each hidden layer's pre-activations, (trial, unit, sample)."""
        self._learned = Learned(layout, activations, trials, dtype) if layout.learned else None
        shared = [part.component for part in activations]
        components = self._learned.components if self._learned else [shared] * len(hidden)
        self._pieces = [
            [(component, part.rows, z[part.rows]) for component, part in zip(own, activations, strict=True)]
            for own, z in zip(components, self.z, strict=True)
        ]
        self._scores = np.empty((trials, layout.sizes[-1], samples), dtype)
        self.scores = read_only(self._scores)

    def forward(self, weights: Views, x: Units, masks: Masks | None = None) -> Scores:
        """Scores of each network; `x` ends in a row of ones, `masks` scale each hidden layer's activations (dropout).

        `weights` are views of all blocks, those of the layers first.
        """
        inputs = self.inputs
        if self._learned:
            self._learned.read(weights)
        inputs[0] = x
        for layer in range(len(self._z)):
            np.matmul(weights[layer], inputs[layer], out=self._z_units[layer])
            a = self._activate(layer)
            inputs[layer + 1] = a if masks is None else _dropped(a, masks[layer])
        np.matmul(weights[len(self._z)], inputs[-1], out=self._scores)
        return self.scores

    def backward(self, weights: Views, delta: Scores, gradients: Views, masks: Masks | None = None) -> None:
        """Write the objective's derivative by every parameter, given that by the scores of the last forward pass."""
        for layer in range(len(self._z), -1, -1):
            np.matmul(delta, self.inputs[layer].transpose(0, 2, 1), out=gradients[layer])
            if layer:
                padded = self._deltas[layer - 1]
                np.matmul(weights[layer].transpose(0, 2, 1), delta, out=padded)
                if masks is not None:
                    padded *= masks[layer - 1]
                if self._learned:
                    self._learned.write_gradients(layer - 1, padded, self._pieces[layer - 1], self.a[layer - 1], gradients)
                for part, (_, derivative) in zip(self._delta_parts[layer - 1], self.derivatives(layer - 1), strict=True):
                    np.multiply(part, derivative, out=part)
                delta = self.deltas[layer - 1]

    def derivatives(self, layer: int) -> list[tuple[slice, Units]]:
        """f'(z) of a hidden layer at the last forward pass, some rows at a time, padded like z."""
        a, pieces = read_only(self.a[layer]), self._pieces[layer]
        return [(rows, checked(component, "derivative", component.derivative(z, a[rows]), z)) for component, rows, z in pieces]

    def _activate(self, layer: int) -> Units:
        pieces = self._pieces[layer]
        if len(pieces) == 1:
            component, _, z = pieces[0]
            a = checked(component, "forward", component.forward(z), z)
            if not a.flags.writeable:
                a = a.copy()
            self.a[layer] = a
        else:
            a = self.a[layer]
            for component, rows, z in pieces:
                a[rows] = checked(component, "forward", component.forward(z), z)
        a[:, -1] = 1
        return a


def _dropped(a: Units, mask: Units) -> Units:
    dropped = a * mask
    dropped[:, -1] = 1
    return dropped
