"""What changes from step to step: batches in shuffled order, and dropout masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnbench.engine.data import Split, Splits, data_key
from nnbench.engine.network import Layout, Masks
from nnbench.grid.trial import Trial
from nnbench.kinds import Scores, Units


class Batches:
    """The training splits of a stack, shuffled anew for every epoch; equal luck gives equal orders."""

    def __init__(self, trials: Sequence[Trial], data: Sequence[Splits]) -> None:
        cell = trials[0].cell
        self._size = cell.batch_size
        self._per_epoch = cell.train_size // cell.batch_size
        self._at = self._per_epoch
        self._features = len(data[0].train.inputs)
        self._orders = {trial.luck: trial.stream("order") for trial in trials}
        self._train_size = cell.train_size
        # inputs above targets, so that one gather shuffles both; trials with the same data and seed share it
        shared: dict[Any, list[int]] = {}
        for i, trial in enumerate(trials):
            shared.setdefault(data_key(trial), []).append(i)
        self._sources = [
            (trials[rows[0]].luck, rows, np.vstack([data[rows[0]].train.inputs, data[rows[0]].train.targets]))
            for rows in shared.values()
        ]
        self._labels = [data[rows[0]].train.labels for rows in shared.values()]
        self._epoch = np.empty((len(trials), *self._sources[0][2].shape), np.dtype(cell.precision))
        self._readable = self._epoch.view()
        self._readable.flags.writeable = False

    def next(self) -> tuple[Units, Scores]:
        """Inputs (trial, feature + 1, sample) and targets (trial, class, sample) of the next batch."""
        if self._at == self._per_epoch:
            self._shuffle()
            self._at = 0
        batch = self._readable[:, :, self._at * self._size : (self._at + 1) * self._size]
        self._at += 1
        return batch[:, : self._features], batch[:, self._features :]

    def splits(self) -> list[Split]:
        """Each trial's whole training split, in the order in which it was drawn; views, not copies."""
        found: dict[int, Split] = {}
        for (_, rows, source), labels in zip(self._sources, self._labels, strict=True):
            split = Split(source[: self._features], source[self._features :], labels)
            found.update(dict.fromkeys(rows, split))
        return [found[trial] for trial in range(len(found))]

    def _shuffle(self) -> None:
        orders = {luck: rng.permutation(self._train_size) for luck, rng in self._orders.items()}
        for luck, rows, source in self._sources:
            first = self._epoch[rows[0]]
            np.take(source, orders[luck], axis=1, out=first, mode="clip")
            for row in rows[1:]:
                self._epoch[row] = first


class Dropout:
    """Inverted dropout: each hidden unit is dropped with the trial's probability, the kept ones divided by that of keeping."""

    def __init__(self, trials: Sequence[Trial], layout: Layout, dtype: np.dtype[Any]) -> None:
        cell = trials[0].cell
        hidden = range(len(layout.sizes) - 2)
        shared: dict[Any, list[int]] = {}
        for i, trial in enumerate(trials):
            shared.setdefault(trial.luck, []).append(i)
        self._sources = [([trials[rows[0]].stream("dropout", layer) for layer in hidden], rows) for rows in shared.values()]
        self._drop = np.array([trial.cell.dropout for trial in trials], dtype)[:, None, None]
        self._scale = 1 / (1 - self._drop)
        self._draws = [np.zeros((len(trials), units + 1, cell.batch_size), dtype) for units in layout.sizes[1:-1]]

    def draw(self) -> Masks:
        """A mask for each hidden layer, padded like its activations; trials with equal luck share the underlying draws."""
        for streams, rows in self._sources:
            for rng, draws in zip(streams, self._draws, strict=True):
                draws[rows, :-1] = rng.random((draws.shape[1] - 1, draws.shape[2]), dtype=np.float32)
        return [(draws >= self._drop) * self._scale for draws in self._draws]

    def skip(self, steps: int) -> None:
        """Leave out the draws of so many steps."""
        for streams, _ in self._sources:
            for rng, draws in zip(streams, self._draws, strict=True):
                numbers = (draws.shape[1] - 1) * draws.shape[2]
                if numbers % 2 == 0 and isinstance(rng.bit_generator, np.random.PCG64):
                    rng.bit_generator.advance(steps * numbers // 2)  # which makes two numbers in float32 at a time
                else:
                    rng.random(steps * numbers, dtype=np.float32)
