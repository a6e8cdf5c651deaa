"""An activation at work."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnbench.kinds import Activation
from nnbench.timing.workload import DTYPE, Size, Workload, stacked

ELEMENT = "pre-activation"
"""What is counted."""


def workload(activation: Activation, size: Size, rng: np.random.Generator) -> Workload:
    """Its methods on arrays of that size, drawn from `rng`."""
    own = stacked(activation, size)
    z = rng.normal(0, 2, (size.networks, size.width + 1, size.batch)).astype(DTYPE)
    a = own.forward(z)
    return Workload(z.size, {"forward": partial(own.forward, z), "derivative": partial(own.derivative, z, a)})
