"""Preprocessors with one mistake each."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from broken_components.planting import Array, breaks
from nnbench import Preprocessor


class _Scaled:
    """A transform: (x - mean) / spread."""

    def __init__(self, mean: Any, spread: Any) -> None:
        self.mean, self.spread = mean, spread

    def apply(self, x: Array) -> Array:
        return (x - self.mean) / self.spread


class _Standard(Preprocessor):
    """(x - mean) / standard deviation, 1 where that is 0."""

    def fit(self, x: Array) -> Any:
        spread = x.std(axis=0)
        return _Scaled(x.mean(axis=0), np.where(spread > 1e-9 * np.abs(x).max(), spread, 1))


class _Own(Preprocessor):
    """Its own transform, x itself."""

    def fit(self, x: Array) -> Any:
        return self

    def apply(self, x: Array) -> Array:
        return x.copy()


@breaks("fitted_on_training_alone")
class StandardizesEachSplit(_Own):
    """(x - mean) / standard deviation of whatever is transformed: the test split leaks into itself."""

    def apply(self, x: Array) -> Array:
        return (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-6)


class _Running:
    """A transform that goes on learning."""

    def __init__(self, mean: Array) -> None:
        self.mean = mean

    def apply(self, x: Array) -> Array:
        self.mean = 0.9 * self.mean + 0.1 * x.mean(axis=0)
        return x - self.mean


@breaks("fitted_on_training_alone")
class GoesOnLearning(_Standard):
    """x - running mean, which test samples move as well."""

    def fit(self, x: Array) -> Any:
        return _Running(x.mean(axis=0))


@breaks("fitted_once_and_for_all")
class FitsItself(_Own):
    """x - mean, kept on the preprocessor: the next fit changes the last one's transform."""

    means: ClassVar[list[Array]] = [np.zeros(1)]

    def fit(self, x: Array) -> Any:
        self.means[0] = x.mean(axis=0)
        return self

    def apply(self, x: Array) -> Array:
        return x - self.means[0]


class _Nearest:
    """A transform that looks into the training inputs."""

    def __init__(self, x: Array) -> None:
        self.x = x

    def apply(self, x: Array) -> Array:
        return x - self.x.min(axis=0)


@breaks("fitted_once_and_for_all")
class KeepsTheInputs(_Standard):
    """x - min, taken anew from the training inputs each time."""

    def fit(self, x: Array) -> Any:
        return _Nearest(x)


@breaks("constant_features_survive")
class DividesByNoSpread(_Standard):
    """(x - mean) / standard deviation, 0 / 0 for a constant feature."""

    def fit(self, x: Array) -> Any:
        return _Scaled(x.mean(axis=0), np.ptp(x, axis=0))


@breaks("few_samples_survive")
class NeedsTwoSamples(_Standard):
    """(x - mean) / standard deviation with n - 1, of which one sample has none."""

    def fit(self, x: Array) -> Any:
        spread = x.std(axis=0, ddof=1)
        return _Scaled(x.mean(axis=0), np.where(spread == 0, 1, np.maximum(spread, 1e-9 * np.abs(x).max())))


@breaks("any_unit_survives")
class Logarithm(_Standard):
    """log(x - min + 1e-3): NaN for what lies below all training samples."""

    def fit(self, x: Array) -> Any:
        return _Log(x.min(axis=0))


class _Log:
    """A transform: log(x - least + 1e-3)."""

    def __init__(self, least: Array) -> None:
        self.least = least

    def apply(self, x: Array) -> Array:
        return np.log(x - self.least + 1e-3)


class _InPlace(_Scaled):
    """A transform that subtracts in place."""

    def apply(self, x: Array) -> Array:
        x -= self.mean
        return x / self.spread


@breaks("arguments_untouched")
class StandardizesInPlace(_Standard):
    """(x - mean) / standard deviation, the first half in place."""

    def fit(self, x: Array) -> Any:
        return _InPlace(x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9))


@breaks("shape_and_dtype")
class DropsAFeature(_Own):
    """All but the last feature, which nobody was told."""

    def apply(self, x: Array) -> Array:
        return x[:, :-1].copy()


@breaks("shape_and_dtype")
class SinglePrecision(_Own):
    """X in float32."""

    def apply(self, x: Array) -> Array:
        return x.astype(np.float32)


@breaks("held_out_values_are_of_ordinary_size")
class DividesByRounding(_Standard):
    """(x - mean) / standard deviation, 1 only where that is exactly 0."""

    def fit(self, x: Array) -> Any:
        spread = x.std(axis=0)
        return _Scaled(x.mean(axis=0), np.where(spread > 0, spread, 1))
