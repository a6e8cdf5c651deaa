"""The losses that ship with nnbench."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import Loss, hookimpl
from nnbench_losses.cross_entropy import (
    BrierScore,
    Focal,
    GeneralizedCrossEntropy,
    LabelSmoothing,
    PolyCrossEntropy,
    SoftmaxCrossEntropy,
)
from nnbench_losses.distance import AbsoluteError, Huber, SquaredError
from nnbench_losses.margin import CrammerSinger, MaxMargin, SquaredMaxMargin
from nnbench_losses.single_score import BinaryLogistic, BinaryMaxMargin, ModifiedHuber, SquaredHinge

__all__ = [
    "AbsoluteError",
    "BinaryLogistic",
    "BinaryMaxMargin",
    "BrierScore",
    "CrammerSinger",
    "Focal",
    "GeneralizedCrossEntropy",
    "Huber",
    "LabelSmoothing",
    "MaxMargin",
    "ModifiedHuber",
    "PolyCrossEntropy",
    "SoftmaxCrossEntropy",
    "SquaredError",
    "SquaredHinge",
    "SquaredMaxMargin",
    "nnbench_components",
]


@hookimpl
def nnbench_components() -> Sequence[type[Loss]]:
    """Offer the losses of this package."""
    return [
        SoftmaxCrossEntropy,
        LabelSmoothing,
        Focal,
        GeneralizedCrossEntropy,
        PolyCrossEntropy,
        BrierScore,
        MaxMargin,
        SquaredMaxMargin,
        CrammerSinger,
        BinaryMaxMargin,
        SquaredHinge,
        ModifiedHuber,
        BinaryLogistic,
        SquaredError,
        AbsoluteError,
        Huber,
    ]
