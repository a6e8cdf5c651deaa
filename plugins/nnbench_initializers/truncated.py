"""Normal distributions that are cut off, and the family of initializers that Keras and JAX build on them."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from jaxtyping import Float

from nnbench import Initializer, Positive

SPREAD = 0.8796256610342398
"""Standard deviation of a standard normal distribution cut off at ±2: √(1 - 4 φ(2) / (1 - 2 Φ(-2)))."""


class TruncatedNormal(Initializer):
    """N(0, std²) cut off at ±2·std, the same for every layer.

    normal without its rare large draws, so that no unit starts saturated; otherwise with the same weakness.

    `std` is that of the distribution before it is cut, as in Keras and JAX; that of the weights is 0.88 times as large. PyTorch's
    trunc_normal_ cuts at ±2, not at ±2·std, unless told otherwise, so that for small weights it cuts nothing. The default is
    BERT's.

    Devlin et al. 2019, "BERT: pre-training of deep bidirectional transformers for language understanding".

    Devlin et al. 2019: https://arxiv.org/abs/1810.04805
    """

    std: Positive = 0.02
    """Standard deviation (not the variance) before the tails are cut off."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return self.std * _truncated(rng, (fan_out, fan_in))

    def spread(self, fan_in: int, fan_out: int) -> float:
        return SPREAD * self.std


class VarianceScaling(Initializer):
    """Weights of variance scale / n, where n is fan_in, fan_out or their mean.

    The family behind the well-known starts: say which fan and which scale, and see what each choice does.

    What most others are a case of: lecun is scale 1, xavier scale 1 with the mean of fans, he scale 2. Keras and JAX draw all of
    their normal ones from the truncated distribution, the default here, its spread made good; `he_normal` and so on here and in
    PyTorch are not truncated, as in the papers. Keras means the truncated one by "normal" too, JAX the untruncated one: here that
    is spelled out.
    """

    scale: Positive = 1.0
    """Variance of the weights times n."""
    mode: Literal["fan_in", "fan_out", "fan_avg"] = "fan_in"
    """What n is."""
    distribution: Literal["truncated_normal", "untruncated_normal", "uniform"] = "truncated_normal"
    """Cut off at two of its standard deviations, or not, or even from one end to the other."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        std, shape = self.spread(fan_in, fan_out), (fan_out, fan_in)
        if self.distribution == "truncated_normal":
            return std / SPREAD * _truncated(rng, shape)
        if self.distribution == "untruncated_normal":
            return std * rng.standard_normal(shape)
        return math.sqrt(3) * std * rng.uniform(-1, 1, shape)

    def spread(self, fan_in: int, fan_out: int) -> float:
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        return math.sqrt(self.scale / n)


def _truncated(rng: np.random.Generator, shape: tuple[int, int]) -> Float[np.ndarray, "out in"]:
    """N(0, 1) cut off at ±2, one draw for each weight."""
    from scipy.special import ndtr, ndtri

    return ndtri(rng.uniform(ndtr(-2), ndtr(2), shape)).clip(-2, 2)
