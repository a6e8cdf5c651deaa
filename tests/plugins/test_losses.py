"""Losses: hand-worked values, textbook formulas in fifty digits, gradients against central differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnbench import Loss
from nnbench_losses import (
    AbsoluteError,
    BinaryLogistic,
    BinaryMaxMargin,
    BrierScore,
    CrammerSinger,
    Focal,
    GeneralizedCrossEntropy,
    Huber,
    LabelSmoothing,
    MaxMargin,
    ModifiedHuber,
    PolyCrossEntropy,
    SoftmaxCrossEntropy,
    SquaredError,
    SquaredHinge,
    SquaredMaxMargin,
    nnbench_components,
)

every_loss = pytest.mark.parametrize("loss", [loss() for loss in nnbench_components()], ids=lambda loss: loss.name)
every_number_of_classes = pytest.mark.parametrize("classes", [2, 3, 5])

SINGLE_SCORE = (BinaryMaxMargin, SquaredHinge, ModifiedHuber, BinaryLogistic)
WITH_KINKS = (MaxMargin, CrammerSinger, BinaryMaxMargin, AbsoluteError)
SQUARES = (SquaredError, SquaredMaxMargin, SquaredHinge)
SHIFT_INVARIANT = (
    SoftmaxCrossEntropy,
    LabelSmoothing,
    Focal,
    GeneralizedCrossEntropy,
    PolyCrossEntropy,
    BrierScore,
    MaxMargin,
    SquaredMaxMargin,
    CrammerSinger,
)


def likelihoods(s: Sequence[Any]) -> list[Any]:
    weights = [mpmath.exp(each) for each in s]
    return [weight / mpmath.fsum(weights) for weight in weights]


def signed(s: Sequence[Any], y: int) -> list[Any]:
    """y·s of each score; class y is the right one."""
    return [each if y == (1 if len(s) == 1 else j) else -each for j, each in enumerate(s)]


def wrong(s: Sequence[Any], y: int) -> list[Any]:
    return [each for j, each in enumerate(s) if j != y]


def distances(s: Sequence[Any], y: int) -> list[Any]:
    return [abs(each - (j == y)) for j, each in enumerate(s)]


FORMULAS: dict[type[Loss], Callable[[Any, Sequence[Any], int], Any]] = {
    SoftmaxCrossEntropy: lambda loss, s, y: -mpmath.log(likelihoods(s)[y]),
    LabelSmoothing: lambda loss, s, y: mpmath.fsum(
        -((1 - mpmath.mpf(loss.smoothing)) * (j == y) + mpmath.mpf(loss.smoothing) / len(s)) * mpmath.log(p)
        for j, p in enumerate(likelihoods(s))
    ),
    Focal: lambda loss, s, y: -((1 - likelihoods(s)[y]) ** loss.gamma) * mpmath.log(likelihoods(s)[y]),
    GeneralizedCrossEntropy: lambda loss, s, y: (1 - likelihoods(s)[y] ** mpmath.mpf(loss.q)) / mpmath.mpf(loss.q),
    PolyCrossEntropy: lambda loss, s, y: -mpmath.log(likelihoods(s)[y]) + loss.epsilon * (1 - likelihoods(s)[y]),
    BrierScore: lambda loss, s, y: mpmath.fsum((p - (j == y)) ** 2 for j, p in enumerate(likelihoods(s))),
    MaxMargin: lambda loss, s, y: mpmath.fsum(max(0, loss.margin - (s[y] - other)) for other in wrong(s, y)),
    SquaredMaxMargin: lambda loss, s, y: mpmath.fsum(max(0, loss.margin - (s[y] - other)) ** 2 for other in wrong(s, y)),
    CrammerSinger: lambda loss, s, y: max(0, loss.margin - (s[y] - max(wrong(s, y)))),
    BinaryMaxMargin: lambda loss, s, y: mpmath.fsum(max(0, loss.margin - m) for m in signed(s, y)),
    SquaredHinge: lambda loss, s, y: mpmath.fsum(max(0, loss.margin - m) ** 2 for m in signed(s, y)),
    ModifiedHuber: lambda loss, s, y: mpmath.fsum(max(0, 1 - m) ** 2 if m >= -1 else -4 * m for m in signed(s, y)),
    BinaryLogistic: lambda loss, s, y: mpmath.fsum(mpmath.log1p(mpmath.exp(-m)) for m in signed(s, y)),
    SquaredError: lambda loss, s, y: mpmath.fsum(d**2 / 2 for d in distances(s, y)),
    AbsoluteError: lambda loss, s, y: mpmath.fsum(distances(s, y)),
    Huber: lambda loss, s, y: mpmath.fsum(
        d**2 / 2 if d <= loss.delta else loss.delta * (d - mpmath.mpf(loss.delta) / 2) for d in distances(s, y)
    ),
}
"""Each loss as its paper writes it, of one sample's scores and its label."""


def one_hot(labels: np.ndarray, outputs: int, dtype: type = np.float64) -> np.ndarray:
    """(trial, output, sample) from (trial, sample); a single output is the indicator of class 1."""
    if outputs == 1:
        return (labels[:, None] == 1).astype(dtype)
    return (labels[:, None] == np.arange(outputs)[None, :, None]).astype(dtype)


def batch(loss: Loss, classes: int, dtype: type = np.float64, shape: tuple[int, int] = (3, 6)) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(classes)
    outputs = loss.outputs(classes)
    scores = rng.normal(scale=2, size=(shape[0], outputs, shape[1])).astype(dtype)
    return scores, one_hot(rng.integers(classes, size=shape), outputs, dtype)


def single(*scores: float) -> np.ndarray:
    return np.array(scores).reshape(1, -1, 1)


@every_loss
@every_number_of_classes
def test_gradient_matches_central_differences(loss: Loss, classes: int, slopes) -> None:
    scores, targets = batch(loss, classes)
    expected = slopes(lambda s: loss.value(s, targets), scores)
    np.testing.assert_allclose(loss.gradient(scores, targets), expected, rtol=1e-6, atol=1e-9)


@every_loss
@every_number_of_classes
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_dtype_are_kept_and_arguments_left_alone(loss: Loss, classes: int, dtype: type) -> None:
    scores, targets = batch(loss, classes, dtype)
    originals = scores.copy(), targets.copy()
    value, gradient = loss.value(scores, targets), loss.gradient(scores, targets)
    assert (value.shape, value.dtype) == ((3, 1, 6), dtype)
    assert (gradient.shape, gradient.dtype) == (scores.shape, dtype)
    assert (value >= 0).all()
    np.testing.assert_array_equal(scores, originals[0])
    np.testing.assert_array_equal(targets, originals[1])
    assert not np.shares_memory(gradient, scores)


@every_loss
@pytest.mark.parametrize("classes", [2, 3, 12])
@pytest.mark.parametrize("samples", [1, 7, 64])
def test_a_row_of_a_stack_equals_the_same_trial_alone_bit_for_bit(loss: Loss, classes: int, samples: int, stacked) -> None:
    trials = 5
    together, alone = stacked(loss, trials, np.float32)
    scores, targets = batch(loss, classes, np.float32, (trials, samples))
    value, gradient = together.value(scores, targets), together.gradient(scores, targets)
    assert value.dtype == gradient.dtype == np.float32
    for trial, one in enumerate(alone):
        row = slice(trial, trial + 1)
        np.testing.assert_array_equal(value[row], one.value(scores[row].copy(), targets[row].copy()))
        np.testing.assert_array_equal(gradient[row], one.gradient(scores[row].copy(), targets[row].copy()))


@every_loss
def test_a_step_against_the_gradient_lowers_the_loss(loss: Loss) -> None:
    scores, targets = batch(loss, 3)
    before = loss.value(scores, targets)
    after = loss.value(scores - 1e-4 * loss.gradient(scores, targets), targets)
    assert (after <= before).all()
    assert after.sum() < before.sum()


@every_loss
@every_number_of_classes
def test_value_and_gradient_at_once_are_the_same_bits_in_fresh_memory(loss: Loss, classes: int) -> None:
    scores, targets = batch(loss, classes, np.float32)
    value, gradient = loss.value_and_gradient(scores, targets)
    np.testing.assert_array_equal(value, loss.value(scores, targets))
    np.testing.assert_array_equal(gradient, loss.gradient(scores, targets))
    assert gradient.flags.writeable
    assert not any(np.shares_memory(gradient, other) for other in (scores, targets, value))


@every_loss
@every_number_of_classes
@pytest.mark.parametrize(("dtype", "relative", "absolute"), [(np.float32, 1e-5, 1e-6), (np.float64, 1e-12, 1e-15)])
@pytest.mark.parametrize("size", [1.0, 30.0, 1e4])
def test_values_and_gradients_are_those_of_the_formula_in_fifty_digits(
    loss: Loss, classes: int, dtype: type, relative: float, absolute: float, size: float
) -> None:
    rng = np.random.default_rng(classes)
    outputs = loss.outputs(classes)
    scores = (size * rng.uniform(-1, 1, (1, outputs, 6))).astype(dtype)
    scores[:, :, 3:] = (size * rng.choice([-1, 1], (1, 1, 3)) + rng.normal(size=(1, outputs, 3))).astype(dtype)  # far off, together
    labels = np.arange(6)[None] % classes
    targets = one_hot(labels, outputs, dtype)
    value, gradient = loss.value_and_gradient(scores, targets)
    formula = FORMULAS[type(loss)]
    with mpmath.workdps(50):
        for sample, y in enumerate(labels[0]):
            s = [mpmath.mpf(float(each)) for each in scores[0, :, sample]]
            expected = formula(loss, s, y)
            slopes = [
                float(mpmath.diff(lambda x, j=j, s=s, y=y: formula(loss, [*s[:j], x, *s[j + 1 :]], y), each))
                for j, each in enumerate(s)
            ]
            np.testing.assert_allclose(value[0, 0, sample], float(expected), rtol=relative, atol=absolute)
            np.testing.assert_allclose(gradient[0, :, sample], slopes, rtol=relative, atol=absolute)


@every_loss
@every_number_of_classes
def test_the_gradient_jumps_at_declared_kinks_and_nowhere_else(loss: Loss, classes: int) -> None:
    outputs, steps = loss.outputs(classes), 20_001
    rng = np.random.default_rng(classes)
    start, stop = rng.normal(scale=3, size=(2, 8, outputs, 1))
    scores = start + np.linspace(0, 1, steps) * (stop - start)
    targets = np.repeat(one_hot(rng.integers(classes, size=(8, 1)), outputs), steps, axis=2)
    jumps = np.abs(np.diff(loss.gradient(scores, targets), axis=2)).max(axis=1) > 0.1
    margins = loss.margins(scores, targets)
    if isinstance(loss, WITH_KINKS):
        assert margins is not None
        np.testing.assert_array_equal((np.diff(margins > 0, axis=2)).any(axis=1), jumps)
        assert jumps.any()
    else:
        assert margins is None
        assert not jumps.any()


@every_loss
def test_binary_losses_have_a_single_score_for_two_classes(loss: Loss) -> None:
    assert loss.outputs(2) == (1 if isinstance(loss, SINGLE_SCORE) else 2)
    assert loss.outputs(3) == 3
    assert loss.outputs(7) == 7


@pytest.mark.parametrize(
    ("loss", "scores", "targets", "value", "gradient"),
    [
        (MaxMargin(), (2.0, 2.5, -1.0), (1, 0, 0), 1.5, (-1, 1, 0)),
        (MaxMargin(), (2.0, 2.5, 1.5), (1, 0, 0), 2.0, (-2, 1, 1)),
        (MaxMargin(margin=0.25), (2.0, 2.5, 1.5), (1, 0, 0), 0.75, (-1, 1, 0)),
        (MaxMargin(), (5.0, 1.0, 2.0), (1, 0, 0), 0.0, (0, 0, 0)),
        (MaxMargin(), (0.0, 0.0, 0.0), (0, 1, 0), 2.0, (1, -2, 1)),
        (MaxMargin(), (2.0, 1.0, 0.5), (1, 0, 0), 0.0, (0, 0, 0)),  # score 1 is exactly at the hinge
        (BinaryMaxMargin(), (0.25,), (1,), 0.75, (-1,)),
        (BinaryMaxMargin(), (0.25,), (0,), 1.25, (1,)),
        (BinaryMaxMargin(), (1.0,), (1,), 0.0, (0,)),  # exactly at the hinge
        (BinaryMaxMargin(), (-1.0,), (0,), 0.0, (0,)),
        (BinaryMaxMargin(margin=2.0), (1.0,), (1,), 1.0, (-1,)),
        (BinaryMaxMargin(), (0.5, -0.5, -2.0), (1, 0, 0), 1.0, (-1, 1, 0)),  # one against the rest
        (SoftmaxCrossEntropy(), (3.0, 3.0), (0, 1), np.log(2), (0.5, -0.5)),
        (SoftmaxCrossEntropy(), (0.0, np.log(3)), (0, 1), np.log(4 / 3), (0.25, -0.25)),
        (SoftmaxCrossEntropy(), (np.log(1), np.log(2), np.log(5)), (1, 0, 0), np.log(8), (-7 / 8, 2 / 8, 5 / 8)),
        (SquaredError(), (0.5, 2.0, -1.0), (0, 1, 0), 1.125, (0.5, 1.0, -1.0)),
        (SquaredError(), (0.0, 1.0), (0, 1), 0.0, (0, 0)),
        (SquaredMaxMargin(), (2.0, 2.5, 1.5), (1, 0, 0), 2.5, (-4, 3, 1)),
        (SquaredMaxMargin(margin=0.25), (2.0, 2.5, 1.5), (1, 0, 0), 0.5625, (-1.5, 1.5, 0)),
        (CrammerSinger(), (2.0, 2.5, 1.5), (1, 0, 0), 1.5, (-1, 1, 0)),
        (CrammerSinger(margin=0.25), (2.0, 1.5, 1.5), (1, 0, 0), 0.0, (0, 0, 0)),
        (CrammerSinger(), (-2.0, -2.5, -1.5), (1, 0, 0), 1.5, (-1, 0, 1)),  # where Keras takes the worst to be 0
        (CrammerSinger(), (0.0, 0.0, 0.0), (0, 1, 0), 1.0, (0.5, -1, 0.5)),  # level
        (SquaredHinge(), (0.25,), (1,), 0.5625, (-1.5,)),
        (SquaredHinge(), (0.25,), (0,), 1.5625, (2.5,)),
        (SquaredHinge(margin=2.0), (1.0, -3.0, 0.0), (1, 0, 0), 5.0, (-2, 0, 4)),
        (ModifiedHuber(), (0.5,), (1,), 0.25, (-1,)),
        (ModifiedHuber(), (2.0,), (1,), 0.0, (0,)),
        (ModifiedHuber(), (3.0,), (0,), 12.0, (4,)),
        (BinaryLogistic(), (0.0,), (1,), np.log(2), (-0.5,)),
        (BinaryLogistic(), (np.log(3),), (0,), np.log(4), (0.75,)),
        (BinaryLogistic(), (0.0, np.log(3)), (0, 1), np.log(2) + np.log(4 / 3), (0.5, -0.25)),
        (LabelSmoothing(smoothing=0.5), (0.0, np.log(3)), (0, 1), np.log(4) - 0.75 * np.log(3), (0, 0)),
        (Focal(gamma=2.0), (0.0, np.log(3)), (0, 1), np.log(4 / 3) / 16, np.array([1, -1]) * (1 + 6 * np.log(4 / 3)) / 64),
        (GeneralizedCrossEntropy(q=0.5), (0.0, np.log(3)), (1, 0), 1.0, (-0.375, 0.375)),
        (PolyCrossEntropy(epsilon=2.0), (0.0, np.log(3)), (1, 0), np.log(4) + 1.5, (-1.125, 1.125)),
        (BrierScore(), (0.0, np.log(3)), (1, 0), 1.125, (-0.5625, 0.5625)),
        (AbsoluteError(), (0.5, 2.0, 0.0), (0, 1, 0), 1.5, (1, 1, 0)),
        (Huber(), (0.5, 3.0, -1.0), (0, 1, 0), 2.125, (0.5, 1, -1)),
        (Huber(delta=0.25), (0.5, 3.0, 0.125), (0, 1, 0), 0.5703125, (0.25, 0.25, 0.125)),
    ],
    ids=lambda value: value.name if isinstance(value, Loss) else "",
)
def test_values_and_gradients_worked_by_hand(loss: Loss, scores, targets, value: float, gradient) -> None:
    s, t = single(*scores), single(*map(float, targets))
    assert loss.value(s, t).item() == pytest.approx(value, abs=1e-14)
    np.testing.assert_allclose(loss.gradient(s, t).ravel(), gradient, atol=1e-14)


@settings(deadline=None)
@given(arrays(float, (2, 2, 4), elements=st.floats(-4, 4).map(lambda v: round(v, 2))), st.integers(0, 255), st.floats(0.1, 3))
def test_two_class_margin_is_the_binary_margin_of_the_difference_of_scores(scores: np.ndarray, bits: int, margin: float) -> None:
    labels = np.array([bits >> i & 1 for i in range(8)]).reshape(2, 4)
    difference = scores[:, 1:] - scores[:, :1]
    many, binary = MaxMargin(margin=margin), BinaryMaxMargin(margin=margin)
    np.testing.assert_allclose(many.value(scores, one_hot(labels, 2)), binary.value(difference, one_hot(labels, 1)), atol=1e-12)
    if np.abs(margin - np.abs(difference)).min() > 1e-9:  # at the hinge either rounding may count
        slope = binary.gradient(difference, one_hot(labels, 1))
        np.testing.assert_array_equal(many.gradient(scores, one_hot(labels, 2)), np.concatenate([-slope, slope], axis=1))


@every_loss
@every_number_of_classes
def test_finite_for_very_large_scores(loss: Loss, classes: int) -> None:
    _, targets = batch(loss, classes, np.float32, (1, 8))
    signs = np.where(np.random.default_rng(0).random(targets.shape) < 0.5, -1, 1).astype(np.float32)
    scores = signs * np.float32(1e18 if isinstance(loss, SQUARES) else 1e37)  # squares must fit
    assert np.isfinite(loss.value(scores, targets)).all()
    assert np.isfinite(loss.gradient(scores, targets)).all()


@pytest.mark.parametrize("loss", [loss() for loss in SHIFT_INVARIANT], ids=lambda loss: loss.name)
@pytest.mark.parametrize("classes", [2, 5])
def test_what_only_compares_scores_does_not_notice_a_shift_of_all(loss: Loss, classes: int) -> None:
    scores, targets = batch(loss, classes)
    for shift in (1000.0, -1000.0):
        np.testing.assert_allclose(loss.value(scores + shift, targets), loss.value(scores, targets), rtol=1e-9)
        np.testing.assert_allclose(loss.gradient(scores + shift, targets), loss.gradient(scores, targets), atol=1e-11)
    np.testing.assert_allclose(loss.gradient(scores, targets).sum(axis=1), 0, atol=1e-13)


def test_cross_entropy_is_linear_in_a_score_that_is_hopelessly_wrong() -> None:
    assert SoftmaxCrossEntropy().value(single(0.0, 1e4), single(1.0, 0.0)).item() == 1e4


@pytest.mark.parametrize(
    ("special", "general"),
    [
        (LabelSmoothing(smoothing=0.0), SoftmaxCrossEntropy()),
        (Focal(gamma=0.0), SoftmaxCrossEntropy()),
        (PolyCrossEntropy(epsilon=0.0), SoftmaxCrossEntropy()),
        (GeneralizedCrossEntropy(q=1e-9), SoftmaxCrossEntropy()),
        (Huber(delta=1e3), SquaredError()),
    ],
    ids=lambda loss: loss.name,
)
def test_limits_are_the_losses_that_they_generalize(special: Loss, general: Loss) -> None:
    scores, targets = batch(general, 3)
    np.testing.assert_allclose(special.value(scores, targets), general.value(scores, targets), rtol=1e-7)
    np.testing.assert_allclose(special.gradient(scores, targets), general.gradient(scores, targets), rtol=1e-7, atol=1e-12)


def test_generalized_cross_entropy_with_q_1_is_half_the_absolute_error_of_probabilities() -> None:
    scores, targets = batch(SoftmaxCrossEntropy(), 4)
    p = SoftmaxCrossEntropy().gradient(scores, targets) + targets
    absolute = AbsoluteError().value(p, targets)
    np.testing.assert_allclose(2 * GeneralizedCrossEntropy(q=1.0).value(scores, targets), absolute, rtol=1e-12)


@pytest.mark.parametrize(
    ("many", "one"),
    [
        (CrammerSinger(margin=0.7), BinaryMaxMargin(margin=0.7)),
        (SquaredMaxMargin(margin=0.7), SquaredHinge(margin=0.7)),
        (SoftmaxCrossEntropy(), BinaryLogistic()),
    ],
    ids=lambda loss: loss.name,
)
def test_two_classes_compared_are_one_score_the_difference(many: Loss, one: Loss) -> None:
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(3, 2, 50)), rng.integers(2, size=(3, 50))
    difference = scores[:, 1:] - scores[:, :1]
    value, gradient = many.value_and_gradient(scores, one_hot(labels, 2))
    expected, slope = one.value_and_gradient(difference, one_hot(labels, 1))
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(gradient, np.concatenate([-slope, slope], axis=1), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("loss", [loss() for loss in SINGLE_SCORE], ids=lambda loss: loss.name)
def test_more_than_two_classes_are_each_set_against_the_rest(loss: Loss) -> None:
    scores, targets = batch(loss, 4)
    value, gradient = loss.value_and_gradient(scores, targets)
    each = [loss.value_and_gradient(scores[:, j : j + 1], targets[:, j : j + 1]) for j in range(4)]
    np.testing.assert_allclose(value, sum(v for v, _ in each), rtol=1e-14)
    np.testing.assert_array_equal(gradient, np.concatenate([g for _, g in each], axis=1))


def test_label_smoothing_is_smallest_at_finite_scores() -> None:
    loss, targets = LabelSmoothing(smoothing=0.3), single(1.0, 0.0, 0.0)
    best = single(np.log(0.8), np.log(0.1), np.log(0.1))
    np.testing.assert_allclose(loss.gradient(best, targets), 0, atol=1e-15)
    assert loss.value(best, targets) < loss.value(10 * best, targets)


@pytest.mark.parametrize("loss", [Focal(gamma=0.5), Focal(gamma=1e-3), Focal(gamma=50.0)], ids=lambda loss: f"gamma {loss.gamma}")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_focal_loss_is_finite_where_the_right_class_is_certain(loss: Focal, dtype: type) -> None:
    scores = np.zeros((1, 2, 60), dtype)
    scores[0, 1] = np.linspace(-1e4, 1e4, 60)
    targets = np.zeros_like(scores)
    targets[0, 1] = 1
    value, gradient = loss.value_and_gradient(scores, targets)
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()
    assert (np.diff(value[0, 0]) <= 0).all()
    assert value[0, 0, -1] == gradient[0, 0, -1] == 0
