"""What the data sets of this package share: a family draws clean samples, and the base class makes them harder on demand."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from functools import cache
from statistics import NormalDist
from typing import Annotated, Any, TypeAlias

import numpy as np
from jaxtyping import Float, Int

from nnbench import Dataset, Ge, Le, Lt, Samples
from nnbench_datasets.lines import best_line

Labels: TypeAlias = Int[np.ndarray, " sample"]
"""The class of each sample."""


MARGIN = 0.02
"""By how much a target has to be above what the best line reaches: below that, chance passes it."""


class Task(Dataset):
    """A family of tasks, with wrong labels, features that say nothing and badly scaled ones laid over its own draw.

    Values with which the best line, or one class for all, comes to the target are refused: there is nothing to be learned that
    tells one network from another.

    Distractors, units and offset leave the target as it is: none of them changes what is attainable, but many distractors take
    more samples. Features do not depend on `label_noise`, and with more of it the labels that were wrong stay wrong.
    """

    label_noise: Annotated[float, Ge(0), Lt(0.5)] = 0.0
    """Probability that a label is replaced by another class, each of those equally likely."""
    distractors: Annotated[int, Ge(0), Le(1_000)] = 0
    """Number of further features, standard normal whatever the class."""
    units: Annotated[float, Ge(1), Le(1e12)] = 1.0
    """Unit of the last feature over that of the first; those between are spaced geometrically."""
    offset: Annotated[float, Ge(-1e9), Le(1e9)] = 0.0
    """Added to every feature, in its own unit."""

    def __post_init__(self) -> None:
        if self._changed() and not self._worth_reaching():
            raise ValueError(self._refusal())

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
        return self._with_wrong_labels(self.clean_target - self.label_noise / 10)  # what learning from wrong labels costs

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        x, labels = self.draw(rng, n)
        wrong = rng.random(n) < self.label_noise
        others = (labels + rng.integers(1, self.classes, n)) % self.classes
        x = np.hstack([x, rng.standard_normal((self.distractors, n)).T])
        return (x + self.offset) * self.units ** np.linspace(0, 1, self.features), np.where(wrong, others, labels)

    def _with_wrong_labels(self, right: float) -> float:
        """What predictions score by the labels that there are, if they are right about so many of the true ones."""
        return right * (1 - self.label_noise) + (1 - right) * self.label_noise / (self.classes - 1)

    def _changed(self) -> list[str]:
        """Names of hyperparameters that have other values than their defaults."""
        return [name for name, value in self.hyperparameters().items() if value != _default(self, name)]

    def _worth_reaching(self) -> bool:
        """Whether the target is above what guessing, one class for all and the best line reach."""
        if not self.target >= self._with_wrong_labels(1 / self.classes) + MARGIN:
            return False
        clean = _with(self, **{each.name: each.default for each in dataclasses.fields(Task)})
        return self.target >= self._with_wrong_labels(_line(clean)) + MARGIN

    def _refusal(self) -> str:
        """What is wrong with the values, and which of them would do."""
        changed = ", ".join(f"{name} = {getattr(self, name)!r}" for name in self._changed())
        remedies = [remedy for name in self._changed() if (remedy := self._remedy(name))]
        return (
            f"with {changed} a line, or one class for all, comes to the target, which leaves nothing to compare; "
            f"{'; or '.join(remedies) or 'take values closer to the defaults'}"
        )

    def _remedy(self, name: str) -> str:
        """The farthest value from a hyperparameter's default with which the others are all right, if there is one."""
        bad, good = getattr(self, name), _default(self, name)
        if not isinstance(bad, (int, float)) or not _with(self, **{name: good})._worth_reaching():
            return ""
        for _ in range(40):
            middle = (bad + good) // 2 if isinstance(bad, int) else _between(bad, good)
            if middle in (bad, good) or (isinstance(bad, float) and abs(bad - good) <= 0.02 * abs(good)):
                break
            if _with(self, **{name: middle})._worth_reaching():
                good = middle
            else:
                bad = middle
        shorter = () if isinstance(good, int) else (float(f"{good:.{digits}g}") for digits in (2, 3, 4, 6))
        short = next((each for each in shorter if _with(self, **{name: each})._worth_reaching()), good)
        return f"take {name} = {short} or {'less' if good < bad else 'more'}"


@cache
def _line(task: Task) -> float:
    return best_line(task.draw, task.classes)


def _with(task: Task, **changes: Any) -> Task:
    """The task with other values, whether or not they make sense."""
    other = object.__new__(type(task))
    for name, value in {**task.hyperparameters(), **changes}.items():
        object.__setattr__(other, name, value)
    return other


def _default(task: Task, name: str) -> Any:
    return next(each.default for each in dataclasses.fields(task) if each.name == name)


def _between(a: float, b: float) -> float:
    """Halfway: in the logarithm where both are above 0 and far apart."""
    if min(a, b) > 0 and max(a, b) > 4 * min(a, b):
        return float(np.sqrt(a) * np.sqrt(b))
    return a / 2 + b / 2


def halfway(classes: int) -> float:
    """Halfway between guessing and being always right: least target of a family in which more samples tell everything."""
    return (1 + 1 / classes) / 2


def separable(half_gap: float, noise: float) -> float:
    """Share of samples that Gaussian noise leaves on their own side of a boundary half a gap away."""
    return NormalDist(sigma=min(max(noise, 1e-9), 1e9)).cdf(half_gap)


def blurred(width: float, noise: float) -> float:
    """The same for samples that lie evenly between 0 and `width` away from the boundary."""
    normal = NormalDist(sigma=min(max(noise, 1e-9), 1e9))
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
