"""Activations that multiply z by a gate between 0 and 1 which z itself opens.

a = z·g(z), so a/z is the gate, and the derivatives take it from there rather than compute an exponential again.
"""

from __future__ import annotations

import numpy as np

from nnbench import Activation, Positive, Units
from nnbench_activations.normal import DENSITY_AT_0, upper_tail


def gate(z: Units, a: Units, at_0: float) -> Units:
    """Return a / z, and `at_0` where both are 0."""
    tiny = np.finfo(z.dtype).tiny
    g = np.abs(a)
    g += at_0 * tiny
    x = np.abs(z)
    x += tiny
    g /= x
    return g


class SiLU(Activation):
    """z·σ(βz), the sigmoid linear unit; with β also known as swish.

    A smooth relu that dips below 0: each unit gates itself, which often trains deep networks a little better than relu.

    Range [-0.278/β, ∞), not monotone: it falls to the left of z ≈ -1.278/β. Derivative σ + βa (1 - σ). β = 1 in PyTorch, JAX and
    Keras, under both names; as β grows it nears the rectifier.

    Elfwing, Uchibe and Doya 2018, "Sigmoid-weighted linear units for neural network function approximation in reinforcement
    learning"; Ramachandran, Zoph and Le 2017, "Searching for activation functions", for β.

    Elfwing et al. 2018: https://arxiv.org/abs/1702.03118
    Ramachandran et al. 2017: https://arxiv.org/abs/1710.05941
    """

    name = "silu"
    aliases = ("swish",)

    beta: Positive = 1.0
    """β: how sharply the gate opens."""

    def forward(self, z: Units) -> Units:
        with np.errstate(over="ignore"):
            a = z * -self.beta
            np.exp(a, out=a)
        a += 1
        return np.divide(z, a, out=a)

    def derivative(self, z: Units, a: Units) -> Units:
        g = gate(z, a, 0.5)
        d = 1 - g
        d *= a
        d *= self.beta
        d += g
        return d


class GELU(Activation):
    """z·Φ(z), Φ the normal distribution function: the Gaussian error linear unit, exact.

    A rectifier with a soft corner, which passes z by how likely a normal draw lies below it; what most transformers use.

    Range [-0.17, ∞), not monotone: it falls to the left of z ≈ -0.752. Derivative Φ + zφ. PyTorch and Keras mean this form unless
    told otherwise, JAX means `gelu_tanh`. NumPy has no Φ, and a polynomial of degree 9 (21 in float64) and two exponentials take
    eleven times as long as tanh; with SciPy's Φ it would be sixty times.

    Hendrycks and Gimpel 2016, "Gaussian error linear units (GELUs)".

    Hendrycks and Gimpel 2016: https://arxiv.org/abs/1606.08415
    """

    def forward(self, z: Units) -> Units:
        a = upper_tail(z)
        a *= np.abs(z)
        return np.subtract(z.clip(0, np.inf), a, out=a)  # z Φ(z) = z - z Φ(-z)

    def derivative(self, z: Units, a: Units) -> Units:
        with np.errstate(over="ignore"):
            d = z * z
        d *= -0.5
        np.exp(d, out=d)
        d *= z
        d *= DENSITY_AT_0
        d += gate(z, a, 0.5)
        return d


class GELUTanh(Activation):
    """½z (1 + tanh(√(2/π) (z + 0.044715z³))): GELU, approximated.

    gelu at half the cost: off by 5e-4 at most, which training hardly notices.

    Range [-0.17, ∞), derivative g + a (1 - g) u' with the gate g = σ(u), u = 2√(2/π) (z + 0.044715z³). It differs from `gelu` by up
    to 5e-4. The default in JAX; in PyTorch and Keras it has to be asked for. Two polynomials and an exponential that keeps its
    accuracy far below 0 take five times as long as tanh.

    Hendrycks and Gimpel 2016, "Gaussian error linear units (GELUs)".

    Hendrycks and Gimpel 2016: https://arxiv.org/abs/1606.08415
    """

    aliases = ("gelu_new", "gelu_pytorch_tanh")

    def forward(self, z: Units) -> Units:
        with np.errstate(over="ignore"):
            a = z * z
            a *= -CUBIC
            a -= LINEAR
            a *= z
            np.exp(a, out=a)
        a += 1
        return np.divide(z, a, out=a)

    def derivative(self, z: Units, a: Units) -> Units:
        g = gate(z, a, 0.5)
        d = 1 - g
        d *= a
        cubic = d * z  # not d * (z * z), which overflows
        cubic *= z
        cubic *= 3 * CUBIC
        d *= LINEAR
        d += cubic
        d += g
        return d


LINEAR = 2 * (2 / np.pi) ** 0.5
CUBIC = 0.044715 * LINEAR


class HardSiLU(Activation):
    """z·(z + 3)/6, with the factor clipped to [0, 1]; also known as hard swish.

    silu without an exponential, made for phones: nearly the same network at a fraction of the cost.

    Range [-0.375, ∞), derivative z/3 + ½ on -3 < z < 3, 0 to the left, 1 to the right: at the kinks z = ±3 it jumps from 0 to -½
    and from 1½ to 1, and is the outer one, as in PyTorch and JAX.

    Howard et al. 2019, "Searching for MobileNetV3".

    Howard et al. 2019: https://arxiv.org/abs/1905.02244
    """

    name = "hard_silu"
    aliases = ("hard_swish",)
    kinks = (-3.0, 3.0)

    def forward(self, z: Units) -> Units:
        a = z + 3
        a.clip(0, 6, out=a)
        a /= 6
        a *= z
        return a

    def derivative(self, z: Units, a: Units) -> Units:
        d = z / 3
        d -= 0.5
        d *= (np.abs(z) < 3).astype(z.dtype)
        d += (z > -3).astype(z.dtype)
        return d


class Mish(Activation):
    """z·tanh(ln(1 + e^z)).

    A smooth rectifier with a dip below 0: gradients are never quite 0 near the corner, at several times the cost of relu.

    Range [-0.309, ∞), not monotone: it falls to the left of z ≈ -1.19. With e = e^z and n = e (e + 2) the gate is n / (n + 2), the
    derivative n/(n + 2) + 4z (n - e) / (n + 2)². That takes e^z once more, which a does not give back cheaply: six to seven times
    as long as tanh in all.

    Misra 2020, "Mish: a self regularized non-monotonic activation function".

    Misra 2020: https://arxiv.org/abs/1908.08681
    """

    def forward(self, z: Units) -> Units:
        e = z.clip(-np.inf, OPEN)
        np.exp(e, out=e)
        n = e + 2
        n *= e
        np.add(n, 2, out=e)
        n /= e
        n *= z
        return n

    def derivative(self, z: Units, a: Units) -> Units:
        z = z.clip(-FAR_LEFT, OPEN)
        e = np.exp(z)
        n = e + 2
        n *= e
        np.subtract(n, e, out=e)
        e *= z
        e *= 4
        r = n + 2
        np.divide(1, r, out=r)
        e *= r
        e += n
        e *= r
        return e


OPEN = 20.0
"""Where mish's gate is 1 to the last digit of float64."""
FAR_LEFT = 1e4
"""Where e^z has long been 0."""


class LiSHT(Activation):
    """z·tanh z, the linearly scaled hyperbolic tangent.

    Treats z and -z alike, so that size matters and sign does not; odd patterns have to come from the weights.

    Range [0, ∞), derivative tanh z + z (1 - tanh² z). An even function that grows to both sides, so that no unit dies.

    Roy et al. 2019, "LiSHT: non-parametric linearly scaled hyperbolic tangent activation function for neural networks".

    Roy et al. 2019: https://arxiv.org/abs/1901.05894
    """

    name = "lisht"

    def forward(self, z: Units) -> Units:
        a = np.tanh(z)
        a *= z
        return a

    def derivative(self, z: Units, a: Units) -> Units:
        t = np.tanh(z)
        d = a * t
        np.subtract(z, d, out=d)
        d += t
        return d
