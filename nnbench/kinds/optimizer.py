"""Optimizers: how parameters move against the gradient."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeAlias

from nnbench.kinds.arrays import Rate, State, Weights
from nnbench.kinds.base import Component, Positive

Scope: TypeAlias = Literal["parameter", "layer", "network"]
GradientScale: TypeAlias = Literal["proportional", "invariant"]


class Optimizer(Component):
    """Moves the parameters against the gradient."""

    lr: Positive = 0.01
    """α, the learning rate; a schedule multiplies it."""

    search_space: ClassVar[Mapping[str, Sequence[Any]]] = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}

    @property
    def scope(self) -> Scope:
        """How far a parameter's step depends on others: on none ("parameter"), on its layer's, or on the whole network's.

        With scope "layer", `init` and `step` see one block at a time: a layer's matrix, (trial, out, in + 1), the bias in the last
        column; or what its activation learns, (trial, 1, number). Otherwise they see all
        parameters of a network in a row, (trial, 1, parameter).
        """
        return "parameter"

    @property
    def decays(self) -> bool:
        """Whether parameters shrink even where the gradient is 0: decoupled weight decay."""
        return False

    @property
    def gradient_scale(self) -> GradientScale | None:
        """What gradients that are all c times as large do to the steps; None where neither is exactly so.

        "proportional": steps are c times as large, as in plain gradient descent. "invariant": steps stay the same, but for what
        keeps a divisor from 0, as in Adam.
        """
        return None

    @property
    def free_state(self) -> bool:
        """Whether `init` gives more than arrays of the parameters' dtype: integers, or objects of a library that it wraps."""
        return False

    def init(self, params: Weights) -> State:  # noqa: ARG002 - for those that have a state
        """State before the first step: named arrays of the dtype of `params`, trials first; `params` stays as it is.

        Arrays are shaped like `params`, or are 1 along axes that share a number: (trial, out, 1), (trial, 1, 1).
        """
        return {}

    @abstractmethod
    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        """Update `params` and the arrays in `state` in place.

        `params` and `grads` have the shape that `scope` tells; `lr` broadcasts against them and is the rate of this step,
        schedule included; `t` counts from 1. `grads` stays as it is.
        """

    def forget(self, state: dict[str, Any], trial: int) -> None:
        """Set what is remembered of a trial that has diverged to 0, so that nothing that follows can go wrong.

        One whose state is more than arrays with the trial first has a way of its own.
        """
        for array in state.values():
            array[trial] = 0

    def evaluated(self, params: Weights, state: State) -> Weights:  # noqa: ARG002 - for those that average
        """The parameters to validate and test: `params` themselves, or, for an optimizer that averages them, the average.

        Neither `params` nor `state` may change.
        """
        return params
