"""What is measured inside the networks on the way."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nnbench.engine.network import Flat, Network

SATURATED = 0.05
"""A unit is saturated at a sample where |f'(z)| is below this."""

PerTrial = Float[np.ndarray, " trial"]
PerLayer = Float[np.ndarray, "trial layer"]


def norm(flat: Flat) -> PerTrial:
    """Euclidean norm of each row."""
    return np.sqrt(np.add.reduce(np.square(flat, dtype=np.float64), axis=1))


def inside(network: Network) -> dict[str, PerLayer]:
    """Spread of activations and gradients, dead and saturated shares of each hidden layer, for the batch last passed."""
    trials = network.scores.shape[0]
    layers = len(network.z)
    found = {name: np.empty((trials, layers)) for name in ("activation_std", "gradient_std", "dead", "saturated")}
    samples = network.scores.shape[2]
    for layer in range(layers):
        found["activation_std"][:, layer] = _spread(network.a[layer][:, :-1])
        # back-propagation divides by the batch size; per-sample gradients do not depend on it
        found["gradient_std"][:, layer] = _spread(network.deltas[layer]) * samples
        for rows, derivative in network.derivatives(layer):
            slope = np.abs(derivative[:, :-1])
            found["dead"][rows, layer] = (slope.max(axis=2) == 0).mean(axis=1)
            found["saturated"][rows, layer] = np.count_nonzero(slope < SATURATED, axis=(1, 2)) / slope[0].size
    return found


def _spread(x: Float[np.ndarray, "trial unit sample"]) -> PerTrial:
    rows = x.reshape(len(x), -1)  # contiguous, so that NumPy sums each row the same way whatever the others are
    centred = rows - rows.mean(axis=1, keepdims=True)
    return np.sqrt(np.square(centred, out=centred).mean(axis=1))
