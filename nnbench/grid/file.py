"""A grid file: a question, fields, and lists of values for some of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

from nnbench.errors import GridError, Problem
from nnbench.grid.asking import TUNING_SEEDS_FROM, Asked, Design, designed, warnings
from nnbench.grid.design import Candidate, Metric
from nnbench.grid.expand import expand, sound_cells
from nnbench.grid.fields import NAME_LENGTH, NAME_PATTERN, as_written
from nnbench.grid.lookup import Lookup
from nnbench.grid.names import own_name
from nnbench.grid.overrides import apply
from nnbench.grid.robust import Alternative, alternatives, robust_problems
from nnbench.grid.structure import structured
from nnbench.grid.tables import Claim, Compare, Robust
from nnbench.grid.trial import Cell, Trial
from nnbench.kinds import KINDS

Gradcheck = Literal["flag", "require", "off"]


@dataclass(frozen=True)
class _Expansion:
    """What a grid comes to with one lookup."""

    of: tuple[Any, ...]
    """What it depends on."""
    design: Design


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
        value = as_written(list(value) if isinstance(value, range) else value)
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
        grid, structural = structured(cls, {"name": _name_of(source), **data}, lookup)
        problems += structural
        if lookup is not None and grid is not None:
            problems += grid._expanded(lookup).problems + robust_problems(grid, lookup)
        if problems or grid is None:
            raise GridError(source, list(dict.fromkeys(problems)))
        if lookup is not None:
            grid = grid.with_names(lookup)
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

    def with_names(self, lookup: Lookup) -> Grid:
        """The grid with its baseline and its claims about components by their own names, where they have others there."""
        compare = self.compare
        if compare is None or compare.factor not in KINDS:
            return self
        named = {
            level: own_name(level, compare.factor, lookup)
            for level in (compare.baseline, *(each for claim in self.claim for each in (claim.better, claim.worse)))
            if level is not None
        }
        if all(level == own for level, own in named.items()):
            return self
        baseline = None if compare.baseline is None else named[compare.baseline]
        claims = [claim.model_copy(update={"better": named[claim.better], "worse": named[claim.worse]}) for claim in self.claim]
        copy = self.model_copy(update={"compare": compare.model_copy(update={"baseline": baseline}), "claim": tuple(claims)})
        copy._known = _Known()
        return copy

    def changed(self, told: str, **fields: Any) -> Grid:
        """A copy with other fields, `told` among its overrides; unchecked, as fields of a checked grid are."""
        copy = self.model_copy(update=fields)
        copy._overrides, copy._known = (*self._overrides, told), _Known()
        return copy

    def warnings(self, lookup: Lookup) -> list[str]:
        """What is no mistake and yet hardly meant, such as a factor with one level; raises GridError with every problem."""
        return warnings(self.compare, self._sound(lookup), self.trial)

    def _sound(self, lookup: Lookup) -> Design:
        """The expansion, in which nothing is wrong; raises GridError."""
        design = self._expanded(lookup)
        if design.problems:
            raise GridError(self.source or self.name, design.problems)
        return design

    def _expanded(self, lookup: Lookup) -> Design:
        """The expansion with this lookup, worked out once: checking a grid takes all of it, and so does launching it."""
        of = (lookup, self.trial, self.compare, self.claim, self.seeds)
        known = self._known.expansion
        if known is None or any(a is not b for a, b in zip(known.of, of, strict=True)):
            cells, problems = expand(self.trial, lookup)
            named = self.with_names(lookup)
            asked = Asked(named.compare, named.claim, max(self.seed_list))
            design = designed(asked, sound_cells(self.trial, lookup) if problems else cells, lookup, problems)
            known = self._known.expansion = _Expansion(of, design)
        return known.design


def _name_of(source: str) -> str:
    """The file's name without what MLflow does not take."""
    return re.sub(r"[/:%\"'\n]", "-", Path(source).stem)[:NAME_LENGTH] or "grid"


def _override(data: dict[str, Any], overrides: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    return apply(data, overrides, [name for name in Grid.model_fields if name != "trial"])
