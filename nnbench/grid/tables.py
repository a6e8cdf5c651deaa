"""The tables of a grid beside `[trial]`: what is compared, what is claimed, and under which other choices that should hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ConfigDict, WithJsonSchema, field_validator

from nnbench.errors import Problem
from nnbench.grid.design import Metric
from nnbench.grid.fields import FIELDS
from nnbench.grid.places import at_table
from nnbench.grid.suggest import nearest, offered
from nnbench.kinds import KINDS

Share = Annotated[float, Gt(0.5), Lt(1)]
"""A probability of improvement that is one: ½ is none, and nothing is certain."""
TuningSeeds = Annotated[int, Ge(1), Le(1000)]

_ALTERNATIVES = {"type": "array", "minItems": 1}
_VARY: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "patternProperties": {
        f"^({'|'.join(FIELDS)})$": {
            "anyOf": [_ALTERNATIVES, {"type": "object", "minProperties": 1, "additionalProperties": _ALTERNATIVES}]
        },
        rf"^({'|'.join(KINDS)})\.[^.]+$": _ALTERNATIVES,
    },
}


class Compare(BaseModel):
    """`[compare]`: what the verdict is about, and what is chosen for each level before it is compared."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    factor: str
    """The field, or a component's hyperparameter such as `optimizer.lr`, whose values are compared: its levels."""
    metric: Metric = "steps_to_target"
    """What they are compared by."""
    baseline: str | None = None
    """The level that every other one is compared with; without it, every level is compared with every other one."""
    at_least: Share | None = None
    """The smallest probability of improvement that matters; differences below it are practically none."""
    count: Literal["families", "variants"] = "families"
    """What tests count: families of data sets, or each of their variants with its own hyperparameters."""
    tune: Literal["default"] | tuple[str, ...] = ()
    """Fields chosen for each level and task on validation; "default" takes what components declare as their search space."""
    tuning_seeds: TuningSeeds = 3
    """How many seeds each setting is tried with; they are none of the reported ones."""

    @field_validator("tune", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value


class Claim(BaseModel):
    """`[[claim]]`: a prediction, written before the launch."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    says: str
    """The prediction in words."""
    better: str
    """The level that is said to be better."""
    worse: str
    """The level that is said to be worse."""
    metric: Metric | None = None
    """What by; that of `[compare]` unless given."""
    at_least: Share | None = None
    """The smallest probability of improvement that matters; that of `[compare]` unless given."""


class Robust(BaseModel):
    """`[robust]`: other choices, one at a time, under which the verdict should be the same."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    seed_blocks: Annotated[int, Ge(1), Le(100)] = 2
    """How many disjoint blocks of seeds, the grid's own among them; each has as many and follows the one before."""
    tuning_seeds: tuple[TuningSeeds, ...] = ()
    """Other numbers of tuning seeds."""
    metrics: tuple[Metric, ...] = ()
    """Other metrics for `[compare]`, and so for claims that name none of their own."""
    vary: Annotated[dict[str, tuple[Any, ...]], WithJsonSchema(_VARY)] = {}
    """Alternatives for a field, or for a component's hyperparameter such as `initializer.std`, each as a file would have it."""

    @field_validator("tuning_seeds", "metrics", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("vary", mode="before")
    @classmethod
    def _dotted(cls, value: Any) -> Any:
        """TOML reads `initializer.std = […]` as a table within a table; here both ways of writing it are one."""
        return dict(leaves(value)) if isinstance(value, Mapping) else value


def leaves(table: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Dotted names and values of a table within tables."""
    flat: list[tuple[str, Any]] = []
    for name, value in table.items():
        if isinstance(value, Mapping) and value:
            flat += leaves(value, f"{before}{name}.")
        else:
            flat.append((f"{before}{name}", tuple(value) if isinstance(value, list) and value else value))
    return flat


TABLES: Mapping[str, type[BaseModel]] = {"compare": Compare, "claim": Claim, "robust": Robust}
_ACCEPTED = {
    "compare.tune": '"default", or a list of fields such as ["optimizer.lr"]',
    "compare.baseline": 'a level as text, such as "adam"',
    "compare.at_least": "a number above 0.5 and below 1",
    "claim.at_least": "a number above 0.5 and below 1",
    "compare.tuning_seeds": "a whole number from 1 to 1,000",
    "compare.factor": 'a field as text, such as "activation"',
    "compare.count": '"families" or "variants"',
    "robust.seed_blocks": "a whole number from 1 to 100",
    "robust.tuning_seeds": "a list of whole numbers from 1 to 1,000, such as [5]",
    "robust.metrics": 'a list of metrics such as ["valid_area"]',
    "robust.vary": "a table of lists of alternatives, such as { hidden = [[16, 16], [64]] }",
}


def problem_within(table: str, error: Any, count: int) -> Problem:
    """What is wrong inside `[compare]`, `[robust]` or one of so many `[[claim]]` tables, from what pydantic says about it."""
    model = TABLES[table]
    number = next((part for part in error["loc"][1:2] if isinstance(part, int)), None)
    place = table if number is None else at_table(table, number + 1, count)
    keys = [str(each) for each in error["loc"][1:] if isinstance(each, str)]
    if error["type"] in ("model_type", "tuple_type") and not keys:
        return Problem(place, f"should be a table with {', '.join(model.model_fields)}")
    field, at = f"{table}.{keys[0]}", f"{place}.{keys[0]}"
    match error["type"]:
        case "extra_forbidden":
            return Problem(at, f"no such field{nearest(keys[0], model.model_fields)} (fields: {', '.join(model.model_fields)})")
        case "missing":
            return Problem(at, f"is missing; {'each [[claim]]' if table == 'claim' else f'[{table}]'} needs it")
        case "literal_error" if keys[0] in ("metric", "metrics"):
            near = nearest(str(error["input"]), get_args(Metric))
            return Problem(
                at, f"no such metric {error['input']!r}{near}{offered('metrics', get_args(Metric), 'nnbench list metrics')}"
            )
    if field == "robust.vary" and keys[1:]:
        told = "a list of alternatives, each as [trial] would have it, such as hidden = [[16, 16], [64]]"
        return Problem(".".join((table, *keys)), f"{_read(error['input'])} is not accepted; accepted: {told}")
    return Problem(at, f"{_read(error['input'])} is not accepted; accepted: {_ACCEPTED.get(field, 'text')}")


def _read(value: Any) -> str:
    """A value as a file would have it: a list in brackets, whatever it became meanwhile."""
    return f"[{', '.join(map(_read, value))}]" if isinstance(value, (tuple, list)) else repr(value)
