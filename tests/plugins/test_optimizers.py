"""What every optimizer that ships does beyond the laws of its kind, and each against a second writing of its formula."""

from __future__ import annotations

import numpy as np
import pytest
from recurrences import GRADIENTS, RATES, Recurrence, Reference, families, path

from nnbench import Optimizer
from nnbench_optimizers import nnbench_components

OPTIMIZERS: list[Optimizer] = [o() for o in nnbench_components()]  # type: ignore[call-arg]
RECURRENCES: dict[str, Recurrence] = {}
REFERENCES: dict[str, Reference] = {}
for family in families():
    RECURRENCES |= getattr(family, "RECURRENCES", {})
    REFERENCES |= getattr(family, "REFERENCES", {})
WORKED = [case for family in families() for case in getattr(family, "WORKED", [])]

LAYERS = [(32, 3), (32, 33), (2, 33), (1, 2), (5, 4)]

every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: o.name)


def of_scope(*scopes: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("optimizer", [o for o in OPTIMIZERS if o.scope in scopes], ids=lambda o: o.name)


def test_every_optimizer_is_written_twice() -> None:
    assert set(RECURRENCES) == {o.name for o in OPTIMIZERS if o.scope == "parameter"}
    assert set(REFERENCES) == {o.name for o in OPTIMIZERS if o.scope != "parameter"}


@of_scope("parameter")
def test_steps_follow_the_recurrence(optimizer: Optimizer) -> None:
    expected = list(RECURRENCES[optimizer.name](zip(RATES, GRADIENTS, strict=True)))
    np.testing.assert_allclose(path(optimizer, RATES, GRADIENTS), expected, rtol=1e-12)


def test_steps_of_whole_layers_and_networks_follow_the_reference() -> None:
    rng = np.random.default_rng(4)
    for optimizer in (o for o in OPTIMIZERS if o.scope != "parameter"):
        shape = (2, 5, 4) if optimizer.scope == "layer" else (2, 1, 20)
        params = rng.normal(size=shape)
        grads = rng.normal(size=(len(RATES), *shape)) * np.reshape(GRADIENTS, (-1, 1, 1, 1))
        paths = [REFERENCES[optimizer.name](params[i].copy(), zip(RATES, grads[:, i], strict=True)) for i in range(2)]
        state = optimizer.init(params)
        for t, rate in enumerate(RATES, start=1):
            optimizer.step(params, grads[t - 1], state, np.full((1, 1, 1), rate), t)
            for own, reference in zip(params, paths, strict=True):
                np.testing.assert_allclose(own, next(reference), rtol=1e-10, atol=1e-13, err_msg=f"{optimizer.name}, step {t}")


@pytest.mark.parametrize(
    ("optimizer", "gradients", "positions"), WORKED, ids=lambda value: value.name if isinstance(value, Optimizer) else ""
)
def test_steps_worked_by_hand(optimizer: Optimizer, gradients: list[float], positions: list[float]) -> None:
    assert path(optimizer, [0.5] * len(gradients), gradients, start=0.0) == pytest.approx(positions, rel=1e-14)


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_step_changes_params_and_state_in_place_and_nothing_else(optimizer: Optimizer, dtype: type) -> None:
    rng = np.random.default_rng(0)
    params, grads = rng.normal(size=(2, 2, 3, 4)).astype(dtype)
    start, lr = params.copy(), np.full((2, 1, 1), 0.5, dtype)
    state = optimizer.init(params)
    np.testing.assert_array_equal(params, start)
    arrays = dict(state)
    for t in range(1, 21):  # rates that are estimated are tiny at first
        grads *= 2
        given = grads.copy()
        optimizer.step(params, grads, state, lr, t)
        np.testing.assert_array_equal(grads, given)
    assert (params != start).all()
    assert params.dtype == dtype
    assert (lr == dtype(0.5)).all()
    assert state.keys() == arrays.keys()
    for name, array in state.items():
        assert array is arrays[name]
        assert (len(array), array.dtype) == (len(params), params.dtype)
        assert array.any()
        assert not np.shares_memory(array, params)


@every_optimizer
def test_params_may_be_a_view(optimizer: Optimizer) -> None:
    whole = np.ones((2, 9))
    view = whole[:, 3:].reshape(2, 2, 3)
    assert view.base is whole
    state = optimizer.init(view)
    for t in (1, 2):
        optimizer.step(view, np.ones((2, 2, 3)), state, np.full((1, 1, 1), 0.1), t)
    assert (whole[:, :3] == 1).all()
    assert (whole[:, 3:] < 1).all()


@every_optimizer
def test_a_row_of_a_stack_equals_the_same_trial_alone_bit_for_bit(optimizer: Optimizer, stacked) -> None:
    trials, steps = 5, 30
    together, alone = stacked(optimizer, trials, np.float32)
    rng = np.random.default_rng(2)
    start = rng.normal(size=(trials, 7, 9)).astype(np.float32)
    grads = rng.normal(size=(steps, *start.shape)).astype(np.float32)
    lr = rng.uniform(0.01, 0.1, (trials, 1, 1)).astype(np.float32)
    params = start.copy()
    state = together.init(params)
    for t in range(1, steps + 1):
        together.step(params, grads[t - 1], state, lr, t)
    assert params.dtype == np.float32
    for trial, single in enumerate(alone):
        row = slice(trial, trial + 1)
        single_params = start[row].copy()
        single_state = single.init(single_params)
        for t in range(1, steps + 1):
            single.step(single_params, grads[t - 1, row].copy(), single_state, lr[row], t)
        np.testing.assert_array_equal(single_params, params[row])


@pytest.mark.parametrize(
    ("optimizer", "shape"),
    [(o, shape) for o in OPTIMIZERS for shape in (LAYERS if o.scope == "layer" else [(1, 1218)])],
    ids=lambda value: value.name if isinstance(value, Optimizer) else str(value),
)
def test_a_row_does_not_depend_on_how_many_there_are(optimizer: Optimizer, shape: tuple[int, int]) -> None:
    """With layers that are views of a longer row, as the engine hands them over."""
    rng = np.random.default_rng(7)
    n = shape[0] * shape[1]
    block = (-1, *shape)
    start = rng.normal(size=(33, n + 5)).astype(np.float32)
    grads = rng.normal(size=(3, 33, n + 7)).astype(np.float32)

    def steps(rows: slice) -> np.ndarray:
        flat, past = start[rows].copy(), grads[:, rows].copy()
        params = flat[:, 2 : 2 + n].reshape(block)
        assert np.shares_memory(params, flat)
        state = optimizer.init(params)
        for t, g in enumerate(past, start=1):
            optimizer.step(params, g[:, 3 : 3 + n].reshape(block), state, np.full((1, 1, 1), optimizer.lr, np.float32), t)
        return np.stack([params, optimizer.evaluated(params, state)])

    everything = steps(slice(0, 33))
    for size in (1, 2, 3, 8, 17, 32):
        np.testing.assert_array_equal(steps(slice(1, 1 + size)), everything[:, 1 : 1 + size])


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_evaluated_starts_at_the_parameters_and_is_found_without_a_change(optimizer: Optimizer, dtype: type) -> None:
    rng = np.random.default_rng(8)
    params, grads = rng.normal(size=(2, 2, 3, 4)).astype(dtype)
    state, lr = optimizer.init(params), np.full((1, 1, 1), optimizer.lr, dtype)
    np.testing.assert_allclose(optimizer.evaluated(params, state), params, rtol=1e-6)
    for t in range(1, 8):
        optimizer.step(params, grads, state, lr, t)
        before = [params.copy(), *(array.copy() for array in state.values())]
        found = optimizer.evaluated(params, state)
        assert (found.shape, found.dtype) == (params.shape, params.dtype)
        assert np.isfinite(found).all()
        for array, copied in zip([params, *state.values()], before, strict=True):
            np.testing.assert_array_equal(array, copied)


@every_optimizer
def test_a_frozen_trial_stays_at_0(optimizer: Optimizer) -> None:
    """What the engine makes of a trial that diverged: parameters, gradient and state are 0 from then on."""
    rng = np.random.default_rng(5)
    params = rng.normal(size=(2, 3, 4)).astype(np.float32)
    state, lr = optimizer.init(params), np.full((1, 1, 1), optimizer.lr, np.float32)
    for t in range(1, 11):
        grads = rng.normal(size=params.shape).astype(np.float32)
        if t > 3:
            for array in (params, grads, *state.values()):
                array[0] = 0
        optimizer.step(params, grads, state, lr, t)
    assert (params[0] == 0).all()
    assert (optimizer.evaluated(params, state)[0] == 0).all()
    assert np.isfinite(params).all()


@of_scope("parameter")
def test_an_optimizer_of_single_parameters_takes_layers_in_any_shape(optimizer: Optimizer) -> None:
    rng = np.random.default_rng(3)
    params, grads = rng.normal(size=(2, 3, 4, 5))
    flat = params.reshape(3, 1, 20).copy()
    lr = np.full((3, 1, 1), 0.1)
    state, flat_state = optimizer.init(params), optimizer.init(flat)
    for t in range(1, 6):
        optimizer.step(params, grads, state, lr, t)
        optimizer.step(flat, grads.reshape(3, 1, 20), flat_state, lr, t)
    np.testing.assert_array_equal(params.reshape(flat.shape), flat)


@of_scope("parameter", "network")
def test_each_parameter_may_have_a_rate_of_its_own(optimizer: Optimizer) -> None:
    rng = np.random.default_rng(6)
    params, grads = rng.normal(size=(2, 3, 1, 4))
    rated, rates = params.copy(), np.full((1, 1, 4), 0.1)
    state, rated_state = optimizer.init(params), optimizer.init(rated)
    for t in range(1, 4):
        optimizer.step(params, grads, state, np.full((1, 1, 1), 0.1), t)
        optimizer.step(rated, grads, rated_state, rates, t)
    np.testing.assert_allclose(rated, params, rtol=1e-14)


@every_optimizer
def test_reaches_the_minimum_of_a_parabola_with_its_own_rate(optimizer: Optimizer) -> None:
    params = np.array([[[1.0, -1.0]]])
    state, nearest = optimizer.init(params), np.inf
    for t in range(1, 401):
        optimizer.step(params, params.copy(), state, np.full((1, 1, 1), optimizer.lr), t)
        nearest = min(nearest, np.abs(params).max())
    assert nearest < 0.05


@every_optimizer
def test_search_spaces_are_of_equal_size_around_the_default(optimizer: Optimizer) -> None:
    rates = optimizer.search_space["lr"]
    assert len(rates) == 7
    assert sorted(rates) == list(rates)
    assert optimizer.lr in rates[2:5]
