"""The tables of a grid beside `[trial]`: what is compared, what is claimed, and under which other choices that should hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ConfigDict, WithJsonSchema, field_validator

from nnbench.errors import Problem
from nnbench.grid.design import Metric
from nnbench.grid.expand import nearest
from nnbench.grid.fields import FIELDS
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
    better: str
    """The level that is said to be better."""
    worse: str
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
        return dict(_leaves(value)) if isinstance(value, Mapping) else value


def _leaves(table: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    leaves: list[tuple[str, Any]] = []
    for name, value in table.items():
        if isinstance(value, Mapping) and value:
            leaves += _leaves(value, f"{before}{name}.")
        else:
            leaves.append((f"{before}{name}", tuple(value) if isinstance(value, list) and value else value))
    return leaves


TABLES: Mapping[str, type[BaseModel]] = {"compare": Compare, "claim": Claim, "robust": Robust}
_ACCEPTED = {
    "compare.tune": '"default", or a list of fields such as ["optimizer.lr"]',
    "compare.baseline": 'a level as text, such as "adam"',
    "compare.at_least": "a number above 0.5 and below 1",
    "claim.at_least": "a number above 0.5 and below 1",
    "compare.count": '"families" or "variants"',
    "robust.seed_blocks": "a whole number from 1 to 100",
    "robust.tuning_seeds": "a list of whole numbers from 1 to 1,000, such as [5]",
    "robust.metrics": 'a list of metrics such as ["valid_area"]',
    "robust.vary": "a table of lists of alternatives, such as { hidden = [[16, 16], [64]] }",
}


def problem_within(table: str, error: Any) -> Problem:
    """What is wrong inside `[compare]`, `[robust]` or a `[[claim]]`, from what pydantic says about it."""
    model = TABLES[table]
    keys = [str(each) for each in error["loc"][1:] if isinstance(each, str)]
    known = ", ".join(model.model_fields)
    at = ".".join((table, *keys[:1]))
    match error["type"]:
        case "extra_forbidden":
            return Problem(at, f"no such field{nearest(keys[0], model.model_fields)} (fields: {known})")
        case "missing":
            return Problem(at, f"is missing; [{table}] needs it")
        case "model_type":
            return Problem(table, f"should be a table with {known}")
        case "literal_error" if keys[0] in ("metric", "metrics"):
            metrics = get_args(Metric)
            return Problem(at, f"no such metric {error['input']!r}{nearest(str(error['input']), metrics)} ({', '.join(metrics)})")
    if at == "robust.vary" and keys[1:]:
        told = "a list of alternatives, each as [trial] would have it, such as hidden = [[16, 16], [64]]"
        return Problem(".".join((table, *keys)), f"{error['input']!r} is not accepted; accepted: {told}")
    if at in _ACCEPTED:
        return Problem(at, f"{error['input']!r} is not accepted; accepted: {_ACCEPTED[at]}")
    return Problem(at, f"{error['input']!r} {str(error['msg']).replace('Input should', 'should')}")
