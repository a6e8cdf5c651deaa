"""Data sets with one mistake each."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from broken_components.planting import Array, breaks
from nnbench import Dataset, Ge, Le, NonNegative


class _Corners(Dataset):
    """Clouds around the corners of a square, one class for each diagonal."""

    classes, features, target = 2, 2, 0.95

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        bits = np.stack([np.arange(n) % 2, np.arange(n) // 2 % 2], axis=1)
        return 2.0 * bits - 1 + 0.3 * rng.standard_normal((n, 2)), bits[:, 0] ^ bits[:, 1]


@breaks("stream_matters")
class TheSameEveryTime(_Corners):
    """Corners from a seed of its own."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        return super().sample(np.random.default_rng(0), n)


@breaks("no_global_random_state")
class GlobalNoise(_Corners):
    """Corners with noise from NumPy's global generator."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, labels = super().sample(rng, n)
        return x + 0.01 * np.random.standard_normal(x.shape), labels  # noqa: NPY002


@breaks("stream_determines_samples")
class KeepsItsStream(_Corners):
    """Corners from the generator of the first call."""

    first: ClassVar[list[np.random.Generator]] = []

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        self.first.append(rng)
        return super().sample(self.first[0], n)


@breaks("classes_are_balanced")
class RarelyTheOther(_Corners):
    """Corners with one sample in ten of class 1."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, labels = super().sample(rng, 10 * n)
        by_class = np.argsort(labels, kind="stable")
        kept = np.concatenate([by_class[: n - n // 10], by_class[::-1][: n // 10]])
        return x[kept], labels[kept]


@breaks("classes_are_balanced")
class CountsClassesFromOne(_Corners):
    """Corners with labels 1 and 2."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, labels = super().sample(rng, n)
        return x, labels + 1


@breaks("no_line_separates")
class LinearlySeparable(_Corners):
    """Corners with the classes of the sides: a line will do."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, _ = super().sample(rng, n)
        labels = np.arange(n) % 2
        return x, labels


@breaks("target_is_reachable")
class OutOfReach(_Corners):
    """Corners in a fog, with the target of clear weather."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, labels = super().sample(rng, n)
        return x + rng.standard_normal(x.shape), labels


@breaks("target_is_an_accuracy")
class PercentForShare(_Corners):
    """Corners with a target in percent."""

    target = 95.0


@breaks("shape_and_dtype")
class LabelsAreNumbers(_Corners):
    """Corners with labels in float64."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, labels = super().sample(rng, n)
        return x, labels.astype(float)


@breaks("shape_and_dtype")
class EvenNumbersAlone(_Corners):
    """Corners in pairs: one sample fewer where the number is odd."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        return super().sample(rng, n // 2 * 2)


@breaks("target_is_an_accuracy")
class AsksForLessThanGuessing(_Corners):
    """Corners with further features, each of which takes something off the target."""

    more: Annotated[int, Ge(0), Le(20)] = 0

    @property
    def target(self) -> float:
        return 0.95 - 0.03 * self.more


@breaks("no_line_separates")
class MovesTheCornersApart(_Corners):
    """Corners of which one diagonal can be moved away, with the target of those that are not."""

    shift: NonNegative = 0.0

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, labels = super().sample(rng, n)
        return x + 20 * self.shift * labels[:, None], labels
