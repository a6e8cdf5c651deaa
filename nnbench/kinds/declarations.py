"""What an author may declare in the body of a component's class; a slip is refused where it is made, with the remedy."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Any

CLASS_VARIABLE = re.compile(r"(\w+\.)*ClassVar\b")


def is_class_variable(annotation: Any) -> bool:
    """Whether an annotation, or its text, says ClassVar."""
    return bool(CLASS_VARIABLE.match(annotation if isinstance(annotation, str) else str(annotation)))


def check_declarations(cls: type, kind: type) -> None:
    """Hold what a class declares against its kind; raises TypeError with what to write instead.

    The names that a kind's class has are not hyperparameters, but for numbers: an annotation would make one of them. A
    hyperparameter's default is a value that cannot change, and one that is inherited keeps its annotation where its default is
    another.
    """
    annotations = inspect.get_annotations(cls)
    inherited = {field.name for base in cls.__bases__ if dataclasses.is_dataclass(base) for field in dataclasses.fields(base)}
    for name, annotation in annotations.items():
        if is_class_variable(annotation):
            if name in inherited:
                raise TypeError(
                    f"{cls.__name__} makes a ClassVar of {name}, a hyperparameter; write {name}: float = …, without ClassVar"
                )
            continue
        if name not in inherited and hasattr(kind, name) and not _is_number(inspect.getattr_static(kind, name)):
            _refuse_annotation(cls, kind, name, annotation)
        _check_default(cls, name)
    for name in inherited & set(cls.__dict__) - set(annotations):
        if not hasattr(cls.__dict__[name], "__get__"):
            told = (
                f"{cls.__name__} sets {name} = {cls.__dict__[name]!r} without an annotation, so the default would stay what it was"
            )
            raise TypeError(f"{told}; write {name}: float = {cls.__dict__[name]!r}")


def _is_number(attribute: Any) -> bool:
    """Whether it is a property that is a number: a data set's classes, an activation's gain may well be hyperparameters."""
    if not isinstance(attribute, property) or attribute.fget is None:
        return False
    return attribute.fget.__annotations__.get("return") in ("int", "float", int, float)


def _refuse_annotation(cls: type, kind: type, name: str, annotation: Any) -> None:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    told = f"{cls.__name__} annotates {name}: {text}, which would make a hyperparameter of it"
    if inspect.isroutine(inspect.getattr_static(kind, name)):
        raise TypeError(f"{told}; {name} is a method of every {kind.__name__}: define it with def")
    raise TypeError(f"{told}; {name} is something that every {kind.__name__} has: write {name} = … or {name}: ClassVar = …")


def _check_default(cls: type, name: str) -> None:
    default = cls.__dict__.get(name)
    if isinstance(default, dataclasses.Field):
        if default.default_factory is not dataclasses.MISSING:
            raise TypeError(
                f"{cls.__name__}: hyperparameter {name} has a default_factory; write the default itself, a tuple for a list"
            )
        default = default.default
    if type(default).__hash__ is None:
        remedy = (
            f"write a tuple: {name}: tuple[…] = {tuple(default)!r}"
            if isinstance(default, (list, set))
            else "a hyperparameter is a number, a truth value, a string, a tuple of those, or a component"
        )
        raise TypeError(f"{cls.__name__}: hyperparameter {name} has the default {default!r}, which can change; {remedy}")
