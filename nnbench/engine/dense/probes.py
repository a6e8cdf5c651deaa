"""What is measured inside the networks on the way.

A unit is flat at a sample where the slope of its activation there, |f'(z)|, is in the lowest 5 % of the range of slopes that the
activation has: with that, activations whose slopes are of different sizes (sigmoid's is at most ¼, a leaky ReLU's never 0) are held
to one standard.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from nnbench.engine.contract import checked
from nnbench.engine.dense.network import Network
from nnbench.engine.model import PerLayer
from nnbench.engine.parts import parts
from nnbench.engine.task import PerTrial
from nnbench.kinds import Activation

SHARE = 0.05
"""Of the range of its activation's slopes: a unit with less above the smallest at a sample is saturated there."""
GRID = np.concatenate([np.linspace(-50, -5, 91)[:-1], np.linspace(-5, 5, 1001), np.linspace(5, 50, 91)[1:]])
"""Pre-activations among which the smallest slope is found, and the largest among those from -5 to 5."""

Slopes = Float[np.ndarray, "trial 1 1"]


def flat_below(activations: Sequence[Activation], dtype: np.dtype[Any]) -> Slopes:
    """The slope below which each trial's units are saturated, in the precision of the stack.

    NaN where the slopes are not known. An activation whose slope is the same all over the grid is nowhere saturated, but where it
    is 0. What an activation learns has its first value here.
    """
    ranges = {activation: slope_range(activation) for activation in dict.fromkeys(activations)}
    slopes = np.array([low + SHARE * (high - low) for low, high in (ranges[activation] for activation in activations)])
    return np.maximum(slopes, np.finfo(dtype).tiny).astype(dtype).reshape(-1, 1, 1)


def slope_range(activation: Activation) -> tuple[float, float]:
    """The smallest finite |f'(z)| on -50 ≤ z ≤ 50 and the largest on -5 ≤ z ≤ 5, in float64; NaN if there is none or it raises.

    Raising is no reason for a trial to fail whose own pre-activations may all be elsewhere.
    """
    (part,) = parts([activation], GRID.dtype)
    z = GRID.reshape(1, 1, -1).copy()
    try:
        with np.errstate(all="ignore"):
            a = checked(activation, "forward", part.component.forward(z), z)
            slopes = np.abs(checked(activation, "derivative", part.component.derivative(z, a), z))
    except Exception:
        return (math.nan, math.nan)
    near = slopes[(np.abs(z) <= 5) & np.isfinite(slopes)]
    return (float(slopes[np.isfinite(slopes)].min()), float(near.max())) if near.size else (math.nan, math.nan)


def inside(network: Network, flat_below: Slopes) -> dict[str, PerLayer]:
    """Spread of activations and gradients, dead and saturated shares of each hidden layer, for the batch last passed.

    `flat_below` is what the function of that name gives; where it is NaN, so are the shares.
    """
    trials = network.scores.shape[0]
    layers = len(network.z)
    measured = {name: np.empty((trials, layers)) for name in ("activation_std", "gradient_std", "dead", "saturated")}
    samples = network.scores.shape[2]
    for layer in range(layers):
        measured["activation_std"][:, layer] = _spread(network.a[layer][:, :-1])
        # back-propagation divides by the batch size; per-sample gradients do not depend on it
        measured["gradient_std"][:, layer] = _spread(network.deltas[layer]) * samples
        for rows, derivative in network.derivatives(layer):
            flat = np.abs(derivative[:, :-1]) < flat_below[rows]
            measured["dead"][rows, layer] = flat.all(axis=2).mean(axis=1)
            measured["saturated"][rows, layer] = np.count_nonzero(flat, axis=(1, 2)) / flat[0].size
    unknown = np.isnan(flat_below[:, 0, 0])
    for name in ("dead", "saturated"):
        measured[name][unknown] = np.nan
    return measured


def _spread(x: Float[np.ndarray, "trial unit sample"]) -> PerTrial:
    rows = x.reshape(len(x), -1)  # contiguous, so that NumPy sums each row the same way whatever the others are
    centred = rows - rows.mean(axis=1, keepdims=True)
    return np.sqrt(np.square(centred, out=centred).mean(axis=1))
