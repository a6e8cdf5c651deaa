"""Inverted dropout: masks drawn anew for every batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnbench.engine.dense.layout import Layout
from nnbench.engine.dense.network import Masks
from nnbench.grid.trial import Trial


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
