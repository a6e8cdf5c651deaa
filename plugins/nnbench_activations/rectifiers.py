"""Activations that pass positive pre-activations unchanged."""

# NumPy's arithmetic is typed Any.

from __future__ import annotations

from typing import Annotated

import numpy as np

from nnbench import Activation, Gt, Lt, Units


class ReLU(Activation):
    """max(z, 0), the rectifier ("rect").

    Range [0, ∞), derivative 1 if z > 0 else 0; at the kink z = 0 the left one, 0, as most implementations have it. A unit
    whose z is negative for every sample learns nothing more: it is dead.

    Nair and Hinton 2010, "Rectified linear units improve restricted Boltzmann machines"; Glorot, Bordes and Bengio 2011,
    "Deep sparse rectifier neural networks".
    """

    name = "relu"
    kinks = (0.0,)

    def forward(self, z: Units) -> Units:
        return z.clip(0, np.inf)  # a third of the time of np.maximum(z, 0)

    def derivative(self, z: Units, a: Units) -> Units:
        return (z > 0).astype(z.dtype)


class LeakyReLU(Activation):
    """max(z, k·z), 0 < k < 1: a rectifier that lets a little error through.

    Range (-∞, ∞), derivative 1 if z > 0 else k; at the kink z = 0 the left one, k. The slope k differs between libraries:
    0.01 here, as in the paper and in PyTorch, 0.3 in Keras' layer, 0.2 in TensorFlow's function.

    Maas, Hannun and Ng 2013, "Rectifier nonlinearities improve neural network acoustic models".
    """

    name = "leaky_relu"
    kinks = (0.0,)

    k: Annotated[float, Gt(0), Lt(1)] = 0.01
    """Slope for negative z."""

    def forward(self, z: Units) -> Units:
        return np.maximum(z, self.k * z)

    def derivative(self, z: Units, a: Units) -> Units:
        return np.maximum((z > 0).astype(z.dtype), self.k)
