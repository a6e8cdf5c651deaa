"""Cells with a number of classes that no data set may have, to look at losses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Int

from nnbench.grid.trial import Cell
from nnbench.kinds import Dataset, Samples


class Examples(Dataset):
    """Normal inputs and labels at random: for gradient checks, which ask for nothing but their number."""

    classes: int = 2
    features: int = 2
    target = 1.0

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Samples, Int[np.ndarray, " sample"]]:
        """Inputs that tell nothing of their labels."""
        return rng.normal(size=(n, self.features)), rng.integers(self.classes, size=n)


def with_classes(cell: Cell, classes: int) -> Cell:
    """The cell with so many classes in place of its data set's."""
    return replace(cell, dataset=Examples(classes=classes, features=cell.dataset.features))


def has_examples(cell: Cell) -> bool:
    """Whether the cell's data set was replaced so."""
    return isinstance(cell.dataset, Examples)
