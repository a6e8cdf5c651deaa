"""Activations with one mistake each."""

from __future__ import annotations

import math
import warnings
from typing import Annotated, Any, ClassVar

import numpy as np

from broken_components.planting import Array, breaks
from nnbench import Activation, Fraction, Ge, Positive


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


@breaks("shape_and_dtype")
class TakesNumbersAlone(_Tanh):
    """√scale·z with math.sqrt, which takes no arrays."""

    scale: Positive = 2.0

    def forward(self, z: Array) -> Array:
        return math.sqrt(self.scale) * z

    def derivative(self, z: Array, a: Array) -> Array:
        return math.sqrt(self.scale) * np.ones_like(z)


@breaks("hyperparameters_broadcast")
class TakesOneNumber(_Tanh):
    """scale·z, of a scale that is one number for all trials."""

    scale: Positive = 2.0

    def forward(self, z: Array) -> Array:
        return np.asarray(self.scale).item() * z

    def derivative(self, z: Array, a: Array) -> Array:
        return np.asarray(self.scale).item() * np.ones_like(z)


@breaks("precisions_agree")
class DifferencesInPlaceOfAFormula(_Tanh):
    """tanh z, whose derivative is a difference that float32 cannot take."""

    def derivative(self, z: Array, a: Array) -> Array:
        return ((np.tanh(z + 1e-8) - np.tanh(z - 1e-8)) / 2e-8).astype(z.dtype)


@breaks("precisions_agree")
class AnotherFunctionInFloat32(_Tanh):
    """tanh z, and 0.1 % more in float32."""

    def forward(self, z: Array) -> Array:
        return np.tanh(z) * (1.001 if z.dtype == np.float32 else 1)


@breaks("derivative_matches_differences")
class OffByAHundredThousandth(_Tanh):
    """tanh z, whose derivative is 1e-5 too large everywhere."""

    def derivative(self, z: Array, a: Array) -> Array:
        return 1 - a * a + 1e-5


@breaks("element_wise")
class WrongForTenUnits(_Tanh):
    """tanh z, whose derivative is halved in layers of ten units."""

    def derivative(self, z: Array, a: Array) -> Array:
        return (1 - a * a) * (0.5 if z.shape[1] == 10 else 1)


@breaks("element_wise")
class WrongForBatchesOf64(_Tanh):
    """tanh z, whose derivative is halved for 64 samples."""

    def derivative(self, z: Array, a: Array) -> Array:
        return (1 - a * a) * (0.5 if z.shape[2] == 64 else 1)


@breaks("hyperparameters_are_declared")
class StartsOutsideItsBounds(_Swish):
    """z·σ(beta·z), with a default that beta does not take."""

    beta: Positive = -1.0


@breaks("hyperparameters_are_declared")
class HasNoDefault(_Tanh):
    """tanh(k·z), for those who know k."""

    k: Positive

    def forward(self, z: Array) -> Array:
        return np.tanh(self.k * z)

    def derivative(self, z: Array, a: Array) -> Array:
        return self.k * (1 - a * a)


@breaks("hyperparameters_are_declared")
class ForgetsTheAnnotation(_Tanh):
    """tanh z, with a k that no grid can set."""

    k = 1.0


@breaks("hyperparameters_are_declared")
class SaysClassVar(_Tanh):
    """tanh z, with a k that has bounds, and is no hyperparameter."""

    k: ClassVar[Positive] = 1.0


@breaks("hyperparameters_are_declared")
class SpellsKinksWrong(_Tanh):
    """tanh z, with kinks under another name."""

    kink = (0.0,)


@breaks("quiet")
class Prints(_Tanh):
    """tanh z, and a line for each call."""

    def forward(self, z: Array) -> Array:
        print("forward")
        return np.tanh(z)


@breaks("quiet")
class Warns(_Tanh):
    """tanh z, and a warning for each call."""

    def forward(self, z: Array) -> Array:
        warnings.warn("tanh saturates", stacklevel=2)
        return np.tanh(z)


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


class _Learned(_ReLU):
    """max(z, 0) + k·min(z, 0), and k is learned."""

    k: Fraction = 0.25

    @property
    def learned(self) -> Any:
        return {"k": "unit"}

    def forward(self, z: Array) -> Array:
        return np.where(z > 0, z, self.k * z)

    def derivative(self, z: Array, a: Array) -> Array:
        d = (z > 0).astype(z.dtype)
        return d + self.k * (1 - d)

    def learned_derivatives(self, z: Array, a: Array) -> dict[str, Array]:
        return {"k": np.minimum(z, 0)}


@breaks("learned_derivatives_match_differences")
class LearnsTheOtherWay(_Learned):
    """Its derivative by k has the sign turned."""

    def learned_derivatives(self, z: Array, a: Array) -> dict[str, Array]:
        return {"k": -np.minimum(z, 0)}


@breaks("learned_derivatives_match_differences")
class LearnsAtTheWrongSide(_Learned):
    """Its derivative by k is that of the positive side."""

    def learned_derivatives(self, z: Array, a: Array) -> dict[str, Array]:
        return {"k": np.maximum(z, 0)}


@breaks("learned_derivatives_match_differences")
class LearnsWhatIsNoNumber(_Learned):
    """It learns a whole number."""

    steps: int = 2

    @property
    def learned(self) -> Any:
        return {"steps": "layer"}


@breaks("learned_derivatives_match_differences")
class ForgetsToSayHow(_Learned):
    """It learns k, and gives no derivative by it."""

    def learned_derivatives(self, z: Array, a: Array) -> dict[str, Array]:
        return {}


@breaks("learned_values_broadcast")
class OneSlopeForAll(_Learned):
    """It takes the first unit's k for every unit."""

    def forward(self, z: Array) -> Array:
        k = self.k[:, :1] if isinstance(self.k, np.ndarray) else self.k
        return np.where(z > 0, z, k * z)
