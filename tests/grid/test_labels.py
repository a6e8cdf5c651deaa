"""Texts for field values: short, and never one for two values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbench.grid.design import candidates, find_level, spellings
from nnbench.grid.expand import expand
from nnbench.grid.labels import label, labels, labels_of
from nnbench.kinds import Activation, Component, Dataset, Optimizer, Origin


class Twin(Activation):
    """Of one distribution."""

    name = "twin"
    k: float = 1.0

    def forward(self, z: Any) -> Any:
        return z

    def derivative(self, z: Any, a: Any) -> Any:
        return z


class OtherTwin(Twin):
    """Of another one."""

    name = "twin"


class Free(Activation):
    """A hyperparameter of any type."""

    value: Any = 1
    inner: Any = None

    def forward(self, z: Any) -> Any:
        return z

    def derivative(self, z: Any, a: Any) -> Any:
        return z


PLAIN = st.one_of(
    st.booleans(), st.integers(-3, 3), st.floats(-3, 3), st.none(), st.sampled_from(["1", "True", "[]", "1-2", "None", ""])
)
VALUES = st.recursive(PLAIN, lambda inside: st.lists(inside, max_size=3).map(tuple), max_leaves=5)


@given(st.lists(VALUES, min_size=1, max_size=8))
def test_different_values_have_different_texts_and_equal_ones_the_same(values: list[Any]) -> None:
    def identity(value: Any) -> Any:
        return [identity(each) for each in value] if isinstance(value, tuple) else [type(value).__name__, repr(value)]

    for wrapped in (values, [Free(value=value) for value in values], [Free(inner=Free(value=value)) for value in values]):
        texts = labels_of(wrapped)
        by_text = {text: repr(identity(value)) for text, value in zip(texts, values, strict=True)}
        assert [by_text[text] for text in texts] == [repr(identity(value)) for value in values]
        assert len(set(texts)) == len({repr(identity(value)) for value in values})


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.1, 0.1000000001], ["0.1", "0.1000000001"]),
        ([True, 1, "1"], ["True", "1", '"1"']),
        ([1, 1.0], ["1", "1.0"]),
        ([None, "None"], ["None", '"None"']),
        ([(), "[]"], ["[]", '"[]"']),
        ([(32, 32), (64,), ()], ["32-32", "64", "[]"]),
        ([((1, 2), (3,)), ((1,), (2, 3)), (1, 2, 3)], ["[1-2, 3]", "[1, 2-3]", "1-2-3"]),
    ],
)
def test_texts_are_as_short_as_telling_allows(values: list[Any], texts: list[str]) -> None:
    assert labels_of(values) == texts


def test_what_several_distributions_offer_is_told_with_the_distribution() -> None:
    values = [Twin(), OtherTwin(), OtherTwin(k=2.0), Free()]
    sources = [{"": "twin-a"}, {"": "twin-b"}, {"": "twin-b"}, {"": "other"}]
    assert labels_of(values, sources) == ["twin-a:twin(k=1)", "twin-b:twin(k=1)", "twin-b:twin(k=2)", "free"]
    assert labels_of(values[:1], sources[:1]) == ["twin"]
    nested = [Free(inner=value) for value in values[:2]]
    inside = [{"": "other", ".inner": source[""]} for source in sources[:2]]
    assert labels_of(nested, inside) == ["free(inner=twin-a:twin)", "free(inner=twin-b:twin)"]
    same = [Twin(), Twin()]  # one class, offered by two
    assert labels_of(same, sources[:2]) == ["twin-a:twin", "twin-b:twin"]
    assert label(OtherTwin(k=2.0)) == "twin(k=2)"


def test_what_nnbench_offers_keeps_its_name_beside_a_stranger_of_that_name() -> None:
    assert labels_of([Twin(), OtherTwin()], [{"": "nnbench"}, {"": "stranger"}]) == ["twin", "stranger:twin"]


class Somewhere:
    """Looks up components of a catalog, and twins of two distributions."""

    def __init__(self, catalog: Any, **offered: type[Component]) -> None:
        self.catalog, self.offered = catalog, offered
        self.harness = catalog.harness

    def names(self, kind: str) -> list[str]:
        return self.catalog.names(kind)

    def find_default(self, kind: str) -> tuple[type[Component], Origin]:
        return self.catalog.find_default(kind)

    def find(self, kind: str, name: str) -> tuple[type[Component], Origin]:
        distribution, _, _ = name.partition(":")
        if ":" in name and distribution in self.offered:
            return self.offered[distribution], Origin(distribution, "1.0")
        return self.catalog.find(kind, name)


def test_levels_and_tasks_and_families_of_one_name_are_several(catalog: Any) -> None:
    moons = catalog["dataset", "moons"]
    stranger = type("Moons", (moons,), {"name": "moons", "__annotations__": {}})
    assert issubclass(stranger, Dataset)
    activations = Somewhere(catalog, a=Twin, b=OtherTwin)
    table = {"activation": ["a:twin", "b:twin", "sigmoid"], "dataset": ["moons", "circles"]}
    cells, problems = expand([table], activations)
    assert problems == []
    placed, _ = candidates(cells, "activation", (), catalog)
    assert list(spellings(placed)) == ["a:twin", "b:twin", "sigmoid"]
    assert {each.task for each in placed} == {"moons", "circles"}
    assert len({(each.level, each.task) for each in placed}) == len(cells) == 6
    assert find_level("a:twin", spellings(placed)) == "a:twin"
    assert find_level("twin", spellings(placed)) is None
    assert len({tuple(each.items()) for each in labels(cells)}) == 6

    by_rate, _ = candidates(cells, "optimizer", (), catalog)  # the twins are tasks now
    assert len({each.task for each in by_rate}) == 6

    alone, _ = candidates(expand([{**table, "activation": ["a:twin", "sigmoid"]}], activations)[0], "activation", (), catalog)
    assert list(spellings(alone)) == ["twin", "sigmoid"]
    assert {find_level(name, spellings(alone)) for name in ("twin", "a:twin")} == {"twin"}

    datasets = Somewhere(catalog, theirs=stranger)
    both, _ = expand([{"activation": ["tanh", "relu"], "dataset": ["moons", "theirs:moons"]}], datasets)
    placed, _ = candidates(both, "activation", (), catalog)
    assert {(each.task, each.family) for each in placed} == {("moons", "moons"), ("theirs:moons", "theirs:moons")}


def test_tuned_components_of_one_name_are_different_settings(catalog: Any) -> None:
    cells, _ = expand(
        [{"activation": ["a:twin", "b:twin"], "optimizer": ["sgd", {"name": "adam", "lr": [0.1, 0.2]}]}],
        Somewhere(catalog, a=Twin, b=OtherTwin),
    )
    placed, problems = candidates(cells, "optimizer", ["activation"], catalog)
    assert problems == []
    assert {each.setting["activation"] for each in placed} == {"a:twin", "b:twin"}
    assert all(issubclass(type(each.cell.optimizer), Optimizer) for each in placed)
