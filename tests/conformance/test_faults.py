"""The laws tell what is wrong with components that were broken on purpose, and name it."""

from __future__ import annotations

from collections import Counter

import pytest
from broken_components import FAULTS, SOUND

from nnbench.conformance import check_component, laws
from nnbench.kinds import KINDS, Component

EVERY = {law.name for law in laws("activation") if law in laws("dataset")}
"""Laws of all kinds."""


@pytest.mark.parametrize(("component", "law"), FAULTS.items(), ids=[f"{cls.kind}-{cls.name}" for cls in FAULTS])
def test_a_fault_is_told_by_the_law_that_names_it(component: type[Component], law: str) -> None:
    broken = {outcome.law.name: outcome.detail for outcome in check_component(component) if outcome.status == "broken"}
    assert law in broken, f"{component.name} breaks {broken or 'nothing'}"
    assert len(broken[law]) > 10


@pytest.mark.parametrize("component", SOUND, ids=[f"{cls.kind}-{cls.__name__}" for cls in SOUND])
def test_what_the_faults_were_planted_in_is_sound(component: type[Component]) -> None:
    assert [(outcome.title, outcome.detail) for outcome in check_component(component) if outcome.status == "broken"] == []


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_law_of_a_kind_tells_of_some_fault(kind: str) -> None:
    told = {law for cls, law in FAULTS.items() if cls.kind == kind} | {law for law in FAULTS.values() if law in EVERY}
    assert {law.name for law in laws(kind)} - told == set()


def test_there_are_faults_of_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    count = Counter(cls.kind for cls in FAULTS)
    with capsys.disabled():
        print(f"\n{len(FAULTS)} faults, each told by a law: {', '.join(f'{kind} {count[kind]}' for kind in KINDS)}")
    assert len(FAULTS) >= 40
    assert min(count[kind] for kind in KINDS) >= 3
