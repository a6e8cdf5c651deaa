"""`--set FIELD=VALUES`: the same fields, from the command line."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Sequence
from typing import Any

from nnbench.errors import Problem


def apply(data: dict[str, Any], overrides: Sequence[str], top_level: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    """A copy of a parsed grid file with each override set, in every `[[trial]]` table."""
    data = copy.deepcopy(data)
    problems: list[Problem] = []
    for override in overrides:
        path, separator, text = override.partition("=")
        keys = path.strip().removeprefix("trial.").split(".")
        if not separator or not all(keys):
            problems.append(Problem("--set", f"{override!r} is not of the form FIELD=VALUE, for instance optimizer.lr=0.1,0.3"))
        elif keys[0] in top_level:
            data[keys[0]] = parse(text)
        else:
            tables = data.setdefault("trial", {})
            for table in tables if isinstance(tables, list) else [tables]:
                if isinstance(table, dict):
                    _put(table, keys, parse(text))
    return data, problems


def parse(text: str) -> Any:
    """TOML values separated by commas; several are an axis, and what is no TOML is a string.

    >>> parse("0.1,0.3"), parse("relu"), parse("[32, 32]"), parse('{name = "adam", lr = 0.1}')
    ([0.1, 0.3], 'relu', [32, 32], {'name': 'adam', 'lr': 0.1})
    """
    try:
        values = tomllib.loads(f"values = [{text}]")["values"]
    except tomllib.TOMLDecodeError:
        values = [_word(part) for part in text.split(",")]
    return values[0] if len(values) == 1 else values


def _word(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def _put(table: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    """Set a field, or a hyperparameter of each component that a field names."""
    first, *rest = keys
    if not rest:
        table[first] = value
        return
    current = table.get(first, {})
    several = current if isinstance(current, list) else [current]
    made = [{"name": each} if isinstance(each, str) else each for each in several]
    for each in made:
        if isinstance(each, dict):
            _put(each, rest, value)
    table[first] = made if isinstance(current, list) else made[0]
