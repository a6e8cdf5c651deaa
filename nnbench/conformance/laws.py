"""What a law is, what it is held against, and how it says that it is broken."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar

import numpy as np

from nnbench.conformance.variants import has_floats, neighbours
from nnbench.engine.parts import parts
from nnbench.kinds import Component
from nnbench.seeds import stream

C = TypeVar("C", bound=Component)
EVERY = "component"
"""The kind of a law that holds for all kinds."""
Over: TypeAlias = Literal["range", "default"]
"""Whether a law is held against values all over the hyperparameters' range, or against the defaults alone, because it is slow."""


class Broken(Exception):  # noqa: N818 - it is what was found, not what went wrong
    """A law does not hold; the message is the smallest example."""


class DoesNotApply(Exception):  # noqa: N818
    """A law has nothing to say about a component; the message is the reason."""


class NotJudged(Exception):  # noqa: N818
    """A law had nothing to judge, though it applies; the message is the reason."""


@dataclass(frozen=True)
class Judged:
    """How much of what a law looked at it had to excuse: what lies at a kink tells nothing."""

    looked_at: int
    excused: int

    @property
    def share(self) -> float:
        """The excused share, from 0 to 1."""
        return self.excused / self.looked_at if self.looked_at else 1.0

    def __add__(self, other: Judged) -> Judged:
        return Judged(self.looked_at + other.looked_at, self.excused + other.excused)


@dataclass(frozen=True)
class Stacked(Generic[C]):
    """A component as the engine calls it, for several trials at once, and for each of them alone."""

    together: C
    alone: tuple[C, ...]


@dataclass(frozen=True)
class Case(Generic[C]):
    """One component with one choice of hyperparameters, and how long to look for what breaks it."""

    component: C
    examples: int = 40
    """How many examples a search draws."""
    thorough: bool = False
    """Whether to look more closely, which takes minutes."""

    def rng(self) -> np.random.Generator:
        """The same stream for every law and component, so that a failure can be repeated."""
        return stream(0, "conformance")

    def stacked(self, trials: int, dtype: Any) -> Stacked[C]:
        """So many trials whose floating-point hyperparameters differ, in the form in which the engine calls them."""
        rows = neighbours(self.component, trials)
        if has_floats(self.component) and len(set(rows)) == 1:
            raise NotJudged("its floating-point hyperparameters take no other values that could differ from trial to trial")
        alone = tuple(parts([row], np.dtype(dtype))[0].component for row in rows)
        return Stacked(parts(rows, np.dtype(dtype))[0].component, alone)

    def in_both_precisions(self) -> tuple[C, C]:
        """The component as a float32 network has it, and with the very same hyperparameters as a float64 network has it."""
        single = self.as_trained(np.float32)
        return single, _widened(single)

    def as_trained(self, dtype: Any) -> C:
        """The component with its floating-point hyperparameters as arrays (1, 1, 1) of that precision."""
        return parts([self.component], np.dtype(dtype))[0].component


def _widened(component: C) -> C:
    """The component with arrays of float32 as arrays of float64."""
    wide = copy.copy(component)
    for name, value in component.hyperparameters().items():
        if isinstance(value, Component):
            object.__setattr__(wide, name, _widened(value))
        elif isinstance(value, np.ndarray):
            object.__setattr__(wide, name, value.astype(np.float64))
    return wide


Check: TypeAlias = Callable[[Case[Any]], Judged | None]
"""Raises Broken, DoesNotApply or NotJudged, or whatever the component raises; says what it excused, if it excuses anything."""


@dataclass(frozen=True)
class Law:
    """Something that every component of a kind does."""

    kind: str
    name: str
    meaning: str
    """In one sentence."""
    check: Check
    over: Over = "range"
    basic: bool = False
    """Whether laws that call the component build on it: they are not tried where it is broken."""
    calls: bool = True
    """Whether it calls the component's methods."""


def law(kind: str, over: Over = "range", *, basic: bool = False, calls: bool = True) -> Callable[[Check], Law]:
    """Make a law of a function: its name is the law's, its docstring says what the law means."""

    def wrapped(check: Check) -> Law:
        return Law(kind, check.__name__, " ".join((inspect.getdoc(check) or "").split()), check, over, basic, calls)

    return wrapped
