"""Components of one class over their hyperparameters' range."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt

from nnbench.grid import fields
from nnbench.kinds import Component
from nnbench.seeds import stream

C = TypeVar("C", bound=Component)
AT_RANDOM = 60
"""Combinations of values drawn for a thorough check."""


class CannotMake(Exception):  # noqa: N818
    """A class that no guess at its hyperparameters makes a component of."""


def prototype(cls: type[C]) -> C:
    """The component with its defaults, and with a guess where there is none; raises CannotMake."""
    guessed = {}
    for name, hint in fields.hyperparameter_types(cls).items():
        if fields.hyperparameter_default(cls, name) is dataclasses.MISSING:
            guess = next(iter(_accepted(hint, _guesses(hint))), None)
            if guess is None:
                raise CannotMake(f"hyperparameter {name} has no default, and no value for it can be guessed")
            guessed[name] = guess
    try:
        return cls(**guessed)
    except Exception as error:
        raise CannotMake(f"{cls.__name__}({_written(guessed)}) raises {type(error).__name__}: {error}") from error


def variants(component: C, limit: int) -> list[C]:
    """Up to `limit` others of its class: one hyperparameter changed at a time, then several at once."""
    return list(islice(_distinct(component), limit))


def neighbours(component: C, count: int) -> list[C]:
    """So many components, this one first, that differ in their floating-point hyperparameters alone."""
    return [_moved(component, index) for index in range(count)]


def has_floats(component: Component) -> bool:
    """Whether the engine hands its methods arrays in place of some hyperparameter."""
    hints = fields.hyperparameter_types(type(component))
    values = component.hyperparameters()
    return any(has_floats(v) if isinstance(v, Component) else _bare(hints[name]) is float for name, v in values.items())


def label(component: Component) -> str:
    """Its hyperparameters as they would be written, or "defaults"."""
    cls = type(component)
    values = component.hyperparameters().items()
    own = {name: value for name, value in values if value != fields.hyperparameter_default(cls, name)}
    return _written(own) or "defaults"


def values(hint: Any, value: Any) -> list[Any]:
    """Other values of a hyperparameter that its type accepts: the ends of its range that belong to it, and some on the way."""
    return [each for each in _accepted(hint, _candidates(hint, value)) if each != value]


def attempts(component: C) -> Iterator[C | Exception]:
    """Components with one hyperparameter changed at a time, then with several; what is raised for values that are refused."""
    hints = fields.hyperparameter_types(type(component))
    own = component.hyperparameters()
    choices = {name: values(hint, own[name]) if _accepted(hint, [own[name]]) else [] for name, hint in hints.items()}
    rounds = max(map(len, choices.values()), default=0)
    single = [{name: choice[i]} for i in range(rounds) for name, choice in choices.items() if i < len(choice)]
    rng = stream(0, "conformance", "variants")
    several = [{name: choice[rng.integers(len(choice))] for name, choice in choices.items() if choice} for _ in range(AT_RANDOM)]
    for changes in [*single, *several]:
        try:
            yield _changed(component, changes)
        except Exception as error:
            yield error


def _distinct(component: C) -> Iterator[C]:
    seen = {component}
    for variant in attempts(component):
        if not isinstance(variant, Exception) and variant not in seen:
            seen.add(variant)
            yield variant


def _changed(component: C, changes: dict[str, Any]) -> C:
    return type(component)(**{**component.hyperparameters(), **changes})


def _moved(component: C, index: int) -> C:
    hints = fields.hyperparameter_types(type(component))
    moved: dict[str, Any] = {}
    for name, value in component.hyperparameters().items():
        if isinstance(value, Component):
            moved[name] = _moved(value, index)
        elif _bare(hints[name]) is float and isinstance(value, (int, float)):
            near = [value * 0.9**index if value else 0.05 * index, value + 0.05 * index]
            moved[name] = next(iter(_accepted(hints[name], near)), value)
    try:
        return _changed(component, moved)
    except ValueError:
        return component


def _candidates(hint: Any, value: Any) -> list[Any]:
    bare = _bare(hint)
    if get_origin(bare) is Literal:
        return list(get_args(bare))
    if bare is bool:
        return [True, False]
    low, high, closed = _bounds(hint)
    if bare is int:
        return [*closed, value + 1, value + 3, 2 * value, value - 1]
    if bare is float:
        if low is not None and high is not None:
            inside = [low + share * (high - low) for share in (0.1, 0.5, 0.9)]
        else:
            inside = [value / 4, value * 4, 2.0, 0.5]  # exponents that NumPy has shortcuts for
        return [*map(float, closed), *inside, *([-value, 0.0] if low is None else [])]
    return []


def _guesses(hint: Any) -> list[Any]:
    low, high, closed = _bounds(hint)
    middle = [(low + high) / 2] if low is not None and high is not None else []
    more = [low + 1.0] if low is not None else [high - 1.0] if high is not None else []
    return [*middle, *_candidates(hint, 1), 1.0, 0.5, 10.0, 1, 2, 10, *closed, *more, "a", (), (1,), (1.0,)]


def _accepted(hint: Any, candidates: list[Any]) -> list[Any]:
    accepted = []
    for candidate in candidates:
        try:
            value = fields.validated(hint, candidate)
        except Exception:
            continue
        if value not in accepted:
            accepted.append(value)
    return accepted


def _bounds(hint: Any) -> tuple[float | None, float | None, list[Any]]:
    """Lower bound, upper bound, and those of them that belong to the range."""
    marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    low = next((mark.ge if isinstance(mark, Ge) else mark.gt for mark in marks if isinstance(mark, (Ge, Gt))), None)
    high = next((mark.le if isinstance(mark, Le) else mark.lt for mark in marks if isinstance(mark, (Le, Lt))), None)
    closed = [mark.ge if isinstance(mark, Ge) else mark.le for mark in marks if isinstance(mark, (Ge, Le))]
    return low, high, closed  # type: ignore[return-value]


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _written(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())
