"""Names of components as people write them: other names of the same formula, other spellings, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnbench.errors import UnknownComponentError
from nnbench.grid import fields
from nnbench.grid.lookup import Lookup
from nnbench.grid.suggest import letters
from nnbench.kinds import KINDS, Component


def is_named(cls: type[Component], name: str) -> bool:
    """Whether a name, without a distribution, is the component's own in another spelling, or one of its aliases."""
    return letters(name) in {letters(each) for each in (cls.name, *cls.aliases)}


def own_name(level: str, kind: str, lookup: Lookup) -> str:
    """A level as tables write it, its component by its own name; the same where it names none.

    `Swish(beta=2)` becomes `silu(beta=2)`.
    """
    name, bracket, rest = level.partition("(")
    try:
        cls, _ = lookup.find(kind, name)
    except UnknownComponentError:
        return level
    return level if ":" in name else f"{cls.name}{bracket}{rest}"


def written(tables: Sequence[Mapping[str, Any]], lookup: Lookup) -> list[tuple[str, str]]:
    """Kind and name of every component as these trial tables have it, those within others too, each once, unknown ones left out."""
    return list(dict.fromkeys(pair for table in tables for kind in KINDS for pair in _written(kind, table.get(kind), lookup)))


def _written(kind: str, value: Any, lookup: Lookup) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for each in value:
            yield from _written(kind, each, lookup)
        return
    table = {"name": value} if isinstance(value, str) else value
    if not isinstance(table, Mapping) or not isinstance(table.get("name", ""), str):
        return
    try:
        cls, _ = lookup.find(kind, table["name"]) if "name" in table else lookup.find_default(kind)
    except UnknownComponentError:
        return
    if "name" in table:
        yield kind, table["name"]
    for name, hint in fields.hyperparameter_types(cls).items():
        inner = fields.component_kind(hint)
        if inner:
            yield from _written(inner, table.get(name), lookup)
