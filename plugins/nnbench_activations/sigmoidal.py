"""Activations that saturate on both sides.

Where a smooth one saturates, 1 - a is rounded, and so its derivative is exact only to the rounding of 1: beyond |z| ≈ 19 in
float64 (9 in float32) that of tanh is 0.
"""

# NumPy's arithmetic is typed Any.

from __future__ import annotations

import numpy as np

from nnbench import Activation, Units


class Sigmoid(Activation):
    """1 / (1 + e^-z), the logistic function.

    Range (0, 1), derivative a (1 - a) = e^-z / (1 + e^-z)², at most ¼; not centred on 0, unlike tanh. The lecture notes'
    middle form of the derivative misses the square and has a wrong sign, and their vector form drops the minus of e^-z.
    """

    def forward(self, z: Units) -> Units:
        with np.errstate(over="ignore"):  # e^-z = ∞ gives 0, as it should; five times the speed of scipy's expit in float32
            return 1 / (1 + np.exp(-z))

    def derivative(self, z: Units, a: Units) -> Units:
        return a * (1 - a)


class Tanh(Activation):
    """tanh z = 2σ(2z) - 1.

    Range (-1, 1), derivative 1 - a². LeCun et al. 1998, "Efficient BackProp", recommend it over the sigmoid because it is
    centred on 0; their own variant 1.7159 tanh(⅔ z) is not this one.
    """

    default = True

    def forward(self, z: Units) -> Units:
        return np.tanh(z)

    def derivative(self, z: Units, a: Units) -> Units:
        return 1 - a * a


class HardTanh(Activation):
    """z clipped to [-1, 1].

    Range [-1, 1], derivative 1 on -1 ≤ z ≤ 1, else 0 (the lecture notes print "1 ≤ z ≤ 1"). At the kinks z = ±1 the derivative
    here is the inner one; PyTorch takes the outer one, 0.

    Collobert 2004, "Large scale machine learning".
    """

    kinks = (-1.0, 1.0)

    def forward(self, z: Units) -> Units:
        return z.clip(-1, 1)

    def derivative(self, z: Units, a: Units) -> Units:
        return (np.abs(z) <= 1).astype(z.dtype)


class SoftSign(Activation):
    """z / (1 + |z|): like tanh, but it approaches ±1 polynomially.

    Range (-1, 1), derivative 1 / (1 + |z|)² (the lecture notes print sgn(z) / (1 + z)², which is wrong).

    Bergstra et al. 2009, "Quadratic polynomials learn better image features".
    """

    def forward(self, z: Units) -> Units:
        return z / (1 + np.abs(z))

    def derivative(self, z: Units, a: Units) -> Units:
        r = 1 / (1 + np.abs(z))  # squared after the division, so that a large z cannot overflow
        return r * r
