"""Offers the schedule example."""

import numpy as np
from jaxtyping import Float, Int

from nnbench import Positive, Schedule, hookimpl


class Example(Schedule):
    """1 / (1 + k·step / total): falls fast at first, then more and more slowly to 1 / (1 + k)."""

    k: Positive = 9.0
    """The larger it is, the further the rate falls."""

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        """What the learning rate is multiplied by at each step, from 0 to total - 1."""
        return 1 / (1 + self.k * step / total)


@hookimpl
def nnbench_components() -> list[type[Schedule]]:
    """Tell nnbench which components this package has."""
    return [Example]
