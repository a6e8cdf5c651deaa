"""A schedule at work."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnbench.kinds import Schedule
from nnbench.timing.workload import Size, Workload, samples

ELEMENT = "step"
"""What is counted."""


def workload(schedule: Schedule, size: Size, _rng: np.random.Generator) -> Workload:
    """Its method on steps as many as samples; nothing is drawn."""
    steps = samples(size)
    return Workload(steps, {"factor": partial(schedule.factor, np.arange(steps), steps)})
