"""What a grid asks for: its cells' places in the comparison, what is wrong with that, and what is hardly meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnbench.errors import Problem
from nnbench.grid.design import Candidate, candidates, find_level, search_spaces, spellings
from nnbench.grid.fields import FIELDS
from nnbench.grid.labels import label, labels_of
from nnbench.grid.lookup import Lookup
from nnbench.grid.places import at_table, at_value
from nnbench.grid.suggest import UNNAMED, close, component_class, nearest, offered
from nnbench.grid.tables import Claim, Compare
from nnbench.grid.trial import Cell
from nnbench.kinds import KINDS

TUNING_SEEDS_FROM = 1_000_000
"""Seeds for tuning count from here, so that they are none of the reported ones."""


@dataclass(frozen=True)
class Asked:
    """What a grid says beside its trial tables."""

    compare: Compare | None
    claims: Sequence[Claim]
    largest_seed: int


@dataclass(frozen=True)
class Design:
    """What a grid comes to: cells, those of search spaces included, their places, the tuned fields, and what is wrong."""

    cells: list[Cell]
    placed: list[Candidate]
    tuned: list[str]
    problems: list[Problem]


def designed(asked: Asked, cells: list[Cell], lookup: Lookup, wrong: Sequence[Problem]) -> Design:
    """The places of these cells, which are what is sound of the trial tables where something is `wrong` with them."""
    compare = asked.compare
    if compare is None:
        problems = [Problem("claim", "a claim is about a comparison; add [compare] with a factor")] if asked.claims else []
        return Design(cells, [], [], [*wrong, *problems])
    tuned, problems = [] if compare.tune == "default" else list(compare.tune), []
    if compare.tune == "default" and _sound(compare.factor, cells, lookup):
        cells, tuned, problems = search_spaces(cells, compare.factor)
    placed: list[Candidate] = []
    if compare.factor == UNNAMED:
        problems += _about("compare.tune", candidates(cells, FIELDS[0], tuned, lookup)[1])
    elif not problems:
        placed, problems = candidates(cells, compare.factor, tuned, lookup)
    doubtful = {match[1] for each in wrong if (match := re.match(r"trial[^.]*\.(\w+)", each.field))}
    if cells:
        field, levels = (compare.factor, placed) if placed else _meant(compare.factor, cells, lookup)
        names = spellings(levels) or dict.fromkeys(_every_value(cells), ())
        kind = field.partition(".")[0]
        problems += _unknown_levels(compare, asked.claims, names, lookup, kind if kind in doubtful else "")
    if compare.tune and asked.largest_seed >= TUNING_SEEDS_FROM:
        told = f"with tuning, seeds must be below {TUNING_SEEDS_FROM:,}: those from there on are for tuning"
        problems.append(Problem("seeds", told))
    return Design(cells, placed, tuned, [*wrong, *problems])


def _sound(factor: str, cells: Sequence[Cell], lookup: Lookup) -> bool:
    return factor != UNNAMED and not candidates(cells[:1], factor, (), lookup)[1]


def _about(at: str, problems: Sequence[Problem]) -> list[Problem]:
    return [each for each in problems if each.field == at]


def _unknown_levels(
    compare: Compare, claims: Sequence[Claim], levels: Mapping[str, Collection[str]], lookup: Lookup, doubtful: str
) -> list[Problem]:
    """Names that are no level, unless what is wrong with the values of a doubtful factor may be that this one is missing."""

    def no_level(at: str, name: str | None) -> list[Problem]:
        if name is None or name == UNNAMED or find_level(name, levels) is not None:
            return []
        if doubtful and (doubtful not in KINDS or component_class(name, doubtful, lookup)):
            return []
        known = [*levels, *(lookup.names(doubtful) if doubtful in KINDS else ())]
        told = f"{name!r} is no level of this grid{nearest(name, known)}"
        return [Problem(at, f"{told}{offered('levels', levels, 'nnbench plan')}")]

    problems = no_level("compare.baseline", compare.baseline)
    for number, claim in enumerate(claims, start=1):
        at = at_table("claim", number, len(claims))
        unknown = [*no_level(f"{at}.better", claim.better), *no_level(f"{at}.worse", claim.worse)]
        same = claim.better == claim.worse or find_level(claim.better, levels) == find_level(claim.worse, levels) is not None
        if not unknown and same and claim.better != UNNAMED:
            unknown = [Problem(at, f"{claim.better!r} is said to be better than itself")]
        problems += unknown
    return problems


def _meant(factor: str, cells: Sequence[Cell], lookup: Lookup) -> tuple[str, list[Candidate]]:
    """The field that a factor means with which something is wrong, and its levels; none if that cannot be told."""
    for name in dict.fromkeys([factor, factor.partition(".")[0], *close(factor, FIELDS)[:1]]):
        placed = candidates(cells, name, (), lookup)[0]
        if placed:
            return name, placed
    return "", []


def _every_value(cells: Sequence[Cell]) -> list[str]:
    return list(dict.fromkeys(text for name in FIELDS for text in labels_of([getattr(cell, name) for cell in cells])))


def warnings(compare: Compare | None, design: Design, tables: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is no mistake and yet hardly meant: values that are there twice, one level to compare, one value to choose from."""
    told = _repeated(tables)
    if compare is None:
        return told
    levels = list(dict.fromkeys(each.level for each in design.placed))
    if len(levels) == 1:
        told.append(f"compare.factor: {compare.factor} has one level, {levels[0]}, so there is nothing to compare it with")
    for field in design.tuned:
        tried: dict[str, dict[str, None]] = {}
        for each in design.placed:
            if field in each.setting:
                tried.setdefault(each.level, {})[_text(each.setting[field])] = None
        single = {level: next(iter(values)) for level, values in tried.items() if len(values) == 1}
        if single and len(single) == len(tried) and len(set(single.values())) == 1:
            told.append(f"compare.tune: {field} has one value, {next(iter(single.values()))}, so there is nothing to choose from")
        else:
            told += [f"compare.tune: {field} has one value for {level}, {value}" for level, value in single.items()]
    return told


def _repeated(tables: Sequence[Mapping[str, Any]]) -> list[str]:
    """Values that an axis has twice; equal units in one list are a network."""
    told = []
    for number, table in enumerate(tables, start=1):
        for name, written in table.items():
            axis = isinstance(written, list) and (name != "hidden" or all(isinstance(each, list) for each in written))
            for place, value in enumerate(written if axis else (), start=1):
                if value in written[: place - 1]:
                    at = at_value(f"{at_table('trial', number, len(tables))}.{name}", place)
                    told.append(f"{at}: is in the list already, and counts once")
    return told


def _text(value: Any) -> str:
    return label(tuple(value)) if isinstance(value, list) else label(value)
