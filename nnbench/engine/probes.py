"""What is measured of all parameters at once."""

from __future__ import annotations

import numpy as np

from nnbench.engine.blocks import Flat
from nnbench.engine.task import PerTrial


def norm(flat: Flat) -> PerTrial:
    """Euclidean norm of each row."""
    return np.sqrt(np.add.reduce(np.square(flat, dtype=np.float64), axis=1))
