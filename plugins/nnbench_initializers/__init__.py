"""The initializers that ship with nnbench. Biases always start at 0."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import Initializer, hookimpl
from nnbench_initializers.composed import WithGain, ZeroOutput
from nnbench_initializers.constants import Constant, Hadamard, Identity, Ones, Zeros
from nnbench_initializers.orthogonal import LSUV, Orthogonal
from nnbench_initializers.scaled import (
    FanInUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    SignedConstant,
    XavierNormal,
    XavierUniform,
)
from nnbench_initializers.truncated import TruncatedNormal, VarianceScaling
from nnbench_initializers.unscaled import Normal, Sparse, Uniform

__all__ = [
    "LSUV",
    "Constant",
    "FanInUniform",
    "Hadamard",
    "HeNormal",
    "HeUniform",
    "Identity",
    "LecunNormal",
    "LecunUniform",
    "Normal",
    "Ones",
    "Orthogonal",
    "SignedConstant",
    "Sparse",
    "TruncatedNormal",
    "Uniform",
    "VarianceScaling",
    "WithGain",
    "XavierNormal",
    "XavierUniform",
    "ZeroOutput",
    "Zeros",
    "nnbench_components",
]


@hookimpl
def nnbench_components() -> Sequence[type[Initializer]]:
    """Offer the initializers of this package."""
    return [
        Zeros,
        Ones,
        Constant,
        Identity,
        Hadamard,
        Uniform,
        Normal,
        TruncatedNormal,
        Sparse,
        FanInUniform,
        LecunUniform,
        LecunNormal,
        XavierUniform,
        XavierNormal,
        HeUniform,
        HeNormal,
        VarianceScaling,
        SignedConstant,
        Orthogonal,
        LSUV,
        WithGain,
        ZeroOutput,
    ]
