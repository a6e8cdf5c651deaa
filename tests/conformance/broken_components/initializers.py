"""Initializers with one mistake each."""

from __future__ import annotations

import math
import random
from typing import ClassVar

import numpy as np

from broken_components.planting import Array, breaks
from nnbench import Activation, Initializer


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
