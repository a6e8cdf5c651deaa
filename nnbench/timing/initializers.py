"""An initializer at work."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnbench.kinds import Initializer
from nnbench.timing.workload import Size, Workload

ELEMENT = "weight"
"""What is counted."""


def workload(initializer: Initializer, size: Size, rng: np.random.Generator) -> Workload:
    """Its methods on arrays of that size, drawn from `rng`."""
    x = rng.normal(size=(size.width, 256))
    w = initializer.sample(rng, size.width, size.width)
    sample = partial(initializer.sample, rng, size.width, size.width)
    return Workload(w.size, {"sample": sample, "adapt": partial(initializer.adapt, w, x, None)})
