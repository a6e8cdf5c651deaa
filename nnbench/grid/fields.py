"""The fields of a trial and the hyperparameters of a component: types, bounds, defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import numpy as np
from annotated_types import Ge, Le, Lt
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from nnbench.grid.places import ordinal
from nnbench.grid.trial import LrScaling, Precision
from nnbench.kinds import KINDS, Component

STRICT = ConfigDict(strict=True, allow_inf_nan=False, extra="forbid")
Units = Annotated[int, Ge(1), Le(65_536)]
Count = Annotated[int, Ge(1), Le(1_000_000_000)]
NAME_PATTERN = r"^[^/:%\"'\n]+$"
"""What MLflow and file systems take as a name."""
NAME_LENGTH = 100


class Plain(BaseModel):
    """Fields of a trial that are not components."""

    model_config = STRICT

    train_size: Count = Field(512, description="samples to train on")
    valid_size: Count = Field(256, description="samples to validate on")
    test_size: Count = Field(1024, description="samples to test on")
    hidden: tuple[Units, ...] = Field((32, 32), description="units of each hidden layer; [[]] is a linear model")
    dropout: Annotated[float, Ge(0), Lt(1)] = Field(0.0, description="probability of dropping a hidden unit while training")
    lr_scaling: LrScaling = Field("none", description='"fan_in" divides each layer\'s learning rate by √fan_in')
    batch_size: Count = Field(64, description="samples in a batch")
    epochs: Count = Field(50, description="passes over the training split")
    precision: Precision = Field("float32", description="of all arrays while training")


FIELDS = (*KINDS, *Plain.model_fields)
"""Every field of a trial."""
_CONFIG = ConfigDict(strict=True, allow_inf_nan=False)


def plain_type(field: str) -> Any:
    """Type of a field, bounds included."""
    info = Plain.model_fields[field]
    return Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation


@cache
def hyperparameter_types(cls: type[Component]) -> dict[str, Any]:
    """Type of each hyperparameter, bounds included."""
    hints = get_type_hints(cls, include_extras=True)
    return {f.name: hints[f.name] for f in dataclasses.fields(cls)}  # type: ignore[arg-type]


def hyperparameter_default(cls: type[Component], name: str) -> Any:
    """Its default, or `dataclasses.MISSING`."""
    return next(f.default for f in dataclasses.fields(cls) if f.name == name)  # type: ignore[arg-type]


def component_kind(hint: Any) -> str | None:
    """The kind, for a hyperparameter that is itself a component."""
    return next((kind for kind, base in KINDS.items() if base is _bare(hint)), None)


def is_sequence(hint: Any) -> bool:
    """Whether a single value is itself a list, so that an axis is a list of lists."""
    return get_origin(_bare(hint)) in (tuple, list)


def validated(hint: Any, value: Any) -> Any:
    """The value in its field's type; raises ValueError with what is wrong and what would be accepted."""
    if isinstance(value, list) and is_sequence(hint):
        value = tuple(value)
    try:
        return _one_identity(_adapter(hint).validate_python(value), _takes_either(hint))
    except ValidationError as error:
        raise ValueError("; ".join(_wording(each) for each in error.errors())) from None


def as_written(value: Any) -> Any:
    """A value that Python made as a file would have it: no tuples, no numbers or arrays of NumPy."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, Mapping):
        return {name: as_written(each) for name, each in value.items()}
    return [as_written(each) for each in value] if isinstance(value, (list, tuple)) else value


def _one_identity(value: Any, whole: bool = False) -> Any:
    """The value as every equal one is written: -0.0 equals 0.0, and would be another cell with the same results.

    So would 1.0 where 1 is accepted as well: there what is `whole` is an integer.
    """
    if isinstance(value, float):
        return int(value) if whole and value.is_integer() else value + 0.0
    return tuple(_one_identity(each, whole) for each in value) if isinstance(value, tuple) else value


def _takes_either(hint: Any) -> bool:
    """Whether 1 and 1.0 are both accepted as they are, by itself or in a list."""
    bare = _bare(hint)
    if get_origin(bare) in (Union, UnionType):
        return {int, float} <= {_bare(each) for each in get_args(bare)}
    return is_sequence(hint) and _takes_either(get_args(bare)[0])


def accepted(hint: Any) -> str:
    """A type and its bounds in words."""
    schema = value_schema(hint)
    if "enum" in schema:
        return " or ".join(f'"{value}"' for value in schema["enum"])
    words = {"integer": "a whole number", "number": "a number", "string": "a string", "boolean": "true or false", "array": "a list"}
    text = words.get(schema.get("type", ""), "a value")
    bounds = {"exclusiveMinimum": "above", "minimum": "at least", "exclusiveMaximum": "below", "maximum": "at most"}
    limits = [f"{word} {schema[key]:,}" for key, word in bounds.items() if key in schema]
    if schema.get("type") == "array":
        text += f" of which each is {accepted(get_args(_bare(hint))[0])}"
    return f"{text} {' and '.join(limits)}".rstrip()


def value_schema(hint: Any) -> dict[str, Any]:
    """JSON schema of one value; not to be changed, as equal types share it."""
    return _shared(_schema, hint)


def _schema(hint: Any) -> dict[str, Any]:
    return _adapter(hint).json_schema()


def _adapter(hint: Any) -> TypeAdapter[Any]:
    return _shared(_new_adapter, hint)


def _new_adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint, config=_CONFIG)


_known: dict[tuple[Callable[[Any], Any], Any], Any] = {}


def _shared(make: Callable[[Any], Any], hint: Any) -> Any:
    """What is made of a type, once for all equal ones: most hyperparameters have one of a few types."""
    try:
        if (make, hint) not in _known:
            _known[make, hint] = make(hint)
        return _known[make, hint]
    except TypeError:  # a type with a note that cannot be looked up by, such as a dict
        return make(hint)


_WORDS = {
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:,}",
    "finite_number": "must be finite",
    "value_error": "{error}",
}
"""What is said of a value that a type does not take, by pydantic's name for the reason."""


def _wording(error: Any) -> str:
    message = _WORDS.get(error["type"], "is not accepted").format(**error.get("ctx", {}))
    places = [ordinal(part + 1) for part in error["loc"] if isinstance(part, int)]
    return f"(the {' '.join(places)} element) {message}" if places else message


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint
