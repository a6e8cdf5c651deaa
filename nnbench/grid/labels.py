"""Short texts for field values, different for different ones: what tables and pictures call a cell. No part of its identity."""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnbench.grid.trial import Cell
from nnbench.kinds import Component

_Place = tuple[str, ...]
"""Where a hyperparameter is: component, hyperparameter, and so on if that is itself a component."""
Providers = Mapping[str, str]
"""Which distribution a component comes from, and those inside it, by their place: `` and `.inner`."""
NOWHERE: Providers = {}
"""Of what is no component."""
HOME = "nnbench"
"""The distribution whose components keep their plain names where others offer the same ones."""


@dataclass(frozen=True)
class _Shown:
    """What a text has beside a component's name and what is not its default."""

    varying: Collection[_Place] = ()
    """Hyperparameters that are not the same everywhere."""
    contested: Collection[tuple[str, str]] = ()
    """Kinds and names that several distributions offer."""
    exact: bool = False
    """Whether texts tell types apart, too: 1 from 1.0 and "1"."""


def labels(cells: Sequence[Cell]) -> list[dict[str, str]]:
    """The texts for the fields of each cell."""
    names = list(cells[0].canonical) if cells else []
    columns = [labels_of(*_column(cells, name)) for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _column(cells: Sequence[Cell], name: str) -> tuple[list[Any], list[Providers]]:
    """A field's values, and where they come from; cells that share a component share that, too."""
    known: dict[int, Providers] = {}
    values = [getattr(cell, name) for cell in cells]
    for cell, value in zip(cells, values, strict=True):
        if id(value) not in known:
            known[id(value)] = providers(cell, name) if isinstance(value, Component) else NOWHERE
    return values, [known[id(value)] for value in values]


def providers(cell: Cell, at: str) -> Providers:
    """Where the component of a field comes from, or of a hyperparameter such as `optimizer.inner`, and those inside it."""
    own = {name: origin for name, origin in cell.origins.items() if name == at or name.startswith(f"{at}.")}
    return {name[len(at) :]: origin.distribution for name, origin in own.items()}


def labels_of(values: Sequence[Any], sources: Sequence[Providers] = ()) -> list[str]:
    """The shortest texts that tell a field's values apart, equal ones for values that are the same.

    Hyperparameters that vary within a component are always shown, and the distribution where several offer one name.
    """
    sources = sources or [NOWHERE] * len(values)
    known: dict[tuple[int, int], str] = {}
    identities = [_once(known, value, source) for value, source in zip(values, sources, strict=True)]
    different = {identity: (value, source) for identity, value, source in zip(identities, values, sources, strict=True)}
    shown = _to_show(list(different.values()))
    texts = {identity: _text(value, source, shown) for identity, (value, source) in different.items()}
    texts = _distinct(texts, lambda each: _text(*different[each], dataclasses.replace(shown, exact=True)))
    return [texts[identity] for identity in identities]


def label(value: Any) -> str:
    """A short text for a single field value: a component's name, with hyperparameters that are not the default."""
    return _text(value, NOWHERE, _Shown())


def contested(values: Sequence[Any], sources: Sequence[Providers]) -> set[tuple[str, str]]:
    """Kinds and names of components that not all come from the same distribution."""
    return set(_to_show(list(zip(values, sources, strict=True))).contested)


def named(component: Component, source: Providers, suffix: str, among: Collection[tuple[str, str]]) -> str:
    """The component's name, or `distribution:name` where that is contested; what nnbench itself offers keeps its plain name."""
    distribution = source.get(suffix, "")
    plain = (component.kind, component.name) not in among or distribution in ("", HOME)
    return component.name if plain else f"{distribution}:{component.name}"


def _once(known: dict[tuple[int, int], str], value: Any, source: Providers) -> str:
    """The identity, worked out once for each object: a grid's cells share their components."""
    at = (id(value), id(source))
    if at not in known:
        known[at] = json.dumps(_identity(value, source, ""))
    return known[at]


def _identity(value: Any, source: Providers, suffix: str) -> Any:
    """What makes values the same: type, distribution, class, and every hyperparameter."""
    if isinstance(value, Component):
        inside = {name: _identity(each, source, f"{suffix}.{name}") for name, each in value.hyperparameters().items()}
        cls = type(value)
        return [source.get(suffix, ""), cls.__module__, cls.__qualname__, value.name, inside]
    if isinstance(value, (tuple, list)):
        return [_identity(each, source, suffix) for each in value]
    return [type(value).__name__, repr(value)]


def _to_show(different: Sequence[tuple[Any, Providers]]) -> _Shown:
    """What it takes to tell these values apart."""
    settings: dict[_Place, set[str]] = defaultdict(set)
    offers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for value, source in different:
        for place, setting, suffix in _hyperparameters((), value, ""):
            settings[place].add(json.dumps(_identity(setting, source, suffix)))
        for component, suffix in _components(value, ""):
            offers[component.kind, component.name].add(source.get(suffix, ""))
    varying = {place for place, distinct in settings.items() if len(distinct) > 1}
    return _Shown(varying, {name for name, distributions in offers.items() if len(distributions) > 1})


def _distinct(texts: Mapping[str, str], exactly: Callable[[str], str]) -> dict[str, str]:
    """Texts by identity, those that are shared written exactly; where that does not help either, with a number behind them."""
    exact = {identity: exactly(identity) for own in _shared(texts) for identity in own}
    told = {**texts, **exact}
    return told | {identity: f"{told[identity]} #{number}" for own in _shared(told) for number, identity in enumerate(own, start=1)}


def _shared(texts: Mapping[str, str]) -> list[list[str]]:
    """Identities that have one text together."""
    owners: dict[str, list[str]] = defaultdict(list)
    for identity, text in texts.items():
        owners[text].append(identity)
    return [own for own in owners.values() if len(own) > 1]


def _text(value: Any, source: Providers, shown: _Shown, at: _Place = (), suffix: str = "") -> str:
    if isinstance(value, Component):
        told = [
            f"{f.name}={_text(setting, source, shown, place, f'{suffix}.{f.name}')}"
            for f in dataclasses.fields(value)  # type: ignore[arg-type]
            for setting, place in [(getattr(value, f.name), (*at, value.name, f.name))]
            if shown.exact or place in shown.varying or f.default is dataclasses.MISSING or setting != f.default
        ]
        name = named(value, source, suffix, shown.contested)
        return f"{name}({', '.join(told)})" if told else name
    if isinstance(value, tuple):
        parts = [_text(each, source, shown, at, suffix) for each in value]
        nested = any(isinstance(each, tuple) for each in value)
        return f"[{', '.join(parts)}]" if shown.exact or nested or not parts else "-".join(parts)
    return _exact(value) if shown.exact else _short(value)


def _short(value: Any) -> str:
    if isinstance(value, float):
        return short if float(short := f"{value:g}") == value else repr(value)
    return str(value)


def _exact(value: Any) -> str:
    """As a file would have it: "1" is no number, and 1.0 no whole one."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (str, bool)) else repr(value)


def _hyperparameters(at: _Place, value: Any, suffix: str) -> Iterator[tuple[_Place, Any, str]]:
    """Those of a component, and of every component in it, with their places among hyperparameters and among components."""
    if isinstance(value, Component):
        for name, setting in value.hyperparameters().items():
            place = (*at, value.name, name)
            yield place, setting, f"{suffix}.{name}"
            yield from _hyperparameters(place, setting, f"{suffix}.{name}")
    elif isinstance(value, tuple):
        for each in value:
            yield from _hyperparameters(at, each, suffix)


def _components(value: Any, suffix: str) -> Iterator[tuple[Component, str]]:
    """A component and every one in it, with their places."""
    if isinstance(value, Component):
        yield value, suffix
        for name, setting in value.hyperparameters().items():
            yield from _components(setting, f"{suffix}.{name}")
    elif isinstance(value, tuple):
        for each in value:
            yield from _components(each, suffix)
