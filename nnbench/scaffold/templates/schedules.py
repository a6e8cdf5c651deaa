"""Offers the schedule example."""

import numpy as np
from jaxtyping import Float, Int

from nnbench import Positive, Schedule, hookimpl


class Example(Schedule):
    """1 / (1 + k·step / total): falls fast at first, and slower and slower to 1 / (1 + k)."""

    k: Positive = 9.0
    """How far it falls."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        """Multiplier of the learning rate at each step, from 0 to total - 1."""
        return 1 / (1 + self.k * step / total)


@hookimpl
def nnbench_components() -> list[type[Schedule]]:
    """Offer the components of this package."""
    return [Example]
