"""Classes that lie along curves, with Gaussian noise around them.

Targets lie a little below what the noise leaves possible: half the gap between two classes, in standard deviations of the noise,
gives the accuracy of an ideal classifier. docs/datasets.md lists what was measured.
"""

from __future__ import annotations

from math import exp
from typing import Annotated

import numpy as np

from nnbench import Ge, Gt, Le, Lt, NonNegative, Positive, Samples
from nnbench_datasets.task import Labels, Task, blurred, in_turn, on_circle, separable


class Moons(Task):
    """Two interleaved half circles of radius 1, Gaussian noise around them.

    The gentlest of all: a line gets most of it right, and one bend does the rest; noise sets the ceiling.

    Linear accuracy 0.87 with the default noise, 0.89 without any. The noise bounds every model's: 0.97 with the default.
    """

    aliases = ("make_moons", "two_moons")
    default = True
    classes = 2
    dimensions = 2

    noise: NonNegative = 0.2
    """Standard deviation around the curves."""

    @property
    def clean_target(self) -> float:
        return separable(0.38, self.noise) - 0.02  # 0.38: fitted to the best accuracies measured

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        from sklearn.datasets import make_moons  # takes a second to import

        x, labels = make_moons(n, shuffle=False, noise=self.noise, random_state=int(rng.integers(2**32)))
        return x, labels.astype(np.int64)


class HalfKernel(Task):
    """Half an ellipse inside another, both open to the left, Gaussian noise around them.

    One curve inside another: the boundary is a single bend, a gentle step beyond what a line can do.

    The inner one is class 1. Linear accuracy 0.69. From Jeroen Kools, "6 functions for generating artificial datasets" (MATLAB
    Central), with its proportions, the outer width being 1; its noise is uniform in a square, of the same standard deviation.
    """

    classes = 2
    dimensions = 2

    noise: NonNegative = 0.033
    """Standard deviation around the curves."""
    factor: Annotated[float, Gt(0), Lt(1)] = 0.57
    """Size of the inner curve over that of the outer one."""
    ratio: Annotated[float, Ge(0.2), Le(10)] = 0.6
    """Height over width."""

    @property
    def clean_target(self) -> float:
        return separable((1 - self.factor) * (1 + 2 * self.ratio) / 6, self.noise) - 0.02

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, 2)
        curve = on_circle((rng.random(n) - 0.5) / 2) * np.where(labels == 1, self.factor, 1)[:, None] * [1, self.ratio]
        return curve + self.noise * rng.standard_normal((n, 2)), labels


class Spirals(Task):
    """Intertwined Archimedean spirals, one to a class, Gaussian noise around them.

    The classic hard case: the boundary winds around, and near the centre every direction changes class.

    They run from the centre to the unit circle. Linear accuracy with one turn: 0.75 for two arms, 0.53 for three, 0.32 for five;
    it falls with the turns. More arms and more turns take longer to learn.
    """

    aliases = ("two_spirals",)
    dimensions = 2

    arms: Annotated[int, Ge(2), Le(100)] = 2
    """Number of spirals, and so of classes."""
    turns: Positive = 1.0
    """Revolutions of each from the centre to the rim."""
    noise: NonNegative = 0.02
    """Standard deviation around the curves."""

    @property
    def classes(self) -> int:
        return self.arms

    @property
    def clean_target(self) -> float:
        return separable(0.5 / (self.arms * max(self.turns, 1)), self.noise) - 0.05

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, self.arms)
        radius = np.sqrt(rng.random(n))  # about even along the curve, which is longer outside
        curve = radius[:, None] * on_circle(self.turns * radius + labels / self.arms)
        return curve + self.noise * rng.standard_normal((n, 2)), labels


class Pinwheel(Task):
    """Gaussian clouds drawn out along the radius and wound around the centre, one to a class.

    Arms that curl: the farther out, the more the boundary has turned.

    Linear accuracy 0.65 with five arms, 0.90 with three. Johnson et al. 2016, "Composing graphical models with neural networks
    for structured representations and fast inference"; their winding of 0.25 leaves five arms almost linearly separable (0.98).

    Johnson et al. 2016: https://arxiv.org/abs/1603.06277
    """

    dimensions = 2

    arms: Annotated[int, Ge(2), Le(100)] = 5
    """Number of clouds, and so of classes."""
    winding: Annotated[float, Ge(0), Le(10)] = 0.75
    """A point at distance r from the centre is turned by winding · exp(r), in radians."""
    length: Annotated[float, Gt(0), Le(1)] = 0.3
    """Standard deviation along the radius, around 1."""
    noise: NonNegative = 0.08
    """Standard deviation across the radius."""

    @property
    def classes(self) -> int:
        return self.arms

    @property
    def clean_target(self) -> float:
        inside = max(1 - 1.5 * self.length, 0.1)  # the arms come close to each other towards the centre
        return 2 * separable(np.pi / self.arms * inside, self.noise) - 1.05

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, self.arms)
        along = 1 + self.length * rng.standard_normal((n, 1))
        across = self.noise * rng.standard_normal((n, 1))
        turns = labels / self.arms + self.winding * np.exp(along[:, 0]) / (2 * np.pi)
        return along * on_circle(turns) + across * on_circle(turns + 0.25), labels


class Sine(Task):
    """Points up to 1 above or below a sine wave, Gaussian noise on top.

    A boundary that waves: each period asks for two more bends.

    The upper ones are class 1. Linear accuracy 0.69 with one and a half periods, 0.80 with one. The classes touch all along the
    wave; more periods take longer to learn.
    """

    classes = 2
    dimensions = 2

    periods: Annotated[float, Gt(0), Le(1_000)] = 1.5
    """Periods of the wave, whose amplitude is 1, between -1 and 1."""
    noise: NonNegative = 0.05
    """Standard deviation in both coordinates."""

    @property
    def clean_target(self) -> float:
        steepness = (1 + (2 * self.periods) ** 2) ** 0.5  # what noise along the wave amounts to across it
        return blurred(1.0, self.noise * steepness) * exp(-0.03 * self.periods)

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, 2)
        along = 2 * rng.random(n) - 1
        across = np.sin(np.pi * self.periods * along) + (2 * labels - 1) * rng.random(n)
        return np.stack([along, across], axis=1) + self.noise * rng.standard_normal((n, 2)), labels


class SwissRoll(Task):
    """A sheet rolled up in space, in strips of alternating classes, Gaussian noise around it.

    Flat if unrolled, tangled as it is: neighbours in space can be far apart on the sheet.

    Linear accuracy 0.67 with six strips, 0.81 with four. The sheet is that of scikit-learn's make_swiss_roll (Marsland 2009,
    "Machine Learning: An Algorithmic Perspective", chapter 10), one and a half turns from radius 1/3 to 1; the strips, here
    equally probable, have to be told apart both along the roll and from the neighbouring turns.
    """

    classes = 2
    dimensions = 3

    strips: Annotated[int, Ge(2), Le(1_000)] = 6
    """Number of strips; the innermost is class 0."""
    noise: NonNegative = 0.02
    """Standard deviation in each coordinate."""

    @property
    def clean_target(self) -> float:
        between_turns = 2 * separable(2 / 9, self.noise) - 1
        return blurred(np.pi / self.strips, self.noise) * between_turns * exp(-0.005 * self.strips)

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, 2)
        strip = labels + 2 * rng.integers(0, (self.strips + 1 - labels) // 2)
        radius = (1 + 2 * (strip + rng.random(n)) / self.strips) / 3
        roll = radius[:, None] * on_circle(2.25 * radius)
        sheet = np.insert(roll, 1, 2 * rng.random(n) - 1, axis=1)
        return sheet + self.noise * rng.standard_normal((n, 3)), labels


class Chainlink(Task):
    """Two rings of radius 1 in space, linked like those of a chain, Gaussian noise around them.

    Each ring passes through the other: no plane parts them, though they never touch.

    Linear accuracy 0.68. Ultsch 1995, "Self organizing neural networks perform different from statistical k-means clustering";
    one of the Fundamental Clustering Problems Suite.
    """

    classes = 2
    dimensions = 3

    noise: NonNegative = 0.15
    """Standard deviation in each coordinate."""

    @property
    def clean_target(self) -> float:
        return separable(0.43, self.noise) - 0.02  # 0.43: fitted to the best accuracies measured

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, 2)
        along, across = on_circle(rng.random(n)).T
        rings = np.stack([along + labels, across * (1 - labels), across * labels], axis=1)
        return rings + self.noise * rng.standard_normal((n, 3)), labels
