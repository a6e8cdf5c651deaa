"""What pictures show: the numbers in them are the component's."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import pairwise, product
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from nnbench import Activation, Component, Dataset, Initializer, Loss, Optimizer, Penalty, Preprocessor, Schedule, load_catalog
from nnbench.errors import ContractError
from nnbench.grid import fields
from nnbench.kinds import KINDS
from nnbench.report.pictures import (
    READING,
    Figure,
    datasets,
    draw,
    initializers,
    losses,
    optimizers,
    preprocessors,
    schedules,
)
from nnbench.report.pictures.figure import MUTED, Bars, Line, Panel, Points
from nnbench.report.pictures.linear import best_linear
from nnbench.report.pictures.projection import projection

CATALOG = load_catalog()
COMPONENTS: list[Component] = [entry.cls() for kind in KINDS for entry in CATALOG.of(kind)]


@cache
def drawn(component: Component) -> Figure:
    return draw(component)


def every(kind: type[Component]) -> pytest.MarkDecorator:
    """Every shipped component of a kind, under the name `component`."""
    return pytest.mark.parametrize("component", [each for each in COMPONENTS if isinstance(each, kind)], ids=lambda each: each.name)


def curve(panel: Panel, which: int = 0) -> np.ndarray:
    return [mark for mark in panel.marks if isinstance(mark, Line)][which].y


def ungapped(values: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """What a curve should be, without the places at which it has a gap."""
    return np.where(np.isnan(values), np.nan, expected)


def test_every_kind_says_how_to_read_its_pictures() -> None:
    assert set(READING) == set(KINDS)


@every(Activation)
def test_an_activation_shows_its_response_and_derivative(component: Activation) -> None:
    z = np.linspace(-5, 5, 401)[None, None]
    response, derivative = (curve(panel) for panel in drawn(component).panels)
    a = component.forward(z)
    np.testing.assert_allclose(response, ungapped(response, a[0, 0]), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(derivative, ungapped(derivative, component.derivative(z, a)[0, 0]), rtol=1e-12, atol=1e-14)
    assert np.isnan(derivative).sum() <= len(component.kinks)


@pytest.mark.parametrize("kind", [Activation, Loss], ids=lambda kind: kind.kind)
def test_all_of_a_kind_have_the_same_axes(kind: type[Component]) -> None:
    figures = [drawn(each) for each in COMPONENTS if isinstance(each, kind)]
    assert len({tuple((panel.x_limits, panel.y_limits) for panel in figure.panels) for figure in figures}) == 1


class Steps(Activation):
    """⌊z⌋ for |z| ≤ 1, a line of slope 3 beyond."""

    kinks = (-1.0, 1.0)

    def forward(self, z: np.ndarray) -> np.ndarray:
        return np.where(np.abs(z) <= 1, np.floor(z), 3 * z)

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.where(np.abs(z) <= 1, 0.0, 3.0)


def test_a_curve_has_gaps_where_it_jumps_and_says_how_far_it_goes_beyond_the_axes() -> None:
    figure = draw(Steps())
    for panel in figure.panels:
        line = panel.marks[0]
        assert isinstance(line, Line)
        np.testing.assert_allclose(line.x[np.isnan(line.y)], [-1, 1], atol=1e-12)
    assert figure.caption == "Cut off: response to −15 and 15, derivative to 3."


def test_a_component_that_breaks_its_contract_is_not_drawn() -> None:
    class Short(Steps):
        def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
            return np.ones_like(z[..., 1:])

    class Narrow(Initializer):
        def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
            return np.ones((fan_out, fan_in - 1))

    class Undefined(Initializer):
        def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
            return np.full((fan_out, fan_in), np.nan)

    with pytest.raises(ContractError, match="derivative returned"):
        draw(Short())
    with pytest.raises(ContractError, match="sample returned"):
        draw(Narrow())
    with pytest.raises(ContractError, match="not finite"):
        draw(Undefined())


@every(Initializer)
def test_an_initializer_shows_the_shares_of_its_weights(component: Initializer) -> None:
    (bars,) = drawn(component).panels[0].marks
    assert isinstance(bars, Bars)
    assert bars.heights.sum() == pytest.approx(1)
    _, weights = initializers.through_layers(component, initializers._Tanh())
    expected = np.histogram(weights[0], bins=len(bars.heights), range=(bars.edges[0], bars.edges[-1]))[0] / weights[0].size
    np.testing.assert_allclose(bars.heights, expected)


class Scaled(Initializer):
    """N(0, 1), scaled by what surrounds the layer; remembers that."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
        return rng.standard_normal((fan_out, fan_in))

    def adapt(self, w: np.ndarray, inputs: np.ndarray, activation: Activation | None) -> np.ndarray:
        assert activation is not None
        return w / (w @ inputs).std()


def test_an_initializer_that_sees_data_keeps_the_variance_that_it_is_made_for() -> None:
    variances, weights = initializers.through_layers(Scaled(), initializers._Tanh())
    x = np.random.default_rng(0).standard_normal(100_000)
    np.testing.assert_allclose(variances[1:], np.tanh(x).var(), rtol=0.05)
    assert len(weights) == initializers.LAYERS
    shown = curve(draw(Scaled()).panels[1])
    np.testing.assert_allclose(shown, variances)


def test_without_weights_nothing_is_left_after_the_first_layer() -> None:
    class Nothing(Initializer):
        def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
            return np.zeros((fan_out, fan_in))

    variances, _ = initializers.through_layers(Nothing(), initializers._Rectifier())
    assert variances[0] == pytest.approx(1, abs=0.05)
    assert (variances[1:] == 0).all()
    assert (curve(draw(Nothing()).panels[1])[1:] == initializers.VARIANCE[0]).all()


def walked(optimizer: Optimizer, steps: int) -> np.ndarray:
    """The path of one optimizer by itself, step by step, from the contract alone."""
    params = np.array([[[-1.5, 0.5, 0.0]]])
    state = optimizer.init(params)
    path = [params[0, 0, :2].copy()]
    for t in range(1, steps + 1):
        x, y, _ = params[0, 0]
        gradient = np.array([[[(-2 * (1 - x) - 20 * x * (y - x**2)) / 10, y - x**2, 0.0]]])
        optimizer.step(params, gradient, state, np.full((1, 1, 1), optimizer.lr), t)
        path.append(optimizer.evaluated(params, state)[0, 0, :2].copy())
    return np.array(path)


@every(Optimizer)
def test_an_optimizer_shows_the_path_that_it_takes_from_the_start(component: Optimizer) -> None:
    optimizer = replace(component, lr=0.01)
    figure = draw(optimizer, chosen=["lr"])
    line = [mark for mark in figure.panels[0].marks if isinstance(mark, Line)][-1]
    shown = np.stack([line.x, line.y], axis=1)
    np.testing.assert_array_equal(shown[0], [-1.5, 0.5])
    expected = walked(optimizer, optimizers.STEPS)
    np.testing.assert_allclose(shown, expected[: len(shown)], rtol=1e-7, atol=1e-9)
    assert "lr = 0.01, as given" in figure.caption


@every(Optimizer)
def test_without_a_given_rate_the_one_that_stays_lowest_is_drawn(component: Optimizer) -> None:
    rates = component.search_space.get("lr", (component.lr,))
    with np.errstate(all="ignore"):
        means = [optimizers.height(*walked(replace(component, lr=rate), optimizers.STEPS).T).mean() for rate in rates]
    best = rates[int(np.argmin(np.where(np.isfinite(means), means, np.inf)))]
    assert drawn(component).caption.startswith(f"lr = {best:g}, ")


def test_the_slope_is_that_of_the_valley() -> None:
    points = np.random.default_rng(0).uniform(-2, 2, (1, 7, 3))
    h = 1e-6
    for axis in (0, 1):
        ahead, behind = points.copy(), points.copy()
        ahead[..., axis] += h
        behind[..., axis] -= h
        rise = optimizers.height(ahead[..., 0], ahead[..., 1]) - optimizers.height(behind[..., 0], behind[..., 1])
        np.testing.assert_allclose(optimizers.slope(points)[..., axis], rise / (2 * h), rtol=1e-6, atol=1e-8)
    assert optimizers.height(*np.array(optimizers.MINIMUM)) == 0


class Plunge(Optimizer):
    """params -= lr·g."""

    lr: float = 0.1
    search_space: ClassVar = {"lr": (0.1, 50.0)}

    def step(self, params: np.ndarray, grads: np.ndarray, state: dict[str, np.ndarray], lr: np.ndarray, t: int) -> None:
        params -= lr * grads


class Average(Plunge):
    """Evaluates half of where it is."""

    def evaluated(self, params: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
        return params / 2


def test_a_path_ends_where_it_diverges_and_the_picture_says_so() -> None:
    figure = draw(Plunge(lr=50.0), chosen=["lr"])
    line = figure.panels[1].marks[0]
    assert isinstance(line, Line)
    assert 0 < len(line.x) < 20
    assert f"it diverges after {len(line.x) - 1} steps" in figure.caption
    assert "lr = 0.1, the one of 2" in draw(Plunge()).caption


def test_what_an_optimizer_evaluates_is_drawn_with_the_path_of_its_own() -> None:
    figure = draw(Average(), chosen=["lr"])
    evaluated, own = (mark for mark in reversed(figure.panels[0].marks) if isinstance(mark, Line) and mark.color != MUTED)
    assert own.dashed
    np.testing.assert_allclose(evaluated.x[1:], own.x[1:] / 2)
    assert "the dashed one where it steps" in figure.caption
    assert not [mark for mark in draw(Plunge()).panels[0].marks if isinstance(mark, Line) and mark.dashed]


@every(Schedule)
def test_a_schedule_shows_its_multiplier_at_every_step(component: Schedule) -> None:
    line = drawn(component).panels[0].marks[0]
    assert isinstance(line, Line)
    at = np.arange(schedules.TOTAL)
    found = line.y[np.searchsorted(line.x, at, side="right") - 1]
    if not schedules.watches(component):
        np.testing.assert_array_equal(found, component.factor(at, schedules.TOTAL))
    assert len(drawn(component).panels) == 1 + schedules.watches(component)


def test_a_schedule_is_drawn_over_a_run_with_the_default_sizes() -> None:
    plain = fields.Plain()
    assert plain.epochs * (plain.train_size // plain.batch_size) == schedules.TOTAL


class Patient(Schedule):
    """Halves whenever the loss has not fallen since the evaluation before."""

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        return np.ones(step.shape)

    def adjustment(self, steps: list[int], losses: list[float]) -> float:
        return 0.5 ** sum(now >= before for before, now in pairwise(losses))


class Around(Schedule):
    """Another schedule."""

    inner: Schedule = Patient()

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        return self.inner.factor(step, total)

    def adjustment(self, steps: list[int], losses: list[float]) -> float:
        return self.inner.adjustment(steps, losses)


class Level(Schedule):
    """1."""

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        return np.ones(step.shape)


def test_a_schedule_that_watches_the_loss_is_drawn_with_one_that_is_made_up_and_stalls() -> None:
    figure = draw(Patient())
    assert "made-up validation loss that stalls" in figure.caption
    assert "made up" in figure.panels[1].title
    multiplier, line = figure.panels[0].marks[0], figure.panels[1].marks[0]
    assert isinstance(multiplier, Line)
    assert isinstance(line, Line)
    assert line.y[-1] == line.y[-4] < line.y[0]
    assert multiplier.y[0] == 1
    assert multiplier.y[-1] == 0.5 ** sum(now >= before for before, now in pairwise(line.y[:-1]))  # no step follows the last
    assert (np.diff(multiplier.y) <= 0).all()


def test_a_schedule_around_another_watches_if_that_does() -> None:
    assert len(draw(Around()).panels) == 2
    assert len(draw(Around(inner=Level())).panels) == 1


@every(Loss)
def test_the_derivative_of_a_loss_is_that_of_the_value_beside_it(component: Loss) -> None:
    value, derivative = drawn(component).panels
    for which in range(len(value.marks)):
        expected = np.gradient(curve(value, which), losses.SCORE)
        found = curve(derivative, which)
        close = np.isclose(found, expected, atol=0.02, rtol=0.02)
        assert (close | np.isnan(found))[1:-1].mean() > 0.98  # but for the two points beside each kink
    target = np.array([1.0]) if component.outputs(2) == 1 else np.eye(component.outputs(2))[0]
    scores = np.zeros((1, len(target), len(losses.SCORE)))
    scores[0, 0] = losses.SCORE
    targets = np.broadcast_to(target[None, :, None], scores.shape).copy()
    np.testing.assert_allclose(curve(value), component.value(scores, targets)[0, 0], rtol=1e-12)


@every(Penalty)
def test_the_derivative_of_a_penalty_is_that_of_the_value_beside_it(component: Penalty) -> None:
    value, derivative = drawn(component).panels
    (line,) = value.marks
    assert isinstance(line, Line)
    np.testing.assert_allclose(line.y, [component.value(np.full((1, 1, 1), w)).item() for w in line.x], rtol=1e-12)
    assert np.ptp(line.y) > 0 or component.zero
    found, expected = curve(derivative), np.gradient(line.y, line.x)
    scale = np.abs(expected).max()
    close = np.isclose(found, expected, atol=0.03 * scale, rtol=0)
    assert (close | np.isnan(found))[1:-1].mean() > 0.97


@every(Preprocessor)
def test_a_preprocessor_shows_the_same_points_before_and_after(component: Preprocessor) -> None:
    x, _ = preprocessors.cloud()
    expected = [x, component.fit(x).apply(x)]
    for panel, points in zip(drawn(component).panels, expected, strict=True):
        found = np.concatenate([np.stack([mark.x, mark.y], axis=1) for mark in panel.marks if isinstance(mark, Points)])
        shown = points[:, :2] if points.shape[1] > 1 else np.hstack([points, np.zeros_like(points)])
        np.testing.assert_allclose(np.sort(found, axis=0), np.sort(shown, axis=0))


class Crowd(Preprocessor):
    """Each feature three times."""

    def features(self, features: int) -> int:
        return 3 * features

    def fit(self, x: np.ndarray) -> Crowd:
        return self

    def apply(self, x: np.ndarray) -> np.ndarray:
        return np.hstack([x, x, x])


def test_a_preprocessor_that_makes_features_says_how_many_are_not_drawn() -> None:
    assert draw(Crowd()).caption == "Two features become 6, of which the first two are drawn."


class Split(Dataset):
    """Class 1 where the first feature is above 0.5, or, `crossed`, where the second and fourth differ in sign."""

    features: int = 2  # type: ignore[assignment]
    crossed: bool = False
    classes = 2
    target = 0.9

    def sample(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        x = rng.standard_normal((n, self.features))
        return x, ((x[:, 1] * x[:, 3] < 0) if self.crossed else (x[:, 0] > 0.5)).astype(np.int64)


@pytest.mark.parametrize("features", [1, 2])
def test_a_data_sets_boundary_is_drawn_where_the_linear_model_has_it(features: int) -> None:
    figure = draw(Split(features=features))
    (boundary,) = [mark for mark in figure.panels[1].marks if isinstance(mark, Line)]
    np.testing.assert_allclose(boundary.x, 0.5, atol=0.15)
    assert re.match(r"The best linear boundary gets (0\.9\d|1\.00) right, the target is 0\.90\.$", figure.caption)


@every(Dataset)
def test_a_data_set_shows_its_points_by_class_and_marks_those_that_a_linear_model_gets_wrong(component: Dataset) -> None:
    left, right = drawn(component).panels
    points = [mark for mark in left.marks if isinstance(mark, Points)]
    assert len(points) == component.classes
    assert sum(len(mark.x) for mark in points) == datasets.SHOWN
    seen = [mark for mark in right.marks if isinstance(mark, Points)]
    assert sum(len(mark.x) for mark in seen) == datasets.SHOWN
    wrong = sum(len(mark.x) for mark in seen if mark.marker == "cross") / datasets.SHOWN
    accuracy = float(drawn(component).caption.split("boundary gets ")[1].split(" ")[0])
    assert 1 - wrong == pytest.approx(accuracy, abs=0.15)  # of those drawn, and of those it is scored on


def test_the_best_line_through_crossed_clouds_cuts_one_of_them_off() -> None:
    rng = np.random.default_rng(0)
    corner = np.arange(800) % 4
    bits = np.stack([corner // 2, corner % 2], axis=1)
    x, labels = 2 * bits - 1 + 0.1 * rng.standard_normal((800, 2)), bits[:, 0] ^ bits[:, 1]
    assert best_linear(x, labels).accuracy(x, labels) == pytest.approx(0.75, abs=0.01)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4))
def test_offsets_are_where_most_samples_are_right(seed: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    x, labels = rng.standard_normal((40, 3)), rng.integers(0, classes, 40)
    labels[:classes] = np.arange(classes)
    found = best_linear(x, labels)
    before = found.accuracy(x, labels)
    for own, shift in product(range(classes), np.linspace(-3, 3, 31)):
        moved = found.offsets.copy()
        moved[own] += shift
        assert classes > 2 or replace(found, offsets=moved).accuracy(x, labels) <= before  # further sweeps may help several
    assert before >= LogisticRegression().fit(x, labels).score(x, labels)


def test_of_many_features_those_are_drawn_that_tell_the_classes_apart() -> None:
    figure = draw(Split(features=6, crossed=True))
    assert (figure.panels[0].x_label, figure.panels[0].y_label) == ("x₁", "x₃")
    assert "x₁ and x₃, which tell most of 6 features" in figure.caption


def test_principal_components_are_drawn_where_no_two_features_tell_as_much() -> None:
    rng = np.random.default_rng(0)
    corner = np.arange(400) % 4
    plane = 3 * np.stack([corner // 2, corner % 2], axis=1) + 0.3 * rng.standard_normal((400, 2))
    mixed = plane @ rng.standard_normal((2, 16)) + 2 * rng.standard_normal((400, 16))
    found = projection((mixed - mixed.mean(axis=0)) / mixed.std(axis=0), (corner // 2) ^ (corner % 2))
    assert found.labels == ("component 1", "component 2")
    np.testing.assert_allclose(found.directions.T @ found.directions, np.eye(2), atol=1e-12)
