"""Every component beside every other: a grid in which each two components of different kinds meet at least once.

Such a covering array has about as many cells as the two largest kinds have pairs, where the full grid would have billions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations, product

import pytest
from helpers import bits

from nnbench import Catalog, Grid
from nnbench.engine import stack as stacking
from nnbench.engine.gradcheck import check_gradients
from nnbench.engine.training import train
from nnbench.grid import Trial
from nnbench.kinds import KINDS
from nnbench.work import CHECK_BUDGET

Component = tuple[str, str]
"""Kind and name."""
Pair = frozenset[Component]

TINY = """train_size = 48\nvalid_size = 24\ntest_size = 24\nbatch_size = 16\nepochs = 1\nhidden = [5, 4]\n"""


def meetings(row: dict[str, str]) -> set[Pair]:
    return {frozenset(two) for two in combinations(row.items(), 2)}


def covering(names: dict[str, list[str]]) -> Iterator[dict[str, str]]:
    """Rows with a name of each kind such that every pair of names of different kinds is in some row."""
    missing = {frozenset(((a, x), (b, y))) for a, b in combinations(names, 2) for x, y in product(names[a], names[b])}
    ordered = sorted(names, key=lambda kind: -len(names[kind]))
    for first, second in combinations(ordered, 2):
        for start in product(names[first], names[second]):
            row = dict(zip((first, second), start, strict=True))
            if frozenset(row.items()) not in missing:
                continue
            for kind in ordered:
                if kind not in row:
                    new = {name: sum(frozenset((each, (kind, name))) in missing for each in row.items()) for name in names[kind]}
                    row[kind] = max(new, key=lambda name: new[name])
            missing -= meetings(row)
            yield row


@pytest.fixture(scope="module")
def cover(catalog: Catalog) -> list[Trial]:
    """The trials of a covering grid over everything that is installed."""
    rows = covering({kind: list(catalog.names(kind)) for kind in KINDS})
    tables = ["[[trial]]\n" + TINY + "".join(f"{kind} = {name!r}\n" for kind, name in row.items()) for row in rows]
    return Grid.from_text("seeds = 1\n" + "\n".join(tables), "cover", catalog).trials(catalog)


def test_every_two_components_of_different_kinds_meet(cover: list[Trial], catalog: Catalog) -> None:
    met = {pair for trial in cover for pair in meetings({kind: getattr(trial.cell, kind).name for kind in KINDS})}
    counts = [len(catalog.names(kind)) for kind in KINDS]
    assert len(met) == sum(a * b for a, b in combinations(counts, 2))


def test_every_component_trains_beside_every_other_and_the_same_alone(cover: list[Trial]) -> None:
    """Nothing raises; what grows without bound may diverge, and that is a result, the same alone."""
    diverged: Counter[Component] = Counter()
    met: Counter[Component] = Counter()
    for stack in stacking.stacks(cover):
        for trial, record in zip(stack, train(stack), strict=True):
            if trial.cell.id[-1] in "048c":  # a quarter of them: test_independence.py has every component alone
                assert bits(record) == bits(train([trial])[0])
            own = [(kind, getattr(trial.cell, kind).name) for kind in KINDS]
            met.update(own)
            diverged.update(own if record.status == "diverged" else [])
    assert sum(diverged.values()) <= 0.02 * sum(met.values())
    assert {component: count for component, count in diverged.items() if count > met[component] / 2} == {}


def test_every_component_passes_the_gradient_check_beside_every_other(cover: list[Trial]) -> None:
    networks = {trial.cell.network_id: trial.cell for trial in cover}
    reasons = [check_gradients(cell, budget=CHECK_BUDGET).reason for cell in networks.values()]
    assert [reason for reason in reasons if reason] == []
