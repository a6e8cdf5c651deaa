"""The data sets that ship with nnbench: two-dimensional tasks that no line can solve."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import Dataset, hookimpl
from nnbench_datasets.curves import Circles, Moons, Spirals
from nnbench_datasets.squares import XOR, Checkerboard

__all__ = ["XOR", "Checkerboard", "Circles", "Moons", "Spirals", "nnbench_components"]


@hookimpl
def nnbench_components() -> Sequence[type[Dataset]]:
    """Offer the data sets of this package."""
    return [Moons, Circles, XOR, Checkerboard, Spirals]
