"""Smooth versions of the rectifier: convex, from 0 on the left to z on the right."""

from __future__ import annotations

import numpy as np

from nnbench import Activation, Positive, Units


class Softplus(Activation):
    """ln(1 + e^βz) / β.

    relu with its corner rounded: smooth everywhere and never 0, so no unit dies, but slower and not sparse.

    Range (0, ∞), derivative σ(βz) = 1 - e^-βa. Nearer to the rectifier as β grows. PyTorch returns z itself where βz > 20, 2e-9 / β
    too little; JAX and Keras have β = 1. An exponential, a logarithm and an exponential again take somewhat more than four times
    as long as tanh.

    Dugas et al. 2000, "Incorporating second-order functional knowledge for better option pricing".
    """

    beta: Positive = 1.0
    """β: how sharp the bend is."""

    def forward(self, z: Units) -> Units:
        a = np.abs(z)
        with np.errstate(over="ignore"):
            a *= -self.beta
        np.exp(a, out=a)
        np.log1p(a, out=a)
        a *= 1 / self.beta
        a += z.clip(0, np.inf)
        return a

    def derivative(self, z: Units, a: Units) -> Units:
        with np.errstate(over="ignore"):
            d = a * -self.beta
        np.expm1(d, out=d)
        return np.negative(d, out=d)


class Squareplus(Activation):
    """(z + √(z² + b)) / 2: like softplus, without exponential or logarithm.

    softplus without exponential or logarithm: cheap and smooth, with a tail that fades slowly.

    Range (0, ∞), derivative (1 + z/√(z² + b)) / 2 = a / √(z² + b). With b = 4, the default in JAX and Keras too, the second
    derivative at 0 is that of softplus; with b = 4 ln² 2 the value is.

    Barron 2021, "Squareplus: a softplus-like algebraic rectifier".

    Barron 2021: https://arxiv.org/abs/2112.11687
    """

    b: Positive = 4.0
    """b: how wide the bend is."""

    def forward(self, z: Units) -> Units:
        x = np.abs(z)
        with np.errstate(over="ignore"):  # b / ∞ is 0, as it should be
            a = z * z
            a += self.b
            np.sqrt(a, out=a)
            a += x
        np.divide(self.b * 0.5, a, out=a)  # (√(z² + b) - |z|) / 2 without cancellation
        a += z.clip(0, np.inf)
        return a

    def derivative(self, z: Units, a: Units) -> Units:
        r = a - z
        r += a  # √(z² + b) = 2a - z
        return np.divide(a, r, out=r)


class SparsePlus(Activation):
    """0 if z ≤ -1, z if z ≥ 1, (z + 1)² / 4 between: the softplus that reaches 0.

    Smooth like softplus yet truly off below -1, so that results are smooth and activations sparse.

    Range [0, ∞), derivative (z + 1) / 2 clipped to [0, 1], which is `sparse_sigmoid`. Shamir, Lin and Coviello 2020, "Smooth
    activations and reproducibility in deep networks", know it as SmeLU with β = 1.

    Blondel, Martins and Niculae 2020, "Learning with Fenchel-Young losses"; the name is that of JAX and Keras.

    Blondel et al. 2020: https://arxiv.org/abs/1901.02324
    Shamir et al. 2020: https://arxiv.org/abs/2010.09931
    """

    def forward(self, z: Units) -> Units:
        a = z.clip(-1, 1)
        a += 1
        a *= 0.5
        a *= a
        return np.maximum(a, z, out=a)  # z is below the parabola but for z ≥ 1, where that has stopped at 1

    def derivative(self, z: Units, a: Units) -> Units:
        d = z + 1
        d *= 0.5
        return d.clip(0, 1, out=d)


class LogSigmoid(Activation):
    """ln σ(z) = -ln(1 + e^-z): the softplus, turned round.

    Turns a score into a log-probability without overflow; as a hidden unit it is a softplus upside down.

    Range (-∞, 0), derivative σ(-z) = 1 - e^a. As an activation it comes with PyTorch, JAX and Keras, without a paper; mostly it
    is a part of losses. It takes four times as long as tanh, for the reason that softplus does.
    """

    def forward(self, z: Units) -> Units:
        a = np.abs(z)
        np.negative(a, out=a)
        np.exp(a, out=a)
        np.log1p(a, out=a)
        return np.subtract(z.clip(-np.inf, 0), a, out=a)

    def derivative(self, z: Units, a: Units) -> Units:
        d = np.expm1(a)
        return np.negative(d, out=d)
