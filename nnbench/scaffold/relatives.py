"""What a new component is nearest to, by what it computes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from nnbench.catalog import Catalog
from nnbench.conformance.exercises import exercise
from nnbench.kinds import Component

COUNT = 3
"""Relatives that a new component is compared with, beside its kind's default."""


def relatives(component: Component, catalog: Catalog) -> list[str]:
    """Names of the kind's default and of those whose results are nearest to the component's for equal inputs, nearest first."""
    distances: dict[str, float] = {}
    default = []
    for name in catalog.names(component.kind):
        cls = catalog[component.kind, name]
        if cls.name == component.name:
            continue
        with np.errstate(all="ignore"), warnings.catch_warnings(), suppress(Exception):  # one that is broken is no relative
            warnings.simplefilter("ignore")
            distances[name] = _distance(exercise(component, seed=0), exercise(cls(), seed=0))
            if cls.default:
                default.append(name)
    nearest = sorted((name for name in distances if name not in default), key=lambda name: (distances[name], name))
    return [*default, *nearest[:COUNT]]


def _distance(some: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> float:
    """Mean difference relative to size of the first two results, what comes after them is state; infinite if none compares."""
    pairs = [(a, b) for a, b in zip(some[:2], others[:2], strict=False) if a.shape == b.shape]
    differences = [float(np.mean(np.abs(a - b)) / (np.mean(np.abs(a)) + np.mean(np.abs(b)) + 1e-300)) for a, b in pairs]
    return float(np.mean(differences)) if differences else np.inf
