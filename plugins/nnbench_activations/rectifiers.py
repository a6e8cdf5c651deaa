"""Rectifiers: activations with a corner where they begin to pass their pre-activations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np

from nnbench import Activation, Fraction, Gt, Lt, Sharing, Units


class ReLU(Activation):
    """max(z, 0), the rectifier ("rect").

    The default of most networks: cheap, and gradients pass unshrunk wherever a unit is on; the price is units that die.

    Range [0, ∞), derivative 1 if z > 0 else 0; at the kink z = 0 the left one, 0, as most implementations have it. A unit
    whose z is negative for every sample learns nothing more: it is dead. Gain √2, He et al. 2015.

    Nair and Hinton 2010, "Rectified linear units improve restricted Boltzmann machines"; Glorot, Bordes and Bengio 2011,
    "Deep sparse rectifier neural networks".

    He et al. 2015: https://arxiv.org/abs/1502.01852
    """

    name = "relu"
    aliases = ("rectifier", "rect")
    kinks = (0.0,)
    gain = 2**0.5

    def forward(self, z: Units) -> Units:
        return z.clip(0, np.inf)  # a third of the time of np.maximum(z, 0)

    def derivative(self, z: Units, a: Units) -> Units:
        return (z > 0).astype(z.dtype)


class LeakyReLU(Activation):
    """max(z, k·z), 0 < k < 1: a rectifier that lets a little error through.

    relu that cannot die: units that are off keep a small gradient, by which they can be switched on again.

    Range (-∞, ∞), derivative 1 if z > 0 else k; at the kink z = 0 the left one, k, where JAX takes the right one. The slope k
    differs between libraries: 0.01 here, as in the paper, PyTorch and JAX, 0.3 in Keras' layer, 0.2 in its function and
    TensorFlow's. PReLU learns k; RReLU draws it anew for each sample and is no function of z. Gain √(2 / (1 + k²)),
    He et al. 2015.

    Maas, Hannun and Ng 2013, "Rectifier nonlinearities improve neural network acoustic models".

    He et al. 2015: https://arxiv.org/abs/1502.01852
    """

    name = "leaky_relu"
    aliases = ("lrelu",)
    kinks = (0.0,)

    k: Annotated[float, Gt(0), Lt(1)] = 0.01
    """Slope for negative z."""

    @property
    def gain(self) -> float:
        return (2 / (1 + self.k**2)) ** 0.5

    def forward(self, z: Units) -> Units:
        return np.maximum(z, self.k * z)

    def derivative(self, z: Units, a: Units) -> Units:
        d = (z > 0).astype(z.dtype)
        d *= 1 - self.k
        d += self.k
        return d


class PReLU(Activation):
    """z if z > 0 else k·z, a rectifier that learns the slope k of its other side.

    leaky_relu that finds its own slope: each layer decides how much it lets through on the other side.

    Range (-∞, ∞), derivative 1 if z > 0 else k, and min(z, 0) by k; at the kink z = 0 the left one, k. One slope for a layer, as
    PyTorch has it unless told otherwise, or one for each unit, as in Keras, where it begins at 0. The paper keeps weight decay
    away from it, since that would push it back to ReLU: here penalties leave it out, and optimizers that decay weights do not.
    Gain √(2 / (1 + k²)) at the first k.

    He, Zhang, Ren and Sun 2015, "Delving deep into rectifiers: surpassing human-level performance on ImageNet classification".

    He et al. 2015: https://arxiv.org/abs/1502.01852
    """

    name = "prelu"
    aliases = ("parametric_relu",)
    kinks = (0.0,)

    k: Fraction = 0.25
    """Slope for negative z before training."""
    per: Literal["layer", "unit"] = "layer"
    """What has a slope of its own."""

    @property
    def gain(self) -> float:
        return (2 / (1 + self.k**2)) ** 0.5

    @property
    def learned(self) -> Mapping[str, Sharing]:
        return {"k": self.per}

    def forward(self, z: Units) -> Units:
        return np.where(z > 0, z, self.k * z)

    def derivative(self, z: Units, a: Units) -> Units:
        d = (z > 0).astype(z.dtype)
        return d + self.k * (1 - d)

    def learned_derivatives(self, z: Units, a: Units) -> Mapping[str, Units]:
        return {"k": np.minimum(z, 0)}


class ReLU6(Activation):
    """min(max(z, 0), 6): a rectifier with a ceiling.

    relu for arithmetic of few bits: nothing grows beyond 6, and what does stops learning.

    Range [0, 6], derivative 1 if 0 < z < 6 else 0; at both kinks the outer one, 0, as in PyTorch and JAX. The ceiling keeps
    activations within what numbers of few bits can hold.

    Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10".
    """

    name = "relu6"
    kinks = (0.0, 6.0)

    def forward(self, z: Units) -> Units:
        return z.clip(0, 6)

    def derivative(self, z: Units, a: Units) -> Units:
        return (np.abs(z - 3) < 3).astype(z.dtype)


class SquaredReLU(Activation):
    """max(z, 0)².

    relu that rewards strong units: products of features come cheap, and large values grow out of hand fast.

    Range [0, ∞), derivative 2·max(z, 0), without a jump. What overflows, beyond z ≈ 1.8e19 in float32, is the largest number.

    So et al. 2021, "Primer: searching for efficient transformers for language modeling".

    So et al. 2021: https://arxiv.org/abs/2109.08668
    """

    name = "squared_relu"
    aliases = ("relu2", "relu_squared")

    def forward(self, z: Units) -> Units:
        a = z.clip(0, np.inf)
        with np.errstate(over="ignore"):
            a *= a
        return a.clip(0, np.finfo(z.dtype).max, out=a)

    def derivative(self, z: Units, a: Units) -> Units:
        r = z.clip(0, np.finfo(z.dtype).max / 2)
        r *= 2
        return r


class Threshold(Activation):
    """z if z > θ else v: a rectifier that jumps.

    Only what is strong enough passes, and passes whole: sparse units, and many that never switch on.

    Range {v} ∪ (θ, ∞), derivative 1 if z > θ else 0. At z = θ the value jumps from v to θ, which no derivative shows. PyTorch and
    Keras have no defaults. Keras' former layer ThresholdedReLU had θ = 1, with which many a unit never passes anything from its
    first weights on, so that small networks do not learn; 0.1 is what PyTorch's documentation takes as an example.

    Konda, Memisevic and Krueger 2014, "Zero-bias autoencoders and the benefits of co-adapting features".

    Konda et al. 2014: https://arxiv.org/abs/1402.3337
    """

    aliases = ("ThresholdedReLU",)

    theta: float = 0.1
    """θ: what z must exceed to pass."""
    value: float = 0.0
    """v: the value where z does not pass."""

    @property
    def kinks(self) -> tuple[float, ...]:
        return (self.theta,)

    def forward(self, z: Units) -> Units:
        passes = (z > self.theta).astype(z.dtype)
        a = z * passes
        np.subtract(1, passes, out=passes)
        passes *= self.value
        a += passes
        return a

    def derivative(self, z: Units, a: Units) -> Units:
        return (z > self.theta).astype(z.dtype)
