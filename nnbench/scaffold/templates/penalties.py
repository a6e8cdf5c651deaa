"""Offers the penalty example."""

import numpy as np
from jaxtyping import Float

from nnbench import NonNegative, Penalty, Weights, hookimpl


class Example(Penalty):
    """lam·Σ log(1 + w²): pulls small weights as L2 does, and large ones hardly at all.

    Gradient 2·lam·w / (1 + w²).
    """

    lam: NonNegative = 1e-4
    """Strength λ."""

    def value(self, w: Weights) -> Float[np.ndarray, "trial 1 1"]:
        """Penalty of each trial's matrix."""
        return self.lam * np.log1p(w * w).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: Weights) -> Weights:
        """Derivative with respect to each weight."""
        return 2 * self.lam * w / (1 + w * w)


@hookimpl
def nnbench_components() -> list[type[Penalty]]:
    """Tell nnbench which components this package has."""
    return [Example]
