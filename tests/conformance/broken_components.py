"""Mistakes that authors make, planted on purpose: each component is right but for one thing, and names the law that must tell."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import numpy as np

from nnbench import (
    Activation,
    Component,
    Dataset,
    Fraction,
    Ge,
    Initializer,
    Loss,
    NonNegative,
    Optimizer,
    Penalty,
    Positive,
    Preprocessor,
    Schedule,
)

FAULTS: dict[type[Component], str] = {}
"""Each broken component, and the law that names its fault."""

Array = np.ndarray


def breaks(law: str) -> Callable[[type[Component]], type[Component]]:
    """Enter a component under the law that it breaks."""

    def entered(cls: type[Component]) -> type[Component]:
        FAULTS[cls] = law
        return cls

    return entered


# Activations ------------------------------------------------------------------------------------------------------------------


class _Tanh(Activation):
    """tanh z."""

    def forward(self, z: Array) -> Array:
        return np.tanh(z)

    def derivative(self, z: Array, a: Array) -> Array:
        return 1 - a * a


class _ReLU(Activation):
    """max(z, 0)."""

    kinks = (0.0,)

    def forward(self, z: Array) -> Array:
        return np.maximum(z, 0)

    def derivative(self, z: Array, a: Array) -> Array:
        return (z > 0).astype(z.dtype)


class _Swish(Activation):
    """z·σ(beta·z)."""

    beta: Positive = 1.0

    def forward(self, z: Array) -> Array:
        return z / (1 + np.exp(-self.beta * z))

    def derivative(self, z: Array, a: Array) -> Array:
        s = 1 / (1 + np.exp(-self.beta * z))
        return s + self.beta * a * (1 - s)


@breaks("arguments_untouched")
class WritesIntoZ(_Tanh):
    """tanh z, in place."""

    def forward(self, z: Array) -> Array:
        return np.tanh(z, out=z)


@breaks("arguments_untouched")
class WritesIntoA(_Tanh):
    """tanh z, whose derivative squares a in place."""

    def derivative(self, z: Array, a: Array) -> Array:
        np.multiply(a, a, out=a)
        return 1 - a


@breaks("shape_and_dtype")
class LeaksDoublePrecision(_Tanh):
    """tanh(√(2/π)·z): NumPy's scalars are float64, Python's are not."""

    def forward(self, z: Array) -> Array:
        return np.tanh(np.sqrt(2 / np.pi) * z)

    def derivative(self, z: Array, a: Array) -> Array:
        return np.sqrt(2 / np.pi) * (1 - a * a)


@breaks("shape_and_dtype")
class TruthInPlaceOfNumbers(_ReLU):
    """max(z, 0), whose derivative is True and False."""

    def derivative(self, z: Array, a: Array) -> Array:
        return z > 0


@breaks("shape_and_dtype")
class OneNumberForAll(_Tanh):
    """z, whose derivative is 1."""

    def forward(self, z: Array) -> Array:
        return z * 1

    def derivative(self, z: Array, a: Array) -> Any:
        return 1.0


@breaks("derivative_matches_differences")
class ForgottenFactor(_Tanh):
    """1.7159·tanh(⅔z), with the derivative of tanh."""

    def forward(self, z: Array) -> Array:
        return 1.7159 * np.tanh(z * 2 / 3)


@breaks("derivative_matches_differences")
class RightAtTheDefaultAlone(_Swish):
    """z·σ(beta·z), without beta in the derivative: at beta = 1 nobody notices."""

    def derivative(self, z: Array, a: Array) -> Array:
        s = 1 / (1 + np.exp(-self.beta * z))
        return s + a * (1 - s)


@breaks("derivative_matches_differences")
class WrongInTheTail(_Tanh):
    """z² / 2 up to 7.3, then a line that the derivative has not heard of."""

    kinks = (7.3,)

    def forward(self, z: Array) -> Array:
        return np.where(z > 7.3, 7.3 * 7.3 / 2 + 9 * (z - 7.3), z * z / 2)

    def derivative(self, z: Array, a: Array) -> Array:
        return z * 1


@breaks("kinks_are_declared")
class UndeclaredKink(_ReLU):
    """max(z, 0), declared smooth."""

    kinks = ()


@breaks("kinks_are_declared")
class KinkElsewhere(_ReLU):
    """max(z - 0.25, 0), with the kink of max(z, 0)."""

    def forward(self, z: Array) -> Array:
        return np.maximum(z - 0.25, 0)

    def derivative(self, z: Array, a: Array) -> Array:
        return (z > 0.25).astype(z.dtype)


@breaks("declared_kinks_are_kinks")
class KinkThatIsNone(_Tanh):
    """tanh z, with a kink that excuses a gradient check."""

    kinks = (0.0,)


@breaks("declared_kinks_are_kinks")
class HalfAtTheKink(_ReLU):
    """max(z, 0), whose derivative at 0 is neither one-sided one."""

    def derivative(self, z: Array, a: Array) -> Array:
        return np.heaviside(z, 0.5).astype(z.dtype)


@breaks("finite")
class OverflowingSoftplus(Activation):
    """log(1 + e^z): ∞ from z = 89 on."""

    def forward(self, z: Array) -> Array:
        return np.log(1 + np.exp(z))

    def derivative(self, z: Array, a: Array) -> Array:
        return 1 / (1 + np.exp(-z))


@breaks("finite")
class InfinityOverInfinity(_Tanh):
    """e^z / (1 + e^z): NaN from z = 89 on."""

    def forward(self, z: Array) -> Array:
        return np.exp(z) / (1 + np.exp(z))

    def derivative(self, z: Array, a: Array) -> Array:
        return a * (1 - a)


@breaks("finite")
class DividesByZeroAtZero(_Tanh):
    """sin z / z."""

    def forward(self, z: Array) -> Array:
        return np.sin(z) / z

    def derivative(self, z: Array, a: Array) -> Array:
        return (np.cos(z) - a) / z


@breaks("nan_stays")
class HidesNaN(_ReLU):
    """max(z, 0), where the maximum of NaN and 0 is 0."""

    def forward(self, z: Array) -> Array:
        return np.fmax(z, 0)


@breaks("element_wise")
class OverUnits(Activation):
    """z less the mean over units."""

    def forward(self, z: Array) -> Array:
        return z - z.mean(axis=1, keepdims=True)

    def derivative(self, z: Array, a: Array) -> Array:
        return np.ones_like(z)


@breaks("rows_are_independent")
class MixesTrials(_Tanh):
    """z over the largest |z| of all trials."""

    def forward(self, z: Array) -> Array:
        return z / np.abs(z).max()

    def derivative(self, z: Array, a: Array) -> Array:
        return np.ones_like(z) / np.abs(z).max()


@breaks("rows_are_independent")
class PowerOfAHyperparameter(_Tanh):
    """sign(z)·|z|^p: NumPy squares where all exponents are 2, and does not where some are others."""

    p: Annotated[float, Ge(1)] = 3.0

    def forward(self, z: Array) -> Array:
        return np.sign(z) * np.abs(z) ** self.p

    def derivative(self, z: Array, a: Array) -> Array:
        return self.p * np.abs(z) ** (self.p - 1)


@breaks("hyperparameters_broadcast")
class TakesNumbersAlone(_Tanh):
    """√scale·z with math.sqrt, which takes no arrays."""

    scale: Positive = 2.0

    def forward(self, z: Array) -> Array:
        return math.sqrt(self.scale) * z

    def derivative(self, z: Array, a: Array) -> Array:
        return math.sqrt(self.scale) * np.ones_like(z)


@breaks("hyperparameters_broadcast")
class FirstTrialForAll(_Tanh):
    """scale·z with the scale of the first trial."""

    scale: Positive = 2.0

    def forward(self, z: Array) -> Array:
        return z * np.asarray(self.scale, z.dtype).ravel()[0]

    def derivative(self, z: Array, a: Array) -> Array:
        return np.full_like(z, np.asarray(self.scale).ravel()[0])


@breaks("pure")
class OneBufferForAll(_Tanh):
    """tanh z, written into the same memory every time."""

    buffers: ClassVar[dict[Any, Array]] = {}

    def forward(self, z: Array) -> Array:
        buffer = self.buffers.setdefault((z.shape, z.dtype), np.empty_like(z))
        return np.tanh(z, out=buffer)


@breaks("pure")
class RemembersTheScale(_Tanh):
    """z over the largest |z| seen so far."""

    seen: ClassVar[list[float]] = [1.0]

    def forward(self, z: Array) -> Array:
        self.seen[0] = max(self.seen[0], float(np.abs(z).max()))
        return z / self.seen[0]

    def derivative(self, z: Array, a: Array) -> Array:
        return np.ones_like(z) / self.seen[0]


@breaks("no_global_random_state")
class RandomizedLeak(_ReLU):
    """max(z, k·z), k drawn from NumPy's global generator."""

    def forward(self, z: Array) -> Array:
        return np.maximum(z, np.random.uniform(0.1, 0.3) * z)  # noqa: NPY002


@breaks("gain_is_positive")
class NoGain(_Tanh):
    """tanh z with a gain of 0."""

    gain = 0.0


@breaks("picklable")
class CannotTravel(_Tanh):
    """tanh z with a function that is made on the way."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "f", lambda z: np.tanh(z))

    def forward(self, z: Array) -> Array:
        return self.f(z)  # type: ignore[attr-defined]


@breaks("can_be_made")
class TakesItsBoundsForNothing(_Swish):
    """z·σ(beta·z), with a table that has no place for most values."""

    rank: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "place", ("first", "second")[self.rank])


@breaks("expected_failures_are_laws")
class ExpectsTheUnknown(_Tanh):
    """tanh z, which expects something to fail that nobody checks."""

    expected_failures: ClassVar = {"derivatives": "no reason"}


@breaks("summary_fits")
class Speechless(_Tanh):
    __doc__ = ""


@breaks("search_space_is_accepted")
class SearchesOutsideItsBounds(_Swish):
    """z·σ(beta·z), to be tuned over 0 as well."""

    search_space: ClassVar = {"beta": (0.0, 1.0)}


@breaks("special_cases_agree")
class NoSpecialCase(_Swish):
    """z·σ(beta·z), said to be tanh for beta = 1."""

    @classmethod
    def special_cases(cls) -> Any:
        return [(cls(beta=1.0), _Tanh())]


# Initializers -----------------------------------------------------------------------------------------------------------------


class _Normal(Initializer):
    """N(0, 1 / fan_in)."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
        return rng.standard_normal((fan_out, fan_in)) / np.sqrt(fan_in)


@breaks("stream_matters")
class SeedOfItsOwn(_Normal):
    """N(0, 1), the same for every seed."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
        return np.random.default_rng(0).standard_normal((fan_out, fan_in))


@breaks("no_global_random_state")
class GlobalStream(_Normal):
    """N(0, 1) from NumPy's global generator."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
        return np.random.standard_normal((fan_out, fan_in))  # noqa: NPY002


@breaks("no_global_random_state")
class Reseeds(_Normal):
    """N(0, 1 / fan_in), after the module random was seeded for all."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
        random.seed(0)
        return super().sample(rng, fan_in, fan_out)


@breaks("shape_and_dtype")
class Transposed(_Normal):
    """N(0, 1), inputs first."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
        return rng.standard_normal((fan_in, fan_out))


@breaks("shape_and_dtype")
class DividesByOneLess(_Normal):
    """N(0, 1 / (fan_in - 1)): ∞ for a single input."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
        return rng.standard_normal((fan_out, fan_in)) / np.sqrt(np.float64(fan_in - 1))


@breaks("units_differ")
class OneRowForAll(_Normal):
    """The same weights for every unit."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
        return np.tile(rng.standard_normal(fan_in), (fan_out, 1))


@breaks("spread_as_declared")
class VarianceForDeviation(_Normal):
    """N(0, 2 / fan_in), with the variance where the standard deviation belongs."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
        return 2 / fan_in * rng.standard_normal((fan_out, fan_in))

    def spread(self, fan_in: int, fan_out: int) -> float:
        return math.sqrt(2 / fan_in)


@breaks("spread_as_declared")
class FansSwapped(_Normal):
    """N(0, 1 / fan_out), said to be N(0, 1 / fan_in)."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
        return rng.standard_normal((fan_out, fan_in)) / np.sqrt(fan_out)

    def spread(self, fan_in: int, fan_out: int) -> float:
        return 1 / math.sqrt(fan_in)


@breaks("stream_determines_weights")
class DrawsAhead(_Normal):
    """N(0, 1), from the generator of the first call."""

    first: ClassVar[list[np.random.Generator]] = []

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
        self.first.append(rng)
        return self.first[0].standard_normal((fan_out, fan_in))


@breaks("adapts_by_contract")
class AdaptsInPlace(_Normal):
    """Unit variance of what follows, written into the weights drawn."""

    def adapt(self, w: Array, inputs: Array, activation: Activation | None) -> Array:
        w /= max(float((w @ inputs).std()), 1e-3)
        return w


@breaks("adapts_to_any_data")
class AdaptsToVariedDataAlone(_Normal):
    """Unit variance of what follows, whatever that was."""

    def adapt(self, w: Array, inputs: Array, activation: Activation | None) -> Array:
        return w / (w @ inputs).std()


# Optimizers -------------------------------------------------------------------------------------------------------------------


class _SGD(Optimizer):
    """params -= lr·g."""

    lr: Positive = 0.1

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        params -= lr * grads


class _Momentum(Optimizer):
    """v = mu·v - lr·g; params += v."""

    lr: Positive = 0.1
    mu: Fraction = 0.9

    def init(self, params: Array) -> dict[str, Array]:
        return {"v": np.zeros_like(params)}

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        v = state["v"]
        v *= self.mu
        v -= lr * grads
        params += v


@breaks("updates_in_place")
class BindsParamsAnew(_SGD):
    """params = params - lr·g, which trains nothing."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        params = params - lr * grads


@breaks("updates_in_place")
class UpdatesACopy(_SGD):
    """params.flatten() -= lr·g, which trains nothing either."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        flat = params.flatten()
        flat -= (lr * grads).ravel()


@breaks("state_keeps_its_form")
class BindsStateAnew(_Momentum):
    """v = mu·v - lr·g, a new array at every step."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        state["v"] = self.mu * state["v"] - lr * grads
        params += state["v"]


@breaks("state_keeps_its_form")
class StateInDoublePrecision(_Momentum):
    """Momentum whose velocity is float64."""

    def init(self, params: Array) -> dict[str, Array]:
        return {"v": np.zeros(params.shape)}


@breaks("state_keeps_its_form")
class StateGrows(_Momentum):
    """Momentum that thinks of its velocity at the first step."""

    def init(self, params: Array) -> dict[str, Array]:
        return {}

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        state.setdefault("v", np.zeros_like(params))
        super().step(params, grads, state, lr, t)


@breaks("state_shares_no_memory")
class SlowWeightsAreTheFastOnes(_SGD):
    """Averages with where it began, which is where it is."""

    def init(self, params: Array) -> dict[str, Array]:
        return {"start": params}

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        params -= lr * grads
        params += 0.1 * (state["start"] - params)


@breaks("gradients_are_not_kept")
class KeepsTheGradient(Optimizer):
    """params -= lr·(g + ½(g - previous g)), where the previous g is the array that training writes the next one into."""

    lr: Positive = 0.1

    def init(self, params: Array) -> dict[str, Array]:
        return {"previous": np.zeros_like(params)}

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        params -= lr * (1.5 * grads - 0.5 * state["previous"])
        state["previous"] = grads


@breaks("arguments_untouched")
class DecaysInTheGradient(_SGD):
    """g += 1e-4·params; params -= lr·g."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        grads += 1e-4 * params
        params -= lr * grads


@breaks("arguments_untouched")
class AveragesInPlace(_Momentum):
    """Momentum that evaluates where it is going, and goes there."""

    def evaluated(self, params: Array, state: dict[str, Array]) -> Array:
        params += state["v"]
        return params


@breaks("evaluated_like_params")
class AveragesInDoublePrecision(_Momentum):
    """Momentum that evaluates float64."""

    def evaluated(self, params: Array, state: dict[str, Array]) -> Array:
        return params.astype(np.float64)


@breaks("rows_are_independent")
class ClipsTogether(_SGD):
    """Gradients of all trials clipped by their common norm."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        params -= lr * grads / np.maximum(np.sqrt((grads * grads).sum()), 1)


@breaks("steps_depend_as_declared")
class ClipsUndeclared(_SGD):
    """Gradients clipped by each trial's norm, with the scope of single parameters."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        params -= lr * grads / np.maximum(np.sqrt((grads * grads).sum(axis=(1, 2), keepdims=True)), 1)


@breaks("pure")
class CountsItself(_SGD):
    """params -= lr·g / √steps, counting the steps of all that it ever trained."""

    steps: ClassVar[list[int]] = [0]

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        self.steps[0] += 1
        params -= lr * grads / self.steps[0] ** 0.5


@breaks("descends_a_bowl")
class ClimbsUp(_SGD):
    """params += lr·g."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        params += lr * grads


@breaks("descends_a_bent_valley")
class StraightAhead(_SGD):
    """params -= lr·(first g): right as long as the way is straight."""

    def init(self, params: Array) -> dict[str, Array]:
        return {"g": np.zeros_like(params)}

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        if t == 1:
            state["g"][...] = grads
        params -= 0.01 * lr * state["g"]


@breaks("zero_gradient_moves_nothing")
class DecaysUndeclared(_SGD):
    """params -= lr·(g + 0.01·params)."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        params -= lr * (grads + 0.01 * params)


@breaks("zero_gradient_moves_nothing")
class DeclaresDecay(_SGD):
    """params -= lr·g, said to decay."""

    decays = True


@breaks("zero_gradient_moves_nothing")
class DividesByTheGradient(_SGD):
    """params -= lr·g / |g|: NaN where g is 0."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        params -= lr * grads / np.abs(grads)


@breaks("rate_zero_moves_nothing")
class DividesByTheRate(_Momentum):
    """Momentum that is measured in rates, of which there may be none."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        v = state["v"]
        v *= self.mu
        v -= lr * grads / (lr / lr)
        params += v


@breaks("survives_any_gradient")
class FourthPowers(_SGD):
    """params -= lr·g³ / (g⁴)^½ / |g|: ∞ over ∞ for large gradients."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        fourth = grads**4
        params -= lr * grads * fourth / (fourth + 1e-8)


@breaks("steps_scale_as_declared")
class ClaimsToBeInvariant(_SGD):
    """params -= lr·g, said not to notice the scale of gradients."""

    gradient_scale = "invariant"


@breaks("rates_broadcast")
class OneRateForAll(_SGD):
    """params -= lr·g, with the first rate that there is."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        params -= lr[0, 0, 0] * grads * (lr.size == 1) + np.sqrt(lr * lr[:1]) * grads * (lr.size > 1) * 0.5


@breaks("hyperparameters_broadcast")
class AsksForTheMomentum(_Momentum):
    """Momentum that looks whether there is any, which arrays cannot say."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        if self.mu == 0:
            params -= lr * grads
        else:
            super().step(params, grads, state, lr, t)


@breaks("special_cases_agree")
class NoLongerDescent(_Momentum):
    """v = mu·v - (1 - mu)·lr·g, said to be classical momentum."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        v = state["v"]
        v *= self.mu
        v -= (1 - self.mu) * lr * grads
        params += v

    @classmethod
    def special_cases(cls) -> Any:
        return [(cls(mu=0.5), _Momentum(mu=0.5))]


# Schedules --------------------------------------------------------------------------------------------------------------------


class _Linear(Schedule):
    """1 - step / total."""

    def factor(self, step: Array, total: int) -> Array:
        return 1 - step / total


@breaks("finite_and_not_negative")
class EndsBelowZero(_Linear):
    """1 - 1.01·step / (total - 1), for runs of two steps or more."""

    def factor(self, step: Array, total: int) -> Array:
        return 1 - 1.01 * step / max(total - 1, 1)


@breaks("finite_and_not_negative")
class NoRunOfOneStep(_Linear):
    """1 - step / (total - 1): 0 / 0 in a run of one step."""

    def factor(self, step: Array, total: int) -> Array:
        return 1 - step / np.float64(total - 1)


@breaks("starts_where_declared")
class OneStepAhead(_Linear):
    """1 - (step + 1) / total: an off-by-one."""

    def factor(self, step: Array, total: int) -> Array:
        return 1 - (step + 1) / total


@breaks("all_at_once_as_one_by_one")
class FromTheFirstAskedFor(_Linear):
    """1 - (step - first step) / total."""

    def factor(self, step: Array, total: int) -> Array:
        return 1 - (step - step.min(initial=total)) / total


@breaks("all_at_once_as_one_by_one")
class ByPosition(_Linear):
    """1 - position / total, whatever the steps."""

    def factor(self, step: Array, total: int) -> Array:
        return (1 - np.arange(step.size) / total).reshape(step.shape)


@breaks("shape_and_dtype")
class WholeNumbers(_Linear):
    """1, the integer."""

    def factor(self, step: Array, total: int) -> Array:
        return np.ones_like(step)


@breaks("shape_and_dtype")
class FlattensSteps(_Linear):
    """1 - step / total, in a row."""

    def factor(self, step: Array, total: int) -> Array:
        return (1 - step / total).ravel()


@breaks("arguments_untouched")
class CountsFromOne(_Linear):
    """1 - step / total, with step += 1 on the way."""

    def factor(self, step: Array, total: int) -> Array:
        step += 1
        return 1 - (step - 1) / total


@breaks("pure")
class DropsAtEveryCall(_Linear):
    """0.99 to the number of calls."""

    calls: ClassVar[list[int]] = [0]

    def factor(self, step: Array, total: int) -> Array:
        self.calls[0] += 1
        return np.full(step.shape, 0.99 ** self.calls[0])


@breaks("something_left_to_learn_with")
class NothingLeft(_Linear):
    """0 after the first step."""

    def factor(self, step: Array, total: int) -> Array:
        return np.where(step == 0, 1.0, 0.0) if total < 400 else np.zeros(step.shape)


@breaks("adjustment_is_a_factor")
class RemembersTheBest(_Linear):
    """Halves the rate whenever the loss is above the best that it ever saw, in whatever run."""

    best: ClassVar[list[float]] = [math.inf]

    def adjustment(self, steps: Any, losses: Any) -> float:
        self.best[0] = min(self.best[0], losses[-1])
        return 1.0 if losses[-1] <= self.best[0] else 0.5


@breaks("adjustment_is_a_factor")
class DividesByTheLoss(_Linear):
    """The loss over the first loss: NaN once a loss is."""

    def adjustment(self, steps: Any, losses: Any) -> float:
        return losses[-1] / losses[0]


# Losses -----------------------------------------------------------------------------------------------------------------------


class _Squares(Loss):
    """½ Σ (s - t)²."""

    def value(self, scores: Array, targets: Array) -> Array:
        return 0.5 * ((scores - targets) ** 2).sum(axis=1, keepdims=True)

    def gradient(self, scores: Array, targets: Array) -> Array:
        return scores - targets


class _Hinge(Loss):
    """Σ max(0, 1 - y·s)."""

    def value(self, scores: Array, targets: Array) -> Array:
        return np.maximum(1 - (2 * targets - 1) * scores, 0).sum(axis=1, keepdims=True)

    def gradient(self, scores: Array, targets: Array) -> Array:
        y = 2 * targets - 1
        return -y * (y * scores < 1)

    def margins(self, scores: Array, targets: Array) -> Array | None:
        return 1 - (2 * targets - 1) * scores


@breaks("gradient_matches_differences")
class TwiceTheGradient(_Squares):
    """½ Σ (s - t)² with the gradient of Σ (s - t)²."""

    def gradient(self, scores: Array, targets: Array) -> Array:
        return 2 * (scores - targets)


@breaks("gradient_matches_differences")
class SoftmaxOverSamples(Loss):
    """-log softmax, whose gradient normalizes over the wrong axis."""

    def value(self, scores: Array, targets: Array) -> Array:
        return np.logaddexp.reduce(scores, axis=1, keepdims=True) - (scores * targets).sum(axis=1, keepdims=True)

    def gradient(self, scores: Array, targets: Array) -> Array:
        return np.exp(scores - np.logaddexp.reduce(scores, axis=2, keepdims=True)) - targets


@breaks("kinks_are_declared")
class HingeDeclaredSmooth(_Hinge):
    """Σ max(0, 1 - y·s), without its margins."""

    def margins(self, scores: Array, targets: Array) -> Array | None:
        return None


@breaks("finite")
class LogarithmOfZero(Loss):
    """-log p_y with p = e^s / Σ e^s, as it stands in the book."""

    def value(self, scores: Array, targets: Array) -> Array:
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return -np.log((p * targets).sum(axis=1, keepdims=True))

    def gradient(self, scores: Array, targets: Array) -> Array:
        return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True) - targets


@breaks("non_negative_as_declared")
class LeadCosts(Loss):
    """-s_y: the more the better, below 0 as well."""

    def value(self, scores: Array, targets: Array) -> Array:
        return ((1 - 2 * targets) * scores).sum(axis=1, keepdims=True)

    def gradient(self, scores: Array, targets: Array) -> Array:
        return 1 - 2 * targets


@breaks("right_scores_cost_less")
class WrongWayRound(_Squares):
    """½ Σ (s + t)²."""

    def value(self, scores: Array, targets: Array) -> Array:
        return super().value(scores, -targets)

    def gradient(self, scores: Array, targets: Array) -> Array:
        return scores + targets


@breaks("samples_are_independent")
class MeanOverSamples(_Squares):
    """The batch's mean, for each sample."""

    def value(self, scores: Array, targets: Array) -> Array:
        value = super().value(scores, targets)
        return np.broadcast_to(value.mean(axis=2, keepdims=True), value.shape).copy()


@breaks("both_at_once_as_each_alone")
class HalfAtOnce(_Squares):
    """½ Σ (s - t)², without the ½ where both are computed together."""

    def value_and_gradient(self, scores: Array, targets: Array) -> tuple[Array, Array]:
        d = scores - targets
        return (d * d).sum(axis=1, keepdims=True), d


@breaks("arguments_untouched")
class SubtractsInPlace(_Squares):
    """½ Σ (s - t)², in the scores' own memory."""

    def gradient(self, scores: Array, targets: Array) -> Array:
        scores -= targets
        return scores.copy()


@breaks("shape_and_dtype")
class LossOfClasses(_Squares):
    """½ (s - t)², not summed over classes."""

    def value(self, scores: Array, targets: Array) -> Array:
        return 0.5 * (scores - targets) ** 2


@breaks("hyperparameters_broadcast")
class AsksForTheMargin(_Squares):
    """½ Σ (s - t)², if its weight is not 0."""

    weight: NonNegative = 1.0

    def value(self, scores: Array, targets: Array) -> Array:
        return super().value(scores, targets) * (self.weight if self.weight else 0.0)

    def gradient(self, scores: Array, targets: Array) -> Array:
        return super().gradient(scores, targets) * (self.weight if self.weight else 0.0)


@breaks("rows_are_independent")
class WorstTrialCounts(_Squares):
    """½ Σ (s - t)², over the largest of all trials."""

    def value(self, scores: Array, targets: Array) -> Array:
        return super().value(scores, targets) / (1 + np.abs(scores).max(axis=0).sum())

    def gradient(self, scores: Array, targets: Array) -> Array:
        return (scores - targets) / (1 + np.abs(scores).max(axis=0).sum())


@breaks("outputs_are_counted")
class OneScoreForAll(_Squares):
    """½ Σ (s - t)², with one score for however many classes."""

    def outputs(self, classes: int) -> int:
        return 1


# Penalties --------------------------------------------------------------------------------------------------------------------


class _L2(Penalty):
    """lam·Σ w²."""

    lam: NonNegative = 0.1

    def value(self, w: Array) -> Array:
        return self.lam * (w * w).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: Array) -> Array:
        return 2 * self.lam * w


@breaks("gradient_matches_differences")
class HalfThePull(_L2):
    """lam·Σ w² with the gradient of ½ lam·Σ w²."""

    def gradient(self, w: Array) -> Array:
        return self.lam * w


@breaks("kinks_are_declared")
class SmoothLasso(_L2):
    """lam·Σ |w|, declared smooth."""

    def value(self, w: Array) -> Array:
        return self.lam * np.abs(w).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: Array) -> Array:
        return self.lam * np.sign(w)


@breaks("non_negative_as_declared")
class PaysForWeights(_L2):
    """-lam·Σ w²."""

    def value(self, w: Array) -> Array:
        return -super().value(w)

    def gradient(self, w: Array) -> Array:
        return -super().gradient(w)


@breaks("finite")
class NormAtZero(_L2):
    """lam·‖W‖, whose gradient is 0 / 0 where there are no weights."""

    def value(self, w: Array) -> Array:
        return self.lam * np.sqrt((w * w).sum(axis=(1, 2), keepdims=True))

    def gradient(self, w: Array) -> Array:
        return self.lam * w / np.sqrt((w * w).sum(axis=(1, 2), keepdims=True))


@breaks("rows_are_independent")
class MeanOverTrials(_L2):
    """lam·Σ w², the mean of all trials'."""

    def value(self, w: Array) -> Array:
        value = super().value(w)
        return np.broadcast_to(value.mean(axis=0, keepdims=True), value.shape).copy()


@breaks("arguments_untouched")
class SquaresInPlace(_L2):
    """lam·Σ w², in the weights' own memory."""

    def value(self, w: Array) -> Array:
        np.multiply(w, w, out=w)
        return self.lam * w.sum(axis=(1, 2), keepdims=True)


@breaks("hyperparameters_broadcast")
class OneStrengthForAll(_L2):
    """lam·Σ w² with the lam of the first trial."""

    def value(self, w: Array) -> Array:
        return np.asarray(self.lam, w.dtype).ravel()[0] * (w * w).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: Array) -> Array:
        return 2 * np.asarray(self.lam, w.dtype).ravel()[0] * w


@breaks("zero_as_declared")
class SaysNothing(_L2):
    """lam·Σ w², which training is told not to ask for."""

    zero = True


@breaks("shape_and_dtype")
class OneNumberEach(_L2):
    """lam·Σ w², as (trial,)."""

    def value(self, w: Array) -> Array:
        return np.ravel(super().value(w))


# Preprocessors ----------------------------------------------------------------------------------------------------------------


class _Scaled:
    """A transform: (x - mean) / spread."""

    def __init__(self, mean: Any, spread: Any) -> None:
        self.mean, self.spread = mean, spread

    def apply(self, x: Array) -> Array:
        return (x - self.mean) / self.spread


class _Standard(Preprocessor):
    """(x - mean) / standard deviation, 1 where that is 0."""

    def fit(self, x: Array) -> Any:
        spread = x.std(axis=0)
        return _Scaled(x.mean(axis=0), np.where(spread > 1e-9 * np.abs(x).max(), spread, 1))


class _Own(Preprocessor):
    """Its own transform, x itself."""

    def fit(self, x: Array) -> Any:
        return self

    def apply(self, x: Array) -> Array:
        return x.copy()


@breaks("fitted_on_training_alone")
class StandardizesEachSplit(_Own):
    """(x - mean) / standard deviation of whatever is transformed: the test split leaks into itself."""

    def apply(self, x: Array) -> Array:
        return (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-6)


class _Running:
    """A transform that goes on learning."""

    def __init__(self, mean: Array) -> None:
        self.mean = mean

    def apply(self, x: Array) -> Array:
        self.mean = 0.9 * self.mean + 0.1 * x.mean(axis=0)
        return x - self.mean


@breaks("fitted_on_training_alone")
class GoesOnLearning(_Standard):
    """x - running mean, which test samples move as well."""

    def fit(self, x: Array) -> Any:
        return _Running(x.mean(axis=0))


@breaks("fitted_once_and_for_all")
class FitsItself(_Own):
    """x - mean, kept on the preprocessor: the next fit changes the last one's transform."""

    means: ClassVar[list[Array]] = [np.zeros(1)]

    def fit(self, x: Array) -> Any:
        self.means[0] = x.mean(axis=0)
        return self

    def apply(self, x: Array) -> Array:
        return x - self.means[0]


class _Nearest:
    """A transform that looks into the training inputs."""

    def __init__(self, x: Array) -> None:
        self.x = x

    def apply(self, x: Array) -> Array:
        return x - self.x.min(axis=0)


@breaks("fitted_once_and_for_all")
class KeepsTheInputs(_Standard):
    """x - min, taken anew from the training inputs each time."""

    def fit(self, x: Array) -> Any:
        return _Nearest(x)


@breaks("constant_features_survive")
class DividesByNoSpread(_Standard):
    """(x - mean) / standard deviation, 0 / 0 for a constant feature."""

    def fit(self, x: Array) -> Any:
        return _Scaled(x.mean(axis=0), np.ptp(x, axis=0))


@breaks("few_samples_survive")
class NeedsTwoSamples(_Standard):
    """(x - mean) / standard deviation with n - 1, of which one sample has none."""

    def fit(self, x: Array) -> Any:
        spread = x.std(axis=0, ddof=1)
        return _Scaled(x.mean(axis=0), np.where(spread == 0, 1, np.maximum(spread, 1e-9 * np.abs(x).max())))


@breaks("any_unit_survives")
class Logarithm(_Standard):
    """log(x - min + 1e-3): NaN for what lies below all training samples."""

    def fit(self, x: Array) -> Any:
        return _Log(x.min(axis=0))


class _Log:
    """A transform: log(x - least + 1e-3)."""

    def __init__(self, least: Array) -> None:
        self.least = least

    def apply(self, x: Array) -> Array:
        return np.log(x - self.least + 1e-3)


class _InPlace(_Scaled):
    """A transform that subtracts in place."""

    def apply(self, x: Array) -> Array:
        x -= self.mean
        return x / self.spread


@breaks("arguments_untouched")
class StandardizesInPlace(_Standard):
    """(x - mean) / standard deviation, the first half in place."""

    def fit(self, x: Array) -> Any:
        return _InPlace(x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9))


@breaks("shape_and_dtype")
class DropsAFeature(_Own):
    """All but the last feature, which nobody was told."""

    def apply(self, x: Array) -> Array:
        return x[:, :-1].copy()


@breaks("shape_and_dtype")
class SinglePrecision(_Own):
    """X in float32."""

    def apply(self, x: Array) -> Array:
        return x.astype(np.float32)


# Data sets --------------------------------------------------------------------------------------------------------------------


class _Corners(Dataset):
    """Clouds around the corners of a square, one class for each diagonal."""

    classes, features, target = 2, 2, 0.95

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        bits = np.stack([np.arange(n) % 2, np.arange(n) // 2 % 2], axis=1)
        return 2.0 * bits - 1 + 0.3 * rng.standard_normal((n, 2)), bits[:, 0] ^ bits[:, 1]


@breaks("stream_matters")
class TheSameEveryTime(_Corners):
    """Corners from a seed of its own."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        return super().sample(np.random.default_rng(0), n)


@breaks("no_global_random_state")
class GlobalNoise(_Corners):
    """Corners with noise from NumPy's global generator."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, labels = super().sample(rng, n)
        return x + 0.01 * np.random.standard_normal(x.shape), labels  # noqa: NPY002


@breaks("stream_determines_samples")
class KeepsItsStream(_Corners):
    """Corners from the generator of the first call."""

    first: ClassVar[list[np.random.Generator]] = []

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        self.first.append(rng)
        return super().sample(self.first[0], n)


@breaks("classes_are_balanced")
class RarelyTheOther(_Corners):
    """Corners with one sample in ten of class 1."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, labels = super().sample(rng, 10 * n)
        by_class = np.argsort(labels, kind="stable")
        kept = np.concatenate([by_class[: n - n // 10], by_class[::-1][: n // 10]])
        return x[kept], labels[kept]


@breaks("classes_are_balanced")
class CountsClassesFromOne(_Corners):
    """Corners with labels 1 and 2."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, labels = super().sample(rng, n)
        return x, labels + 1


@breaks("no_line_separates")
class LinearlySeparable(_Corners):
    """Corners with the classes of the sides: a line will do."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, _ = super().sample(rng, n)
        labels = np.arange(n) % 2
        return x, labels


@breaks("target_is_reachable")
class OutOfReach(_Corners):
    """Corners in a fog, with the target of clear weather."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, labels = super().sample(rng, n)
        return x + rng.standard_normal(x.shape), labels


@breaks("target_is_an_accuracy")
class PercentForShare(_Corners):
    """Corners with a target in percent."""

    target = 95.0


@breaks("shape_and_dtype")
class LabelsAreNumbers(_Corners):
    """Corners with labels in float64."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        x, labels = super().sample(rng, n)
        return x, labels.astype(float)


@breaks("shape_and_dtype")
class EvenNumbersAlone(_Corners):
    """Corners in pairs: one sample fewer where the number is odd."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        return super().sample(rng, n // 2 * 2)
