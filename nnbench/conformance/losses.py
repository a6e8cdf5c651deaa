"""The laws of losses."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st

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
    search,
    sizes,
)
from nnbench.conformance.variants import has_floats, neighbours
from nnbench.kinds import Loss

AXES = ("trial", "class", "sample")
CLASSES = (2, 3, 5, 10)
MANY_CLASSES = (*range(2, 13), 20, 26)
STEP = 1e-6
CLOSE = 1e-6
LINE = np.linspace(-6, 6, 1201)
"""Where along a line through the scores a loss is looked at."""


@law("loss", basic=True)
def outputs_are_counted(case: Case[Loss]) -> None:
    """There are as many scores as classes, or a single one for two classes, or another number of at least 2."""
    for classes in (2, 3, 5, 10):
        outputs = case.component.outputs(classes)
        if not isinstance(outputs, int) or outputs < (1 if classes == 2 else 2):
            raise Broken(f"outputs({classes}) is {outputs!r}")


@law("loss", basic=True)
def shape_and_dtype(case: Case[Loss]) -> None:
    """`value` returns (trial, 1, sample) and `gradient` the shape of the scores, both in the precision of the scores."""
    for dtype in (np.float32, np.float64):
        loss = case.as_trained(dtype)
        for classes in CLASSES:
            for trials, samples in ((1, 1), (3, 6)):
                scores, targets = _batch(loss, case.rng(), classes, dtype, trials, samples)
                expect_array(f"value of {scores.shape}", loss.value(scores, targets), (trials, 1, samples), dtype)
                expect_array(f"gradient of {scores.shape}", loss.gradient(scores, targets), scores.shape, dtype)


@law("loss", basic=True)
def arguments_untouched(case: Case[Loss]) -> None:
    """Neither scores nor targets change."""
    for classes in CLASSES[:2]:
        scores, targets = _batch(case.component, case.rng(), classes)
        for method in ("value", "gradient", "value_and_gradient", "margins"):
            expect_untouched(method, getattr(case.component, method), scores, targets)


@law("loss")
def both_at_once_as_each_alone(case: Case[Loss]) -> None:
    """`value_and_gradient` returns what `value` and `gradient` do, the gradient in memory that may be changed."""
    for dtype in (np.float32, np.float64):
        loss = case.as_trained(dtype)
        for classes in CLASSES:
            scores, targets = _batch(loss, case.rng(), classes, dtype)
            value, gradient = loss.value_and_gradient(scores, targets)
            close = 1e-9 if dtype is np.float64 else 1e-4
            expect_close("value at once and alone", value, loss.value(scores, targets), AXES, rtol=close, atol=close)
            expect_close("gradient at once and alone", gradient, loss.gradient(scores, targets), AXES, rtol=close, atol=close)
            if not gradient.flags.writeable or np.shares_memory(gradient, scores) or np.shares_memory(gradient, targets):
                raise Broken("the gradient of value_and_gradient shares memory with its arguments, or cannot be written to")


@law("loss")
def gradient_matches_differences(case: Case[Loss]) -> Judged:
    """The gradient is the slope of the value by each score, at a kink one between the two: training lowers this loss."""
    loss, judged = case.component, Judged(0, 0)

    def check(drawn: tuple[int, list[int]]) -> None:
        nonlocal judged
        label, tenths = drawn
        classes = max(len(tenths), 2)
        scores = np.array(tenths[: loss.outputs(classes)], float)[None, :, None] / 8
        targets = _targets(np.array([[label % classes]]), scores.shape[1])
        wrong, kinked = _wrong_slopes(loss, scores, targets)
        judged += Judged(1, int(kinked[0]))
        if wrong[0]:
            raise Broken(f"at scores {_listed(scores)} and class {label % classes}, {_wrong_slope(loss, scores, targets)}")

    for classes in MANY_CLASSES if case.thorough else CLASSES:
        scores, targets = _batch(loss, case.rng(), classes, trials=1, samples=2_000 if case.thorough else 100)
        wrong, kinked = _wrong_slopes(loss, scores, targets)
        judged += Judged(len(wrong), int(kinked.sum()))
        for sample in np.flatnonzero(wrong):
            one = slice(sample, sample + 1)
            examples = st.tuples(st.integers(0, 4), st.lists(st.integers(-40, 40), min_size=classes, max_size=classes))
            search(examples, check, 200)  # simpler numbers, if they fail too
            told = f"scores {_listed(scores[:, :, one])} and targets {_listed(targets[:, :, one])}"
            raise Broken(f"at {told}, {_wrong_slope(loss, scores[:, :, one], targets[:, :, one])}")
    search(st.tuples(st.integers(0, 4), st.lists(st.integers(-40, 40), min_size=2, max_size=5)), check, case.examples)
    return judged


@law("loss")
def kinks_are_declared(case: Case[Loss]) -> None:
    """Wherever the gradient jumps, a margin changes its sign: gradient checks excuse a difference across one and no other."""
    loss = case.component
    for classes in CLASSES[:2]:
        outputs = loss.outputs(classes)
        rng = case.rng()
        for label in range(classes):
            targets = _targets(np.array([[label]]), outputs)
            for _ in range(2):
                start, direction = rng.normal(size=(2, 1, outputs, 1))
                for jump, before, after in _jumps(loss, start, direction, targets):
                    margins = [
                        loss.margins(start + (jump + side) * direction, targets)
                        for side in (-1e-7 * (1 + abs(jump)), 1e-7 * (1 + abs(jump)))
                    ]
                    if margins[0] is None or margins[1] is None or ((margins[0] > 0) == (margins[1] > 0)).all():
                        told = f"scores {_listed(start + jump * direction)} and class {label}"
                        raise Broken(
                            f"at {told} the gradient jumps from {number(before)} to {number(after)}, and no margin changes sign"
                        )


@law("loss")
def finite(case: Case[Loss]) -> None:
    """Whatever the scores, nothing is NaN, and nothing infinite that a float32 could hold."""
    loss = case.component
    for classes in CLASSES:
        for size in (0.0, 1.0, 20.0, 100.0, 1e3, 1e4, 1e8, 1e15, 1e30, 1e-30):
            scores, targets = _batch(loss, case.rng(), classes, trials=1, samples=40)
            scores = size * np.sign(scores)
            narrow = scores.astype(np.float32)
            for method in (loss.value, loss.gradient):
                single, exact = method(narrow, targets.astype(np.float32)), method(scores, targets)
                fits = np.abs(exact) < float(np.finfo(np.float32).max)
                bad = np.isnan(single) | np.isnan(exact) | (np.isinf(single) & fits)
                if bad.any():
                    index = tuple(np.argwhere(bad)[0])
                    one = slice(index[2], index[2] + 1)
                    told = f"scores {_listed(scores[:, :, one])} and targets {_listed(targets[:, :, one])}"
                    raise Broken(f"at {told}, in float32, {method.__name__} gives {single[index]}")


@law("loss")
def non_negative_as_declared(case: Case[Loss]) -> None:
    """No sample's loss lies below 0, unless the class says non_negative = False."""
    loss = case.component
    if not loss.non_negative:
        raise DoesNotApply("it declares non_negative = False")
    for classes in CLASSES:
        for scale in (0.0, 0.1, 2.0, 50.0):
            scores, targets = _batch(loss, case.rng(), classes, trials=2, samples=60)
            value = loss.value(scale * scores, targets)
            if value.min() < -1e-12:
                trial, _, sample = np.unravel_index(int(value.argmin()), value.shape)
                told = f"scores {_listed(scale * scores[trial, :, sample])} and targets {_listed(targets[trial, :, sample])}"
                raise Broken(f"at {told} the loss is {number(value.min())}")


@law("loss")
def right_scores_cost_less(case: Case[Loss]) -> None:
    """Scores of 1 for the right class and -1 for all others cost less than the other way round."""
    loss = case.component
    for classes in CLASSES:
        labels = np.arange(classes)[None]
        targets = _targets(labels, loss.outputs(classes))
        right, wrong = loss.value(2 * targets - 1, targets), loss.value(1 - 2 * targets, targets)
        if not (right < wrong).all():
            label = int(np.argwhere(~(right < wrong))[0][2])
            told = f"class {label} of {classes}: right scores cost {number(right[0, 0, label])}"
            raise Broken(f"{told}, wrong ones {number(wrong[0, 0, label])}")


@law("loss")
def samples_are_independent(case: Case[Loss]) -> None:
    """A sample's loss and gradient depend on its own scores and targets alone, whatever the order and number of the others."""
    loss = case.component
    for classes in CLASSES:
        scores, targets = _batch(loss, case.rng(), classes)
        order = case.rng().permutation(scores.shape[2])
        for method in (loss.value, loss.gradient):
            together = method(scores, targets)
            shuffled = method(scores[:, :, order].copy(), targets[:, :, order].copy())
            told = f"{method.__name__} of samples in another order, and put back"
            expect_close(told, shuffled, together[:, :, order], AXES, atol=1e-12)
            alone = method(scores[:, :, :1].copy(), targets[:, :, :1].copy())
            expect_close(f"{method.__name__} of a sample alone and among others", alone, together[:, :, :1], AXES, atol=1e-12)
    for classes in MANY_CLASSES if case.thorough else CLASSES:
        _expect_no_size_to_matter(case, classes)


@law("loss")
def precisions_agree(case: Case[Loss]) -> None:
    """Value, gradient and both at once give in float32 what they give in float64, up to rounding."""
    single, double = case.in_both_precisions()
    for classes in CLASSES:
        for size in (0.1, 1.0, 10.0):
            scores, targets = _batch(single, case.rng(), classes, samples=64)
            expect_equal_precisions(partial(_both, targets=targets), single, double, size * scores, AXES)


@law("loss")
def hyperparameters_broadcast(case: Case[Loss]) -> None:
    """Hyperparameters may be arrays (trial, 1, 1), a number for each trial, and do what a plain number does."""
    loss = case.component
    if not has_floats(loss):
        raise DoesNotApply("it has no floating-point hyperparameters")
    together = case.stacked(3, np.float64).together
    for classes in CLASSES:
        scores, targets = _batch(loss, case.rng(), classes)
        for trial, plain in enumerate(neighbours(loss, 3)):
            row = slice(trial, trial + 1)
            for method in ("value", "gradient"):
                stacked = getattr(together, method)(scores, targets)[row]
                alone = getattr(plain, method)(scores[row], targets[row])
                expect_close(f"{method} of trial {trial} with arrays and with numbers", stacked, alone, AXES, atol=1e-12)


@law("loss")
def rows_are_independent(case: Case[Loss]) -> None:
    """A trial's row in a stack is bit for bit what it is alone, so that results do not depend on what else is trained."""
    for classes in (2, 3, 12):
        for samples in (1, 7, 64):
            stacked = case.stacked(4, np.float32)
            scores, targets = _batch(case.component, case.rng(), classes, np.float32, 4, samples)
            value, gradient = stacked.together.value_and_gradient(scores, targets)
            for trial, single in enumerate(stacked.alone):
                row = slice(trial, trial + 1)
                alone = single.value_and_gradient(scores[row].copy(), targets[row].copy())
                for what, stack, expected in (("value", value, alone[0]), ("gradient", gradient, alone[1])):
                    expect_same(f"{what} of trial {trial} of {scores.shape} in the stack and alone", stack[row], expected, AXES)


def _expect_no_size_to_matter(case: Case[Loss], classes: int) -> None:
    """Compare batches of every size with parts of a large one."""
    loss, largest = case.component, 640
    scores, targets = _batch(loss, case.rng(), classes, trials=1, samples=largest)
    whole = _both(loss, scores, targets)
    for size in sizes(case.thorough):
        for what, some in _both(loss, scores[:, :, :size].copy(), targets[:, :, :size].copy()).items():
            told = f"{what} of {size} samples of {classes} classes and of another number"
            expect_close(told, some, whole[what][:, :, :size], AXES, atol=1e-12)


def exercise(loss: Loss, rng: np.random.Generator, size: int) -> list[Array]:
    """Everything that the component computes for some inputs."""
    results: list[Array] = []
    for classes in CLASSES:
        scores, targets = _batch(loss, rng, classes, samples=size)
        margins = loss.margins(scores, targets)
        both = loss.value_and_gradient(scores, targets)
        results += [loss.value(scores, targets), loss.gradient(scores, targets), *both, *([] if margins is None else [margins])]
    return results


def _both(loss: Loss, scores: Array, targets: Array) -> dict[str, Array]:
    t = targets.astype(scores.dtype)
    value, gradient = loss.value_and_gradient(scores, t)
    alone = {"value": loss.value(scores, t), "gradient": loss.gradient(scores, t)}
    return {**alone, "the value of both at once": value, "the gradient of both at once": gradient}


def _targets(labels: Array, outputs: int, dtype: Any = np.float64) -> Array:
    """One-hot (trial, output, sample) of labels (trial, sample); a single output is 1 for class 1."""
    if outputs == 1:
        return (labels[:, None] == 1).astype(dtype)
    return (labels[:, None] == np.arange(outputs)[None, :, None]).astype(dtype)


def _batch(
    loss: Loss, rng: np.random.Generator, classes: int, dtype: Any = np.float64, trials: int = 3, samples: int = 6
) -> tuple[Array, Array]:
    outputs = loss.outputs(classes)
    scores = rng.normal(scale=2, size=(trials, outputs, samples)).astype(dtype)
    return scores, _targets(rng.integers(classes, size=(trials, samples)), outputs, dtype)


def _wrong_slopes(loss: Loss, scores: Array, targets: Array) -> tuple[Array, Array]:
    """Which samples have a derivative that is not the slope, and which are at a kink.

    There a derivative may be anything between the slopes on both sides: where they are equal, a kink excuses nothing.
    """
    gradient = loss.gradient(scores, targets)
    wrong, kinked = np.zeros((2, scores.shape[2]), bool)
    for score in range(scores.shape[1]):
        before, after, crossed = _slopes(loss, scores, targets, score)
        slope = (before + after) / 2
        allowed = CLOSE * (1 + np.abs(slope)) + 1e-8 * np.abs(loss.value(scores, targets))[:, 0]
        low, high = np.minimum(before, after) - 2 * allowed, np.maximum(before, after) + 2 * allowed
        between = (gradient[:, score] >= low) & (gradient[:, score] <= high)
        errors = [np.abs(gradient[:, score] - each) for each in (slope, before, after)]  # one side's, where the curvature jumps
        right = np.where(crossed, between, np.minimum(np.minimum(*errors[:2]), errors[2]) <= allowed)
        wrong |= ~right.all(axis=0)
        kinked |= crossed.any(axis=0)
    return wrong, kinked


def _wrong_slope(loss: Loss, scores: Array, targets: Array) -> str:
    """For a single sample: the score whose derivative is furthest from the slope, and both."""
    gradient = loss.gradient(scores, targets)[0, :, 0]
    slopes = np.array([np.mean(_slopes(loss, scores, targets, score)[:2]) for score in range(scores.shape[1])])
    worst = int(np.nan_to_num(np.abs(gradient - slopes), nan=np.inf).argmax())
    return f"score {worst}: gradient gives {number(gradient[worst])}, and value has the slope {number(slopes[worst])}"


def _slopes(loss: Loss, scores: Array, targets: Array, score: int) -> tuple[Array, Array, Array]:
    """The slopes of each sample's value by one score below and above, and whether a kink lies within the difference.

    One does where a margin changes its sign between the two points, or is near 0 and moves: one that is 0 all the time is none.
    """
    shift = np.zeros_like(scores)
    shift[:, score] = STEP
    points = scores - shift, scores + shift
    low, middle, high = (loss.value(each, targets)[:, 0] for each in (points[0], scores, points[1]))
    slopes = (middle - low) / STEP, (high - middle) / STEP
    below, above = (loss.margins(each, targets) for each in points)
    if below is None or above is None:
        return *slopes, np.zeros(slopes[0].shape, bool)
    crossed = ((below > 0) != (above > 0)) | ((np.abs(below) <= 4 * STEP) & (below != above))
    return *slopes, crossed.any(axis=1)


def _jumps(loss: Loss, start: Array, direction: Array, targets: Array) -> list[tuple[float, float, float]]:
    """Where, along a line through the scores, the slope in its direction jumps."""

    def along(t: Array) -> Array:
        scores = start + t[None, None, :] * direction
        return (loss.gradient(scores, np.repeat(targets, len(t), axis=2)) * direction).sum(axis=(0, 1))

    return jumps(along, LINE)


def _listed(array: Array) -> str:
    return f"({', '.join(number(value) for value in array.ravel())})"
