"""The learning-rate schedules that ship with nnbench.

Updates are made at steps 0 … total - 1. What falls over a run reaches its end at `total`, just after the last update, so that no
update is wasted on a rate of 0. Lengths are shares of the run, except where a schedule is defined without an end: then they count
update steps (never epochs), and the run may be longer without changing what came before.
"""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import Schedule, hookimpl
from nnbench_schedules.annealing import Cosine, KDecay, Linear, Polynomial, Rex, TanhDecay
from nnbench_schedules.composed import Delayed, Warmup
from nnbench_schedules.cycles import CosineRestarts, Cyclic, ExpRange, Triangular2
from nnbench_schedules.endless import Exponential, Hyperbolic, InverseScaling, InverseSqrt, InverseTime, Noam
from nnbench_schedules.peaks import OneCycle, SlantedTriangular, Trapezoid, WarmupStableDecay
from nnbench_schedules.plateau import ReduceOnPlateau
from nnbench_schedules.stairs import Constant, MultiStep, Piecewise, StepDecay

__all__ = [
    "Constant",
    "Cosine",
    "CosineRestarts",
    "Cyclic",
    "Delayed",
    "ExpRange",
    "Exponential",
    "Hyperbolic",
    "InverseScaling",
    "InverseSqrt",
    "InverseTime",
    "KDecay",
    "Linear",
    "MultiStep",
    "Noam",
    "OneCycle",
    "Piecewise",
    "Polynomial",
    "ReduceOnPlateau",
    "Rex",
    "SlantedTriangular",
    "StepDecay",
    "TanhDecay",
    "Trapezoid",
    "Triangular2",
    "Warmup",
    "WarmupStableDecay",
    "nnbench_components",
]


@hookimpl
def nnbench_components() -> Sequence[type[Schedule]]:
    """Offer the schedules of this package."""
    return [
        Constant,
        StepDecay,
        MultiStep,
        Piecewise,
        Exponential,
        InverseTime,
        Hyperbolic,
        InverseScaling,
        InverseSqrt,
        Noam,
        Linear,
        Polynomial,
        KDecay,
        Cosine,
        TanhDecay,
        Rex,
        CosineRestarts,
        Cyclic,
        Triangular2,
        ExpRange,
        OneCycle,
        SlantedTriangular,
        Trapezoid,
        WarmupStableDecay,
        Warmup,
        Delayed,
        ReduceOnPlateau,
    ]
