"""Data sets: synthetic classification tasks."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from jaxtyping import Int

from nnbench.kinds.arrays import Samples
from nnbench.kinds.base import Component


class Dataset(Component):
    """A synthetic classification task."""

    @property
    @abstractmethod
    def classes(self) -> int:
        """How many classes there are; labels are 0 … classes - 1."""

    @property
    @abstractmethod
    def features(self) -> int:
        """How many features a sample has."""

    @property
    @abstractmethod
    def target(self) -> float:
        """The accuracy that a good small network reaches and a linear model does not."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, n: int) -> tuple[Samples, Int[np.ndarray, " sample"]]:
        """Draw n samples from `rng` alone, in any order: x (sample, feature) in float64 and labels (sample,)."""
