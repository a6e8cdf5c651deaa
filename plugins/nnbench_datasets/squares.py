"""Classes that alternate between the squares of a board."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from nnbench import Ge, Gt, Le, Lt, NonNegative, Positive, Samples
from nnbench_datasets.task import Labels, Task, in_turn, separable


class XOR(Task):
    """Gaussian clouds around (±1, ±1), class 1 where the signs differ.

    The smallest task with an interaction: neither feature says anything alone, both together say it all.

    Linear accuracy 0.58. An ideal classifier takes the sign of x_0·x_1; it errs where noise carries exactly one of the two
    coordinates across 0. checkerboard with two squares is the same task with evenly filled quadrants.
    """

    classes = 2
    dimensions = 2

    noise: Positive = 0.4
    """Standard deviation of each cloud."""

    @property
    def clean_target(self) -> float:
        stays = separable(1.0, self.noise)
        return stays**2 + (1 - stays) ** 2 - 0.02

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        corner = np.arange(n) % 4
        bits = np.stack([corner // 2, corner % 2], axis=1)
        return 2 * bits - 1 + self.noise * rng.standard_normal((n, 2)), bits[:, 0] ^ bits[:, 1]


class Checkerboard(Task):
    """A board of squares × squares on [-1, 1]², classes by colour, evenly filled.

    Many small regions with straight edges: shows how many bends a network can place in a plane.

    Linear accuracy about 0.53. The classes touch, and so what is lost is along the edges: their total length, and with it the
    samples and the steps needed, grows with `squares`.
    """

    aliases = ("chessboard",)
    classes = 2
    dimensions = 2

    squares: Annotated[int, Ge(2), Le(100)] = 3
    """Squares along each side."""

    @property
    def clean_target(self) -> float:
        return max(1 - 0.02 * self.squares, 0.75)

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, 2)
        row, column = np.indices((self.squares, self.squares)).reshape(2, -1)
        colour = (row + column) % 2
        drawn = [rng.choice(np.flatnonzero(colour == label), n) for label in (0, 1)]
        square = np.where(labels == 0, *drawn)
        corner = np.stack([column[square], row[square]], axis=1)
        return 2 * (corner + rng.random((n, 2))) / self.squares - 1, labels


class Corners(Task):
    """Four L-shaped corners around the origin, opposite ones of one class, noise around them.

    Four pieces in two classes: a network must join opposite corners without joining neighbours.

    Linear accuracy 0.58. From Jeroen Kools, "6 functions for generating artificial datasets" (MATLAB Central), with its
    proportions, the arms ending at 1; there each corner is a class of its own, and a linear model separates them.
    """

    classes = 2
    dimensions = 2

    gap: Annotated[float, Gt(0), Lt(0.5)] = 0.17
    """Distance of the corners from the axes."""
    width: Annotated[float, Gt(0), Lt(0.5)] = 0.17
    """Of each arm."""
    noise: NonNegative = 0.05
    """Standard deviation in both coordinates."""

    @property
    def clean_target(self) -> float:
        return separable(self.gap + 0.3 * self.width, self.noise) - 0.02

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, 2)
        length = 1 - self.gap
        arm = np.where(rng.random((n, 1)) < 0.5, [length, self.width], [self.width, length])
        side = rng.choice([-1, 1], n)
        quadrant = np.stack([side, side * (1 - 2 * labels)], axis=1)
        return quadrant * (self.gap + arm * rng.random((n, 2))) + self.noise * rng.standard_normal((n, 2)), labels
