"""A preprocessor at work."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnbench.kinds import Preprocessor
from nnbench.timing.workload import Size, Workload, samples

ELEMENT = "value"
"""What is counted."""


def workload(preprocessor: Preprocessor, size: Size, rng: np.random.Generator) -> Workload:
    """Its methods on arrays of that size, drawn from `rng`."""
    x = rng.normal(size=(samples(size), 2))
    return Workload(x.size, {"fit": partial(preprocessor.fit, x), "apply": partial(preprocessor.fit(x).apply, x)})
