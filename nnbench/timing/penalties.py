"""A penalty at work."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnbench.kinds import Penalty
from nnbench.timing.workload import DTYPE, Size, Workload, stacked

ELEMENT = "weight"
"""What is counted."""


def workload(penalty: Penalty, size: Size, rng: np.random.Generator) -> Workload:
    """Its methods on arrays of that size, drawn from `rng`."""
    own = stacked(penalty, size)
    w = rng.normal(0, 0.3, (size.networks, size.width, size.width)).astype(DTYPE)
    return Workload(w.size, {"value": partial(own.value, w), "gradient": partial(own.gradient, w)})
