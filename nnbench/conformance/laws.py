"""What a law is, what it is held against, and how it says that it is broken."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar

import numpy as np

from nnbench.conformance.variants import neighbours
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

    def rng(self) -> np.random.Generator:
        """The same stream for every law and component, so that a failure can be repeated."""
        return stream(0, "conformance")

    def stacked(self, trials: int, dtype: Any) -> Stacked[C]:
        """So many trials whose floating-point hyperparameters differ, in the form in which the engine calls them."""
        rows = neighbours(self.component, trials)
        alone = tuple(parts([row], np.dtype(dtype))[0].component for row in rows)
        return Stacked(parts(rows, np.dtype(dtype))[0].component, alone)

    def as_trained(self, dtype: Any) -> C:
        """The component with its floating-point hyperparameters as arrays (1, 1, 1) of that precision."""
        return parts([self.component], np.dtype(dtype))[0].component


Check: TypeAlias = Callable[[Case[Any]], None]


@dataclass(frozen=True)
class Law:
    """Something that every component of a kind does; `check` raises Broken or DoesNotApply, or whatever the component raises."""

    kind: str
    name: str
    meaning: str
    """In one sentence."""
    check: Check
    over: Over = "range"


def law(kind: str, over: Over = "range") -> Callable[[Check], Law]:
    """Make a law of a function: its name is the law's, its docstring says what the law means."""

    def wrapped(check: Check) -> Law:
        return Law(kind, check.__name__, " ".join((inspect.getdoc(check) or "").split()), check, over)

    return wrapped
