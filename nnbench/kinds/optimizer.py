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
        """What a parameter's step depends on: its own gradient ("parameter"), those of its "layer", or of the whole "network".

        With scope "layer", `init` and `step` receive one block at a time: a layer's matrix, (trial, out, in + 1) with the bias in
        the last column, or what its activation learns, (trial, 1, number). Otherwise they receive all parameters of a network in
        one row, (trial, 1, parameter).
        """
        return "parameter"

    @property
    def decays(self) -> bool:
        """Whether parameters shrink even where the gradient is 0: decoupled weight decay."""
        return False

    @property
    def gradient_scale(self) -> GradientScale | None:
        """What happens to the steps if all gradients are c times as large; None if neither of the two is exactly true.

        "proportional": steps are c times as large, as in plain gradient descent. "invariant": steps stay the same, except for what
        keeps a divisor from becoming 0, as in Adam.
        """
        return None

    @property
    def free_state(self) -> bool:
        """Whether the state is more than arrays of the parameters' dtype, such as integers or objects of a wrapped library."""
        return False

    def init(self, params: Weights) -> State:  # noqa: ARG002 - for those that have a state
        """The state before the first step: named arrays with the dtype of `params` and trials first; `params` stays as it is.

        Arrays have the shape of `params`, or length 1 along axes that share a number: (trial, out, 1), (trial, 1, 1).
        """
        return {}

    @abstractmethod
    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        """Update `params` and the arrays in `state` in place.

        `params` and `grads` have the shape that `scope` describes. `lr` broadcasts against them and is the rate of this step,
        including the schedule; `t` counts from 1. `grads` must stay as it is.
        """

    def forget(self, state: dict[str, Any], trial: int) -> None:
        """Reset the state of a trial that has diverged to 0, so that nothing can go wrong afterwards.

        To be overridden if the state is more than arrays with trials first.
        """
        for array in state.values():
            array[trial] = 0

    def evaluated(self, params: Weights, state: State) -> Weights:  # noqa: ARG002 - for those that average
        """The parameters to validate and test: `params` themselves, or, for an optimizer that averages them, the average.

        Neither `params` nor `state` may change.
        """
        return params
