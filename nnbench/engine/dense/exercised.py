"""One network on a batch that is made for checking its gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nnbench.engine.blocks import Flat
from nnbench.engine.contract import checked
from nnbench.engine.dense.dropout import Dropout
from nnbench.engine.dense.initial import initial_parameters
from nnbench.engine.dense.model import dense_layout
from nnbench.engine.dense.network import Masks, Network
from nnbench.engine.dense.rounding import F64, Numbers, precisions
from nnbench.engine.model import Precisions
from nnbench.engine.objective import Objective
from nnbench.engine.parts import parts
from nnbench.engine.task import Task
from nnbench.errors import ContractError
from nnbench.grid.trial import Cell, Trial
from nnbench.kinds import Component, Scores, Units
from nnbench.seeds import stream

SPAN = 5.0
"""One in fifty pre-activations of each hidden layer is below -SPAN, one in fifty above SPAN, well into saturation."""
BEYOND = 0.02
"""That share."""
SPREAD = 2.5
"""How far from 0 biases reach, in units of the spread of W·x: each unit sees a part of the range, together the whole."""
SCORES = 2.0
"""The same for the scores: both sides of a hinge, and no sample so sure that its gradient vanishes."""
LARGEST_ACTIVATION = 1e3
"""Where an activation would be larger, pre-activations stay closer to 0: by that times ε a moved weight moves the next layer."""
POINTS = 384
"""About how many pre-activations of each hidden layer, units times samples, an activation is tried at, if not more."""
APART = 0.05
"""Spread of the noise on what activations learn, which begins equal: a mixed-up unit or layer shows."""


class ExercisedNetwork:
    """One network of a cell in float64, on a batch made for checking, with dropout's mask held fixed.

    Weights are the initializer's, with a little noise because some draw equal ones, scaled and with biases such that every hidden
    layer's pre-activations reach from below -5 to above 5 over units and samples. Raises ContractError where a component
    breaks its contract.
    """

    def __init__(
        self, cell: Cell, task: Task, seed: int = 0, network: type[Network] = Network, objective: type[Objective] = Objective
    ) -> None:
        self.blocks = layout = dense_layout(cell)
        self.samples = samples = _samples(layout.sizes)
        self._precision = np.dtype(cell.precision)
        self._of_objective = objective
        self.cell = cell = replace(cell, batch_size=samples, precision="float64")
        self._make = network
        self._activation = parts([cell.activation], F64)[0].component
        self._penalty = parts([cell.penalty], F64)[0].component
        self._loss = parts([cell.loss], F64)[0].component
        rng = stream(seed, "gradcheck")
        self.x: Units = np.ones((1, layout.sizes[0] + 1, samples))
        self.x[0, :-1] = rng.normal(size=(layout.sizes[0], samples))
        self.targets: Scores = task.example_targets(rng, samples)[None]
        trial = Trial(cell, seed)
        self.masks: Masks | None = Dropout([trial], layout, F64).draw() if cell.dropout and len(layout.sizes) > 2 else None
        self.params = initial_parameters([trial], [self.x[0]], layout, F64)
        self.parameters = layout.views(self.params)
        self.weights = layout.layers(self.params)
        self.objective = objective([cell], F64)
        self.network = network(layout, parts([cell.activation], F64), 1, samples, F64)
        self._exercise(rng)
        for learned in self.parameters[len(self.weights) :]:
            learned += APART * rng.normal(size=learned.shape)
        scores = self.network.forward(self.parameters, self.x, self.masks)
        self.losses = finite(cell.loss, "value", self.objective.losses(scores, self.targets), "for ordinary scores")
        self.value = float(self.losses.mean() + self.objective.penalties([w[:, :, :-1] for w in self.weights])[0])
        """The objective."""

    def gradient(self) -> Flat:
        """By back-propagation, through the very classes that train."""
        flat = np.zeros_like(self.params)
        gradients = self.blocks.views(flat)
        scores = self.network.forward(self.parameters, self.x, self.masks)
        _, delta = self.objective.losses_and_delta(scores, self.targets)
        finite(self.cell.loss, "gradient", delta, "for ordinary scores")
        for layer, z in enumerate(self.network.z):
            for _, derivative in self.network.derivatives(layer):
                finite_at(self.cell.activation, "derivative", derivative[:, :-1], z[:, :-1])
        self.network.backward(self.parameters, delta, gradients, self.masks)
        loss_alone = flat.copy()
        own = gradients[: len(self.weights)]
        self.objective.add_penalty_gradients([w[:, :, :-1] for w in self.weights], [each[:, :, :-1] for each in own])
        if np.isfinite(loss_alone).all():
            finite(self.cell.penalty, "gradient", flat, "for weights of ordinary size")
        return flat

    def precisions(self) -> Precisions | None:
        """Objective and gradient in the trial's own precision beside float64; None where that is float64 itself."""
        if self._precision == F64:
            return None
        numbers = Numbers(self.params, self.x, self.targets, self.masks)
        return precisions(self.cell, self.blocks, numbers, self._precision, self._make, self._of_objective)

    def _exercise(self, rng: np.random.Generator) -> None:
        """Scale weights and choose biases, layer by layer, such that pre-activations and scores span what they should."""
        inputs = self.x[0]
        for layer, weights in enumerate(self.weights):
            w = weights[0, :, :-1]
            if not np.isfinite(w).all():
                raise ContractError(f"initializer {self.cell.initializer.name}: sample returned weights that are not finite")
            size = np.sqrt(np.mean(w * w))
            w /= size or 1
            w += 0.25 * rng.normal(size=w.shape)
            z = w @ inputs[:-1]
            hidden = layer < len(self.weights) - 1
            apart = SPREAD if hidden else 0.5  # no class always ahead
            centre = z.mean(axis=1)
            bias = rng.permutation(np.linspace(-apart, apart, len(w))) if len(w) > 1 else np.zeros(1)
            bias = bias * (z - centre[:, None]).std() - centre
            z += bias[:, None]
            span = SPAN if hidden else SCORES
            low, high = np.quantile(z, (BEYOND, 1 - BEYOND))
            varies = high - low > 1e-6 * np.abs(w).max() * np.abs(inputs).max()
            stretch = 2 * span / (high - low) if varies else 1.0
            w *= stretch
            weights[0, :, -1] = stretch * (bias - (low + high) / 2)
            if hidden:
                inputs = self._activations(layer, inputs)

    def _activations(self, layer: int, inputs: np.ndarray) -> np.ndarray:
        """What a hidden layer passes on, its weights made smaller where that would be too large."""
        weights = self.weights[layer][0]
        z = np.vstack([weights[:, :-1] @ inputs[:-1] + weights[:, -1:], np.zeros((1, self.samples))])[None]
        a = self._activated(z)
        finite_at(self.cell.activation, "forward", a[:, :-1], z[:, :-1])
        while np.abs(a[:, :-1]).max() > LARGEST_ACTIVATION and np.abs(z).max() > 1:
            weights /= 1.5
            z /= 1.5
            a = self._activated(z)
        activations: np.ndarray = a[0].copy()
        if self.masks is not None:
            activations *= self.masks[layer][0]
        activations[-1] = 1
        return activations

    def _activated(self, z: Units) -> Units:
        return checked(self._activation, "forward", self._activation.forward(z), z)


def _samples(sizes: Sequence[int]) -> int:
    narrowest = min(sizes[1:-1], default=POINTS)
    classes = max(sizes[-1], 2)
    return max(2 * classes, 8, min(64, -(-POINTS // narrowest)))


def finite(component: Component, method: str, result: np.ndarray, where: str) -> np.ndarray:
    """What a method returned, if it is finite; raises ContractError."""
    if not np.isfinite(result).all():
        bad = result[~np.isfinite(result)][0]
        raise ContractError(f"{component.kind} {component.name}: {method} is {bad} {where}; it must be finite")
    return result


def finite_at(component: Component, method: str, result: np.ndarray, z: np.ndarray) -> None:
    """Raise ContractError, which names the smallest pre-activation, where a method did not return something finite."""
    bad = ~np.isfinite(result)
    if bad.any():
        worst = float(z[bad][np.abs(z[bad]).argmin()])
        raise ContractError(
            f"{component.kind} {component.name}: {method} is {result[bad][0]} at z = {worst:.3g} "
            f"(not finite at {bad.sum():,} of {bad.size:,} pre-activations from {z.min():.1f} to {z.max():.1f})"
        )
