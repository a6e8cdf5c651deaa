"""Activations that saturate on both sides.

Where a smooth one saturates, 1 - a is rounded, and so its derivative is exact only to the rounding of 1: beyond |z| ≈ 19 in
float64 (9 in float32) that of tanh is 0.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from nnbench import Activation, Gt, Lt, Positive, Rate, Units


class Sigmoid(Activation):
    """1 / (1 + e^-z), the logistic function.

    Squeezes z to a probability; its small slope makes gradients fade in deep networks, a quarter per layer at best.

    Range (0, 1), derivative a (1 - a) = e^-z / (1 + e^-z)², at most ¼; not centred on 0, unlike tanh. The lecture notes'
    middle form of the derivative misses the square and has a wrong sign, and their vector form drops the minus of e^-z.
    """

    aliases = ("logistic",)

    def forward(self, z: Units) -> Units:
        with np.errstate(over="ignore"):  # e^-z = ∞ gives 0, as it should; five times the speed of scipy's expit in float32
            return 1 / (1 + np.exp(-z))

    def derivative(self, z: Units, a: Units) -> Units:
        return a * (1 - a)


class Tanh(Activation):
    """tanh z = 2σ(2z) - 1.

    The classic squashing function: centred on 0, so that it learns faster than the sigmoid, but it still saturates.

    Range (-1, 1), derivative 1 - a². LeCun et al. 1998, "Efficient BackProp", recommend it over the sigmoid because it is
    centred on 0; their own variant is `scaled_tanh`. The gain, 5/3, is PyTorch's; Glorot and Bengio 2010 get by with 1.

    LeCun et al. 1998: https://doi.org/10.1007/3-540-49430-8_2
    """

    default = True
    gain = 5 / 3

    def forward(self, z: Units) -> Units:
        return np.tanh(z)

    def derivative(self, z: Units, a: Units) -> Units:
        return 1 - a * a


class ScaledTanh(Activation):
    """A·tanh(S·z) with A = 1.7159 and S = ⅔, so that f(±1) = ±1.

    tanh stretched so that inputs of spread 1 leave with spread 1: signals neither fade nor saturate from layer to layer.

    Range (-A, A), derivative S (A - a²/A). With inputs of variance 1 the outputs have about that too, and the second derivative is
    largest at ±1, where the targets are.

    LeCun et al. 1998, "Efficient BackProp", for weights of standard deviation 1/√fan_in.

    LeCun et al. 1998: https://doi.org/10.1007/3-540-49430-8_2
    """

    aliases = ("lecun_tanh",)

    amplitude: Positive = 1.7159
    """A: ±A is approached to both sides."""
    slope: Positive = 2 / 3
    """S: z is multiplied by it."""

    def forward(self, z: Units) -> Units:
        with np.errstate(over="ignore"):
            a = self.slope * z
        np.tanh(a, out=a)
        a *= self.amplitude
        return a

    def derivative(self, z: Units, a: Units) -> Units:
        return (self.amplitude - a) * (self.amplitude + a) * (self.slope / self.amplitude)


class PenalizedTanh(Activation):
    """tanh z for z > 0, α·tanh z below, 0 < α < 1: tanh with less slope on one side.

    tanh made lopsided, as rectifiers are: the two sides carry different weight, and outputs stay bounded.

    Range (-α, 1), derivative (1 - tanh² z), times α for z < 0; at the kink z = 0 the left one, α. The paper also calls it leaky
    tanh and has α = ¼.

    Xu, Huang and Li 2016, "Revise saturated activation functions"; Eger, Youssef and Gurevych 2018, "Is it time to swish?",
    found it the most stable of 21 activations over language tasks.

    Xu et al. 2016: https://arxiv.org/abs/1602.05980
    Eger et al. 2018: https://arxiv.org/abs/1901.02671
    """

    aliases = ("leaky_tanh",)
    kinks = (0.0,)

    alpha: Annotated[float, Gt(0), Lt(1)] = 0.25
    """Slope left of 0."""

    def forward(self, z: Units) -> Units:
        a = np.tanh(z)
        return np.maximum(a, self.alpha * a)

    def derivative(self, z: Units, a: Units) -> Units:
        t = np.minimum(a, a / self.alpha)
        t *= t
        np.subtract(1, t, out=t)
        slope = (z > 0).astype(z.dtype)
        slope *= 1 - self.alpha
        slope += self.alpha
        t *= slope
        return t


class HardTanh(Activation):
    """z clipped to [-1, 1].

    tanh at the price of two comparisons: linear in the middle, and without any gradient once a unit is saturated.

    Range [-1, 1], derivative 1 on -1 ≤ z ≤ 1, else 0 (the lecture notes print "1 ≤ z ≤ 1"). At the kinks z = ±1 the derivative
    here is the inner one; PyTorch takes the outer one, 0.

    Collobert 2004, "Large scale machine learning".
    """

    kinks = (-1.0, 1.0)

    def forward(self, z: Units) -> Units:
        return z.clip(-1, 1)

    def derivative(self, z: Units, a: Units) -> Units:
        return (np.abs(z) <= 1).astype(z.dtype)


class HardSigmoid(Activation):
    """(z + 3) / 6 clipped to [0, 1].

    A sigmoid without an exponential, cheap on small devices; outside the ramp a unit stops learning altogether.

    Range [0, 1], derivative ⅙ on -3 < z < 3, else 0; at the kinks z = ±3 the outer one, 0, as in PyTorch and JAX. The slope differs
    between libraries: ⅙ in PyTorch, JAX and Keras 3, 0.2 in Theano and in Keras up to 2, and ½ in Courbariaux, Bengio and David
    2015, "BinaryConnect", which is `sparse_sigmoid` here.

    Howard et al. 2019, "Searching for MobileNetV3".

    Howard et al. 2019: https://arxiv.org/abs/1905.02244
    Courbariaux et al. 2015: https://arxiv.org/abs/1511.00363
    """

    kinks = (-3.0, 3.0)

    def forward(self, z: Units) -> Units:
        a = z + 3
        a.clip(0, 6, out=a)
        a /= 6
        return a

    def derivative(self, z: Units, a: Units) -> Units:
        return (np.abs(z) < 3).astype(z.dtype) / 6


class SparseSigmoid(Activation):
    """(z + 1) / 2 clipped to [0, 1]: the sigmoid that reaches 0 and 1.

    A sigmoid that can say exactly no and exactly yes; once it does, that unit gets no gradient.

    Range [0, 1], derivative ½ on -1 ≤ z ≤ 1, else 0; at the kinks the inner one (JAX takes the mean of both). It is the derivative
    of `sparse_plus`, and sparsemax for two classes.

    Martins and Astudillo 2016, "From softmax to sparsemax"; the name is that of JAX and Keras. Courbariaux, Bengio and David 2015,
    "BinaryConnect", call it the hard sigmoid.

    Martins and Astudillo 2016: https://arxiv.org/abs/1602.02068
    Courbariaux et al. 2015: https://arxiv.org/abs/1511.00363
    """

    kinks = (-1.0, 1.0)

    def forward(self, z: Units) -> Units:
        a = z + 1
        a *= 0.5
        return a.clip(0, 1, out=a)

    def derivative(self, z: Units, a: Units) -> Units:
        return (np.abs(z) <= 1).astype(z.dtype) * 0.5


class SoftSign(Activation):
    """z / (1 + |z|): like tanh, but it approaches ±1 polynomially.

    A gentler tanh: it saturates so slowly that units far out still get some gradient.

    Range (-1, 1), derivative 1 / (1 + |z|)² (the lecture notes print sgn(z) / (1 + z)², which is wrong).

    Bergstra et al. 2009, "Quadratic polynomials learn better image features".
    """

    def forward(self, z: Units) -> Units:
        return z / (1 + np.abs(z))

    def derivative(self, z: Units, a: Units) -> Units:
        r = 1 / (1 + np.abs(z))  # squared after the division, so that a large z cannot overflow
        return r * r


class ISRU(Activation):
    """z / √(1 + αz²), the inverse square root unit.

    A stand-in for tanh where exponentials are dear; α says how early it saturates.

    Range (-1/√α, 1/√α), derivative (1 + αz²)^-1.5 = (a/z)³. It looks like tanh and needs no exponential.

    Carlile et al. 2017, "Improving deep learning by inverse square root linear units (ISRLUs)".

    Carlile et al. 2017: https://arxiv.org/abs/1710.09967
    """

    alpha: Positive = 1.0
    """α: ±1/√α is approached to both sides."""

    def forward(self, z: Units) -> Units:
        return inverse_square_root(z.clip(-FAR, FAR), self.alpha)

    def derivative(self, z: Units, a: Units) -> Units:
        return cubed_ratio(a, z)


FAR = 1e15
"""Here z / √(1 + αz²) is 1 / √α to the last digit, and z² does not overflow yet."""


def inverse_square_root(z: Units, alpha: float | Rate) -> Units:
    """Write z / √(1 + αz²) over z, where |z| is at most FAR."""
    r = z * z
    r *= alpha
    r += 1
    np.sqrt(r, out=r)
    z /= r
    return z


def cubed_ratio(a: Units, z: Units) -> Units:
    """Return (a / z)³, and 1 where both are 0."""
    small = np.finfo(z.dtype).max ** -0.33  # whose inverse can be cubed: an a that does not belong to its z may give that
    r = np.abs(a)
    r += small
    x = np.abs(z)
    x += small
    r /= x
    np.multiply(r, r, out=x)
    r *= x
    return r


class Arctan(Activation):
    """arctan z.

    A squashing function with long tails: units that are far out still learn a little, where those of tanh have stopped.

    Range (-π/2, π/2), derivative 1 / (1 + z²): it saturates later than tanh, and less sharply.

    Kamruzzaman and Aziz 2002, "A note on activation function in multilayer feedforward learning".
    """

    aliases = ("atan",)

    def forward(self, z: Units) -> Units:
        return np.arctan(z)

    def derivative(self, z: Units, a: Units) -> Units:
        with np.errstate(over="ignore"):  # 1 / ∞ is 0, as it should be
            return 1 / (1 + z * z)
