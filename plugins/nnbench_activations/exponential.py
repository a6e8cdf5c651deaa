"""Linear units that saturate to the left, most of them exponentially, and exponentials themselves.

Where one saturates, a + α is rounded, and so the derivative of `elu` and its kin is exact only to the rounding of α.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from nnbench import Activation, Gt, Le, Positive, Units
from nnbench_activations.sigmoidal import FAR, cubed_ratio, inverse_square_root


class ELU(Activation):
    """z if z > 0 else α (e^z - 1), the exponential linear unit.

    A rectifier whose units can be negative: their mean stays near 0, which speeds learning up, and none of them dies.

    Range (-α, ∞), derivative 1 if z > 0 else a + α; smooth if α = 1, else with a kink at z = 0, where it is α. All libraries have
    α = 1. `celu` stays smooth for every α.

    Clevert, Unterthiner and Hochreiter 2016, "Fast and accurate deep network learning by exponential linear units (ELUs)".

    Clevert et al. 2016: https://arxiv.org/abs/1511.07289
    """

    alpha: Positive = 1.0
    """α: -α is approached to the left."""

    @property
    def kinks(self) -> tuple[float, ...]:
        return () if self.alpha == 1 else (0.0,)

    def forward(self, z: Units) -> Units:
        a = z.clip(-np.inf, 0)
        np.expm1(a, out=a)
        a *= self.alpha
        a += z.clip(0, np.inf)
        return a

    def derivative(self, z: Units, a: Units) -> Units:
        d = a.clip(-np.inf, 0)
        d += self.alpha
        right = (z > 0).astype(z.dtype)
        right *= 1 - self.alpha
        d += right
        return d


class CELU(Activation):
    """z if z > 0 else α (e^(z/α) - 1): an ELU that is smooth for every α.

    Use it in place of elu where α is not 1: no corner at 0, so that gradients change smoothly whatever α is.

    Range (-α, ∞), derivative 1 if z > 0 else a/α + 1. All libraries have α = 1, where it is the same as `elu`.

    Barron 2017, "Continuously differentiable exponential linear units".

    Barron 2017: https://arxiv.org/abs/1704.07483
    """

    alpha: Positive = 1.0
    """α: -α is approached to the left."""

    def forward(self, z: Units) -> Units:
        a = z.clip(-np.inf, 0)
        with np.errstate(over="ignore"):
            a /= self.alpha
        np.expm1(a, out=a)
        a *= self.alpha
        a += z.clip(0, np.inf)
        return a

    def derivative(self, z: Units, a: Units) -> Units:
        d = a.clip(-np.inf, 0)
        d /= self.alpha
        d += 1
        return d


class SELU(Activation):
    """λ·z if z > 0 else λα (e^z - 1), λ ≈ 1.0507, α ≈ 1.6733: an ELU that normalizes itself.

    Pulls every layer back to mean 0 and variance 1 by itself, so that deep plain networks train without normalization.

    Range (-λα, ∞), derivative λ if z > 0 else a + λα; at the kink z = 0 the left one, λα. With weights of mean 0 and variance
    1/fan_in, gain 1, mean 0 and variance 1 of the activations are a stable fixed point. The gain here is PyTorch's, ¾, which gives
    that up for steadier gradients. What overflows, in the last 5 % before the largest number, is that number.

    Klambauer et al. 2017, "Self-normalizing neural networks".

    Klambauer et al. 2017: https://arxiv.org/abs/1706.02515
    """

    kinks = (0.0,)
    gain = 3 / 4

    def forward(self, z: Units) -> Units:
        a = z.clip(-np.inf, 0)
        np.expm1(a, out=a)
        a *= SELU_SCALE * SELU_ALPHA
        with np.errstate(over="ignore"):
            right = z * SELU_SCALE
        right.clip(0, np.finfo(z.dtype).max, out=right)
        a += right
        return a

    def derivative(self, z: Units, a: Units) -> Units:
        d = a.clip(-np.inf, 0)
        d += SELU_SCALE * SELU_ALPHA
        right = (z > 0).astype(z.dtype)
        right *= SELU_SCALE - SELU_SCALE * SELU_ALPHA
        d += right
        return d


SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
"""λ and α, for which the fixed point of mean and variance is (0, 1)."""


class ISRLU(Activation):
    """z if z > 0 else z / √(1 + αz²), the inverse square root linear unit.

    Learns as elu does, for the price of a square root in place of an exponential.

    Range (-1/√α, ∞), derivative 1 if z > 0 else (1 + αz²)^-1.5 = (a/z)³. Close to ELU, smooth up to its second derivative, and
    without an exponential.

    Carlile et al. 2017, "Improving deep learning by inverse square root linear units (ISRLUs)".

    Carlile et al. 2017: https://arxiv.org/abs/1710.09967
    """

    alpha: Positive = 1.0
    """α: -1/√α is approached to the left."""

    def forward(self, z: Units) -> Units:
        a = inverse_square_root(z.clip(-FAR, 0), self.alpha)
        return np.maximum(a, z, out=a)

    def derivative(self, z: Units, a: Units) -> Units:
        return cubed_ratio(a, z)


class Exponential(Activation):
    """e^z.

    A unit multiplies instead of adding, which suits rates and counts; deep inside a network it blows up.

    Range (0, ∞), derivative a. Keras offers it, for outputs that are rates rather than for hidden layers, where it soon overflows:
    beyond z ≈ 88.7 in float32 and 709.8 in float64, value and derivative are the largest number, so that a network in which that
    happens diverges for all to see in the next matrix product.
    """

    aliases = ("exp",)

    def forward(self, z: Units) -> Units:
        with np.errstate(over="ignore"):
            a = np.exp(z)
        return a.clip(0, np.finfo(z.dtype).max, out=a)

    def derivative(self, z: Units, a: Units) -> Units:
        return a.copy()


class SoftExponential(Activation):
    """(e^αz - 1) / α + α, 0 < α ≤ 1: from the identity, as α nears 0, to the exponential.

    One knob from adding to multiplying: small α behaves like a line, large α grows exponentially and may overflow.

    Range (α - 1/α, ∞), derivative e^αz. The paper learns α and lets it be negative, where the function is a logarithm,
    -ln(1 - α (z + α)) / α, that exists for z > 1/α - α only; an activation must be defined for every z, so that branch is left out.
    Value and derivative are the largest number where they would overflow.

    Godfrey and Gashler 2015, "A continuum among logarithmic, linear, and exponential functions, and its potential to improve
    generalization in neural networks".

    Godfrey and Gashler 2015: https://arxiv.org/abs/1602.01321
    """

    alpha: Annotated[float, Gt(0), Le(1)] = 0.25
    """α: how far from the identity."""

    def forward(self, z: Units) -> Units:
        a = z * self.alpha
        with np.errstate(over="ignore"):
            np.expm1(a, out=a)
            a /= self.alpha
        a += self.alpha
        return a.clip(-np.inf, np.finfo(z.dtype).max, out=a)

    def derivative(self, z: Units, a: Units) -> Units:
        d = z * self.alpha
        with np.errstate(over="ignore"):
            np.exp(d, out=d)
        return d.clip(0, np.finfo(z.dtype).max, out=d)
