"""What a component is given while its cost is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np

from nnbench.engine.parts import parts
from nnbench.kinds import Component

DTYPE = np.dtype(np.float32)

C = TypeVar("C", bound=Component)


@dataclass(frozen=True)
class Size:
    """How much a component is given at once: so many networks of two equally wide hidden layers, on batches."""

    name: str
    networks: int
    width: int
    batch: int


SIZES = (Size("one", 1, 32, 64), Size("stack", 32, 32, 64), Size("wide", 2, 512, 256))
"""One small network alone; a full stack of them, as a launch trains; two wide networks, beyond the processor's cache."""


class Workload(NamedTuple):
    """Calls with arrays as a launch hands them over."""

    elements: int
    """What each call works on, counted as `ELEMENT` of the kind's module says."""
    calls: dict[str, Callable[[], Any]]


def stacked(component: C, size: Size) -> C:
    """The same for as many networks, with hyperparameters as arrays."""
    return parts([component] * size.networks, DTYPE)[0].component


def samples(size: Size) -> int:
    """How many samples or steps kinds that know no networks are given."""
    return size.networks * size.batch * 8
