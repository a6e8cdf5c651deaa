"""The laws of penalties."""

from __future__ import annotations

import numpy as np

from nnbench.conformance.laws import Broken, Case, DoesNotApply, Judged, law
from nnbench.conformance.precisions import expect_equal_precisions
from nnbench.conformance.tools import (
    Array,
    expect_array,
    expect_close,
    expect_same,
    expect_untouched,
    jumps,
    number,
)
from nnbench.conformance.variants import has_floats, neighbours
from nnbench.kinds import Penalty

AXES = ("trial", "out", "in")
SHAPES = ((1, 1), (2, 3), (5, 1), (8, 9))
MORE_SHAPES = (*SHAPES, *((units, 4) for units in range(3, 34)), *((3, units) for units in range(4, 34)), (64, 2), (2, 64))
STEP = 1e-6
CLOSE = 1e-6
LINE = np.linspace(-6, 6, 1201)


@law("penalty", basic=True)
def shape_and_dtype(case: Case[Penalty]) -> None:
    """`value` returns (trial, 1, 1) and `gradient` the shape of the weights, both in their precision."""
    for dtype in (np.float32, np.float64):
        penalty = case.as_trained(dtype)
        for shape in SHAPES:
            w = _weights(case.rng(), 3, shape).astype(dtype)
            expect_array(f"value of {w.shape}", penalty.value(w), (3, 1, 1), dtype)
            expect_array(f"gradient of {w.shape}", penalty.gradient(w), w.shape, dtype)


@law("penalty", basic=True)
def arguments_untouched(case: Case[Penalty]) -> None:
    """The weights stay as they are: penalties are added to the gradient, and the optimizer moves the weights."""
    w = _weights(case.rng(), 2, SHAPES[1])
    expect_untouched("value", case.component.value, w)
    expect_untouched("gradient", case.component.gradient, w)


@law("penalty")
def gradient_matches_differences(case: Case[Penalty]) -> Judged:
    """Away from kinks, the gradient is the slope of the value by each weight."""
    penalty, judged = case.component, Judged(0, 0)
    for scale in (1.0, 0.1, 5.0):
        for shape in MORE_SHAPES if case.thorough else SHAPES:
            w = np.round(scale * _weights(case.rng(), 1, shape), 2)
            for kink in penalty.kinks:
                w[np.abs(w - kink) < 0.005 * scale] += 0.01 * scale
            kinked = np.zeros(w.shape, bool)
            for kink in penalty.kinks:
                kinked |= np.abs(w - kink) <= 2 * STEP
            judged += Judged(w.size, int(kinked.sum()))
            gradient = penalty.gradient(w)[0]
            slope = _slopes(penalty, w)
            allowed = (
                CLOSE * np.maximum(np.abs(slope), np.abs(gradient).max()) + 1e-9 * abs(float(penalty.value(w)[0, 0, 0])) + 1e-12
            )
            wrong = ~(np.abs(gradient - slope) <= allowed) & ~kinked[0]
            if wrong.any():
                index = tuple(np.argwhere(wrong)[0])
                told = f"at w = {w[0].tolist()}, row {index[0]}, column {index[1]}"
                raise Broken(f"{told}: gradient gives {number(gradient[index])}, and value has the slope {number(slope[index])}")
    return judged


@law("penalty", over="default")
def declared_kinks_are_kinks(case: Case[Penalty]) -> None:
    """Where `kinks` says that the derivative by a weight jumps it does: a kink that is none excuses a gradient check."""
    penalty = case.component
    if not penalty.kinks:
        raise DoesNotApply("it declares no kinks")
    w = _weights(case.rng(), 1, (3, 4))
    size = float(np.abs(penalty.gradient(w)).max())
    for kink in penalty.kinks:
        beside = 1e-7 * max(1, abs(kink))
        sides = [(_with_first(w, kink + side), np.full_like(w, kink + side)) for side in (-beside, beside)]
        (before, all_before), (after, all_after) = ([penalty.gradient(each)[0, 0, 0] for each in side] for side in sides)
        if max(abs(after - before), abs(all_after - all_before)) <= 1e-4 * size:
            told = f"where a weight is {number(kink)}, or all are, the derivative is {number(before)} on both sides"
            raise Broken(f"{told}, and kinks declares a jump")


@law("penalty")
def precisions_agree(case: Case[Penalty]) -> None:
    """Value and gradient give in float32 what they give in float64, up to rounding."""
    single, double = case.in_both_precisions()
    for scale in (0.01, 1.0, 10.0):
        for shape in SHAPES:
            expect_equal_precisions(_everything, single, double, scale * _weights(case.rng(), 2, shape), AXES)


@law("penalty")
def kinks_are_declared(case: Case[Penalty]) -> None:
    """Wherever the derivative by a weight jumps, `kinks` says so: gradient checks excuse a difference across one and no other."""
    penalty = case.component
    start, direction = _weights(case.rng(), 2, (3, 4))

    def along(t: Array) -> Array:
        return (penalty.gradient(start + t[:, None, None] * direction) * direction).sum(axis=(1, 2))

    for jump, before, after in jumps(along, LINE):
        w = start + jump * direction
        if not any((np.abs(w - kink) <= 1e-6).any() for kink in penalty.kinks):
            told = f"at w = {np.round(w, 6).tolist()} the derivative jumps from {number(before)} to {number(after)}"
            raise Broken(f"{told}, and no weight is at one of kinks = {tuple(penalty.kinks)}")


@law("penalty")
def finite(case: Case[Penalty]) -> None:
    """Weights of 0, and of every size from 1e-15 to 1e8, have a finite penalty and gradient in float32."""
    penalty = case.component
    for size in (0.0, 1.0, 1e-3, 1e3, 1e-8, 1e8, 1e-15):
        w = size * np.sign(_weights(case.rng(), 2, SHAPES[1]))
        for method in (penalty.value, penalty.gradient):
            single, exact = method(w.astype(np.float32)), method(w)
            fits = np.abs(exact) < float(np.finfo(np.float32).max)
            if (np.isnan(single) | np.isnan(exact) | (np.isinf(single) & fits)).any():
                raise Broken(f"for weights of ±{number(size)}, {method.__name__} gives {single[~np.isfinite(single)].ravel()[:1]}")


@law("penalty")
def non_negative_as_declared(case: Case[Penalty]) -> None:
    """No weights cost less than 0, unless the class says non_negative = False."""
    if not case.component.non_negative:
        raise DoesNotApply("it declares non_negative = False")
    for scale in (0.0, 0.01, 1.0, 30.0):
        for shape in SHAPES:
            w = scale * _weights(case.rng(), 6, shape)
            value = case.component.value(w)
            if value.min() < -1e-12:
                raise Broken(f"w = {np.round(w[int(value.argmin())], 3).tolist()} costs {number(value.min())}")


@law("penalty")
def zero_as_declared(case: Case[Penalty]) -> None:
    """`zero` says whether value and gradient are 0 whatever the weights: training then does not ask."""
    w = 3 * _weights(case.rng(), 4, SHAPES[3])
    is_zero = not case.component.value(w).any() and not case.component.gradient(w).any()
    if case.component.zero and not is_zero:
        raise Broken(f"zero is True, and weights cost {number(case.component.value(w).max())}")


@law("penalty")
def hyperparameters_broadcast(case: Case[Penalty]) -> None:
    """Hyperparameters may be arrays (trial, 1, 1), a number for each trial, and do what a plain number does."""
    if not has_floats(case.component):
        raise DoesNotApply("it has no floating-point hyperparameters")
    together = case.stacked(3, np.float64).together
    w = _weights(case.rng(), 3, SHAPES[1])
    for trial, plain in enumerate(neighbours(case.component, 3)):
        row = slice(trial, trial + 1)
        for method in ("value", "gradient"):
            stacked, alone = getattr(together, method)(w)[row], getattr(plain, method)(w[row])
            expect_close(f"{method} of trial {trial} with arrays and with numbers", stacked, alone, AXES, atol=1e-12)


@law("penalty")
def rows_are_independent(case: Case[Penalty]) -> None:
    """A trial's row in a stack is bit for bit what it is alone, so that results do not depend on what else is trained."""
    for rows, columns in (*SHAPES[1:], (32, 33)):
        stacked = case.stacked(4, np.float32)
        block = case.rng().normal(size=(4, rows, columns + 1)).astype(np.float32)
        w = block[:, :, :-1]  # a view without the biases, as the engine hands over
        value, gradient = stacked.together.value(w), stacked.together.gradient(w)
        for trial, single in enumerate(stacked.alone):
            row = slice(trial, trial + 1)
            alone = block[row].copy()[:, :, :-1]
            told = f"of trial {trial} of {w.shape} in the stack and alone"
            expect_same(f"value {told}", value[row], single.value(alone), AXES)
            expect_same(f"gradient {told}", gradient[row], single.gradient(alone), AXES)


def exercise(penalty: Penalty, rng: np.random.Generator, size: int) -> list[Array]:
    """Everything that the component computes for some inputs."""
    w = rng.normal(size=(2, 3, size))
    return [penalty.value(w), penalty.gradient(w), np.array(penalty.kinks)]


def _everything(penalty: Penalty, w: Array) -> dict[str, Array]:
    return {"value": penalty.value(w), "gradient": penalty.gradient(w)}


def _slopes(penalty: Penalty, w: Array) -> Array:
    """The slope of the value by each weight of one matrix (1, row, column)."""
    steps = STEP * np.eye(w.size).reshape(-1, 1, *w.shape[1:])
    return np.array([penalty.value(w + step) - penalty.value(w - step) for step in steps]).reshape(w.shape[1:]) / (2 * STEP)


def _with_first(w: Array, value: float) -> Array:
    moved = w.copy()
    moved[0, 0, 0] = value
    return moved


def _weights(rng: np.random.Generator, trials: int, shape: tuple[int, int]) -> Array:
    return rng.normal(size=(trials, *shape))
