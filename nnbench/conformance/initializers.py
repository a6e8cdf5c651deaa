"""The laws of initializers."""

from __future__ import annotations

import numpy as np

from nnbench.conformance.laws import Broken, Case, DoesNotApply, law
from nnbench.conformance.tools import Array, expect_array, expect_same, expect_untouched, number, same
from nnbench.kinds import Activation, Initializer
from nnbench.seeds import stream

FANS = ((1, 1), (2, 32), (32, 32), (32, 2), (7, 5), (5, 7))
AXES = ("out", "in")


class Steep(Activation):
    """2·tanh z, for initializers that look at what follows."""

    @property
    def gain(self) -> float:
        """As much as tanh's is worth."""
        return 5 / 6

    def forward(self, z: Array) -> Array:
        """2·tanh z."""
        return 2 * np.tanh(z)

    def derivative(self, z: Array, a: Array) -> Array:  # noqa: ARG002 - the contract's signature
        """2 - a² / 2."""
        return 2 - a * a / 2


@law("initializer", basic=True)
def shape_and_dtype(case: Case[Initializer]) -> None:
    """`sample` returns finite float64 weights, (fan_out, fan_in), whichever of the two is the larger."""
    for fan_in, fan_out in FANS:
        w = case.component.sample(case.rng(), fan_in, fan_out)
        expect_array(f"sample of fan_in {fan_in} and fan_out {fan_out}", w, (fan_out, fan_in), np.float64)
        if not np.isfinite(w).all():
            raise Broken(f"sample of fan_in {fan_in} and fan_out {fan_out} holds {w[~np.isfinite(w)][0]}")


@law("initializer")
def stream_determines_weights(case: Case[Initializer]) -> None:
    """Equal generators draw equal weights, whatever was drawn before: equal seeds begin with the same network."""
    for fan_in, fan_out in FANS:
        first = case.component.sample(stream(3, "conformance"), fan_in, fan_out).copy()
        case.component.sample(stream(4, "conformance"), fan_in + 1, fan_out)
        again = case.component.sample(stream(3, "conformance"), fan_in, fan_out)
        expect_same("weights drawn again from an equal generator, and at first", again, first, AXES)


@law("initializer")
def stream_matters(case: Case[Initializer]) -> None:
    """Another generator draws other weights: a seed of the initializer's own would give all networks the same start."""
    first, other = (case.component.sample(stream(seed, "conformance"), 6, 8) for seed in (0, 1))
    if same(first, other):
        raise Broken("generators of different seeds draw the same weights")
    rng = stream(0, "conformance")
    if same(case.component.sample(rng, 6, 8), case.component.sample(rng, 6, 8)):
        raise Broken("two draws from one generator are the same weights")


@law("initializer")
def units_differ(case: Case[Initializer]) -> None:
    """No two units of a layer begin with equal weights: they would stay equal, and count as one."""
    for fan_in, fan_out in ((16, 8), (32, 5), (16, 32)):
        w = case.component.sample(case.rng(), fan_in, fan_out)
        for unit in range(1, fan_out):
            twin = np.flatnonzero((w[:unit] == w[unit]).all(axis=1))
            if len(twin):
                raise Broken(f"with fan_in {fan_in} and fan_out {fan_out}, units {twin[0]} and {unit} have equal weights")


@law("initializer")
def spread_as_declared(case: Case[Initializer]) -> None:
    """The root mean square of the weights is what `spread` says, for wide and for narrow layers."""
    for fan_in, fan_out in ((64, 64), (16, 100), (100, 16), (300, 200)):
        declared = case.component.spread(fan_in, fan_out)
        if declared is None:
            raise DoesNotApply("it declares no spread")
        draws = 40_000 // (fan_in * fan_out) + 2
        w = np.stack([case.component.sample(stream(seed, "conformance"), fan_in, fan_out) for seed in range(draws)])
        observed = float(np.sqrt(np.mean(w * w)))
        chance = float(np.std(w * w)) / (2 * max(observed, 1e-300) * w.size**0.5)  # standard error of the root mean square
        if not abs(observed - declared) <= 0.005 * declared + 5 * chance:
            told = f"with fan_in {fan_in} and fan_out {fan_out} the root mean square is {number(observed)}"
            raise Broken(f"{told}, and spread says {number(declared)}")


@law("initializer")
def adapts_by_contract(case: Case[Initializer]) -> None:
    """`adapt` returns finite float64 weights of the same shape, the same ones each time, and changes nothing that it is given."""
    initializer = case.component
    if type(initializer).adapt is Initializer.adapt:
        raise DoesNotApply("it does not adapt to what surrounds a layer")
    for fan_in, fan_out in FANS[1:]:
        w = initializer.sample(case.rng(), fan_in, fan_out)
        x = case.rng().normal(size=(fan_in, 50))
        for what, activation in (("an activation", Steep()), ("no activation", None)):
            expect_untouched("adapt", lambda w, x, activation=activation: initializer.adapt(w, x, activation), w, x)
            adapted = initializer.adapt(w.copy(), x.copy(), activation)
            expect_array(f"adapt before {what}", adapted, w.shape, np.float64)
            if not np.isfinite(adapted).all():
                raise Broken(f"adapt before {what} holds {adapted[~np.isfinite(adapted)][0]}")
            kept = adapted.copy()
            expect_same(f"adapt before {what}, again and at first", initializer.adapt(w.copy(), x.copy(), activation), kept, AXES)


@law("initializer")
def adapts_to_any_data(case: Case[Initializer]) -> None:
    """Inputs that are all 0, constant or huge, or a single sample, leave finite weights."""
    initializer = case.component
    if type(initializer).adapt is Initializer.adapt:
        raise DoesNotApply("it does not adapt to what surrounds a layer")
    w = initializer.sample(case.rng(), 4, 6)
    x = case.rng().normal(size=(4, 30))
    for what, inputs in (("0", 0 * x), ("1", 0 * x + 1), ("huge", 1e6 * x), ("tiny", 1e-6 * x), ("a single sample", x[:, :1])):
        adapted = initializer.adapt(w.copy(), inputs, Steep())
        if not np.isfinite(adapted).all():
            raise Broken(f"where inputs are {what}, adapt gives {adapted[~np.isfinite(adapted)][0]}")


def exercise(initializer: Initializer, rng: np.random.Generator, size: int) -> list[Array]:
    """Everything that the component computes for some inputs."""
    w = initializer.sample(rng, size, size + 2)
    return [w, initializer.adapt(w.copy(), rng.normal(size=(size, 30)), Steep()), initializer.sample(rng, size + 3, 2)]
