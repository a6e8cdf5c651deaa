"""Everything that ships obeys the laws of its kind; what is checked comes from the catalog, so that nothing can be forgotten."""

from __future__ import annotations

from collections import Counter

import pytest

from nnbench import load_catalog
from nnbench.conformance import Outcome, check_component, laws
from nnbench.kinds import Component

SHIPPED = [entry.cls for entry in load_catalog().entries if entry.origin.distribution == "nnbench"]
FOUND: dict[type[Component], tuple[Outcome, ...]] = {}


@pytest.mark.parametrize("component", SHIPPED, ids=lambda component: f"{component.kind}-{component.name}")
def test_a_shipped_component_obeys_the_laws_of_its_kind(component: type[Component]) -> None:
    FOUND[component] = check_component(component)
    assert [outcome.law for outcome in FOUND[component]] == list(laws(component.kind))
    assert [(outcome.title, outcome.detail) for outcome in FOUND[component] if outcome.status == "broken"] == []


def test_how_many_laws_ran_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert FOUND
    count = Counter(outcome.status for outcomes in FOUND.values() for outcome in outcomes)
    with capsys.disabled():
        print(f"\n{len(FOUND)} shipped components, laws: {', '.join(f'{count[status]} {status}' for status in sorted(count))}")
    assert count["held"] > 6 * len(FOUND)
