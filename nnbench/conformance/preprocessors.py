"""The laws of preprocessors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnbench.conformance.laws import Broken, Case, law
from nnbench.conformance.tools import Array, expect_array, expect_close, expect_same, expect_untouched, number
from nnbench.kinds import Preprocessor

AXES = ("sample", "feature")


@law("preprocessor", basic=True)
def shape_and_dtype(case: Case[Preprocessor]) -> None:
    """`apply` returns float64 with a row for each sample and as many columns as `features` says."""
    for features in (1, 2, 5):
        x = _inputs(case.rng(), 200, features)
        transformed = case.component.fit(x).apply(_inputs(case.rng(), 30, features))
        expect_array(f"apply to {features} features", transformed, (30, case.component.features(features)), np.float64)


@law("preprocessor", basic=True)
def arguments_untouched(case: Case[Preprocessor]) -> None:
    """Neither `fit` nor `apply` changes its inputs, which other trials use as well."""
    x, other = _inputs(case.rng(), 200), _inputs(case.rng(), 20)
    expect_untouched("fit", case.component.fit, x)
    expect_untouched("apply", case.component.fit(x).apply, other)


@law("preprocessor")
def fitted_on_training_alone(case: Case[Preprocessor]) -> None:
    """What is estimated comes from the training split: a sample is transformed alike whatever others come with it or before it."""
    x, few = _inputs(case.rng(), 200), _inputs(case.rng(), 5)
    transform = case.component.fit(x)
    alone = transform.apply(few.copy())
    strangers = 1e3 * np.abs(x).max() + _inputs(case.rng(), 50)
    among = transform.apply(np.concatenate([few, strangers]))[: len(few)]
    expect_close("a sample among strangers and without them", among, alone, AXES, atol=1e-12)
    again = transform.apply(few.copy())
    expect_close("a sample after others were transformed and before", again, alone, AXES, atol=1e-12)


@law("preprocessor")
def fitted_once_and_for_all(case: Case[Preprocessor]) -> None:
    """A fitted transform is not changed by fitting to other inputs, nor by what becomes of those that it was fitted to."""
    x, other = _inputs(case.rng(), 200), _inputs(case.rng(), 20)
    transform = case.component.fit(x)
    before = transform.apply(other.copy()).copy()
    case.component.fit(3 * x - 7)
    expect_same("a sample after another fit and before", transform.apply(other.copy()), before, AXES)
    x *= 2
    expect_same("a sample after the training inputs were overwritten and before", transform.apply(other.copy()), before, AXES)


@law("preprocessor")
def constant_features_survive(case: Case[Preprocessor]) -> None:
    """A feature that never varies gives no division by 0, and what does vary still does."""
    for constant in (0.0, 1.0, 0.1, -1e9):
        x = np.column_stack([_inputs(case.rng(), 301, 1), np.full(301, constant)])
        transformed = case.component.fit(x).apply(x)
        if not np.isfinite(transformed).all():
            raise Broken(f"with a feature that is {number(constant)} everywhere, apply gives {_not_finite(transformed)}")
        if not np.ptp(transformed, axis=0).max() > 0:
            raise Broken(f"beside a feature that is {number(constant)} everywhere, one that varies becomes constant")
    transformed = case.component.fit(np.full((7, 3), 0.1)).apply(_inputs(case.rng(), 20, 3))
    if not np.isfinite(transformed).all():
        raise Broken(f"fitted to nothing but constant features, apply gives {_not_finite(transformed)}")


@law("preprocessor")
def few_samples_survive(case: Case[Preprocessor]) -> None:
    """One training sample, or fewer than features, are enough for finite results."""
    for samples in (1, 2, 3):
        transformed = case.component.fit(_inputs(case.rng(), samples, 5)).apply(_inputs(case.rng(), 20, 5))
        if not np.isfinite(transformed).all():
            raise Broken(f"fitted to {samples} samples of 5 features, apply gives {_not_finite(transformed)}")


@law("preprocessor")
def any_unit_survives(case: Case[Preprocessor]) -> None:
    """Features may be of any size from 1e-9 to 1e9, and samples may lie far outside of what was fitted to."""
    for unit in (1.0, 1e-9, 1e9):
        x = unit * _inputs(case.rng(), 200)
        transform = case.component.fit(x)
        for what, other in (("such samples", x), ("samples far below", x - 100 * unit), ("samples far above", x + 1e4 * unit)):
            transformed = transform.apply(other)
            if not np.isfinite(transformed).all():
                raise Broken(f"fitted to samples of about {number(unit)}, apply gives {_not_finite(transformed)} for {what}")


@law("preprocessor", over="default")
def held_out_values_are_of_ordinary_size(case: Case[Preprocessor]) -> None:
    """What did not vary in training blows up no other sample: values stay within a thousand times those of the training split."""
    for what, x, other in _degenerate(case.rng()):
        transform = case.component.fit(x)
        fitted, held_out = transform.apply(x), transform.apply(other)
        if not np.isfinite(held_out).all():
            raise Broken(f"fitted to {what}, apply gives {_not_finite(held_out)} for other samples of that kind")
        largest, most = float(np.abs(held_out).max()), 1e3 * max(1.0, float(np.abs(fitted).max()))
        if largest > most:
            raise Broken(
                f"fitted to {what}, apply gives {number(largest)} for other samples of that kind, and at most "
                f"{number(float(np.abs(fitted).max()))} for those; leave out what does not vary in training, or do not divide by it"
            )


def _degenerate(rng: np.random.Generator) -> Iterator[tuple[str, Array, Array]]:
    """Training inputs in which something does not vary, or that are of unusual size, and others of that kind."""
    few = rng.standard_normal((10, 30))
    yield "10 samples of 30 features", few, rng.standard_normal((40, 30))
    x, other = rng.standard_normal((200, 3)), rng.standard_normal((40, 3))
    yield "a single sample", x[:1], other
    yield "one sample again and again", np.repeat(x[:1], 9, axis=0), other
    yield "a feature that is constant", x * [1, 0, 1] + [0, 0.3, 0], other
    yield "a feature that is constant but for rounding", x * [1, 1e-17, 1] + [0, 1 / 3, 0], other
    yield "two features that are equal", x[:, [0, 1, 0]], other
    yield "a feature that is the sum of two others", x @ [[1, 0, 1], [0, 1, 1], [0, 0, 0]], other
    for unit in (1e-300, 1e300):
        yield f"features of about {number(unit)}", unit * x, unit * other
        yield f"one feature of about {number(unit)} among others", x * [unit, 1, 1], other * [unit, 1, 1]


def exercise(preprocessor: Preprocessor, rng: np.random.Generator, size: int) -> list[Array]:
    """Everything that the component computes for some inputs."""
    x = _inputs(rng, 20 * size)
    return [preprocessor.fit(x).apply(x), preprocessor.fit(x).apply(_inputs(rng, size))]


def _inputs(rng: np.random.Generator, samples: int, features: int = 3) -> Array:
    """Correlated features of different units, away from 0."""
    mixing = np.eye(features) + 0.5 * np.eye(features, k=1)
    scale, shift = 10.0 ** (np.arange(features) - 1), 3.0 * np.arange(features) + 2
    return (rng.standard_normal((samples, features)) @ mixing + shift) * scale


def _not_finite(x: Array) -> str:
    return str(x[~np.isfinite(x)][0])
