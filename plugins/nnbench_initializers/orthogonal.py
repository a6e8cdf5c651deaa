"""Initializers with orthonormal rows or columns."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from nnbench import Activation, Initializer, Positive


class Orthogonal(Initializer):
    """gain·Q with orthonormal rows, or columns if there are more rows than columns.

    Keeps lengths and angles through many layers, so that very deep networks start with gradients of the right size.

    All singular values are `gain`, so that a product of many such matrices neither shrinks nor stretches anything; drawn evenly
    from all such matrices, by the QR decomposition of normal weights with the signs of R's diagonal made positive. The same in
    PyTorch, Keras and JAX.

    Saxe, McClelland and Ganguli 2014, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks".

    Saxe et al. 2014: https://arxiv.org/abs/1312.6120
    """

    gain: Positive = 1.0
    """Every singular value."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return self.gain * _orthogonal(rng, fan_in, fan_out)

    def spread(self, fan_in: int, fan_out: int) -> float:
        return self.gain / math.sqrt(max(fan_in, fan_out))


class LSUV(Initializer):
    """Orthonormal weights, divided by the spread of the layer's pre-activations (unit variance).

    Measures instead of assuming: each layer is scaled on real data, so that it works with activations no formula covers.

    Layer by layer, on up to 256 training samples as they arrive through the layers before: afterwards, pre-activations of all
    units and samples of every layer, the last one too, have variance 1. Where the paper scales and measures again until the
    variance is close to 1, here one step is exact, for biases are 0. A layer that gets a signal without spread stays orthonormal.

    Mishkin and Matas 2016, "All you need is a good init": layer-sequential unit-variance initialization.

    Mishkin and Matas 2016: https://arxiv.org/abs/1511.06422
    """

    aliases = ("layer_sequential_unit_variance",)

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return _orthogonal(rng, fan_in, fan_out)

    def adapt(
        self, w: Float[np.ndarray, "out in"], inputs: Float[np.ndarray, "in sample"], activation: Activation | None
    ) -> Float[np.ndarray, "out in"]:
        spread = (w @ inputs).std()
        return w / spread if spread > 0 else w

    def spread(self, fan_in: int, fan_out: int) -> float:
        return 1 / math.sqrt(max(fan_in, fan_out))


def _orthogonal(rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
    q, r = np.linalg.qr(rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out))))
    q *= np.copysign(1, np.diag(r))
    return q if fan_out >= fan_in else q.T
