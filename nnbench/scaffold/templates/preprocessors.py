"""Offers the preprocessor example."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nnbench import Preprocessor, Samples, hookimpl


@dataclass(frozen=True)
class Fitted:
    """The scale estimated from the training inputs, which can be applied to any inputs."""

    scale: Float[np.ndarray, " feature"]

    def apply(self, x: Samples) -> Samples:
        """Divide each feature by its scale."""
        return x / self.scale


class Example(Preprocessor):
    """x / max |x|: divide each feature by its largest training value; all zeros stay zero."""

    def fit(self, x: Samples) -> Fitted:
        """Estimate the scale from the training inputs alone."""
        largest = np.abs(x).max(axis=0)
        return Fitted(np.where(largest > 0, largest, 1.0))


@hookimpl
def nnbench_components() -> list[type[Preprocessor]]:
    """Tell nnbench which components this package has."""
    return [Example]
