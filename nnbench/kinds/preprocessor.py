"""Preprocessors: how inputs are transformed before training."""

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
    """Transforms the inputs; whatever it estimates comes from the training split alone."""

    def features(self, features: int) -> int:
        """How many features come out if this many go in."""
        return features

    @abstractmethod
    def fit(self, x: Samples) -> Transform:
        """Estimate what is needed from the training inputs, (sample, feature) in float64."""
