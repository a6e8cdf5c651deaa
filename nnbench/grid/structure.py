"""The structure of a grid file: what is wrong with it, and the grid that is left without that, so that all else is checked too."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from nnbench.errors import Problem
from nnbench.grid.fields import FIELDS, NAME_LENGTH
from nnbench.grid.lookup import Lookup
from nnbench.grid.suggest import UNNAMED, hyperparameters, misplaced, nearest, offered
from nnbench.grid.tables import TABLES, leaves, problem_within
from nnbench.kinds import KINDS

ROUNDS = 4
"""How often a file is mended: what is taken away may be needed, and what stands for that is checked again."""
Model = TypeVar("Model", bound=BaseModel)

_ACCEPTED = {
    "question": "text",
    "seeds": "a whole number of at least 1, or a list of distinct whole numbers of at least 0",
    "name": f"1 to {NAME_LENGTH} characters, none of them / : % or a quote",
    "gradcheck": '"flag" or "require" or "off"',
    "trial_timeout": "seconds for one trial, a number above 0",
}


def structured(model: type[Model], data: dict[str, Any], lookup: Lookup | None) -> tuple[Model | None, list[Problem]]:
    """The grid, and what is wrong with its structure; a grid with problems lacks what they are about."""
    problems: list[Problem] = []
    whole = data
    for number in range(ROUNDS):
        try:
            return model.model_validate(data), problems
        except ValidationError as error:
            errors = error.errors()
            if not number:
                told = [_problem(each, whole, [*model.model_fields], lookup) for each in errors]
                problems = list({each.field: each for each in reversed(told)}.values())[::-1]
            data = copy.deepcopy(data)
            for each in errors:
                _mend(data, each)
    return None, problems


def _problem(error: Any, data: Mapping[str, Any], known: Collection[str], lookup: Lookup | None) -> Problem:
    name = str(error["loc"][0])
    if name in TABLES and (len(error["loc"]) > 1 or error["type"] in ("model_type", "tuple_type")):
        return problem_within(name, error, _count(data, name))
    if error["type"] == "extra_forbidden":
        return Problem(name, _unknown(name, data, known, lookup))
    if name == "trial":
        return Problem(name, "should be a table, [trial], or several, [[trial]]")
    if name == "name" and error["type"] == "value_error":
        return Problem(name, f"{error['input']!r} {error['ctx']['error']}")
    return Problem(name, f"{error['input']!r} is not accepted; accepted: {_ACCEPTED[name]}")


def _unknown(name: str, data: Mapping[str, Any], known: Collection[str], lookup: Lookup | None) -> str:
    """What is wrong with a field above the tables that is none."""
    if name in FIELDS:
        return "belongs under [trial]"
    tables = data.get("trial", {})
    first = next((each for each in (tables if isinstance(tables, list) else [tables]) if isinstance(each, Mapping)), {})
    have = {kind: hyperparameters(first.get(kind), kind, lookup) for kind in KINDS} if lookup else {}
    belongs = misplaced(name, have, lookup) if lookup else ""
    if belongs:
        return f"no such field; {belongs} under [trial]"
    under = {each: f"{each} under [trial]" for each in FIELDS}
    return f"no such field{nearest(name, [*known, *under], under)}{offered('fields', known, 'nnbench list fields')}"


def _count(data: Mapping[str, Any], name: str) -> int:
    tables = data.get(name)
    return len(tables) if isinstance(tables, list) else 1


def _mend(data: dict[str, Any], error: Any) -> None:
    """Take away what the error is about, or put what stands for a missing name there."""
    name, *rest = error["loc"]
    holder: Any = data.get(name)
    if name == "claim" and rest and isinstance(rest[0], int):
        holder, rest = (holder[rest[0]] if isinstance(holder, list) else holder), rest[1:]
        if not isinstance(holder, dict):
            data["claim"] = [each for each in data["claim"] if isinstance(each, dict)]
            return
    if name not in TABLES or not rest or not isinstance(holder, dict):
        data.pop(name, None)
        data |= {"compare": {"factor": UNNAMED}} if name == "compare" else {"name": "grid"} if name == "name" else {}
        return
    key = rest[0]
    if error["type"] == "missing":
        holder[key] = UNNAMED
    elif key == "tune":
        written = holder.get(key)
        named = written if isinstance(written, list) else [written] * (written != "default")
        holder[key] = [each for each in named if isinstance(each, str)]
    elif key == "vary" and len(rest) > 1:
        holder[key] = {name: value for name, value in leaves(holder[key]) if name != rest[1]}
    else:
        holder.pop(key, None)
