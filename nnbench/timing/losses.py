"""A loss at work."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnbench.kinds import Loss
from nnbench.timing.workload import DTYPE, Size, Workload, stacked

ELEMENT = "score"
"""What is counted."""


def workload(loss: Loss, size: Size, rng: np.random.Generator) -> Workload:
    """Its methods on arrays of that size, drawn from `rng`."""
    own = stacked(loss, size)
    classes = own.outputs(2)
    scores = rng.normal(0, 2, (size.networks, classes, size.batch)).astype(DTYPE)
    labels = rng.integers(0, 2, (size.networks, 1, size.batch))
    targets = (labels == (np.arange(2)[:, None] if classes > 1 else 1)).astype(DTYPE)
    return Workload(scores.size, {"value and gradient": partial(own.value_and_gradient, scores, targets)})
