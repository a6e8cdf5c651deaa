"""The losses that ship with nnbench."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import Loss, hookimpl
from nnbench_losses.cross_entropy import SoftmaxCrossEntropy
from nnbench_losses.margin import BinaryMaxMargin, MaxMargin
from nnbench_losses.squared_error import SquaredError

__all__ = ["BinaryMaxMargin", "MaxMargin", "SoftmaxCrossEntropy", "SquaredError", "nnbench_components"]


@hookimpl
def nnbench_components() -> Sequence[type[Loss]]:
    """Offer the losses of this package."""
    return [SoftmaxCrossEntropy, MaxMargin, BinaryMaxMargin, SquaredError]
