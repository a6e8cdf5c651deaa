"""Classes with equal means, which only products of features tell apart."""

from __future__ import annotations

from math import comb, exp
from typing import Annotated

import numpy as np

from nnbench import Ge, Le, NonNegative, Samples
from nnbench_datasets.task import Labels, Task, halfway, in_turn

FEW = 20
"""Frequencies up to which the sum in the error of an ideal detector is exact enough."""


class InnerProduct(Task):
    """Whether the inner product u·v of two standard normal vectors, the features, is positive.

    Multiplication from additions: networks need many units for what is one formula.

    Linear accuracy 0.53. The classes touch. Networks find inner products hard to learn as vectors get longer: Rendle et al. 2020,
    "Neural collaborative filtering vs. matrix factorization revisited".

    Rendle et al. 2020: https://arxiv.org/abs/2005.09683
    """

    classes = 2

    length: Annotated[int, Ge(1), Le(100)] = 2
    """Of each vector."""

    @property
    def dimensions(self) -> int:
        return 2 * self.length

    @property
    def clean_target(self) -> float:
        return max(exp(-0.04 * self.length), halfway(2))

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, 2)
        u, v = rng.standard_normal((2, n, self.length))
        turned = ((u * v).sum(axis=1) > 0) != labels
        return np.hstack([u, np.where(turned, -1, 1)[:, None] * v]), labels


class Tones(Task):
    """Sine waves of random phase in Gaussian noise, classes by frequency: 1, 2, … periods.

    Tell pitches whatever their phase: no sample in time helps, energy at a frequency does.

    Linear accuracy 0.36. What tells the classes is energy, a sum of two squares, whatever the phase: Adelson and Bergen 1985,
    "Spatiotemporal energy models for the perception of motion". The target follows from the error of an ideal detector of
    orthogonal signals of unknown phase (Proakis, "Digital Communications").

    Adelson and Bergen 1985: https://doi.org/10.1364/JOSAA.2.000284
    """

    classes: Annotated[int, Ge(2), Le(100)] = 3
    """Number of frequencies, less than half of `dimensions`."""
    dimensions: Annotated[int, Ge(5), Le(100)] = 16
    """Number of samples of the wave."""
    noise: NonNegative = 0.7
    """Standard deviation; the amplitude is 1."""

    def __post_init__(self) -> None:
        if 2 * self.classes >= self.dimensions:
            raise ValueError(
                f"{self.dimensions} samples cannot tell {self.classes} frequencies apart; give more than {2 * self.classes}"
            )
        super().__post_init__()

    @property
    def clean_target(self) -> float:
        energy = self.dimensions / (2 * min(max(self.noise, 1e-3), 1e9)) ** 2  # of the wave over the noise's spectral density
        rivals = self.classes - 1
        if self.classes <= FEW:
            ideal = sum((-1) ** k * comb(rivals, k) / (k + 1) * exp(-energy * k / (k + 1)) for k in range(rivals + 1))
        else:
            ideal = max(1 - rivals * exp(-energy / 2) / 2, 0)  # at least, and without differences of large numbers
        return ideal - min(0.025 * self.classes, 0.25)

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, self.classes)
        turns = (labels + 1)[:, None] * np.arange(self.dimensions) / self.dimensions + rng.random((n, 1))
        return np.sin(2 * np.pi * turns) + self.noise * rng.standard_normal((n, self.dimensions)), labels
