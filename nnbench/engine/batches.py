"""Batches in shuffled order, anew for every epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnbench.engine.data import Split, Splits, data_key
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
        self._truth = [data[rows[0]].train.truth for rows in shared.values()]
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
        splits: dict[int, Split] = {}
        for (_, rows, source), truth in zip(self._sources, self._truth, strict=True):
            split = Split(source[: self._features], source[self._features :], truth)
            splits.update(dict.fromkeys(rows, split))
        return [splits[trial] for trial in range(len(splits))]

    def _shuffle(self) -> None:
        orders = {luck: rng.permutation(self._train_size) for luck, rng in self._orders.items()}
        for luck, rows, source in self._sources:
            first = self._epoch[rows[0]]
            np.take(source, orders[luck], axis=1, out=first, mode="clip")
            for row in rows[1:]:
                self._epoch[row] = first
