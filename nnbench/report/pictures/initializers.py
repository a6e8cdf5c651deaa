"""An initializer: the weights of a layer, and what ten layers of them do to the variance of activations."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from nnbench.engine.contract import checked
from nnbench.errors import ContractError
from nnbench.kinds import Activation, Initializer, Units
from nnbench.report.pictures.figure import Array, Bars, Figure, Limits, Line, Panel, number, widened
from nnbench.seeds import stream

WIDTH = 100
LAYERS = 10
SAMPLES = 200
WEIGHTS: Limits = (-0.6, 0.6)
BINS = 64
VARIANCE: Limits = (1e-6, 1e2)
"""What lies outside is drawn at the edge."""
READING = (
    f"Shares of a layer's weights, and the variance of activations after each of {LAYERS} layers of "
    f"{WIDTH} units that are drawn so."
)
"""How to read the pictures."""


class _Tanh(Activation):
    """tanh z, so that pictures of initializers depend on no plugin."""

    @property
    def gain(self) -> float:
        return 5 / 3

    def forward(self, z: Units) -> Units:
        return np.tanh(z)

    def derivative(self, z: Units, a: Units) -> Units:  # noqa: ARG002 - the contract's
        return 1 - a * a


class _Rectifier(Activation):
    """max(z, 0)."""

    kinks = (0.0,)

    @property
    def gain(self) -> float:
        return float(np.sqrt(2))

    def forward(self, z: Units) -> Units:
        return np.maximum(z, 0)

    def derivative(self, z: Units, a: Units) -> Units:  # noqa: ARG002 - the contract's
        return (z > 0).astype(z.dtype)


def draw(initializer: Initializer, _chosen: Collection[str] = ()) -> Figure:
    """A histogram of the first layer's weights, and the variance of activations after each layer."""
    with_tanh, weights = through_layers(initializer, _Tanh())
    with_rectifier, _ = through_layers(initializer, _Rectifier())
    w = np.ravel(weights[0])
    x_limits = widened(WEIGHTS, [w])
    counts, edges = np.histogram(w, bins=BINS, range=x_limits)
    share = counts / w.size
    layers = np.arange(LAYERS + 1.0)
    panels = (
        Panel("shares of a layer's weights", (Bars(edges, share),), "weight", x_limits, (0.0, 1.08 * float(share.max()))),
        Panel(
            "variance of activations",
            (
                Line(layers, np.clip(with_tanh, *VARIANCE), 0, "tanh"),
                Line(layers, np.clip(with_rectifier, *VARIANCE), 1, "max(z, 0)", dashed=True),
            ),
            "layer",
            (0.0, float(LAYERS)),
            VARIANCE,
            log=True,
        ),
    )
    return Figure(panels, f"Weights {_spread(w)}.")


def through_layers(initializer: Initializer, activation: Activation) -> tuple[Array, Sequence[Array]]:
    """Variance of the inputs and after each layer, over units and samples, and each layer's weights."""
    x = stream(0, "picture", "inputs").standard_normal((WIDTH, SAMPLES))
    variances, weights = [float(x.var())], []
    for layer in range(LAYERS):
        drawn = initializer.sample(stream(0, "initialization", layer), WIDTH, WIDTH)
        if not isinstance(drawn, np.ndarray) or drawn.shape != (WIDTH, WIDTH) or drawn.dtype.kind not in "fiu":
            got = f"{drawn.dtype} {drawn.shape}" if isinstance(drawn, np.ndarray) else type(drawn).__name__
            raise ContractError(f"initializer {initializer.name}: sample returned {got}, expected float64 {(WIDTH, WIDTH)}")
        if not np.isfinite(drawn).all():
            raise ContractError(f"initializer {initializer.name}: sample returned weights that are not finite")
        w = drawn.astype(np.float64)
        w = checked(initializer, "adapt", initializer.adapt(w, x, activation), w)
        x = activation.forward((w @ x)[None])[0]
        weights.append(w)
        variances.append(float(x.var()))
    return np.array(variances), weights


def _spread(w: Array) -> str:
    std = float(w.std()) if w.min() < w.max() else 0.0  # which rounding hides
    return f"of mean {number(float(w.mean()), 2)} and standard deviation {number(std, 2)}"
