"""What the data sets of this package share: a family draws clean samples, and the base class makes them harder on demand."""

from __future__ import annotations

from abc import abstractmethod
from statistics import NormalDist
from typing import Annotated, TypeAlias

import numpy as np
from jaxtyping import Float, Int

from nnbench import Dataset, Ge, Lt, Samples

Labels: TypeAlias = Int[np.ndarray, " sample"]
"""The class of each sample."""


class Task(Dataset):
    """A family of tasks, with wrong labels, features that say nothing and badly scaled ones laid over its own draw.

    Distractors, units and offset leave the target as it is: none of them changes what is attainable, but many distractors take
    more samples. Features do not depend on `label_noise`, and with more of it the labels that were wrong stay wrong.
    """

    label_noise: Annotated[float, Ge(0), Lt(0.5)] = 0.0
    """Probability that a label is replaced by another class, each of those equally likely."""
    distractors: Annotated[int, Ge(0)] = 0
    """Number of further features, standard normal whatever the class."""
    units: Annotated[float, Ge(1)] = 1.0
    """Unit of the last feature over that of the first; those between are spaced geometrically."""
    offset: float = 0.0
    """Added to every feature, in its own unit."""

    @property
    @abstractmethod
    def dimensions(self) -> int:
        """How many features the family draws itself."""

    @property
    @abstractmethod
    def clean_target(self) -> float:
        """Target without label noise."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        """N samples of the family's own features and their right labels; the sizes of classes differ by at most one."""

    @property
    def features(self) -> int:
        return self.dimensions + self.distractors

    @property
    def target(self) -> float:
        right = self.clean_target - self.label_noise / 10  # what learning from wrong labels costs
        return right * (1 - self.label_noise) + (1 - right) * self.label_noise / (self.classes - 1)

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        x, labels = self.draw(rng, n)
        wrong = rng.random(n) < self.label_noise
        others = (labels + rng.integers(1, self.classes, n)) % self.classes
        x = np.hstack([x, rng.standard_normal((self.distractors, n)).T])
        return (x + self.offset) * self.units ** np.linspace(0, 1, self.features), np.where(wrong, others, labels)


def separable(half_gap: float, noise: float) -> float:
    """Share of samples that Gaussian noise leaves on their own side of a boundary half a gap away."""
    return NormalDist(sigma=max(noise, 1e-9)).cdf(half_gap)


def blurred(width: float, noise: float) -> float:
    """The same for samples that lie evenly between 0 and `width` away from the boundary."""
    normal = NormalDist(sigma=max(noise, 1e-9))
    return normal.cdf(width) - normal.variance / width * (normal.pdf(0) - normal.pdf(width))


def in_turn(n: int, classes: int) -> Labels:
    """Labels of n samples: 0, 1, … classes - 1, 0, 1, …"""
    return np.arange(n) % classes


def by_rank(values: Float[np.ndarray, " sample"], classes: int) -> Labels:
    """Labels of equal frequency: 0 where values are smallest."""
    rank = np.empty(len(values), np.int64)
    rank[np.argsort(values)] = np.arange(len(values))
    return rank * classes // len(values)


def on_circle(turns: Float[np.ndarray, " sample"]) -> Samples:
    """Points of the unit circle."""
    angle = 2 * np.pi * turns
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)
