"""A trial's result is bit for bit the same whatever stack or order it ran in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import bits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnbench import Catalog
from nnbench.engine import stack as stacking
from nnbench.engine.parts import parts
from nnbench.engine.training import train
from nnbench.kinds import KINDS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_every_component_trains_the_same_alone_and_in_company(trials, catalog: Catalog, kind: str, precision: str) -> None:
    names = catalog.names(kind)
    table = f"{kind} = {names}\nprecision = {precision!r}\nhidden = [5, 4]"
    everything = trials(table, seeds=2)
    by_shape: dict[Any, list[Any]] = {}
    for trial in everything:
        by_shape.setdefault(stacking.shape_key(trial), []).append(trial)
    for stack in by_shape.values():
        together = [bits(record) for record in train(stack)]
        backwards = [bits(record) for record in train(stack[::-1])][::-1]
        alone = [bits(train([trial])[0]) for trial in stack]
        assert together == alone
        assert backwards == alone


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_stacks_of_any_composition_and_size_give_the_same_bits(trials, catalog: Catalog, data: st.DataObject) -> None:
    """Components, shapes, batch sizes, dropout, rate scaling and hyperparameters drawn at random."""
    hidden = data.draw(st.lists(st.sampled_from([1, 2, 3, 8, 16, 17, 33]), min_size=0, max_size=3), label="hidden")
    batch = data.draw(st.sampled_from([1, 3, 8, 16, 64]), label="batch")
    shared = (
        f"hidden = {hidden or [[]]}\nbatch_size = {batch}\nepochs = 1\n"
        f"precision = {data.draw(st.sampled_from(['float32', 'float64']))!r}\n"
    )
    kinds = [kind for kind in KINDS if kind not in ("dataset", "preprocessor")]
    stack = []
    for _ in range(data.draw(st.integers(2, 7), label="cells")):
        table = "".join(f"{kind} = {data.draw(st.sampled_from(catalog.names(kind)))!r}\n" for kind in kinds if kind != "optimizer")
        lr = data.draw(st.floats(1e-4, 3.0))
        table += f"optimizer = {{ name = {data.draw(st.sampled_from(catalog.names('optimizer')))!r}, lr = {lr} }}\n"
        table += f"dropout = {data.draw(st.sampled_from([0.0, 0.0, 0.3, 0.9]))}\n"
        table += f"lr_scaling = {data.draw(st.sampled_from(['none', 'fan_in']))!r}\n"
        stack += trials(shared + table, seeds=data.draw(st.integers(1, 3)))
    groups: dict[Any, list[Any]] = {}
    for trial in stack:
        groups.setdefault(stacking.shape_key(trial), []).append(trial)
    for group in groups.values():
        chosen = data.draw(st.permutations(group))
        for trial, record in zip(chosen, train(chosen), strict=True):
            assert bits(record) == bits(train([trial])[0])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 64])
def test_full_size_networks_do_not_depend_on_the_size_of_their_stack(trials, size: int) -> None:
    table = 'batch_size = 64\ntrain_size = 128\nactivation = ["tanh", "leaky_relu", "sigmoid", "soft_sign"]\nepochs = 1'
    everything = trials(table, seeds=16)
    picked = everything[5 : 5 + size] if size < 64 else everything
    alone = bits(train([picked[0]])[0])
    assert bits(train(picked)[0]) == alone
    assert bits(train(picked[1:] + picked[:1])[-1]) == alone


def test_a_neighbour_that_diverges_changes_nothing(trials) -> None:
    calm = trials('optimizer = { name = "sgd", lr = 0.1 }\nactivation = ["relu", "tanh"]', seeds=2)
    wild = trials('optimizer = { name = "sgd", lr = 1e30 }\nactivation = ["relu", "identity"]', seeds=2)
    records = train([calm[0], *wild, *calm[1:]])
    assert [record.status for record in records[1:5]] == ["diverged"] * 4
    for trial, record in zip(calm, [records[0], *records[5:]], strict=True):
        assert record.status == "done"
        assert bits(record) == bits(train([trial])[0])


def test_stacks_cover_every_trial_once_and_keep_a_cells_seeds_together(trials) -> None:
    everything = trials('optimizer = ["sgd", "adam"]\nactivation = ["tanh", "relu"]\nhidden = [[4], [5]]', seeds=12)
    for workers in (1, 2, 5):
        made = stacking.stacks(everything, workers)
        assert sorted(trial.id for stack in made for trial in stack) == sorted(trial.id for trial in everything)
        assert all(len({stacking.shape_key(trial) for trial in stack}) == 1 for stack in made)
        assert all(len(stack) <= stacking.SIZE for stack in made)
        costs = [stacking.cost(stack) for stack in made]
        assert costs == sorted(costs, reverse=True)


def test_hyperparameters_are_arrays_of_the_stacks_precision_even_when_equal(catalog: Catalog) -> None:
    momentum = catalog["optimizer", "momentum"]
    equal = parts([momentum(lr=0.1, mu=0.9), momentum(lr=0.2, mu=0.9)], np.dtype(np.float32))  # type: ignore[call-arg]
    assert len(equal) == 1
    assert equal[0].component.mu.shape == (1, 1, 1)  # type: ignore[attr-defined]
    assert equal[0].component.lr.shape == (2, 1, 1)  # type: ignore[attr-defined]
    assert equal[0].component.lr.dtype == np.float32  # type: ignore[attr-defined]
