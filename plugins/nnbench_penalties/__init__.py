"""The penalties on weights that ship with nnbench."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import Penalty, hookimpl
from nnbench_penalties.matrices import FrobeniusNorm, GroupLasso, MaxNorm, SoftOrthogonality
from nnbench_penalties.single_weights import L1, L2, ElasticNet, NoPenalty, WeightElimination

__all__ = [
    "L1",
    "L2",
    "ElasticNet",
    "FrobeniusNorm",
    "GroupLasso",
    "MaxNorm",
    "NoPenalty",
    "SoftOrthogonality",
    "WeightElimination",
    "nnbench_components",
]


@hookimpl
def nnbench_components() -> Sequence[type[Penalty]]:
    """Offer the penalties of this package."""
    return [NoPenalty, L2, L1, ElasticNet, WeightElimination, FrobeniusNorm, GroupLasso, MaxNorm, SoftOrthogonality]
