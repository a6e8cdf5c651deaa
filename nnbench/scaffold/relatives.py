"""Which shipped components are most like another one, by what they compute."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from nnbench.catalog import Catalog
from nnbench.conformance.exercises import exercise
from nnbench.kinds import Component

COUNT = 3
"""Relatives that a component is compared with, beside its kind's default."""


@dataclass(frozen=True)
class Relative:
    """A shipped component, and how far it is from another one."""

    name: str
    difference: float
    """Mean difference of what both return for equal inputs, relative to its size: 0 for the same, 1 and more for unlike ones."""
    default: bool


def relatives(component: Component, catalog: Catalog) -> list[Relative]:
    """The kind's default, then the nearest that come with nnbench, nearest first; raises what the component raises.

    A shipped one that cannot be made without hyperparameters is left out, and so is the component itself.
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own = exercise(component, seed=0)
        measured = []
        for entry in catalog.of(component.kind):
            if catalog.is_shipped(entry) and entry.cls is not type(component):
                with suppress(Exception):  # one that is broken is no relative
                    difference = _difference(own, exercise(entry.cls(), seed=0))
                    measured.append(Relative(entry.cls.name, difference, entry.cls.default))
    nearest = sorted(measured, key=lambda each: (each.difference, each.name))
    return [*(each for each in nearest if each.default), *[each for each in nearest if not each.default][:COUNT]]


def _difference(some: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> float:
    """Mean difference relative to size of the first two results, what comes after them is state; infinite if none compares."""
    pairs = [(a, b) for a, b in zip(some[:2], others[:2], strict=False) if a.shape == b.shape]
    differences = [float(np.mean(np.abs(a - b)) / (np.mean(np.abs(a)) + np.mean(np.abs(b)) + 1e-300)) for a, b in pairs]
    return float(np.mean(differences)) if differences else np.inf
