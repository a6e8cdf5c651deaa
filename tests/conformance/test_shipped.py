"""Everything that ships obeys the laws of its kind; what is checked comes from the catalog, so that nothing can be forgotten."""

from __future__ import annotations

import pytest

from nnbench import load_catalog
from nnbench.conformance import check_component, laws
from nnbench.kinds import Component

SHIPPED = [entry.cls for entry in load_catalog().entries if entry.origin.distribution == "nnbench"]


@pytest.mark.parametrize("component", SHIPPED, ids=lambda component: f"{component.kind}-{component.name}")
def test_a_shipped_component_obeys_the_laws_of_its_kind(component: type[Component]) -> None:
    outcomes = check_component(component)
    assert [outcome.law for outcome in outcomes] == list(laws(component.kind))
    assert [(outcome.title, outcome.detail) for outcome in outcomes if outcome.status == "broken"] == []
    assert sum(outcome.status == "held" for outcome in outcomes) > 6, "nearly nothing applies"
