"""What is measured inside the networks on the way.

A unit is flat at a sample where the slope of its activation there, |f'(z)|, is below 5 % of the largest that the activation has:
with that, activations whose slopes are of different sizes (sigmoid's is at most ¼) are held to one standard.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from nnbench.components import Activation
from nnbench.engine.network import Flat, Network, checked
from nnbench.engine.stack import parts

SHARE = 0.05
"""Of its activation's largest slope: a unit with less at a sample is saturated there."""
GRID = np.linspace(-5, 5, 1001)
"""Pre-activations among which the largest slope is found."""

PerTrial = Float[np.ndarray, " trial"]
PerLayer = Float[np.ndarray, "trial layer"]
Slopes = Float[np.ndarray, "trial 1 1"]


def norm(flat: Flat) -> PerTrial:
    """Euclidean norm of each row."""
    return np.sqrt(np.add.reduce(np.square(flat, dtype=np.float64), axis=1))


def flat_below(activations: Sequence[Activation], dtype: np.dtype[Any]) -> Slopes:
    """The slope below which each trial's units are saturated, in the precision of the stack.

    NaN where the largest slope is not known. An activation whose slope is 0 all over the grid is saturated wherever it is 0.
    """
    largest = {activation: largest_slope(activation) for activation in dict.fromkeys(activations)}
    slopes = np.array([SHARE * largest[activation] for activation in activations])
    return np.maximum(slopes, np.finfo(dtype).tiny).astype(dtype).reshape(-1, 1, 1)


def largest_slope(activation: Activation) -> float:
    """The largest finite |f'(z)| on the grid, computed in float64; NaN where there is none, or if the activation raises.

    Raising is no reason for a trial to fail whose own pre-activations may all be elsewhere.
    """
    (part,) = parts([activation], GRID.dtype)
    z = GRID.reshape(1, 1, -1).copy()
    try:
        with np.errstate(all="ignore"):
            a = checked(activation, "forward", part.component.forward(z), z)
            slopes = np.abs(checked(activation, "derivative", part.component.derivative(z, a), z))
    except Exception:
        return float("nan")
    finite = slopes[np.isfinite(slopes)]
    return float(finite.max()) if finite.size else float("nan")


def inside(network: Network, flat_below: Slopes) -> dict[str, PerLayer]:
    """Spread of activations and gradients, dead and saturated shares of each hidden layer, for the batch last passed.

    `flat_below` is what the function of that name gives; where it is NaN, so are the shares.
    """
    trials = network.scores.shape[0]
    layers = len(network.z)
    found = {name: np.empty((trials, layers)) for name in ("activation_std", "gradient_std", "dead", "saturated")}
    samples = network.scores.shape[2]
    for layer in range(layers):
        found["activation_std"][:, layer] = _spread(network.a[layer][:, :-1])
        # back-propagation divides by the batch size; per-sample gradients do not depend on it
        found["gradient_std"][:, layer] = _spread(network.deltas[layer]) * samples
        for rows, derivative in network.derivatives(layer):
            flat = np.abs(derivative[:, :-1]) < flat_below[rows]
            found["dead"][rows, layer] = flat.all(axis=2).mean(axis=1)
            found["saturated"][rows, layer] = np.count_nonzero(flat, axis=(1, 2)) / flat[0].size
    unknown = np.isnan(flat_below[:, 0, 0])
    for name in ("dead", "saturated"):
        found[name][unknown] = np.nan
    return found


def _spread(x: Float[np.ndarray, "trial unit sample"]) -> PerTrial:
    rows = x.reshape(len(x), -1)  # contiguous, so that NumPy sums each row the same way whatever the others are
    centred = rows - rows.mean(axis=1, keepdims=True)
    return np.sqrt(np.square(centred, out=centred).mean(axis=1))
