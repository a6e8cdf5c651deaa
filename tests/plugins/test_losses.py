"""Losses: hand-worked values, gradients against central differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnbench import Loss
from nnbench_losses import BinaryMaxMargin, MaxMargin, SoftmaxCrossEntropy, SquaredError, nnbench_components

every_loss = pytest.mark.parametrize("loss", [loss() for loss in nnbench_components()], ids=lambda loss: loss.name)
every_number_of_classes = pytest.mark.parametrize("classes", [2, 3, 5])


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
def test_only_the_binary_margin_has_a_single_score_for_two_classes(loss: Loss) -> None:
    assert loss.outputs(2) == (1 if isinstance(loss, BinaryMaxMargin) else 2)
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
    scores = signs * np.float32(1e37 if not isinstance(loss, SquaredError) else 1e18)  # squares must fit
    assert np.isfinite(loss.value(scores, targets)).all()
    assert np.isfinite(loss.gradient(scores, targets)).all()


def test_cross_entropy_does_not_notice_a_shift_of_all_scores() -> None:
    loss = SoftmaxCrossEntropy()
    scores, targets = batch(loss, 3)
    for shift in (1000.0, -1000.0):
        np.testing.assert_allclose(loss.value(scores + shift, targets), loss.value(scores, targets), rtol=1e-11)
        np.testing.assert_allclose(loss.gradient(scores + shift, targets), loss.gradient(scores, targets), atol=1e-12)


def test_cross_entropy_is_linear_in_a_score_that_is_hopelessly_wrong() -> None:
    assert SoftmaxCrossEntropy().value(single(0.0, 1e4), single(1.0, 0.0)).item() == 1e4


@pytest.mark.parametrize("classes", [2, 5])
def test_gradients_of_cross_entropy_and_max_margin_sum_to_0_over_classes(classes: int) -> None:
    for loss in (SoftmaxCrossEntropy(), MaxMargin()):
        np.testing.assert_allclose(loss.gradient(*batch(loss, classes)).sum(axis=1), 0, atol=1e-14)
