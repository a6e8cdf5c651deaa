"""Classes that the distance from a centre tells apart."""

from __future__ import annotations

from math import exp
from typing import Annotated

import numpy as np

from nnbench import Ge, Gt, Le, Lt, NonNegative, Samples
from nnbench_datasets.task import Labels, Task, by_rank, halfway, in_turn, on_circle, separable


class Circles(Task):
    """A circle of radius `factor` inside one of radius 1, Gaussian noise around them.

    The simplest task that no line solves: a network must enclose one class, which three hidden units can.

    The inner one is class 1. Linear accuracy 0.61.
    """

    aliases = ("make_circles",)
    classes = 2
    dimensions = 2

    noise: NonNegative = 0.1
    """Standard deviation around the curves."""
    factor: Annotated[float, Gt(0), Lt(1)] = 0.5
    """Radius of the inner circle."""

    @property
    def clean_target(self) -> float:
        return separable((1 - self.factor) / 2, self.noise) - 0.02

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        from sklearn.datasets import make_circles  # takes a second to import

        seed = int(rng.integers(2**32))
        x, labels = make_circles(n, shuffle=False, noise=self.noise, random_state=seed, factor=self.factor)
        return x, labels.astype(np.int64)


class Rings(Task):
    """Nested rings, one to a class, evenly spaced up to radius 1, Gaussian noise around them.

    Class after class around one centre: the network must count how far out a point is.

    Linear accuracy 0.30 with four classes, 0.44 with three.
    """

    dimensions = 2

    classes: Annotated[int, Ge(2), Le(100)] = 4
    """Number of rings; the innermost is class 0."""
    noise: NonNegative = 0.04
    """Standard deviation around the rings."""

    @property
    def clean_target(self) -> float:
        return 2 * separable(0.5 / self.classes, self.noise) - 1.03

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, self.classes)
        rings = ((labels + 1) / self.classes)[:, None] * on_circle(rng.random(n))
        return rings + self.noise * rng.standard_normal((n, 2)), labels


class ClusterInCluster(Task):
    """A disc inside a broad ring of radial spokes, Gaussian noise around them.

    circles with an uneven outside: enclosing the disc is easy, the gaps between spokes tempt to overfit.

    The ring is class 1. Linear accuracy 0.56. From Jeroen Kools, "6 functions for generating artificial datasets" (MATLAB
    Central), with its proportions, the ring's middle being at 1; there the disc is three circles, and noise there is none.
    """

    classes = 2
    dimensions = 2

    core: Annotated[float, Gt(0), Lt(0.8)] = 0.31
    """Radius of the disc."""
    spokes: Annotated[int, Ge(3), Le(10_000)] = 64
    """Number of spokes, from 5/6 to 7/6 of the ring's radius."""
    noise: NonNegative = 0.05
    """Standard deviation in both coordinates."""

    @property
    def clean_target(self) -> float:
        return separable((1 - self.core) / 2, self.noise) - 0.02

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, 2)
        inside = labels == 0
        depth, turns = rng.random((2, n))
        radius = np.where(inside, self.core * np.sqrt(depth), (5 + 2 * depth) / 6)
        turns = np.where(inside, turns, np.floor(turns * self.spokes) / self.spokes)
        return radius[:, None] * on_circle(turns) + self.noise * rng.standard_normal((n, 2)), labels


class Outliers(Task):
    """A disc, a ring around it, and four small groups far outside, which are one class.

    A few far points stretch the scale of all others: shows what preprocessing and robust losses are for.

    Linear accuracy 0.45. After Target, of the Fundamental Clustering Problems Suite (Ultsch 2005, "Clustering with SOM: U*C"),
    which has few of them. The farther they lie, the closer disc and ring come to each other once inputs are scaled.
    """

    classes = 3
    dimensions = 2

    distance: Annotated[float, Ge(2), Le(100)] = 5.0
    """Of the outliers from the centre, in radii of the ring; the disc has radius 1/2."""
    noise: NonNegative = 0.1
    """Standard deviation in both coordinates."""

    @property
    def clean_target(self) -> float:
        outside = 2 * separable((self.distance - 1) / 2, self.noise) - 1  # told apart from the ring
        return ((1 + separable(0.25, self.noise)) / 2 - 0.03) * outside

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, 3)
        depth, turns = rng.random((2, n))
        radius = np.choose(labels, [np.sqrt(depth) / 2, np.ones(n), np.full(n, self.distance)])
        turns = np.where(labels == 2, (np.floor(4 * turns) + 0.5) / 4, turns)
        return radius[:, None] * on_circle(turns) + self.noise * rng.standard_normal((n, 2)), labels


class GaussianQuantiles(Task):
    """Standard normal samples, classes by quantiles of the distance from the centre.

    Shells around the centre in several dimensions: only the length of x counts, and no single feature tells it.

    Linear accuracy 0.36 with three classes in four dimensions. Hastie, Tibshirani and Friedman 2009, "The Elements of Statistical
    Learning", section 10.1, have two classes in ten; scikit-learn's make_gaussian_quantiles, three in two. The classes touch.

    Hastie et al. 2009: https://doi.org/10.1007/978-0-387-84858-7
    """

    aliases = ("make_gaussian_quantiles",)

    dimensions: Annotated[int, Ge(2), Le(100)] = 4
    """Number of features, each as telling as any other."""
    classes: Annotated[int, Ge(2), Le(100)] = 3
    """Number of shells; the innermost is class 0."""

    @property
    def clean_target(self) -> float:
        return max(exp(-self.dimensions * self.classes / 72), halfway(self.classes))

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        x = rng.standard_normal((n, self.dimensions))
        return x, by_rank((x**2).sum(axis=1), self.classes)


class Ringnorm(Task):
    """Class 0 from N(0, 4I), class 1 from N((a, …, a), I), a = shift / √dimensions.

    Two clouds that overlap, one wide and one narrow: the boundary is a sphere, and no one gets everything right.

    Linear accuracy 0.64, with a shift of 2 0.76. Breiman 1996, "Bias, variance, and arcing classifiers", has 20 dimensions and
    a shift of 2, R's mlbench a shift of 1. An ideal classifier gains by dimensions what small networks lose.
    """

    classes = 2

    dimensions: Annotated[int, Ge(4), Le(100)] = 8
    """Number of features, each as telling as any other."""
    shift: Annotated[float, Ge(0), Le(2)] = 1.0
    """Distance between the classes' centres."""

    @property
    def clean_target(self) -> float:
        return 0.76 + 0.02 * self.shift**2

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, 2)
        centre = labels * self.shift / np.sqrt(self.dimensions)
        return centre[:, None] + (2 - labels)[:, None] * rng.standard_normal((n, self.dimensions)), labels
