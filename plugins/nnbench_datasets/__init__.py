"""The data sets that ship with nnbench: synthetic tasks that no linear model can solve."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import Dataset, hookimpl
from nnbench_datasets.bits import Multiplexer, Parity, Symmetry
from nnbench_datasets.curves import Chainlink, HalfKernel, Moons, Pinwheel, Sine, Spirals, SwissRoll
from nnbench_datasets.products import InnerProduct, Tones
from nnbench_datasets.rings import Circles, ClusterInCluster, GaussianQuantiles, Outliers, Ringnorm, Rings
from nnbench_datasets.squares import XOR, Checkerboard, Corners
from nnbench_datasets.teachers import DecisionTree, Hypercube, RandomFourier, RandomNetwork

__all__ = [
    "XOR",
    "Chainlink",
    "Checkerboard",
    "Circles",
    "ClusterInCluster",
    "Corners",
    "DecisionTree",
    "GaussianQuantiles",
    "HalfKernel",
    "Hypercube",
    "InnerProduct",
    "Moons",
    "Multiplexer",
    "Outliers",
    "Parity",
    "Pinwheel",
    "RandomFourier",
    "RandomNetwork",
    "Ringnorm",
    "Rings",
    "Sine",
    "Spirals",
    "SwissRoll",
    "Symmetry",
    "Tones",
    "nnbench_components",
]


@hookimpl
def nnbench_components() -> Sequence[type[Dataset]]:
    """Offer the data sets of this package."""
    return [
        *(Moons, HalfKernel, Spirals, Pinwheel, Sine, SwissRoll, Chainlink),
        *(Circles, Rings, ClusterInCluster, Outliers, GaussianQuantiles, Ringnorm),
        *(XOR, Checkerboard, Corners),
        *(Parity, Symmetry, Multiplexer),
        *(InnerProduct, Tones),
        *(Hypercube, RandomFourier, RandomNetwork, DecisionTree),
    ]
