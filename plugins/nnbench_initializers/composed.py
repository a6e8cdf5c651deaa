"""Initializers around another one, which see what follows the layer."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nnbench import Activation, Initializer
from nnbench_initializers.scaled import XavierUniform


class _Around(Initializer):
    """What initializers share that change what another one draws."""

    of: Initializer = XavierUniform()
    """What draws the weights."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return self.of.sample(rng, fan_in, fan_out)

    def spread(self, fan_in: int, fan_out: int) -> float | None:
        return self.of.spread(fan_in, fan_out)


class WithGain(_Around):
    """Another's weights times the gain of the activation that follows.

    Corrects any start for the activation behind it, so that activations are compared on equal terms.

    Makes up for how much an activation shrinks signals, as far as the literature says: by √2 for ReLU, and not at all for one
    that it is silent about. The last layer, which no activation follows, stays as it is. Of lecun_normal with ReLU it is
    he_normal but for the last layer; of lsuv, pre-activations get the gain as their standard deviation.

    Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks"; He et al. 2015, "Delving
    deep into rectifiers".

    He et al. 2015: https://arxiv.org/abs/1502.01852
    """

    def adapt(
        self, w: Float[np.ndarray, "out in"], inputs: Float[np.ndarray, "in sample"], activation: Activation | None
    ) -> Float[np.ndarray, "out in"]:
        return self.of.adapt(w, inputs, activation) * (1 if activation is None else activation.gain)


class ZeroOutput(_Around):
    """Another's weights, but 0 in the last layer.

    Starts without an opinion: the first loss is that of guessing, and the first steps cannot blow up.

    Every class then starts with the same score, so that cross-entropy starts at exactly ln(classes), whatever the layers before
    do. The last layer learns from the first step on, the others from the second.

    Zhang, Dauphin and Ma 2019, "Fixup initialization: residual learning without normalization", rule 1.

    Zhang et al. 2019: https://arxiv.org/abs/1901.09321
    """

    def adapt(
        self, w: Float[np.ndarray, "out in"], inputs: Float[np.ndarray, "in sample"], activation: Activation | None
    ) -> Float[np.ndarray, "out in"]:
        return np.zeros_like(w) if activation is None else self.of.adapt(w, inputs, activation)
