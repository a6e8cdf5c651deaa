"""Differences of a network's objective by every parameter: one perturbed network for each parameter and direction.

The perturbed networks are trials along the leading axis, some thousands at once. A parameter of layer l touches one of its units
only, so each of them starts from that unit: what lies before is the same for all, the next layer's pre-activations change by
one outer product, and only the layers after that are passed as a whole. `whole` passes the networks from the inputs on,
for those who want to see that it comes to the same.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from nnbench.engine.dense.exercised import ExercisedNetwork, finite
from nnbench.engine.dense.layout import Layout
from nnbench.engine.dense.rounding import F64
from nnbench.engine.model import Differences, Index, PerVariant
from nnbench.engine.parts import Part
from nnbench.kinds import Scores

CHUNK = 1 << 17
"""Numbers in the largest array of a chunk of perturbed networks (1 MB): it stays in the cache."""


class Perturbation(ExercisedNetwork):
    """One network, and its objective when single parameters are moved; a `nnbench.engine.model.Perturbable`."""

    def differences(self, block: int, index: Index, epsilon: float) -> Differences:
        """By the parameters at these places of a block, counted row by row."""
        size = self._chunk(block)
        measure = self._differences_by_whole_networks if self.blocks.learned else self._differences
        chunks = [measure(block, index[at : at + size], epsilon) for at in range(0, len(index), size)]
        return Differences(*(np.concatenate([getattr(each, name) for each in chunks]) for name in Differences.__dataclass_fields__))

    def whole(self, block: int, index: Index, epsilon: float) -> PerVariant:
        """Centred differences again, each perturbed network passed as a trial of a stack, from the inputs to the scores."""
        (above, penalty_above, _), (below, penalty_below, _) = (self._whole(block, index, step) for step in (epsilon, -epsilon))
        return ((above - below).mean(axis=1) + (penalty_above - penalty_below)) / (2 * epsilon)

    def _whole(
        self, block: int, index: Index, step: float
    ) -> tuple[Float[np.ndarray, "variant sample"], PerVariant, list[Bool[np.ndarray, "variant _unit sample"]]]:
        """Losses and penalties of whole networks, one parameter of each moved, and on which side of each kink they stand."""
        count = len(index)
        objective = self.objective.repeated(count)
        network = self._make(self.blocks, [Part(0, count, self._activation)], count, self.samples, F64)
        masks = None if self.masks is None else [_tiled(mask, count) for mask in self.masks]
        params = np.repeat(self.params, count, axis=0)
        params[np.arange(count), self.blocks.spans[block].start + index] += step
        scores, targets = network.forward(self.blocks.views(params), _tiled(self.x, count), masks), _tiled(self.targets, count)
        losses = objective.losses(scores, targets)
        penalties = objective.penalties([w[:, :, :-1] for w in self.blocks.layers(params)])
        sides = [side for z in network.z for side in self._sides(z[:, :-1])] + self._margin_sides(scores, targets)
        return losses[:, 0], penalties, sides

    def _differences_by_whole_networks(self, block: int, index: Index, epsilon: float) -> Differences:
        """Without a short cut: what an activation learns is another function in every layer."""
        (above, penalty_above, over), (below, penalty_below, under) = (
            self._whole(block, index, each) for each in (epsilon, -epsilon)
        )
        here = self.objective.penalties([w[:, :, :-1] for w in self.weights])[0]
        crossed = self._crosses_penalty_kink(block, index, epsilon)
        for one, other in zip(over, under, strict=True):
            crossed |= (one != other).any(axis=(1, 2))
        after = (above - self.losses[0]).mean(axis=1) + (penalty_above - here)
        before = (self.losses[0] - below).mean(axis=1) + (here - penalty_below)
        return Differences(after / epsilon, before / epsilon, (after + before) / (2 * epsilon), crossed)

    def _crosses_penalty_kink(self, block: int, index: Index, epsilon: float) -> Bool[np.ndarray, " variant"]:
        """Where a weight is moved across a kink of the penalty."""
        crossed = np.zeros(len(index), bool)
        if block < len(self.weights):
            moved = self.params[0, self.blocks.spans[block]][index]
            is_weight = index % self.weights[block].shape[2] < self.weights[block].shape[2] - 1
            for kink in self.cell.penalty.kinks:
                crossed |= is_weight & ((moved + epsilon > kink) != (moved - epsilon > kink))
        return crossed

    def _margin_sides(self, scores: Scores, targets: Scores) -> list[Bool[np.ndarray, "variant _margin sample"]]:
        margins = self._loss.margins(scores, targets)
        return [] if margins is None else [margins > 0]

    def cost(self, block: int) -> int:
        """Numbers to compute for each parameter of a block, roughly: two networks from its layer on, and its penalty."""
        sizes, layer = self.blocks.sizes, -1 if self.blocks.learned else block
        behind = self.samples * (sum(sizes[layer + 1 :]) + sum(out * columns for out, columns in self.blocks.shapes[layer + 2 :]))
        return 2 * (behind + (0 if self.cell.penalty.zero else 8 * self.weights[layer][0].size))  # copied, from memory

    def _differences(self, layer: int, index: Index, epsilon: float) -> Differences:
        """By the parameters of a layer, the last column of which is the bias."""
        count = len(index)
        rows, columns = np.divmod(index, self.weights[layer].shape[2])
        losses, sides = self._passed(layer, np.tile(rows, 2), np.tile(columns, 2), np.repeat([epsilon, -epsilon], count))
        above, below = losses[:count], losses[count:]
        crossed = self._crosses_penalty_kink(layer, index, epsilon)
        for side in sides:
            crossed |= (side[:count] != side[count:]).any(axis=(1, 2))
        objective = self.objective.repeated(count)
        share = np.full(self.samples, 1 / self.samples)
        after, before = (above - self.losses[:, 0]) @ share, (self.losses[:, 0] - below) @ share
        both = after + before
        if not self.cell.penalty.zero:
            here = objective.penalties([_tiled(self.weights[layer], count)[:, :, :-1]])
            tile = np.repeat(self.weights[layer], count, axis=0)
            at = (np.arange(count), rows, columns)
            w = tile[at]
            tile[at] = w + epsilon
            penalty_above = objective.penalties([tile[:, :, :-1]])
            tile[at] = w - epsilon
            penalty_below = objective.penalties([tile[:, :, :-1]])
            after, before, both = (
                after + (penalty_above - here),
                before + (here - penalty_below),
                both + (penalty_above - penalty_below),
            )
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
            scores = self._empty(count, self.blocks.sizes[-1])
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
        finite(self.cell.loss, "value", losses, "for ordinary scores")
        return losses[:, 0], sides + self._margin_sides(scores, targets)

    def _next(
        self, layer: int, rows: Index, change: Float[np.ndarray, "variant sample"]
    ) -> Float[np.ndarray, "variant _unit sample"]:
        """A layer's pre-activations after a change of one unit below it, another one in each network."""
        here = self.network.scores if layer == len(self.weights) - 1 else self.network.z[layer][:, :-1]
        z = self._empty(len(rows), here.shape[1])
        run = self.weights[layer - 1].shape[2]  # of parameters of one unit, if all of them are there: longer loops inside
        if len(rows) % run or (rows.reshape(-1, run) != rows[::run, None]).any():
            run = 1
        blocks = z.transpose(1, 0, 2).reshape(here.shape[1], -1, run * self.samples)
        np.multiply(
            self.weights[layer][0].take(rows[::run], axis=1)[:, :, None], change.reshape(1, -1, run * self.samples), out=blocks
        )
        blocks += np.tile(here[0], run)[:, None]
        return z

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
        layout = Layout(self.blocks.sizes[layer + 1 :])
        network = self._make(layout, [Part(0, 1, self._activation)], 1, count * self.samples, F64)
        masks = None if self.masks is None else [np.tile(mask, count) for mask in self.masks[layer + 1 :]]
        merged = inputs.transpose(1, 0, 2).reshape(1, inputs.shape[1], -1)
        scores = network.forward(self.weights[layer + 1 :], merged, masks)
        for each in network.z:
            sides += self._sides(self._apart(each[:, :-1], count))
        return self._apart(scores, count)

    def _apart(self, merged: Float[np.ndarray, "1 unit all"], count: int) -> Float[np.ndarray, "{count} unit _sample"]:
        return merged.reshape(merged.shape[1], count, self.samples).transpose(1, 0, 2)

    def _sides(self, z: np.ndarray) -> list[np.ndarray]:
        return [z > kink for kink in self.cell.activation.kinks]

    def _chunk(self, layer: int) -> int:
        """How many perturbed networks of a block are passed at once."""
        if self.blocks.learned:
            return max(1, CHUNK // (2 * self.samples * (max(self.blocks.sizes) + 1)))
        largest = (
            max(self.blocks.sizes[layer + 2 :], default=0) + 1 if layer + 2 < len(self.blocks.sizes) else self.blocks.sizes[-1]
        )
        numbers = largest * self.samples
        if not self.cell.penalty.zero:
            numbers = max(numbers, self.weights[layer][0].size)
        size, run = max(1, CHUNK // (2 * numbers)), self.weights[layer].shape[2]
        return size - size % run if size > run else size


def _tiled(array: np.ndarray, count: int) -> np.ndarray:
    return np.broadcast_to(array, (count, *array.shape[1:]))
