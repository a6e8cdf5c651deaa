"""What the gallery says of each component."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nnbench import foreign
from nnbench.catalog import Catalog, Entry
from nnbench.errors import ContractError
from nnbench.kinds import KINDS
from nnbench.report.describe import Hyperparameter, hyperparameters, needed
from nnbench.report.pictures import draw


@dataclass(frozen=True)
class Card:
    """One component: its picture, or why there is none."""

    kind: str
    name: str
    """As grids write it: `distribution:name` where several plugins offer the name."""
    default: bool
    summary: str
    docstring: str
    hyperparameters: Sequence[Hyperparameter]
    origin: str
    place: str
    """Plugin and class."""
    picture: str = ""
    """SVG, to stand in a page."""
    caption: str = ""
    problem: str = ""
    failed: bool = False
    """Whether drawing went wrong."""

    @property
    def id(self) -> str:
        """Names the card within the page."""
        return re.sub(r"\W", "-", f"{self.kind}-{self.name}")


def cards(catalog: Catalog) -> Iterator[Card]:
    """A card for each component of the catalog, kind by kind; a picture that fails stops none of the others."""
    for kind in KINDS:
        for name in catalog.names(kind):
            entry = catalog.entry(kind, name)
            yield replace(card(name, entry), default=catalog.is_default(entry))


def card(name: str, entry: Entry) -> Card:
    """The card of one component, drawn with its defaults."""
    from nnbench.report.pictures.plot import inline_svg

    cls = entry.cls
    plain = Card(
        cls.kind,
        name,
        cls.default,
        cls.summary(),
        inspect.cleandoc(cls.__doc__ or ""),
        hyperparameters(cls),
        f"{entry.origin.distribution} {entry.origin.version}",
        f"plugin {entry.plugin.name}, {cls.__module__}.{cls.__qualname__}",
    )
    lacking = needed(cls)
    if lacking:
        values = " ".join(f"--set {each}=…" for each in lacking)
        return replace(plain, problem=f"Has no default to be drawn with: nnbench show {cls.kind} {name} {values}")
    try:
        with foreign.calling(f"{cls.kind} {name}"):
            figure = draw(cls())
        return replace(plain, picture=inline_svg(figure, plain.id), caption=figure.caption)
    except (Exception, SystemExit) as error:  # whatever an author's code raises
        told = str(error) if isinstance(error, ContractError) else f"{type(error).__name__}: {error}"
        return replace(plain, problem=told, failed=True)
