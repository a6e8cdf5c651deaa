"""`--set FIELD=VALUES`: the same fields, from the command line."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Sequence
from typing import Any

from nnbench.errors import Problem

TEXTS = ("name", "question")
"""Fields that are prose: commas are no axis."""
TABLES = ("compare", "robust")
"""Tables beside `[trial]`."""


def apply(data: dict[str, Any], overrides: Sequence[str], top_level: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    """A copy of a parsed grid file with each override set, in every `[[trial]]` table."""
    data = copy.deepcopy(data)
    problems: list[Problem] = []
    for override in overrides:
        path, separator, text = override.partition("=")
        keys = path.strip().removeprefix("trial.").split(".")
        if not separator or not all(keys):
            problems.append(Problem("--set", f"{override!r} is not of the form FIELD=VALUE, for instance optimizer.lr=0.1,0.3"))
        elif keys[0] in TABLES and len(keys) == 2 and isinstance(data.setdefault(keys[0], {}), dict):
            data[keys[0]][keys[1]] = parse(text)
        elif keys[0] in TABLES and len(keys) > 1:
            problems.append(
                Problem(path.strip(), f"what can be set of [{keys[0]}] are its own fields, whole: {keys[0]}.{keys[1]}=…")
            )
        elif keys[0] in top_level and len(keys) > 1:
            problems.append(Problem(path.strip(), f"{keys[0]} is a plain value, with nothing inside to set"))
        elif keys[0] in top_level:
            data[keys[0]] = text if keys[0] in TEXTS else parse(text)
        else:
            tables = data.setdefault("trial", {})
            own = [table for table in (tables if isinstance(tables, list) else [tables]) if isinstance(table, dict)]
            if not all(_put(table, keys, parse(text)) for table in own):
                problems.append(Problem(path.strip(), "the grid has a plain value there, with nothing inside to set"))
    return data, problems


def parse(text: str) -> Any:
    """TOML values separated by commas; several are an axis, and what is no TOML is a string.

    >>> parse("0.1,0.3"), parse("relu"), parse("[32, 32]"), parse('{name = "adam", lr = 0.1}')
    ([0.1, 0.3], 'relu', [32, 32], {'name': 'adam', 'lr': 0.1})
    """
    try:
        values = tomllib.loads(f"values = [{text}]")["values"]
    except tomllib.TOMLDecodeError:
        values = [_word(part) for part in _parts(text)]
    return values[0] if len(values) == 1 else values


def _parts(text: str) -> list[str]:
    """The text between commas that are in no brackets, braces or quotes."""
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote or character in "\"'":
            quote = "" if character == quote else quote or character
        else:
            depth += (character in "[{") - (character in "]}")
        if character == "," and not quote and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _word(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def _put(table: dict[str, Any], keys: Sequence[str], value: Any) -> bool:
    """Set a field, or a hyperparameter of each component that a field names; False where a plain value has none."""
    first, *rest = keys
    if not rest:
        table[first] = value
        return True
    current = table.get(first, {})
    several = current if isinstance(current, list) else [current]
    tables = [{"name": each} if isinstance(each, str) else each for each in several]
    if not all(isinstance(each, dict) and _put(each, rest, value) for each in tables):
        return False
    table[first] = tables if isinstance(current, list) else tables[0]
    return True
