"""Preprocessors: what happens to the inputs first."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol, runtime_checkable

from nnbench.kinds.arrays import Samples
from nnbench.kinds.base import Component


@runtime_checkable
class Transform(Protocol):
    """A preprocessor fitted to the training split."""

    def apply(self, x: Samples) -> Samples:
        """Transformed inputs; x stays as it is."""


class Preprocessor(Component):
    """Transforms the inputs, with everything that it estimates taken from the training split."""

    def features(self, features: int) -> int:
        """How many features come out when so many go in."""
        return features

    @abstractmethod
    def fit(self, x: Samples) -> Transform:
        """Estimate from the training inputs, (sample, feature) in float64."""
