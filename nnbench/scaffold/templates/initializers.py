"""Offers the initializer example."""

import numpy as np
from jaxtyping import Float

from nnbench import Initializer, Positive, hookimpl


class Example(Initializer):
    """N(0, gain² / √(fan_in·fan_out)): a compromise between stable signals and stable gradients."""

    gain: Positive = 1.0
    """Factor by which the standard deviation is multiplied."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        """Draw the weights, with a row for each unit."""
        return self.spread(fan_in, fan_out) * rng.standard_normal((fan_out, fan_in))

    def spread(self, fan_in: int, fan_out: int) -> float:
        """Return the standard deviation of the weights."""
        return float(self.gain * (fan_in * fan_out) ** -0.25)


@hookimpl
def nnbench_components() -> list[type[Initializer]]:
    """Tell nnbench which components this package has."""
    return [Example]
