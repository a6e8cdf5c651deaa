"""A grid file: a question, fields, and lists of values for some of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator

from nnbench.errors import GridError, Problem
from nnbench.grid.design import Candidate, Metric, candidates, find_level, search_spaces
from nnbench.grid.expand import expand, nearest
from nnbench.grid.fields import FIELDS, NAME_LENGTH, NAME_PATTERN
from nnbench.grid.lookup import Lookup
from nnbench.grid.overrides import apply
from nnbench.grid.robust import Alternative, alternatives, robust_problems
from nnbench.grid.tables import TABLES, Claim, Compare, Robust, problem_within
from nnbench.grid.trial import Cell, Trial

Gradcheck = Literal["flag", "require", "off"]
TUNING_SEEDS_FROM = 1_000_000
"""Seeds for tuning count from here, so that they are none of the reported ones."""


@dataclass(frozen=True)
class _Expansion:
    """What a grid comes to with one lookup: cells, their places in the comparison, tuned fields, and what is wrong."""

    of: tuple[Any, ...]
    """What it depends on."""
    cells: list[Cell]
    placed: list[Candidate]
    tuned: list[str]
    problems: list[Problem]


@dataclass
class _Known:
    """What a grid was last expanded to; grids are equal whether they were expanded or not."""

    expansion: _Expansion | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known)


class Grid(BaseModel):
    """A grid file with a checked structure; `cells` also checks its trial tables against the installed components."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH, pattern=NAME_PATTERN)]
    """Name of the experiment in MLflow; by default the file's name."""
    question: str = ""
    """The question that the grid should answer."""
    seeds: Annotated[int, Ge(1), Le(1_000_000)] | tuple[Annotated[int, Ge(0), Le(2**63 - 1)], ...] = 3
    """The number of seeds, which count from 0, or a list of seeds."""
    gradcheck: Gradcheck = "flag"
    """What happens to networks with wrong gradients: "flag" trains them, "require" does not, "off" skips the check."""
    trial_timeout: Annotated[float, Gt(0), Field(allow_inf_nan=False)] | None = None
    """Seconds that one trial may take, n times as many for a stack of n; by default many times as long as it should take."""
    compare: Compare | None = None
    """The comparison, if the grid asks for a verdict."""
    claim: tuple[Claim, ...] = ()
    """Predictions to be tested."""
    robust: Robust | None = None
    """Other choices, under which the verdict should stay the same."""
    trial: Annotated[tuple[dict[str, Any], ...], Field(min_length=1)] = ({},)
    """The `[[trial]]` tables as written."""

    _source: str = PrivateAttr("")
    _text: str = PrivateAttr("")
    _overrides: tuple[str, ...] = PrivateAttr(())
    _known: _Known = PrivateAttr(default_factory=lambda: _Known())

    @field_validator("trial", "seeds", "claim", mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            return (value,)
        return tuple(value) if isinstance(value, list) else value

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, value: int | tuple[int, ...]) -> int | tuple[int, ...]:
        if isinstance(value, tuple) and (not value or len(set(value)) < len(value)):
            raise ValueError("a list of seeds must have at least one, and none twice")
        return value

    @field_validator("name")
    @classmethod
    def _not_mlflows(cls, value: str) -> str:
        if value.lower() == "default":
            raise ValueError("is the name of MLflow's own experiment; choose another")
        return value

    @classmethod
    def from_toml(cls, path: str | Path, lookup: Lookup | None = None, overrides: Sequence[str] = ()) -> Grid:
        """Read a grid file.

        With a catalog as `lookup`, components and fields are checked as well, so that one GridError reports every problem.
        """
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise GridError(str(path), [Problem("", f"cannot be read: {error.strerror or error}")]) from None
        except UnicodeDecodeError:
            raise GridError(str(path), [Problem("", "is not text in UTF-8, so not a TOML file")]) from None
        return cls.from_text(text, str(path), lookup, overrides)

    @classmethod
    def from_text(cls, text: str, source: str = "grid", lookup: Lookup | None = None, overrides: Sequence[str] = ()) -> Grid:
        """Like `from_toml`, but from the content of a file; `source` is its name in error messages."""
        try:
            data = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise GridError(source, [Problem("", f"is not TOML: {error}")]) from None
        data, problems = _override(data, overrides)
        grid, structural = _structured({"name": _name_of(source), **data})
        problems += structural
        tables = _tables(data)
        if lookup is not None and grid is not None:
            problems += grid._expanded(lookup).problems + robust_problems(grid, lookup)
        elif lookup is not None and tables is not None:
            problems += expand(tables, lookup)[1]
        if problems or grid is None:
            raise GridError(source, problems)
        grid._source, grid._text, grid._overrides = source, text, tuple(overrides)
        return grid

    @property
    def source(self) -> str:
        """The file from which the grid was read, if any."""
        return self._source

    @property
    def text(self) -> str:
        """The file's content; for a grid created in Python, its fields as JSON."""
        return self._text or self.model_dump_json(indent=2)

    @property
    def overrides(self) -> tuple[str, ...]:
        """What `--set` changed, and the change that an alternative of `[robust]` makes."""
        return self._overrides

    @property
    def judged_metrics(self) -> tuple[Metric, ...]:
        """The metrics that are judged: that of `[compare]` first, then those of claims, each once."""
        if self.compare is None:
            return ()
        return tuple(dict.fromkeys([self.compare.metric, *(claim.metric or self.compare.metric for claim in self.claim)]))

    @property
    def seed_list(self) -> tuple[int, ...]:
        """The seeds themselves."""
        return tuple(range(self.seeds)) if isinstance(self.seeds, int) else self.seeds

    @property
    def tuning_seeds(self) -> tuple[int, ...]:
        """The seeds with which settings are chosen; none if nothing is tuned."""
        count = self.compare.tuning_seeds if self.compare and self.compare.tune else 0
        return tuple(range(TUNING_SEEDS_FROM, TUNING_SEEDS_FROM + count))

    def cells(self, lookup: Lookup) -> list[Cell]:
        """Every combination of field values, in the order of the file; raises GridError with every problem."""
        return list(self._sound(lookup).cells)

    def candidates(self, lookup: Lookup) -> tuple[list[Candidate], list[str]]:
        """Each cell's place in the comparison and the tuned fields; both empty without `[compare]`. Raises GridError."""
        expansion = self._sound(lookup)
        return list(expansion.placed), list(expansion.tuned)

    def trials(self, lookup: Lookup) -> list[Trial]:
        """Every cell with every seed; for a grid that tunes, with every tuning seed."""
        return [Trial(cell, seed) for cell in self.cells(lookup) for seed in self.tuning_seeds or self.seed_list]

    def alternatives(self, lookup: Lookup) -> list[Alternative]:
        """The grid as written and with one choice of `[robust]` changed at a time; raises GridError with every problem."""
        return alternatives(self, lookup)

    def changed(self, told: str, **fields: Any) -> Grid:
        """A copy with other fields, `told` among its overrides; unchecked, as fields of a checked grid are."""
        copy = self.model_copy(update=fields)
        copy._overrides, copy._known = (*self._overrides, told), _Known()
        return copy

    def _sound(self, lookup: Lookup) -> _Expansion:
        """The expansion, in which nothing is wrong; raises GridError."""
        expansion = self._expanded(lookup)
        if expansion.problems:
            raise GridError(self.source or self.name, expansion.problems)
        return expansion

    def _expanded(self, lookup: Lookup) -> _Expansion:
        """The expansion with this lookup, worked out once: checking a grid takes all of it, and so does launching it."""
        of = (lookup, self.trial, self.compare, self.claim, self.seeds)
        known = self._known.expansion
        if known is None or any(a is not b for a, b in zip(known.of, of, strict=True)):
            cells, problems = expand(self.trial, lookup)
            known = self._known.expansion = _Expansion(of, *((cells, [], [], problems) if problems else self._design(cells)))
        return known

    def _design(self, cells: list[Cell]) -> tuple[list[Cell], list[Candidate], list[str], list[Problem]]:
        """The cells, those of search spaces included, their places, the tuned fields, and what is wrong with all that."""
        compare = self.compare
        if compare is None:
            problems = [Problem("claim", "a claim is about a comparison; add [compare] with a factor")] if self.claim else []
            return cells, [], [], problems
        if compare.tune == "default":
            problems = candidates(cells, compare.factor, ())[1]
            if problems:
                return cells, [], [], problems
            cells, tuned, problems = search_spaces(cells, compare.factor)
        else:
            tuned, problems = list(compare.tune), []
        placed: list[Candidate] = []
        if not problems:
            placed, problems = candidates(cells, compare.factor, tuned)
            levels = list(dict.fromkeys(each.level for each in placed))
            problems += _unknown_levels(compare, self.claim, levels) if placed else []
        if self.tuning_seeds and max(self.seed_list) >= TUNING_SEEDS_FROM:
            told = f"with tuning, seeds must be below {TUNING_SEEDS_FROM:,}: those from there on are for tuning"
            problems.append(Problem("seeds", told))
        return cells, placed, tuned, problems


def _unknown_levels(compare: Compare, claims: Sequence[Claim], levels: Sequence[str]) -> list[Problem]:
    problems = _no_level("compare.baseline", compare.baseline, levels) if compare.baseline is not None else []
    for claim in claims:
        unknown = [*_no_level("claim.better", claim.better, levels), *_no_level("claim.worse", claim.worse, levels)]
        if not unknown and find_level(claim.better, levels) == find_level(claim.worse, levels):
            unknown = [Problem("claim", f"{claim.better!r} is said to be better than itself")]
        problems += unknown
    return problems


def _no_level(at: str, name: str, levels: Sequence[str]) -> list[Problem]:
    if find_level(name, levels) is not None:
        return []
    return [Problem(at, f"{name!r} is no level of this grid{nearest(name, levels)} (levels: {', '.join(levels)})")]


def _name_of(source: str) -> str:
    """The file's name without what MLflow does not take."""
    return re.sub(r"[/:%\"'\n]", "-", Path(source).stem)[:NAME_LENGTH] or "grid"


def _override(data: dict[str, Any], overrides: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    return apply(data, overrides, [name for name in Grid.model_fields if name != "trial"])


def _structured(data: dict[str, Any]) -> tuple[Grid | None, list[Problem]]:
    try:
        return Grid.model_validate(data), []
    except ValidationError as error:
        return None, list(dict.fromkeys(_problem(each) for each in error.errors()))


def _problem(error: Any) -> Problem:
    name = str(error["loc"][0])
    if name in TABLES and (len(error["loc"]) > 1 or error["type"] == "model_type"):
        return problem_within(name, error)
    if error["type"] == "extra_forbidden":
        if name in FIELDS:
            return Problem(name, "belongs under [trial]")
        known = [*Grid.model_fields]
        return Problem(name, f"no such field{nearest(name, known)} (fields: {', '.join(known)})")
    if name == "seeds":
        wanted = "accepted: a whole number of at least 1, or a list of distinct whole numbers of at least 0"
        return Problem(name, f"{error['input']!r} is not accepted; {wanted}")
    if name == "name" and error["type"] != "value_error":
        return Problem(
            name, f"{error['input']!r} is not accepted; accepted: 1 to {NAME_LENGTH} characters, none of them / : % or a quote"
        )
    if name == "gradcheck":
        return Problem(name, f"{error['input']!r} is not accepted; accepted: {' or '.join(map(_quoted, get_args(Gradcheck)))}")
    if name == "trial_timeout":
        return Problem(name, f"{error['input']!r} is not accepted; accepted: seconds for one trial, a number above 0")
    if name == "trial":
        return Problem(name, "should be a table, [trial], or several, [[trial]]")
    return Problem(name, f"{error['input']!r} {str(error['msg']).replace('Input should', 'should').replace('Value error, ', '')}")


def _quoted(word: str) -> str:
    return f'"{word}"'


def _tables(data: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    trial = data.get("trial", {})
    tables = trial if isinstance(trial, list) else [trial]
    return tables if tables and all(isinstance(table, Mapping) for table in tables) else None
