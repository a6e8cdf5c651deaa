"""What the other statistics are made of: scores seed by seed, and an estimate with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

LEVEL = 0.95
"""Of every interval, unless another is asked for."""
Seeds = Float[np.ndarray, " seed"]
"""Scores of one level on one task, one for each seed; the same seeds in the same order for every level."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float
