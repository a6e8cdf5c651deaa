"""A component as the engine calls it."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from nnbench.engine.parts import parts
from nnbench.kinds import Component

C = TypeVar("C", bound=Component)


def alone(*components: C) -> C:
    """Components that differ in floating-point hyperparameters alone as one, for arrays with a trial for each of them."""
    (part,) = parts(components, np.dtype(np.float64))
    return part.component
