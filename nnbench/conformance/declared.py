"""Attributes of a component's class that look like hyperparameters and are none."""

from __future__ import annotations

import inspect
from typing import Annotated, Any, ClassVar, get_args, get_origin, get_type_hints

from nnbench.grid.suggest import nearest
from nnbench.kinds import KINDS, Component
from nnbench.kinds.declarations import is_class_variable


def misplaced(cls: type[Component]) -> dict[str, str]:
    """Each such attribute, and what is wrong with it and what to write.

    A value without an annotation is no field, and no grid can set it. Neither is one of a class: if it has bounds, or is to be
    tuned, it was meant to be one. Names that start with an underscore or are written in CAPITALS are constants.
    """
    kind, told = KINDS[cls.kind], {}
    for owner in cls.__mro__[: cls.__mro__.index(kind)]:
        annotations = inspect.get_annotations(owner)
        for name, value in vars(owner).items():
            if name.startswith("_") or name.isupper() or hasattr(kind, name) or _is_behaviour(value):
                continue
            if name not in annotations and not _is_declared_above(name, owner, kind):
                near = nearest(name, [each for each in dir(kind) if not each.startswith("_")])
                kind_of_value = type(value).__name__
                told[name] = (
                    f"has no annotation, so it is no hyperparameter{near}: write {name}: {kind_of_value} = …, "
                    "or, for a constant, _NAME or ClassVar"
                )
            elif is_class_variable(annotations.get(name, "")) and (name in cls.search_space or _has_bounds(owner, name)):
                told[name] = (
                    f"is a ClassVar, so it is no hyperparameter: write {name}: {type(value).__name__} = …, without ClassVar"
                )
    return told


def _is_behaviour(value: Any) -> bool:
    """Methods, properties and classes."""
    return hasattr(value, "__get__") or isinstance(value, type)


def _is_declared_above(name: str, owner: type, kind: type) -> bool:
    bases = owner.__mro__[1 : owner.__mro__.index(kind)]
    return any(name in inspect.get_annotations(base) or name in vars(base) for base in bases)


def _has_bounds(owner: type, name: str) -> bool:
    hint = get_type_hints(owner, include_extras=True).get(name)
    return get_origin(hint) is ClassVar and any(get_origin(each) is Annotated for each in get_args(hint))
