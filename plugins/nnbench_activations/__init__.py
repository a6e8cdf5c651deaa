"""The activations that ship with nnbench."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import Activation, hookimpl
from nnbench_activations.linear import Identity
from nnbench_activations.rectifiers import LeakyReLU, ReLU
from nnbench_activations.sigmoidal import HardTanh, Sigmoid, SoftSign, Tanh

__all__ = ["HardTanh", "Identity", "LeakyReLU", "ReLU", "Sigmoid", "SoftSign", "Tanh", "nnbench_components"]


@hookimpl
def nnbench_components() -> Sequence[type[Activation]]:
    """Offer the activations of this package."""
    return [Sigmoid, Tanh, HardTanh, SoftSign, ReLU, LeakyReLU, Identity]
