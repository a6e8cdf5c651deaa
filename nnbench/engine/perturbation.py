"""Differences of a network's objective by every parameter: one perturbed network for each parameter and direction.

The perturbed networks are trials along the leading axis, some thousands at once. A parameter of layer l touches one of its units
only, so each of them starts from that unit: what lies before is the same for all, the next layer's pre-activations change by
one outer product, and only the layers after that are passed as a whole. `whole` passes the networks from the inputs on,
for those who want to see that it comes to the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from nnbench.engine.batches import Dropout
from nnbench.engine.initial import initial_parameters
from nnbench.engine.network import Flat, Layout, Masks, Network, checked
from nnbench.engine.objective import Objective
from nnbench.engine.stack import Part, parts
from nnbench.errors import ContractError
from nnbench.grid.trial import Cell, Trial
from nnbench.kinds import Component, Scores, Units
from nnbench.seeds import stream

F64 = np.dtype(np.float64)
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
CHUNK = 1 << 17
"""Numbers in the largest array of a chunk of perturbed networks (1 MB): it stays in the cache."""

Index = Int[np.ndarray, " variant"]
PerVariant = Float[np.ndarray, " variant"]


@dataclass(frozen=True)
class Differences:
    """Of the objective by some parameters of a layer, one value for each parameter."""

    after: PerVariant
    """(J(θ+ε) - J(θ)) / ε."""
    before: PerVariant
    """(J(θ) - J(θ-ε)) / ε."""
    central: PerVariant
    """(J(θ+ε) - J(θ-ε)) / 2ε."""
    crossed: Bool[np.ndarray, " variant"]
    """Whether a declared kink lies between θ-ε and θ+ε."""


class Setup:
    """One network of a cell in float64, on a batch made for checking, with dropout's mask held fixed.

    Weights are the initializer's, with a little noise because some draw equal ones, scaled and with biases such that every hidden
    layer's pre-activations reach from below -5 to above 5 over units and samples. Raises ContractError where a component
    breaks its contract.
    """

    def __init__(self, cell: Cell, seed: int = 0, network: type[Network] = Network, objective: type[Objective] = Objective) -> None:
        self.layout = layout = Layout(cell.layer_sizes)
        self.samples = samples = _samples(layout.sizes)
        self.cell = cell = replace(cell, batch_size=samples, precision="float64")
        self._make = network
        self._activation = parts([cell.activation], F64)[0].component
        self._penalty = parts([cell.penalty], F64)[0].component
        self._loss = parts([cell.loss], F64)[0].component
        rng = stream(seed, "gradcheck")
        self.x: Units = np.ones((1, layout.sizes[0] + 1, samples))
        self.x[0, :-1] = rng.normal(size=(layout.sizes[0], samples))
        self.targets: Scores = _targets(layout.sizes[-1], samples, rng)[None]
        trial = Trial(cell, seed)
        self.masks: Masks | None = Dropout([trial], layout, F64).draw() if cell.dropout and len(layout.sizes) > 2 else None
        self.params = initial_parameters([trial], [self.x[0]], layout, F64)
        self.weights = layout.layers(self.params)
        self.objective = objective([cell], F64)
        self.network = network(layout, parts([cell.activation], F64), 1, samples, F64)
        self._exercise(rng)
        scores = self.network.forward(self.weights, self.x, self.masks)
        self.losses = _finite(cell.loss, "value", self.objective.losses(scores, self.targets), "for ordinary scores")
        self.value = float(self.losses.mean() + self.objective.penalties(self.weights)[0])
        """The objective."""

    def gradient(self) -> Flat:
        """By back-propagation, through the very classes that train."""
        flat = np.zeros_like(self.params)
        gradients = self.layout.layers(flat)
        scores = self.network.forward(self.weights, self.x, self.masks)
        _, delta = self.objective.losses_and_delta(scores, self.targets)
        _finite(self.cell.loss, "gradient", delta, "for ordinary scores")
        for layer, z in enumerate(self.network.z):
            for _, derivative in self.network.derivatives(layer):
                _finite_at(self.cell.activation, "derivative", derivative[:, :-1], z[:, :-1])
        self.network.backward(self.weights, delta, gradients, self.masks)
        loss_alone = flat.copy()
        self.objective.add_penalty_gradients(self.weights, gradients)
        if np.isfinite(loss_alone).all():
            _finite(self.cell.penalty, "gradient", flat, "for weights of ordinary size")
        return flat

    def differences(self, layer: int, rows: Index, columns: Index, epsilon: float) -> Differences:
        """By the parameters of a layer at these rows and columns (the last column is the bias)."""
        size = self._chunk(layer)
        found = [
            self._differences(layer, rows[at : at + size], columns[at : at + size], epsilon) for at in range(0, len(rows), size)
        ]
        return Differences(*(np.concatenate([getattr(each, name) for each in found]) for name in Differences.__dataclass_fields__))

    def whole(self, layer: int, rows: Index, columns: Index, epsilon: float) -> PerVariant:
        """Centred differences again, each perturbed network passed as a trial of a stack, from the inputs to the scores."""
        count = len(rows)
        objective = self.objective.repeated(count)
        network = self._make(self.layout, [Part(0, count, self._activation)], count, self.samples, F64)
        x, targets = _tiled(self.x, count), _tiled(self.targets, count)
        masks = None if self.masks is None else [_tiled(mask, count) for mask in self.masks]
        values = []
        for step in (epsilon, -epsilon):
            params = np.repeat(self.params, count, axis=0)
            weights = self.layout.layers(params)
            weights[layer][np.arange(count), rows, columns] += step
            losses = objective.losses(network.forward(weights, x, masks), targets)
            values.append((losses[:, 0], objective.penalties(weights)))
        (above, penalty_above), (below, penalty_below) = values
        return ((above - below).mean(axis=1) + (penalty_above - penalty_below)) / (2 * epsilon)

    def cost(self, layer: int) -> int:
        """Numbers to compute for each parameter of a layer, roughly: two networks from there on, and its penalty."""
        sizes = self.layout.sizes
        behind = self.samples * (sum(sizes[layer + 1 :]) + sum(out * columns for out, columns in self.layout.shapes[layer + 2 :]))
        return 2 * (behind + (0 if self.cell.penalty.zero else 8 * self.weights[layer][0].size))  # copied, from memory

    def _differences(self, layer: int, rows: Index, columns: Index, epsilon: float) -> Differences:
        count = len(rows)
        losses, sides = self._passed(layer, np.tile(rows, 2), np.tile(columns, 2), np.repeat([epsilon, -epsilon], count))
        above, below = losses[:count], losses[count:]
        crossed = np.zeros(count, bool)
        for side in sides:
            crossed |= (side[:count] != side[count:]).any(axis=(1, 2))
        objective = self.objective.repeated(count)
        share = np.full(self.samples, 1 / self.samples)
        after, before = (above - self.losses[:, 0]) @ share, (self.losses[:, 0] - below) @ share
        both = after + before
        if not self.cell.penalty.zero:
            here = objective.penalties([_tiled(self.weights[layer], count)])
            tile = np.repeat(self.weights[layer], count, axis=0)
            at = (np.arange(count), rows, columns)
            w = tile[at]
            tile[at] = w + epsilon
            penalty_above = objective.penalties([tile])
            tile[at] = w - epsilon
            penalty_below = objective.penalties([tile])
            after, before, both = (
                after + (penalty_above - here),
                before + (here - penalty_below),
                both + (penalty_above - penalty_below),
            )
            is_weight = columns < self.weights[layer].shape[2] - 1
            for kink in self.cell.penalty.kinks:
                crossed |= is_weight & ((w + epsilon > kink) != (w - epsilon > kink))
        return Differences(after / epsilon, before / epsilon, both / (2 * epsilon), crossed)

    def _passed(
        self, layer: int, rows: Index, columns: Index, steps: PerVariant
    ) -> tuple[Float[np.ndarray, "variant sample"], list[Bool[np.ndarray, "variant _unit sample"]]]:
        """Losses of the perturbed networks, and on which side of each declared kink they stand everywhere."""
        count = len(rows)
        sides: list[np.ndarray] = []
        change = steps[:, None] * self.network.inputs[layer][0].take(columns, axis=0)
        last = len(self.weights) - 1
        if layer == last:
            scores = self._empty(count, self.layout.sizes[-1])
            scores[:] = self.network.scores
            scores[np.arange(count), rows] += change
        else:
            z = (self.network.z[layer][0].take(rows, axis=0) + change)[:, None]
            sides += self._sides(z)
            change = self._activated(z)[:, 0] - self.network.a[layer][0].take(rows, axis=0)
            if self.masks is not None:
                change *= self.masks[layer][0].take(rows, axis=0)
            z = self._next(layer + 1, rows, change)
            scores = z if layer + 1 == last else self._tail(layer + 1, z, sides)
        targets = self._empty(count, self.targets.shape[1])
        targets[:] = self.targets
        losses = self.objective.repeated(count).losses(scores, targets)
        _finite(self.cell.loss, "value", losses, "for ordinary scores")
        margins = self._loss.margins(scores, targets)
        if margins is not None:
            sides.append(margins > 0)
        return losses[:, 0], sides

    def _next(
        self, layer: int, rows: Index, change: Float[np.ndarray, "variant sample"]
    ) -> Float[np.ndarray, "variant _unit sample"]:
        """A layer's pre-activations after a change of one unit below it, another one in each network."""
        here = self.network.scores if layer == len(self.weights) - 1 else self.network.z[layer][:, :-1]
        found = self._empty(len(rows), here.shape[1])
        run = self.weights[layer - 1].shape[2]  # of parameters of one unit, if all of them are there: longer loops inside
        if len(rows) % run or (rows.reshape(-1, run) != rows[::run, None]).any():
            run = 1
        blocks = found.transpose(1, 0, 2).reshape(here.shape[1], -1, run * self.samples)
        np.multiply(
            self.weights[layer][0].take(rows[::run], axis=1)[:, :, None], change.reshape(1, -1, run * self.samples), out=blocks
        )
        blocks += np.tile(here[0], run)[:, None]
        return found

    def _empty(self, count: int, units: int) -> Float[np.ndarray, "variant unit sample"]:
        """An array whose units are apart in memory: what is done unit by unit, or over the few classes, is contiguous."""
        return np.empty((units, count, self.samples)).transpose(1, 0, 2)

    def _tail(self, layer: int, z: Float[np.ndarray, "variant unit sample"], sides: list[np.ndarray]) -> Scores:
        """Scores, given pre-activations of a hidden layer."""
        count = len(z)
        sides += self._sides(z)
        inputs = self._empty(count, z.shape[1] + 1)
        inputs[:, :-1] = self._activated(z)
        inputs[:, -1] = 1
        if self.masks is not None:
            inputs[:, :-1] *= self.masks[layer][:, :-1]
        # from here on the networks have equal weights, so that their samples can pass through one of them
        layout = Layout(self.layout.sizes[layer + 1 :])
        network = self._make(layout, [Part(0, 1, self._activation)], 1, count * self.samples, F64)
        masks = None if self.masks is None else [np.tile(mask, count) for mask in self.masks[layer + 1 :]]
        merged = inputs.transpose(1, 0, 2).reshape(1, inputs.shape[1], -1)
        scores = network.forward(self.weights[layer + 1 :], merged, masks)
        for each in network.z:
            sides += self._sides(self._apart(each[:, :-1], count))
        return self._apart(scores, count)

    def _apart(self, merged: Float[np.ndarray, "1 unit all"], count: int) -> Float[np.ndarray, "{count} unit _sample"]:
        return merged.reshape(merged.shape[1], count, self.samples).transpose(1, 0, 2)

    def _activated(self, z: Float[np.ndarray, "variant unit sample"]) -> Float[np.ndarray, "variant unit sample"]:
        return checked(self._activation, "forward", self._activation.forward(z), z)

    def _sides(self, z: np.ndarray) -> list[np.ndarray]:
        return [z > kink for kink in self.cell.activation.kinks]

    def _chunk(self, layer: int) -> int:
        """How many perturbed networks of a layer are passed at once."""
        largest = (
            max(self.layout.sizes[layer + 2 :], default=0) + 1 if layer + 2 < len(self.layout.sizes) else self.layout.sizes[-1]
        )
        numbers = largest * self.samples
        if not self.cell.penalty.zero:
            numbers = max(numbers, self.weights[layer][0].size)
        size, run = max(1, CHUNK // (2 * numbers)), self.weights[layer].shape[2]
        return size - size % run if size > run else size

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
                z = np.vstack([w @ inputs[:-1] + weights[0, :, -1:], np.zeros((1, self.samples))])[None]
                a = checked(self._activation, "forward", self._activation.forward(z), z)
                _finite_at(self.cell.activation, "forward", a[:, :-1], z[:, :-1])
                while np.abs(a[:, :-1]).max() > LARGEST_ACTIVATION and np.abs(z).max() > 1:
                    weights[0] /= 1.5
                    z /= 1.5
                    a = checked(self._activation, "forward", self._activation.forward(z), z)
                inputs = a[0].copy()
                if self.masks is not None:
                    inputs *= self.masks[layer][0]
                inputs[-1] = 1


def _samples(sizes: Sequence[int]) -> int:
    narrowest = min(sizes[1:-1], default=POINTS)
    classes = max(sizes[-1], 2)
    return max(2 * classes, 8, min(64, -(-POINTS // narrowest)))


def _targets(outputs: int, samples: int, rng: np.random.Generator) -> Float[np.ndarray, "outputs samples"]:
    classes = max(outputs, 2)
    labels = rng.permutation(np.arange(samples) % classes)
    targets = labels[None, :] if outputs == 1 else labels[None, :] == np.arange(outputs)[:, None]
    return targets.astype(F64)


def _tiled(array: np.ndarray, count: int) -> np.ndarray:
    return np.broadcast_to(array, (count, *array.shape[1:]))


def _finite(component: Component, method: str, result: np.ndarray, where: str) -> np.ndarray:
    if not np.isfinite(result).all():
        bad = result[~np.isfinite(result)][0]
        raise ContractError(f"{component.kind} {component.name}: {method} is {bad} {where}; it must be finite")
    return result


def _finite_at(component: Component, method: str, result: np.ndarray, z: np.ndarray) -> None:
    bad = ~np.isfinite(result)
    if bad.any():
        worst = float(z[bad][np.abs(z[bad]).argmin()])
        raise ContractError(
            f"{component.kind} {component.name}: {method} is {result[bad][0]} at z = {worst:.3g} "
            f"(not finite at {bad.sum():,} of {bad.size:,} pre-activations from {z.min():.1f} to {z.max():.1f})"
        )
