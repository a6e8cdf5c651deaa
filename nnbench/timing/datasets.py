"""A data set at work."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnbench.kinds import Dataset
from nnbench.timing.workload import Size, Workload, samples

ELEMENT = "sample"
"""What is counted."""


def workload(dataset: Dataset, size: Size, rng: np.random.Generator) -> Workload:
    """Its methods on arrays of that size, drawn from `rng`."""
    n = samples(size)
    return Workload(n, {"sample": partial(dataset.sample, rng, n)})
