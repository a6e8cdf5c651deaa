"""Initializers that keep signals level by scaling with the number of inputs or outputs.

A unit with n inputs of variance v and independent weights of variance s has pre-activations of variance n·s·v. So s = 1 / fan_in
keeps them level on the way forward through units whose derivative at 0 is 1, and s = 1 / fan_out keeps gradients level on the way
back.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from nnbench import Initializer


class FanInUniform(Initializer):
    """U[-r, r] with r = 1 / √fan_in, the old heuristic.

    The old rule of thumb: safe against saturation, but signals fade from layer to layer, so deep networks start slowly.

    The variance, 1 / (3 fan_in), is a third of what keeps signals level: they shrink by √3 from layer to layer. Torch's layers
    always drew their weights so, and PyTorch's nn.Linear does (as a Kaiming uniform with the gain of a leaky ReLU of slope √5).

    Equation 1 of Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", which shows
    what is wrong with it.
    """

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return rng.uniform(-1, 1, (fan_out, fan_in)) / math.sqrt(fan_in)

    def spread(self, fan_in: int, fan_out: int) -> float:
        return 1 / math.sqrt(3 * fan_in)


class LecunUniform(Initializer):
    """U[-r, r] with r = √(3 / fan_in), of variance 1 / fan_in.

    lecun_normal with bounded draws: signals keep their spread, and no weight is far from the others.

    LeCun, Bottou, Orr and Müller 1998, "Efficient BackProp", whose σ = 1 / √fan_in leaves the form of the distribution open.

    LeCun et al. 1998: https://doi.org/10.1007/3-540-49430-8_2
    """

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return math.sqrt(3 / fan_in) * rng.uniform(-1, 1, (fan_out, fan_in))

    def spread(self, fan_in: int, fan_out: int) -> float:
        return 1 / math.sqrt(fan_in)


class LecunNormal(Initializer):
    """N(0, 1 / fan_in).

    Keeps the spread of signals on the way forward, for activations that are about linear near 0; what selu relies on.

    What self-normalizing networks (SELU) need. Keras and JAX truncate it: see variance_scaling.

    LeCun, Bottou, Orr and Müller 1998, "Efficient BackProp"; Klambauer et al. 2017, "Self-normalizing neural networks".

    LeCun et al. 1998: https://doi.org/10.1007/3-540-49430-8_2
    Klambauer et al. 2017: https://arxiv.org/abs/1706.02515
    """

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return rng.standard_normal((fan_out, fan_in)) / math.sqrt(fan_in)

    def spread(self, fan_in: int, fan_out: int) -> float:
        return 1 / math.sqrt(fan_in)


class XavierUniform(Initializer):
    """U[-r, r] with r = √(6 / (fan_in + fan_out)).

    The start that made deep tanh networks trainable: neither signals nor gradients fade on their way through.

    The variance, 2 / (fan_in + fan_out), is the compromise that keeps activations level on the way forward
    (1 / fan_in) and gradients on the way back (1 / fan_out), for units whose derivative at 0 is 1, such as tanh. For the sigmoid,
    some implementations multiply r by 4; this one does not (see with_gain).

    Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", equation 16.
    """

    aliases = ("glorot_uniform",)
    default = True

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        r = math.sqrt(6 / (fan_in + fan_out))
        return r * rng.uniform(-1, 1, (fan_out, fan_in))

    def spread(self, fan_in: int, fan_out: int) -> float:
        return math.sqrt(2 / (fan_in + fan_out))


class XavierNormal(Initializer):
    """N(0, 2 / (fan_in + fan_out)).

    A compromise between signals and gradients that keep their spread; right for tanh, half of what relu needs.

    The paper has the uniform distribution, of the same variance. Keras and JAX (glorot_normal) truncate it: see variance_scaling.

    Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
    """

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return math.sqrt(2 / (fan_in + fan_out)) * rng.standard_normal((fan_out, fan_in))

    def spread(self, fan_in: int, fan_out: int) -> float:
        return math.sqrt(2 / (fan_in + fan_out))


class HeUniform(Initializer):
    """U[-r, r] with r = √(6 / fan_in), of variance 2 / fan_in.

    he_normal with bounded draws: the same spread, hence the same start, without rare large weights.

    Twice LeCun's, because a rectifier passes half of a signal's power. PyTorch's kaiming_uniform_ with the gain of ReLU. The
    variance of the *last* layer is doubled as well, though no rectifier follows it, as everywhere but in with_gain.

    He et al. 2015, "Delving deep into rectifiers", equation 10, which has the normal distribution.

    He et al. 2015: https://arxiv.org/abs/1502.01852
    """

    aliases = ("kaiming_uniform",)

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return math.sqrt(6 / fan_in) * rng.uniform(-1, 1, (fan_out, fan_in))

    def spread(self, fan_in: int, fan_out: int) -> float:
        return math.sqrt(2 / fan_in)


class HeNormal(Initializer):
    """N(0, 2 / fan_in).

    The start for relu: the 2 makes up for the half that a rectifier throws away, so that deep networks begin to learn.

    Keeps signals level through rectifiers, and gradients nearly so (2 / fan_out would do that exactly; the paper finds that
    either will do). PyTorch's kaiming_normal_ with the gain of ReLU; Keras and JAX truncate it: see variance_scaling.

    He et al. 2015, "Delving deep into rectifiers: surpassing human-level performance on ImageNet classification", equation 10.

    He et al. 2015: https://arxiv.org/abs/1502.01852
    """

    aliases = ("kaiming_normal",)

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return math.sqrt(2 / fan_in) * rng.standard_normal((fan_out, fan_in))

    def spread(self, fan_in: int, fan_out: int) -> float:
        return math.sqrt(2 / fan_in)


class SignedConstant(Initializer):
    """±√(2 / fan_in), each sign with probability ½.

    Only signs are random, sizes are not: shows that the spread matters at the start, and the form hardly.

    The variance of He's, from signs alone.

    Ramanujan et al. 2020, "What's hidden in a randomly weighted neural network?", as the signed Kaiming constant.

    Ramanujan et al. 2020: https://arxiv.org/abs/1911.13299
    """

    aliases = ("signed_kaiming_constant",)

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return np.copysign(math.sqrt(2 / fan_in), rng.uniform(-1, 1, (fan_out, fan_in)))

    def spread(self, fan_in: int, fan_out: int) -> float:
        return math.sqrt(2 / fan_in)
