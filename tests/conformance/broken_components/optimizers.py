"""Optimizers with one mistake each."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from broken_components.planting import Array, breaks
from nnbench import Fraction, Optimizer, Positive


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


@breaks("precisions_agree")
class ATenthInFloat32(_SGD):
    """params -= lr·g, and a tenth of that in float32."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        params -= lr * grads * np.asarray(0.1 if params.dtype == np.float32 else 1, params.dtype)


@breaks("steps_depend_as_declared")
class WrongForTenParameters(_SGD):
    """params -= lr·g, and half of that where there are ten parameters."""

    def step(self, params: Array, grads: Array, state: dict[str, Array], lr: Array, t: int) -> None:
        params -= (0.5 if params.shape[2] == 10 else 1) * lr * grads


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
