"""Offers the initializer example."""

import numpy as np
from jaxtyping import Float

from nnbench import Initializer, Positive, hookimpl


class Example(Initializer):
    """N(0, gain² / √(fan_in·fan_out)): halfway between level signals and level gradients."""

    gain: Positive = 1.0
    """What the spread is multiplied by."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        """Weights, a row for each unit."""
        return self.spread(fan_in, fan_out) * rng.standard_normal((fan_out, fan_in))

    def spread(self, fan_in: int, fan_out: int) -> float:
        """Standard deviation of the weights."""
        return float(self.gain * (fan_in * fan_out) ** -0.25)


@hookimpl
def nnbench_components() -> list[type[Initializer]]:
    """Offer the components of this package."""
    return [Example]
