"""The laws of optimizers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from nnbench.conformance.laws import Broken, Case, DoesNotApply, law
from nnbench.conformance.precisions import UNIT, expect_close_in_float32
from nnbench.conformance.tools import Array, at, differs, expect_array, expect_close, expect_same, number, same, sizes
from nnbench.conformance.variants import has_floats, neighbours
from nnbench.kinds import Optimizer

AXES = ("trial", "row", "column")
LAYER = (4, 6)
"""Of the arrays that an optimizer of layers sees."""
STEPS = 400
"""What an optimizer may take for its descent."""
ROUNDED_STEPS = 8
"""Of a comparison of the precisions: few, since some steps depend on signs, and rounding adds up."""
OF_A_STEP = 1e-3
"""How far the precisions may be apart, relative to the way: 1 - beta² in float32 is known to some 1e-4."""
State = dict[str, Array]


@law("optimizer", basic=True)
def updates_in_place(case: Case[Optimizer]) -> None:
    """`step` moves the very array that it is given: `params = params - …` binds another one and trains nothing."""
    for dtype in (np.float32, np.float64):
        optimizer = case.as_trained(dtype)
        whole = case.rng().normal(size=(2, 40)).astype(dtype)
        params = whole[:, 5:29].reshape(_shape(optimizer, 2))  # a view, as the engine hands over
        start, margin = params.copy(), (whole[:, :5].copy(), whole[:, 29:].copy())
        _walk(optimizer, params, _gradients(case.rng(), params, 3), dtype)
        if same(params, start):
            raise Broken("after three steps params are what they were: write into the array, params -= …, not params = …")
        if not np.isfinite(params).all():
            raise Broken(f"after three steps params hold {params[~np.isfinite(params)][0]}")
        if not (same(whole[:, :5], margin[0]) and same(whole[:, 29:], margin[1])):
            raise Broken("a step changes parameters outside of the view that it is given")


@law("optimizer", basic=True)
def arguments_untouched(case: Case[Optimizer]) -> None:
    """`init` leaves params, `step` leaves gradients and rate, and `evaluated` leaves params and state as they are."""
    optimizer = case.as_trained(np.float64)
    params = case.rng().normal(size=_shape(optimizer, 2))
    start, lr = params.copy(), _rate(optimizer, 2, np.float64)
    state = optimizer.init(params)
    if not same(params, start):
        raise Broken("init changes params")
    for t, gradient in enumerate(_gradients(case.rng(), params, 3), start=1):
        given, rate = gradient.copy(), lr.copy()
        optimizer.step(params, gradient, state, rate, t)
        if not same(gradient, given):
            raise Broken(f"step changes grads: {_first_change(given, gradient)}")
        if not same(rate, lr):
            raise Broken(f"step changes lr: {_first_change(lr, rate)}")
    before, kept = params.copy(), {name: array.copy() for name, array in state.items()}
    optimizer.evaluated(params, state)
    if not same(params, before) or not all(same(state[name], array) for name, array in kept.items()):
        raise Broken("evaluated changes params or state")


@law("optimizer")
def state_keeps_its_form(case: Case[Optimizer]) -> None:
    """The state is named arrays of the dtype of params, trials first, and every step writes into these very arrays."""
    for dtype in (np.float32, np.float64):
        optimizer = case.as_trained(dtype)
        params = case.rng().normal(size=_shape(optimizer, 3)).astype(dtype)
        state = optimizer.init(params)
        if not isinstance(state, dict):
            raise Broken(f"init returns a {type(state).__name__}, expected a dict of arrays")
        for name, array in state.items():
            shape = array.shape if isinstance(array, np.ndarray) and array.shape[:1] == (3,) else params.shape
            expect_array(f"init for {np.dtype(dtype)}, as {name},", array, shape, dtype)
        arrays, forms = dict(state), {name: (array.shape, array.dtype) for name, array in state.items()}
        for t, gradient in enumerate(_gradients(case.rng(), params, 3), start=1):
            optimizer.step(params, gradient, state, _rate(optimizer, 3, dtype), t)
            if state.keys() != arrays.keys():
                raise Broken(f"the state has {', '.join(arrays) or 'nothing'} at first and {', '.join(state)} after step {t}")
            for name, array in state.items():
                if array is not arrays[name]:
                    raise Broken(
                        f"step puts a new array into state[{name!r}]: write into the one that is there, with [...] or out="
                    )
                if (array.shape, array.dtype) != forms[name]:
                    raise Broken(f"state[{name!r}] becomes {array.dtype} {array.shape}")


@law("optimizer")
def state_shares_no_memory(case: Case[Optimizer]) -> None:
    """The state has memory of its own: an array that is params or grads by another name changes with them."""
    optimizer = case.as_trained(np.float64)
    params = case.rng().normal(size=_shape(optimizer, 2))
    gradients = _gradients(case.rng(), params, 3)
    state = optimizer.init(params)
    for t, gradient in enumerate([None, *gradients]):
        if gradient is not None:
            optimizer.step(params, gradient, state, _rate(optimizer, 2, np.float64), t)
        for name, array in state.items():
            for what, other in (("params", params), ("grads", gradient)):
                if other is not None and np.shares_memory(array, other):
                    raise Broken(f"state[{name!r}] is {what} itself after {f'step {t}' if t else 'init'}: copy it")


@law("optimizer")
def evaluated_like_params(case: Case[Optimizer]) -> None:
    """The parameters to validate with have the shape and dtype of those that train, and are finite."""
    if type(case.component).evaluated is Optimizer.evaluated:
        raise DoesNotApply("it validates with the parameters that train")
    for dtype in (np.float32, np.float64):
        optimizer = case.as_trained(dtype)
        params = case.rng().normal(size=_shape(optimizer, 2)).astype(dtype)
        for steps in (0, 1, 5):
            state = _walk(optimizer, params, _gradients(case.rng(), params, steps), dtype)
            evaluated = optimizer.evaluated(params, state)
            expect_array(f"evaluated after {steps} steps", evaluated, params.shape, dtype)
            if not np.isfinite(evaluated).all():
                raise Broken(f"evaluated holds {evaluated[~np.isfinite(evaluated)][0]} after {steps} steps")


@law("optimizer", over="default")
def descends_a_bowl(case: Case[Optimizer]) -> None:
    """With one of the rates worth trying, 400 steps lower the quadratic ½ Σ c·x², c from 0.5 to 2, to a fiftieth."""
    curvature = np.linspace(0.5, 2, LAYER[0] * LAYER[1])

    def value(x: Array) -> Array:
        return 0.5 * (curvature * x * x).sum(axis=1)

    start = np.where(np.arange(curvature.size) % 3, 1.0, -1.0)
    _expect_descent(case.component, value, lambda x: curvature * x, start, 1 / 50, STEPS)


@law("optimizer", over="default")
def descends_a_bent_valley(case: Case[Optimizer]) -> None:
    """With one of the rates worth trying, 800 steps get down the bent valley Σ (1 - x)² + 2 (y - x²)², to a tenth of the start."""

    def value(xy: Array) -> Array:
        x, y = xy[:, ::2], xy[:, 1::2]
        return ((1 - x) ** 2 + 2 * (y - x * x) ** 2).sum(axis=1)

    def slope(xy: Array) -> Array:
        x, y = xy[:, ::2], xy[:, 1::2]
        gradient = np.empty_like(xy)
        gradient[:, ::2] = 2 * (x - 1) - 8 * x * (y - x * x)
        gradient[:, 1::2] = 4 * (y - x * x)
        return gradient

    pairs = LAYER[0] * LAYER[1] // 2
    start = np.stack([np.linspace(-1, -0.5, pairs), np.linspace(1, 0.5, pairs)], axis=1).ravel()
    _expect_descent(case.component, value, slope, start, 1 / 10, 2 * STEPS)


@law("optimizer")
def zero_gradient_moves_nothing(case: Case[Optimizer]) -> None:
    """From the start, gradients of 0 leave the parameters where they are; where `decays` says so, they shrink."""
    optimizer = case.as_trained(np.float64)
    start = case.rng().normal(size=_shape(optimizer, 2))
    params = start.copy()
    _walk(optimizer, params, [np.zeros_like(start)] * 4, np.float64, lr=np.full((1, 1, 1), 0.01))
    moved = ~(np.abs(params - start) <= 1e-12 * np.abs(start))
    if case.component.decays:
        shrunk = np.abs(params) <= np.abs(start)
        if not moved.any() or not shrunk.all():
            told = "no parameter moves" if not moved.any() else f"{int((~shrunk).sum())} of {moved.size} parameters grow"
            raise Broken(f"decays is True, and in four steps {told}")
    elif moved.any():
        index = tuple(np.argwhere(moved)[0])
        raise Broken(f"a parameter goes from {number(start[index])} to {number(params[index])} in four steps, and decays is False")


@law("optimizer")
def rate_zero_moves_nothing(case: Case[Optimizer]) -> None:
    """While the rate is 0, as at the start of some schedules, the parameters stay where they are."""
    optimizer = case.as_trained(np.float64)
    start = case.rng().normal(size=_shape(optimizer, 2))
    params = start.copy()
    _walk(optimizer, params, _gradients(case.rng(), start, 3), np.float64, lr=np.zeros((1, 1, 1)))
    expect_close("after three steps at rate 0 and before", params, start, AXES, rtol=1e-12)


@law("optimizer")
def survives_any_gradient(case: Case[Optimizer]) -> None:
    """Gradients of every size from 1e-12 to 1e12, and of 0 after others, leave finite parameters in float32."""
    optimizer = case.as_trained(np.float32)
    for size in (1.0, 0.0, 1e-6, 1e6, 1e-12, 1e12):
        params = case.rng().normal(size=_shape(optimizer, 2)).astype(np.float32)
        gradients = [(size * each).astype(np.float32) for each in _gradients(case.rng(), params, 5)]
        _walk(optimizer, params, [*gradients, np.zeros_like(params), gradients[0]], np.float32)
        if not np.isfinite(params).all():
            raise Broken(f"gradients of about {number(size)} make params {params[~np.isfinite(params)][0]}")


@law("optimizer", over="default")
def steps_scale_as_declared(case: Case[Optimizer]) -> None:
    """Gradients that are all 16 times as large make steps 16 times as large, or the same steps, as `gradient_scale` says."""
    declared = case.component.gradient_scale
    if declared is None:
        raise DoesNotApply("it declares no gradient_scale")
    optimizer = case.as_trained(np.float64)
    start = case.rng().normal(size=_shape(optimizer, 2))
    gradients = [1 + np.abs(each) for each in _gradients(case.rng(), start, 5)]
    moved = []
    for scale in (1.0, 16.0):
        params = start.copy()
        _walk(optimizer, params, [scale * each for each in gradients], np.float64)
        moved.append(params - start)
    expected = moved[0] * (16.0 if declared == "proportional" else 1.0)
    told = f"gradient_scale is {declared!r}; the way of five steps with gradients 16 times as large, and as it should be then"
    expect_close(told, moved[1], expected, AXES, rtol=1e-3)


@law("optimizer")
def steps_depend_as_declared(case: Case[Optimizer]) -> None:
    """With scope "parameter", a parameter's steps depend on its own gradients alone, whatever shape and size the arrays have."""
    optimizer = case.as_trained(np.float64)
    if optimizer.scope != "parameter":
        raise DoesNotApply(f"its scope is {optimizer.scope!r}: a parameter's step depends on others by declaration")
    start = case.rng().normal(size=(2, 1, 24))
    gradients = _gradients(case.rng(), start, 6)
    params = start.copy()
    _walk(optimizer, params, gradients, np.float64)
    other = [each.copy() for each in gradients]
    for each in other:
        each[:, :, 1:] *= -3
    changed = start.copy()
    _walk(optimizer, changed, other, np.float64)
    told = "a parameter's value when other parameters' gradients change, and when not"
    expect_close(told, changed[:, :, :1], params[:, :, :1], AXES, rtol=1e-12)
    few = start.copy()
    _walk(optimizer, few, gradients[:2], np.float64)
    for size in sizes(case.thorough):
        again = np.arange(size) % start.shape[2]
        some = start[:, :, again]
        _walk(optimizer, some, [each[:, :, again] for each in gradients[:2]], np.float64)
        told = f"a parameter's value among {size} and among {start.shape[2]}"
        expect_close(told, some, few[:, :, again], AXES, rtol=1e-12)
    square = start.reshape(2, *LAYER).copy()
    _walk(optimizer, square, [each.reshape(2, *LAYER) for each in gradients], np.float64)
    expect_close("parameters as a matrix and in a row", square.reshape(params.shape), params, AXES, rtol=1e-12)


@law("optimizer")
def rates_broadcast(case: Case[Optimizer]) -> None:
    """A rate for all trials, one for each trial, and one for each parameter do the same where they are equal."""
    optimizer = case.as_trained(np.float64)
    start = case.rng().normal(size=_shape(optimizer, 3))
    gradients = _gradients(case.rng(), start, 4)
    alone = _rate(optimizer, 1, np.float64)[:1]
    shapes = [(3, 1, 1), *([(1, 1, start.shape[2])] if optimizer.scope != "layer" else [])]
    expected = start.copy()
    _walk(optimizer, expected, gradients, np.float64, lr=alone)
    for shape in shapes:
        params = start.copy()
        _walk(optimizer, params, gradients, np.float64, lr=np.broadcast_to(alone, shape).copy())
        expect_close(f"parameters with a rate {shape} and with one for all", params, expected, AXES, rtol=1e-9)


@law("optimizer")
def precisions_agree(case: Case[Optimizer]) -> None:
    """From equal parameters and gradients, steps in float32 go where steps in float64 go, up to rounding."""
    single, double = case.in_both_precisions()
    start = case.rng().normal(size=_shape(case.component, 2)).astype(np.float32)
    gradients = [each + np.sign(each) / 2 for each in _gradients(case.rng(), start, ROUNDED_STEPS)]  # a ratio to 0 is all rounding
    lr = _rate(single, 2, np.float32)
    ends = {}
    for optimizer, dtype in ((single, np.float32), (double, np.float64)):
        params = start.astype(dtype)
        state = _walk(optimizer, params, [each.astype(dtype) for each in gradients], dtype, lr=lr.astype(dtype))
        ends[dtype] = params, optimizer.evaluated(params, state)
    for what, rounded, exact in zip(("params", "evaluated"), ends[np.float32], ends[np.float64], strict=True):
        rounding = 4 * UNIT * ROUNDED_STEPS * np.maximum(np.abs(start), np.abs(exact))
        told = f"the way of {what} in {ROUNDED_STEPS} steps"
        expect_close_in_float32(told, rounded.astype(np.float64) - start, exact - start, rounding, AXES, close=OF_A_STEP)


@law("optimizer")
def hyperparameters_broadcast(case: Case[Optimizer]) -> None:
    """Hyperparameters may be arrays (trial, 1, 1), a number for each trial, and do what a plain number does."""
    if not has_floats(case.component):
        raise DoesNotApply("it has no floating-point hyperparameters")
    stacked = case.stacked(3, np.float64)
    start = case.rng().normal(size=_shape(case.component, 3))
    gradients = _gradients(case.rng(), start, 5)
    lr = _rate(case.component, 3, np.float64)
    params = start.copy()
    _walk(stacked.together, params, gradients, np.float64, lr=lr)
    for trial, plain in enumerate(neighbours(case.component, 3)):
        row = slice(trial, trial + 1)
        alone = start[row].copy()
        _walk(plain, alone, [each[row].copy() for each in gradients], np.float64, lr=lr[row])
        expect_close(f"parameters of trial {trial} with arrays and with numbers", params[row], alone, AXES, rtol=1e-9)


@law("optimizer")
def rows_are_independent(case: Case[Optimizer]) -> None:
    """A trial's row in a stack is bit for bit what it is alone, so that results do not depend on what else is trained."""
    trials, steps, dtype = 4, 12, np.float32
    stacked = case.stacked(trials, dtype)
    start = case.rng().normal(size=_shape(case.component, trials)).astype(dtype)
    gradients = [each.astype(dtype) for each in _gradients(case.rng(), start, steps)]
    lr = _rate(case.component, trials, dtype)
    params = start.copy()
    state = _walk(stacked.together, params, gradients, dtype, lr=lr)
    averaged = stacked.together.evaluated(params, state)
    for trial, single in enumerate(stacked.alone):
        row = slice(trial, trial + 1)
        alone = start[row].copy()
        own = _walk(single, alone, [each[row].copy() for each in gradients], dtype, lr=lr[row].copy())
        expect_same(f"parameters of trial {trial} of {trials} in the stack and alone", params[row], alone, AXES)
        evaluated = single.evaluated(alone, own)
        expect_same(f"evaluated of trial {trial} of {trials} in the stack and alone", averaged[row], evaluated, AXES)


@law("optimizer")
def gradients_are_not_kept(case: Case[Optimizer]) -> None:
    """The array of gradients may be written over after a step, as training does: a step remembers values, not the array."""
    optimizer = case.as_trained(np.float64)
    start = case.rng().normal(size=_shape(optimizer, 2))
    gradients = _gradients(case.rng(), start, 5)
    expected, params = start.copy(), start.copy()
    _walk(optimizer, expected, [each.copy() for each in gradients], np.float64)
    _walk(optimizer, params, _in_one_buffer(gradients), np.float64)
    expect_same("parameters with one array for all gradients and with an array for each", params, expected, AXES)


def exercise(optimizer: Optimizer, rng: np.random.Generator, size: int) -> list[Array]:
    """Everything that the component computes for some inputs."""
    shape = (2, 3, size) if optimizer.scope == "layer" else (2, 1, 3 * size)
    params = rng.normal(size=shape)
    state = _walk(optimizer, params, _gradients(rng, params, 4), np.float64, lr=np.full((2, 1, 1), 0.1))
    return [params, optimizer.evaluated(params, state), *state.values()]


def _shape(optimizer: Optimizer, trials: int) -> tuple[int, int, int]:
    return (trials, *LAYER) if optimizer.scope == "layer" else (trials, 1, LAYER[0] * LAYER[1])


def _gradients(rng: np.random.Generator, like: Array, count: int) -> list[Array]:
    return [np.asarray(rng.normal(size=like.shape), like.dtype) for _ in range(count)]


def _in_one_buffer(gradients: Sequence[Array]) -> Iterable[Array]:
    buffer = np.empty_like(gradients[0])
    for gradient in gradients:
        buffer[...] = gradient
        yield buffer


def _rate(optimizer: Optimizer, trials: int, dtype: Any) -> Array:
    """The optimizer's rate, a little different for each trial."""
    lr = float(np.asarray(optimizer.lr).ravel()[0])
    return np.array([lr * 0.8**trial for trial in range(trials)], dtype).reshape(-1, 1, 1)


def _walk(optimizer: Optimizer, params: Array, gradients: Iterable[Array], dtype: Any, lr: Array | None = None) -> State:
    """Take a step for each of the gradients, from a fresh state, which is returned."""
    rate = _rate(optimizer, len(params), dtype) if lr is None else lr
    state = optimizer.init(params)
    for t, gradient in enumerate(gradients, start=1):
        optimizer.step(params, gradient, state, rate, t)
    return state


def _expect_descent(
    optimizer: Optimizer,
    value: Callable[[Array], Array],
    slope: Callable[[Array], Array],
    start: Array,
    share: float,
    steps: int,
) -> None:
    """Walk downhill at several rates at once, one a trial; raise Broken unless one of them gets to that share of the start."""
    rates = np.array([optimizer.lr, *optimizer.search_space.get("lr", ())])
    shape = _shape(optimizer, len(rates))
    params = np.tile(start, (len(rates), 1)).reshape(shape)
    state = optimizer.init(params)
    lr = rates.reshape(-1, 1, 1)
    for t in range(1, steps + 1):
        gradient = slope(params.reshape(len(rates), -1)).reshape(shape)
        gradient[~np.isfinite(gradient)] = 0  # at a rate that is too large
        optimizer.step(params, gradient, state, lr, t)
    reached = value(optimizer.evaluated(params, state).reshape(len(rates), -1)) / value(start[None])
    reached = np.nan_to_num(reached, nan=np.inf)
    if not reached.min() <= share:
        best = int(reached.argmin())
        told = f"it gets to {number(reached[best])} of the start at best, at rate {number(rates[best])}"
        raise Broken(f"{told} of {', '.join(map(number, rates))}")


def _first_change(before: Array, after: Array) -> str:
    index = tuple(np.argwhere(differs(before, after))[0])
    return f"{number(before[index])} became {number(after[index])} ({at(index, AXES)})"
