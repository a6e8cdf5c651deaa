"""Classes that alternate between the squares of a board."""

from __future__ import annotations

from statistics import NormalDist
from typing import Annotated

import numpy as np
from jaxtyping import Int

from nnbench import Dataset, Ge, Positive, Samples


class XOR(Dataset):
    """Gaussian clouds around (±1, ±1), class 1 where the signs differ.

    Linear accuracy 0.50. An ideal classifier takes the sign of x_0·x_1; it errs where noise carries exactly one of the two
    coordinates across 0. checkerboard with two squares is the same task with evenly filled quadrants.
    """

    classes = 2
    features = 2

    noise: Positive = 0.4
    """Standard deviation of each cloud."""

    @property
    def target(self) -> float:
        stays = NormalDist(sigma=self.noise).cdf(1)
        return stays**2 + (1 - stays) ** 2 - 0.02

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Samples, Int[np.ndarray, " sample"]]:
        corner = np.arange(n) % 4
        bits = np.stack([corner // 2, corner % 2], axis=1)
        return 2 * bits - 1 + self.noise * rng.standard_normal((n, 2)), bits[:, 0] ^ bits[:, 1]


class Checkerboard(Dataset):
    """A board of squares × squares on [-1, 1]², classes by colour, evenly filled.

    Linear accuracy about 0.52. The classes touch, and so what is lost is along the edges: their total length, and with it the
    samples and the steps needed, grows with `squares`.
    """

    classes = 2
    features = 2

    squares: Annotated[int, Ge(2)] = 3
    """Squares along each side."""

    @property
    def target(self) -> float:
        return max(1 - 0.02 * self.squares, 0.75)

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Samples, Int[np.ndarray, " sample"]]:
        labels = np.arange(n) % 2
        row, column = np.indices((self.squares, self.squares)).reshape(2, -1)
        colour = (row + column) % 2
        drawn = [rng.choice(np.flatnonzero(colour == label), n) for label in (0, 1)]
        square = np.where(labels == 0, *drawn)
        corner = np.stack([column[square], row[square]], axis=1)
        return 2 * (corner + rng.random((n, 2))) / self.squares - 1, labels
