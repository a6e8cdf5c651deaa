"""Offers the preprocessor example."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nnbench import Preprocessor, Samples, hookimpl


@dataclass(frozen=True)
class Fitted:
    """What was estimated from the training inputs, and how it is applied to any."""

    scale: Float[np.ndarray, " feature"]

    def apply(self, x: Samples) -> Samples:
        """Each feature in units of its scale."""
        return x / self.scale


class Example(Preprocessor):
    """x / max |x|: each feature in units of its largest training value; 0 everywhere stays 0."""

    def fit(self, x: Samples) -> Fitted:
        """Estimate from the training inputs alone."""
        largest = np.abs(x).max(axis=0)
        return Fitted(np.where(largest > 0, largest, 1.0))


@hookimpl
def nnbench_components() -> list[type[Preprocessor]]:
    """Offer the components of this package."""
    return [Example]
