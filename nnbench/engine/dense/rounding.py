"""One network's objective and gradient in a trial's own precision, beside float64 from the very same numbers."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Bool, Float

from nnbench.engine.blocks import Flat
from nnbench.engine.dense.layout import Layout
from nnbench.engine.dense.network import Masks, Network
from nnbench.engine.model import Precisions
from nnbench.engine.objective import Objective
from nnbench.engine.parts import float_fields, parts
from nnbench.grid.trial import Cell
from nnbench.kinds import Component, Scores, Units

C = TypeVar("C", bound=Component)
F64 = np.dtype(np.float64)
Sides = Sequence[Bool[np.ndarray, "1 _unit sample"]]


@dataclass(frozen=True)
class Numbers:
    """What a pass starts from."""

    params: Flat
    x: Units
    targets: Scores
    masks: Masks | None

    def rounded(self, dtype: np.dtype[Any]) -> Numbers:
        """The same numbers as a precision holds them."""
        masks = None if self.masks is None else [mask.astype(dtype) for mask in self.masks]
        return Numbers(self.params.astype(dtype), self.x.astype(dtype), self.targets.astype(dtype), masks)


def precisions(
    cell: Cell, layout: Layout, numbers: Numbers, dtype: np.dtype[Any], network: type[Network], objective: type[Objective]
) -> Precisions:
    """Pass a network forward and backward in both precisions.

    Samples that stand on different sides of a kink in the two take no part in the gradients. Raises ContractError where a
    component returns another precision than it is handed.
    """
    cell = replace(cell, **{kind: _rounded(getattr(cell, kind), dtype) for kind in ("activation", "loss", "penalty")})
    given = numbers.rounded(dtype)
    single, double = (_Pass(cell, layout, given.rounded(each), each, network, objective) for each in (dtype, F64))
    steady = np.ones(given.x.shape[2], bool)
    for one, other in zip(single.sides(), double.sides(), strict=True):
        steady &= (one == other).all(axis=(0, 1))
    return Precisions(
        gradients=(single.gradient(steady), double.gradient(steady)),
        penalty_gradients=(single.penalty_gradient(), double.penalty_gradient()),
        values=(single.values(steady), double.values(steady)),
    )


class _Pass:
    """A forward pass in one precision, and what follows from it."""

    def __init__(
        self,
        cell: Cell,
        layout: Layout,
        numbers: Numbers,
        dtype: np.dtype[Any],
        network: type[Network],
        objective: type[Objective],
    ) -> None:
        self._cell, self._layout, self._numbers, self._dtype = cell, layout, numbers, dtype
        self._objective = objective([cell], dtype)
        self._network = network(layout, parts([cell.activation], dtype), 1, numbers.x.shape[2], dtype)
        self._views = layout.views(numbers.params)
        self._scores = self._network.forward(self._views, numbers.x, numbers.masks)
        self._matrices = [w[:, :, :-1] for w in layout.layers(numbers.params)]

    def sides(self) -> Sides:
        """On which side of each kink every pre-activation and margin stands."""
        margins = parts([self._cell.loss], self._dtype)[0].component.margins(self._scores, self._numbers.targets)
        own = [z[:, :-1] > kink for z in self._network.z for kink in self._cell.activation.kinks]
        return own if margins is None else [*own, margins > 0]

    def gradient(self, steady: Bool[np.ndarray, " sample"]) -> Flat:
        """That of the mean loss, of these samples."""
        flat = np.zeros_like(self._numbers.params)
        _, delta = self._objective.losses_and_delta(self._scores, self._numbers.targets)
        delta = delta * steady.astype(self._dtype)
        self._network.backward(self._views, delta, self._layout.views(flat), self._numbers.masks)
        return flat.astype(np.float64)

    def penalty_gradient(self) -> Flat:
        """That of the penalty."""
        flat = np.zeros_like(self._numbers.params)
        self._objective.add_penalty_gradients(self._matrices, [g[:, :, :-1] for g in self._layout.layers(flat)])
        return flat.astype(np.float64)

    def values(self, steady: Bool[np.ndarray, " sample"]) -> Float[np.ndarray, " value"]:
        """The losses of these samples, and the penalty."""
        losses = self._objective.losses(self._scores, self._numbers.targets)[0, 0, steady]
        return np.append(losses, self._objective.penalties(self._matrices)).astype(np.float64)


def _rounded(component: C, dtype: np.dtype[Any]) -> C:
    """The component with hyperparameters that both precisions hold."""
    rounded = copy.copy(component)
    for name, value in component.hyperparameters().items():
        if isinstance(value, Component):
            object.__setattr__(rounded, name, _rounded(value, dtype))
        elif name in float_fields(type(component)):
            object.__setattr__(rounded, name, float(dtype.type(value)))
    return rounded
