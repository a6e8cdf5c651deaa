"""Offers the data set example."""

from typing import Annotated

import numpy as np
from jaxtyping import Int

from nnbench import Dataset, Ge, NonNegative, Samples, hookimpl


class Example(Dataset):
    """Stripes across a square, with alternating classes and Gaussian noise across them."""

    classes = 2
    features = 2

    stripes: Annotated[int, Ge(3)] = 4
    """Number of stripes."""
    noise: NonNegative = 0.05
    """Standard deviation of the noise, as a fraction of a stripe's width."""

    @property
    def target(self) -> float:
        """The accuracy that a good small network reaches and a linear model does not."""
        return float(max(0.95 - self.noise, 0.6))

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Samples, Int[np.ndarray, " sample"]]:
        """Draw n samples and their classes from `rng` alone."""
        stripe = np.arange(n) % self.stripes
        across = (stripe + rng.random(n) + self.noise * rng.standard_normal(n)) / self.stripes
        return np.stack([across, rng.random(n)], axis=1), stripe % 2


@hookimpl
def nnbench_components() -> list[type[Dataset]]:
    """Tell nnbench which components this package has."""
    return [Example]
