"""What several optimizers measure of a layer or of a network."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nnbench import Weights

PerTrial = Float[np.ndarray, "trial 1 1"]


def dot(a: Weights, b: Weights) -> PerTrial:
    """Σ a·b over each trial: one product of its own for every trial, so that none depends on the others."""
    return np.matmul(a.reshape(len(a), 1, -1), b.reshape(len(b), -1, 1))


def total(a: Weights) -> PerTrial:
    """Σ|a| over each trial."""
    return np.abs(a.reshape(len(a), 1, -1)).sum(axis=2, keepdims=True)


def norm(a: Weights) -> PerTrial:
    """√Σa² over each trial."""
    return np.sqrt(dot(a, a))
