"""The laws of activations."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from nnbench.conformance.laws import Broken, Case, DoesNotApply, Judged, NotJudged, law
from nnbench.conformance.precisions import expect_equal_precisions
from nnbench.conformance.tools import (
    Array,
    expect_array,
    expect_close,
    expect_same,
    expect_untouched,
    jumps,
    number,
    search,
    sizes,
    smallest,
)
from nnbench.conformance.variants import has_floats, label, neighbours
from nnbench.kinds import Activation
from nnbench.kinds.activation import learned_problem

AXES = ("trial", "unit", "sample")
SHAPES = ((1, 1, 1), (2, 3, 5), (5, 33, 7), (5, 33, 64))
FAR = np.concatenate([np.geomspace(31, 100, 60), -np.geomspace(31, 100, 60)])
FINE = np.concatenate([np.linspace(-30, 30, 6001), FAR])
"""Where derivatives are looked at: 0.01 apart."""
FINER = np.concatenate([np.linspace(-30, 30, 120_001), FAR])
"""Where a thorough check looks: 0.0005 apart."""
STEP = 1e-6
"""Of a difference, relative to z."""
CLOSE = 1e-6
"""Error of a difference, relative to the derivative, that is put down to the difference."""
EXTREMES = np.unique(np.array([0, *np.geomspace(1e-45, np.finfo(np.float32).max, 300)], np.float32))


@law("activation", basic=True)
def shape_and_dtype(case: Case[Activation]) -> None:
    """Forward and derivative return arrays of the shape and dtype of z, so that float32 networks stay float32."""
    for dtype in (np.float32, np.float64):
        activation = case.as_trained(dtype)
        for shape in SHAPES:
            z = case.rng().normal(size=shape).astype(dtype)
            a = activation.forward(z)
            expect_array(f"forward of {dtype.__name__} {shape}", a, shape, dtype)
            expect_array(f"derivative of {dtype.__name__} {shape}", activation.derivative(z, a), shape, dtype)


@law("activation", basic=True)
def arguments_untouched(case: Case[Activation]) -> None:
    """Forward and derivative change neither z nor a, which the network still needs."""
    z = case.rng().normal(size=(2, 3, 5))
    expect_untouched("forward", case.component.forward, z)
    expect_untouched("derivative", case.component.derivative, z, case.component.forward(z.copy()))


@law("activation")
def derivative_matches_differences(case: Case[Activation]) -> Judged:
    """Away from kinks, the derivative is the slope of forward: training goes downhill, and not somewhere else."""
    activation = case.component
    grid = FINER if case.thorough else FINE
    z = _off(activation.kinks, grid)
    if not len(z):
        raise NotJudged("every point lies at a kink")
    wrong = _wrong_slopes(activation, z)
    if wrong.any():

        def fails(value: float) -> bool:
            return bool(len(_off(activation.kinks, np.array([value]))) and _wrong_slopes(activation, np.array([value]))[0])

        at = smallest(fails, z[wrong])
        (derivative,), (slope,) = _derivative(activation)(np.array([at])), _slope(activation, np.array([at]))
        raise Broken(f"at z = {number(at)} derivative gives {number(derivative)}, and forward has the slope {number(slope)}")
    return Judged(len(grid), len(grid) - len(z))


@law("activation")
def kinks_are_declared(case: Case[Activation]) -> None:
    """Wherever the derivative jumps, `kinks` says so: gradient checks excuse a difference across a declared kink and no other."""
    activation = case.component
    kinks = np.array(activation.kinks, float)
    for what, f in (("derivative", _derivative(activation)), ("forward", _forward(activation))):
        for jump, before, after in jumps(f, FINE):
            if not (np.abs(kinks - jump) <= 1e-6 * max(1, abs(jump))).any():
                told = f"{what} jumps from {number(before)} to {number(after)} at z = {number(round(jump, 7))}"
                raise Broken(f"{told}, and kinks = {tuple(map(float, kinks))} does not say so")


@law("activation")
def declared_kinks_are_kinks(case: Case[Activation]) -> None:
    """Where `kinks` says that the derivative jumps it does, and its value there is one of the two beside it."""
    activation = case.component
    if not activation.kinks:
        raise DoesNotApply("it declares no kinks")
    derivative, forward = _derivative(activation), _forward(activation)
    for kink in activation.kinks:
        beside = 1e-7 * max(1, abs(kink))
        z = np.array([kink - beside, kink, kink + beside])
        left, at, right = derivative(z)
        apart = 1e-6 * max(1, abs(left), abs(right))
        below, _, above = forward(z)
        if abs(left - right) <= apart and abs(above - below) <= 1e-3 * max(1, abs(below)):
            raise Broken(f"at z = {number(kink)} the derivative is {number(left)} on both sides, and kinks declares a jump")
        if min(abs(at - left), abs(at - right)) > apart:
            raise Broken(
                f"at the kink z = {number(kink)} derivative gives {number(at)}, neither {number(left)} nor {number(right)}"
            )


@law("activation")
def finite(case: Case[Activation]) -> None:
    """From the smallest to the largest float32 nothing is NaN, and nothing infinite whose value a float32 could hold.

    With other hyperparameters than the defaults, up to 1e30, so that a product of the two fits.
    """
    activation = case.component
    largest = float(EXTREMES[-1]) if label(activation) == "defaults" else 1e30
    z = np.concatenate([EXTREMES, -EXTREMES])
    z = z[np.abs(z) <= largest]

    def fails(value: float) -> bool:
        return abs(value) <= largest and bool(_overflows(activation, np.array([value], np.float32))[0])

    def check(value: float) -> None:
        if fails(value):
            at = np.array([value], np.float32)
            told = f"forward gives {_forward(activation)(at)[0]} and derivative {_derivative(activation)(at)[0]}"
            raise Broken(f"at z = {number(value)} {told} in float32")

    bad = _overflows(activation, z)
    if bad.any():
        check(smallest(fails, z[bad].astype(float), width=32))
    search(st.floats(width=32, allow_nan=False, allow_infinity=False), check, case.examples)


@law("activation")
def nan_stays(case: Case[Activation]) -> None:
    """The activation of NaN is NaN: a network that diverged is not hidden."""
    for dtype in (np.float32, np.float64):
        for count in (1, 9):
            a = case.as_trained(dtype).forward(np.full((1, 1, count), np.nan, dtype))
            if not np.isnan(a).all():
                raise Broken(f"forward(nan) is {number(a[~np.isnan(a)][0])}")


@law("activation")
def element_wise(case: Case[Activation]) -> None:
    """Each element's result depends on that element alone, not on other samples, units or trials, nor on how many there are."""
    activation = case.component
    _expect_no_size_to_matter(activation, case)
    z = 3 * case.rng().normal(size=(2, 3, 4))
    a = activation.forward(z.copy())
    derivative = activation.derivative(z.copy(), a.copy())
    for index in np.ndindex(z.shape):
        single = np.full((1, 1, 1), z[index])
        alone = activation.forward(single.copy())
        pairs = (("forward", a, alone), ("derivative", derivative, activation.derivative(single, alone.copy())))
        for what, together, expected in pairs:
            here = f"{what} at z = {number(z[index])} among others and alone"
            expect_close(here, together[index].reshape(1, 1, 1), expected, AXES, rtol=1e-9, atol=1e-12)


@law("activation")
def precisions_agree(case: Case[Activation]) -> None:
    """Forward, derivative and what is learned give in float32 what they give in float64, up to rounding."""
    single, double = case.in_both_precisions()
    for largest in (3, 30):
        z = largest * case.rng().uniform(-1, 1, size=(1, 8, 256))
        expect_equal_precisions(_everything, single, double, z, AXES)


@law("activation")
def hyperparameters_broadcast(case: Case[Activation]) -> None:
    """Hyperparameters may be arrays (trial, 1, 1), a number for each trial, and do what a plain number does."""
    activation = case.component
    if not has_floats(activation):
        raise DoesNotApply("it has no floating-point hyperparameters")
    z = 2 * case.rng().normal(size=(3, 2, 5))
    stacked = case.stacked(3, np.float64)
    a = stacked.together.forward(z)
    derivative = stacked.together.derivative(z, a)
    for trial, single in enumerate(neighbours(activation, 3)):
        row = slice(trial, trial + 1)
        alone = single.forward(z[row])
        expect_close(f"forward of trial {trial} with arrays and with numbers", a[row], alone, AXES, atol=1e-12)
        expect_close(
            f"derivative of trial {trial} with arrays and with numbers",
            derivative[row],
            single.derivative(z[row], alone),
            AXES,
            atol=1e-12,
        )


@law("activation")
def rows_are_independent(case: Case[Activation]) -> None:
    """A trial's row in a stack is bit for bit what it is alone, so that results do not depend on what else is trained."""
    for dtype in (np.float32, np.float64):
        for shape in ((2, 1, 1), *SHAPES[1:]):
            stacked = case.stacked(shape[0], dtype)
            z = (3 * case.rng().normal(size=shape)).astype(dtype)
            a = stacked.together.forward(z)
            derivative = stacked.together.derivative(z, a)
            for trial, single in enumerate(stacked.alone):
                row = slice(trial, trial + 1)
                alone = single.forward(z[row].copy())
                expect_same(f"forward of trial {trial} of {shape} in the stack and alone", a[row], alone, AXES)
                slope = single.derivative(z[row].copy(), alone)
                expect_same(f"derivative of trial {trial} of {shape} in the stack and alone", derivative[row], slope, AXES)


@law("activation")
def gain_is_positive(case: Case[Activation]) -> None:
    """`gain`, by which initializers multiply the spread of weights, is a positive number."""
    gain = case.component.gain
    if not 0 < gain < np.inf:
        raise Broken(f"gain is {gain}")


@law("activation")
def learned_derivatives_match_differences(case: Case[Activation]) -> Judged:
    """What is learned is a float, and forward changes with it by what `learned_derivatives` says, element by element."""
    activation = case.component
    problem = learned_problem(activation)
    if problem:
        raise Broken(problem)
    if not activation.learned:
        raise DoesNotApply("it learns nothing")
    near = FINE[np.abs(FINE) < 8]
    z = _off(activation.kinks, near).reshape(1, 1, -1)
    if not z.size:
        raise NotJudged("every point lies at a kink")
    derivatives = activation.learned_derivatives(z.copy(), activation.forward(z.copy()))
    if set(derivatives) != set(activation.learned):
        given, learned = (", ".join(names) or "nothing" for names in (derivatives, activation.learned))
        raise Broken(f"learned_derivatives gives {given}, and what is learned is {learned}")
    for name in activation.learned:
        expect_array(f"the derivative by {name}", derivatives[name], z.shape, z.dtype)
        value = getattr(activation, name)
        above, below = (_learned(activation, name, np.full((1, 1, 1), value + step)).forward(z.copy()) for step in (STEP, -STEP))
        slope = (above - below) / (2 * STEP)
        wrong = np.abs(derivatives[name] - slope) > CLOSE * (1 + np.abs(slope) + np.abs(derivatives[name]))
        if wrong.any():
            at = np.flatnonzero(wrong)[np.abs(z[wrong]).argmin()]
            told = f"the derivative by {name} is {number(derivatives[name].ravel()[at])}, and forward changes by "
            raise Broken(f"at z = {number(z.ravel()[at])} {told}{number(slope.ravel()[at])}")
    return Judged(len(near), len(near) - z.size)


@law("activation")
def learned_values_broadcast(case: Case[Activation]) -> None:
    """What is learned may be an array (trial, unit, 1), a number for each unit, and does for each what a plain number does."""
    activation = case.component
    if not activation.learned:
        raise DoesNotApply("it learns nothing")
    z = 2 * case.rng().normal(size=(2, 3, 5))
    for name in activation.learned:
        values = getattr(activation, name) + np.linspace(0, 0.1, 6).reshape(2, 3, 1)
        together = _learned(activation, name, values)
        a, derivative = together.forward(z), together.derivative(z, together.forward(z))
        by_name = together.learned_derivatives(z, a)[name]
        for at in np.ndindex(2, 3):
            row = z[at].reshape(1, 1, -1)
            single = _learned(activation, name, values[at].reshape(1, 1, 1))
            alone = single.forward(row)
            pairs = (
                ("forward", a, alone),
                ("derivative", derivative, single.derivative(row, alone)),
                (f"the derivative by {name}", by_name, single.learned_derivatives(row, alone)[name]),
            )
            for what, array, expected in pairs:
                expect_close(
                    f"{what} of unit {at[1]} among others and alone", array[at].reshape(1, 1, -1), expected, AXES, atol=1e-12
                )


def _learned(activation: Activation, name: str, value: Array) -> Activation:
    """The activation with another value of what it learns, as the engine sets it."""
    other = copy.copy(activation)
    object.__setattr__(other, name, value)
    return other


def exercise(activation: Activation, rng: np.random.Generator, size: int) -> list[Array]:
    """Everything that the component computes for some inputs."""
    z = 2 * rng.normal(size=(2, 3, size))
    a = activation.forward(z)
    learned = activation.learned_derivatives(z, a)
    return [a, activation.derivative(z, a), *learned.values(), np.array(activation.gain), np.array(activation.kinks)]


def _everything(activation: Activation, z: Array) -> dict[str, Array]:
    a = activation.forward(z.copy())
    by_name = activation.learned_derivatives(z.copy(), a.copy())
    return {
        "forward": a,
        "derivative": activation.derivative(z.copy(), a.copy()),
        **{f"the derivative by {name}": array for name, array in by_name.items()},
    }


def _expect_no_size_to_matter(activation: Activation, case: Case[Activation]) -> None:
    """Compare layers of every width and batches of every size with the same numbers in a row."""
    z = 3 * case.rng().normal(size=4096)
    whole = _everything(activation, z.reshape(1, 1, -1))
    for size in sizes(case.thorough):
        for shape in ((1, size, 2), (2, 3, size)):
            count = int(np.prod(shape))
            for what, together in _everything(activation, z[:count].reshape(shape)).items():
                told = f"{what} of {size} {'units' if shape[1] == size else 'samples'} and of another number"
                expect_close(told, together, whole[what][:, :, :count].reshape(shape), AXES, rtol=1e-9, atol=1e-12)


def _forward(activation: Activation) -> Callable[[Array], Array]:
    return lambda z: activation.forward(z.reshape(1, 1, -1)).reshape(-1)


def _derivative(activation: Activation) -> Callable[[Array], Array]:
    def derivative(z: Array) -> Array:
        three = z.reshape(1, 1, -1)
        return activation.derivative(three, activation.forward(three)).reshape(-1)

    return derivative


def _off(kinks: tuple[float, ...], z: Array) -> Array:
    """The points further from every kink than a difference reaches."""
    far = np.ones(len(z), bool)
    for kink in kinks:
        far &= np.abs(z - kink) > 2 * STEP * np.maximum(1, np.abs(z))
    return z[far]


def _slope(activation: Activation, z: Array) -> Array:
    f, step = _forward(activation), STEP * np.maximum(1, np.abs(z))
    return (f(z + step) - f(z - step)) / ((z + step) - (z - step))


def _wrong_slopes(activation: Activation, z: Array) -> Array:
    """Where the derivative is not the slope, nor, at a kink that nobody declared, that of one side: another law tells of those."""
    f, step = _forward(activation), STEP * np.maximum(1, np.abs(z))
    derivative, middle = _derivative(activation)(z), f(z)
    after, before = (f(z + step) - middle) / step, (middle - f(z - step)) / step
    size = np.maximum(np.abs(derivative), np.abs(after))
    scale = np.nanmax(np.abs(_derivative(activation)(FINE[np.abs(FINE) < 8])))
    allowed = CLOSE * (size + scale) + 64 * np.finfo(float).eps * np.abs(middle) / step
    errors = [np.abs(derivative - slope) for slope in ((after + before) / 2, after, before)]
    return ~(np.minimum(np.minimum(*errors[:2]), errors[2]) <= allowed)


def _overflows(activation: Activation, z: Array) -> Array:
    """Where a float32 result is NaN, or infinite though its value in float64 is finite and fits."""
    double = z.astype(np.float64)
    bad = np.zeros(len(z), bool)
    for f in (_forward(activation), _derivative(activation)):
        narrow, wide = f(z), f(double)
        fits = np.abs(wide) < float(np.finfo(np.float32).max)
        bad |= np.isnan(narrow) | (np.isinf(narrow) & fits) | np.isnan(wide)
    return bad
