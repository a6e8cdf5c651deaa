"""Initializers without randomness: every seed starts from the same weights."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from nnbench import Initializer


class Zeros(Initializer):
    """0 everywhere: what not to do.

    Shows that a network needs something to break the tie between its units: from 0 they never part.

    All units of a hidden layer then compute the same and stay equal. With an activation that is 0 at 0, no gradient reaches any
    weight, and only the biases of the last layer learn.
    """

    expected_failures: ClassVar = {
        "stream_matters": "nothing is drawn",
        "units_differ": "all weights are 0, to show what that does",
    }

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return np.zeros((fan_out, fan_in))

    def spread(self, fan_in: int, fan_out: int) -> float:
        return 0.0


class Ones(Initializer):
    """1 everywhere: what not to do either.

    Shows why weights are drawn at random: equal units get equal gradients, and never become different.

    All units of a hidden layer compute the same, get the same gradients and stay equal: however wide, the layer is one unit, and
    most activations saturate from the second layer on.
    """

    expected_failures: ClassVar = {
        "stream_matters": "nothing is drawn",
        "units_differ": "all weights are 1, to show what that does",
    }

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return np.ones((fan_out, fan_in))

    def spread(self, fan_in: int, fan_out: int) -> float:
        return 1.0


class Constant(Initializer):
    """`value` everywhere; units that start equal stay equal.

    Shows that it is not the size but the sameness of weights that ruins learning: width is worth nothing here.

    Gradients do flow, unlike with zeros, but each hidden layer is worth one unit.
    """

    expected_failures: ClassVar = {
        "stream_matters": "nothing is drawn",
        "units_differ": "all weights are equal, to show what that does",
    }

    value: float = 0.1
    """Every weight."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return np.full((fan_out, fan_in), self.value)

    def spread(self, fan_in: int, fan_out: int) -> float:
        return abs(self.value)


class Identity(Initializer):
    """1 on the diagonal, 0 elsewhere: each unit copies one input.

    Hands inputs on unchanged, so that a deep network starts as a shallow one and departs from it step by step.

    Singular values are 1. Units without an input of their own, in layers wider than the one before, and inputs without a unit,
    start cut off; where the activation is 0 at 0 they stay so, and the network is no wider than its narrowest layer before them
    (see hadamard). PyTorch's eye_, and dirac_ for convolutions.

    Le, Jaitly and Hinton 2015, "A simple way to initialize recurrent networks of rectified linear units", for square matrices.

    Le et al. 2015: https://arxiv.org/abs/1504.00941
    """

    aliases = ("eye",)

    expected_failures: ClassVar = {
        "stream_matters": "nothing is drawn",
        "units_differ": "units beyond the inputs have none of their own",
    }

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return np.eye(fan_out, fan_in)

    def spread(self, fan_in: int, fan_out: int) -> float:
        return math.sqrt(1 / max(fan_in, fan_out))


class Hadamard(Initializer):
    """ZerO: the identity, or in layers that widen a corner of a Hadamard matrix, ±1 / √order.

    A start without any chance in it: every input reaches every wider layer, and runs differ by their data alone.

    The order is the next power of 2 from fan_out up. Every unit of a widening layer gets a signal, which a partial identity would
    leave at 0, but only the next power of 2 from fan_in of them differ: units start in groups of equals. Made for residual
    networks. The divisor is that of the authors' code, with which a full matrix is orthogonal.

    Zhao, Schäfer and Anandkumar 2022, "ZerO initialization: initializing neural networks with only zeros and ones", algorithm 1.

    Zhao et al. 2022: https://arxiv.org/abs/2110.12661
    """

    expected_failures: ClassVar = {
        "stream_matters": "nothing is drawn",
        "units_differ": "units of a layer that widens much start in groups of equals",
    }

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        if fan_out <= fan_in:
            return np.eye(fan_out, fan_in)
        matrix = np.ones((1, 1))
        while len(matrix) < fan_out:
            matrix = np.block([[matrix, matrix], [matrix, -matrix]])
        return matrix[:fan_out, :fan_in] / np.sqrt(len(matrix))
