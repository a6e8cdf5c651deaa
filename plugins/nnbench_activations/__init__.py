"""The activations that ship with nnbench."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import Activation, hookimpl
from nnbench_activations.exponential import CELU, ELU, ISRLU, SELU, Exponential, SoftExponential
from nnbench_activations.gated import GELU, GELUTanh, HardSiLU, LiSHT, Mish, SiLU
from nnbench_activations.linear import BentIdentity, Identity
from nnbench_activations.rectifiers import LeakyReLU, PReLU, ReLU, ReLU6, SquaredReLU, Threshold
from nnbench_activations.shrinkage import HardShrink, SoftShrink, TanhShrink
from nnbench_activations.sigmoidal import (
    ISRU,
    Arctan,
    HardSigmoid,
    HardTanh,
    PenalizedTanh,
    ScaledTanh,
    Sigmoid,
    SoftSign,
    SparseSigmoid,
    Tanh,
)
from nnbench_activations.soft_rectifiers import LogSigmoid, Softplus, SparsePlus, Squareplus
from nnbench_activations.waves import Gaussian, Sine, Snake

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "ISRLU",
    "ISRU",
    "SELU",
    "Arctan",
    "BentIdentity",
    "Exponential",
    "GELUTanh",
    "Gaussian",
    "HardShrink",
    "HardSiLU",
    "HardSigmoid",
    "HardTanh",
    "Identity",
    "LeakyReLU",
    "LiSHT",
    "LogSigmoid",
    "Mish",
    "PReLU",
    "PenalizedTanh",
    "ReLU",
    "ReLU6",
    "ScaledTanh",
    "SiLU",
    "Sigmoid",
    "Sine",
    "Snake",
    "SoftExponential",
    "SoftShrink",
    "SoftSign",
    "Softplus",
    "SparsePlus",
    "SparseSigmoid",
    "SquaredReLU",
    "Squareplus",
    "Tanh",
    "TanhShrink",
    "Threshold",
    "nnbench_components",
]


@hookimpl
def nnbench_components() -> Sequence[type[Activation]]:
    """Offer the activations of this package, family by family."""
    families: list[list[type[Activation]]] = [
        [Sigmoid, Tanh, ScaledTanh, PenalizedTanh, HardTanh, HardSigmoid, SparseSigmoid, SoftSign, ISRU, Arctan],
        [ReLU, LeakyReLU, PReLU, ReLU6, SquaredReLU, Threshold],
        [Softplus, Squareplus, SparsePlus, LogSigmoid],
        [ELU, CELU, SELU, ISRLU, Exponential, SoftExponential],
        [SiLU, GELU, GELUTanh, HardSiLU, Mish, LiSHT],
        [SoftShrink, HardShrink, TanhShrink],
        [Sine, Snake, Gaussian],
        [Identity, BentIdentity],
    ]
    return [activation for family in families for activation in family]
