"""The eight kinds of component and their contracts.

A component is a class of one kind. Its annotated fields are its hyperparameters; the base class turns every subclass into a
frozen, keyword-only dataclass, so that an author writes fields and methods only::

    class Swish(Activation):
        \"\"\"z·σ(βz), Ramachandran et al. 2017.\"\"\"

        beta: float = 1.0

        def forward(self, z): ...
        def derivative(self, z, a): ...

Arrays have the trial as their leading axis, and rows never influence each other: the textbook formula, written once, trains
one network or sixty. While a stack trains, floating-point hyperparameters are arrays that broadcast against (trial, 1, 1), in the
precision of the stack; all others (int, bool, str, tuples) are equal within the arrays that a method sees. Methods must not
change their arguments, but for `Optimizer.step`, which works in place.
"""

from __future__ import annotations

import dataclasses
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypeAlias, dataclass_transform, runtime_checkable

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from jaxtyping import Float, Int

Units: TypeAlias = Float[np.ndarray, "trial unit sample"]
"""Pre-activations or activations of one layer."""
Scores: TypeAlias = Float[np.ndarray, "trial class sample"]
"""Outputs of the last layer, or their one-hot targets."""
Weights: TypeAlias = Float[np.ndarray, "trial out in"]
"""One layer's matrix."""
Rate: TypeAlias = Float[np.ndarray, "#trial 1 #in"]
"""A learning rate for each trial, or one for all; for each parameter where layers have rates of their own but come at once."""
State: TypeAlias = dict[str, Float[np.ndarray, "trial _out _in"]]
"""What an optimizer remembers: arrays with a number for each parameter, for each row or column of a layer, or for each trial."""
Samples: TypeAlias = Float[np.ndarray, "sample feature"]
"""A data set's inputs, before the engine turns them round."""

Positive: TypeAlias = Annotated[float, Gt(0)]
NonNegative: TypeAlias = Annotated[float, Ge(0)]
Fraction: TypeAlias = Annotated[float, Ge(0), Lt(1)]
"""At least 0 and below 1: a decay rate or a probability of dropping."""


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where a component comes from: the distribution, its version, and, if installed in editable mode, a digest of the module."""

    distribution: str
    version: str
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}" + (f" ({self.digest})" if self.digest else "")


KINDS: dict[str, type[Component]] = {}
"""The eight kinds, by name."""


def plural(kind: str) -> str:
    """Several of a kind, in words."""
    return {"loss": "losses", "penalty": "penalties"}.get(kind, f"{kind}s")


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Component(ABC):  # noqa: B024 - what is abstract differs by kind
    """Base of the eight kinds; authors derive from those."""

    kind: ClassVar[str] = ""
    """Which of the eight kinds this is."""
    name: ClassVar[str] = ""
    """The name in grids and tables; the class name in snake_case unless set."""
    default: ClassVar[bool] = False
    """Taken when a grid names no component of this kind; exactly one of a kind says so."""
    search_space: ClassVar[Mapping[str, Sequence[Any]]] = {}
    """Values worth trying for each hyperparameter when a grid asks for the default tuning."""
    expected_failures: ClassVar[Mapping[str, str]] = {}
    """Laws of its kind that the component breaks on purpose, each with the reason; `nnbench check` tells when one holds."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if Component in cls.__bases__:
            cls.kind = cls.__name__.lower()
            KINDS[cls.kind] = cls
        if "name" not in cls.__dict__:
            cls.name = _snake_case(cls.__name__)
        if "default" not in cls.__dict__:
            cls.default = False
        documented = cls.__doc__
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        cls.__doc__ = documented  # dataclass would write a signature where an author wrote nothing

    def hyperparameters(self) -> dict[str, Any]:
        """Field names and values, in the order of declaration."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]

    @classmethod
    def summary(cls) -> str:
        """First line of the docstring."""
        return (cls.__doc__ or "").strip().partition("\n")[0].strip()

    @classmethod
    def special_cases(cls) -> Sequence[tuple[Component, Component]]:
        """Pairs that must do the same, such as momentum with mu = 0 and plain gradient descent; `nnbench check` compares them."""
        return ()


class Activation(Component):
    """An element-wise function of the pre-activation."""

    @property
    def kinks(self) -> tuple[float, ...]:
        """Pre-activations at which the derivative jumps."""
        return ()

    @property
    def gain(self) -> float:
        """By what the literature multiplies the spread of the weights that feed this activation; 1 where it says nothing."""
        return 1.0

    @abstractmethod
    def forward(self, z: Units) -> Units:
        """A = f(z), element by element; same shape and dtype as z."""

    @abstractmethod
    def derivative(self, z: Units, a: Units) -> Units:
        """f'(z), given also a = f(z); same shape and dtype as z. At a kink, either one-sided derivative."""


class Initializer(Component):
    """Draws a layer's first weights; biases start at 0."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        """A (fan_out, fan_in) matrix, float64, drawn from `rng` alone."""

    def adapt(
        self,
        w: Float[np.ndarray, "out in"],
        inputs: Float[np.ndarray, "in sample"],  # noqa: ARG002 - for those that depend on data
        activation: Activation | None,  # noqa: ARG002
    ) -> Float[np.ndarray, "out in"]:
        """The layer's weights, given also what surrounds them: for initializers that depend on the data or on the activation.

        `w` is what `sample` drew. Layers are adapted in order: `inputs` are training samples, preprocessed, as they arrive
        through the adapted layers before, in float64; `activation` is what follows, None after the last layer.
        """
        return w

    def spread(self, fan_in: int, fan_out: int) -> float | None:  # noqa: ARG002 - for those whose formula says
        """Root mean square of the weights that `sample` draws, by the formula; None where it says nothing."""
        return None


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

        With scope "layer", `init` and `step` see one layer at a time, (trial, out, in + 1), the bias in the last column; else all
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

    def evaluated(self, params: Weights, state: State) -> Weights:  # noqa: ARG002 - for those that average
        """The parameters to validate and test: `params` themselves, or, for an optimizer that averages them, the average.

        Neither `params` nor `state` may change.
        """
        return params


class Schedule(Component):
    """Multiplies the learning rate over the course of training."""

    @abstractmethod
    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        """Multiplier at each of `step` (integers, from 0 to total - 1), element by element, finite and at least 0."""

    def starts_at(self, total: int) -> float:  # noqa: ARG002 - for those that warm up
        """The factor of the first of `total` steps, by the formula."""
        return 1.0

    def adjustment(self, steps: Sequence[int], losses: Sequence[float]) -> float:  # noqa: ARG002 - for those that watch
        """Multiplier on top of `factor` from now on, for schedules that watch the validation loss.

        `losses` has that of every evaluation so far, `steps` the number of updates made before each; the last is now. It is a
        function of these alone: nothing is remembered between calls.
        """
        return 1.0


class Loss(Component):
    """What a sample's scores cost."""

    non_negative: ClassVar[bool] = True
    """Whether no sample's loss lies below 0."""

    def outputs(self, classes: int) -> int:
        """How many scores the network has; with a single one, it is positive for class 1 and negative for class 0."""
        return classes

    @abstractmethod
    def value(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial 1 sample"]:
        """Loss of each sample; `targets` are one-hot (with a single score: 1 for class 1, 0 for class 0)."""

    @abstractmethod
    def gradient(self, scores: Scores, targets: Scores) -> Scores:
        """Derivative of each sample's loss by each of its scores; at a kink, any subgradient."""

    def value_and_gradient(self, scores: Scores, targets: Scores) -> tuple[Float[np.ndarray, "trial 1 sample"], Scores]:
        """Both at once; worth writing where they share work. The gradient is fresh memory, for the caller to change."""
        return self.value(scores, targets), self.gradient(scores, targets)

    def margins(self, scores: Scores, targets: Scores) -> Float[np.ndarray, "trial _margin sample"] | None:  # noqa: ARG002
        """Quantities whose change of sign is a kink of the loss, for each sample; None for a loss without kinks.

        Gradient checks excuse a difference that straddles such a kink, and no other: an undeclared kink counts as a mistake.
        """
        return None


class Penalty(Component):
    """What large weights cost; added to the loss once for each layer, biases left out."""

    zero: ClassVar[bool] = False
    """Whether value and gradient are 0 whatever the weights, so that training need not ask."""
    non_negative: ClassVar[bool] = True
    """Whether no weights cost less than 0."""

    @property
    def kinks(self) -> tuple[float, ...]:
        """Values of a weight at which the derivative jumps; gradient checks excuse differences that straddle one."""
        return ()

    @abstractmethod
    def value(self, w: Weights) -> Float[np.ndarray, "trial 1 1"]:
        """Penalty of each trial's matrix."""

    @abstractmethod
    def gradient(self, w: Weights) -> Weights:
        """Derivative by each weight; at a kink, any subgradient."""


@runtime_checkable
class Transform(Protocol):
    """A preprocessor fitted to the training split."""

    def apply(self, x: Samples) -> Samples:
        """Transformed inputs; x stays as it is."""


class Preprocessor(Component):
    """Transforms the inputs, with everything that it estimates taken from the training split."""

    def features(self, features: int) -> int:
        """How many features come out when so many go in."""
        return features

    @abstractmethod
    def fit(self, x: Samples) -> Transform:
        """Estimate from the training inputs, (sample, feature) in float64."""


class Dataset(Component):
    """A synthetic classification task."""

    @property
    @abstractmethod
    def classes(self) -> int:
        """How many classes there are; labels are 0 … classes - 1."""

    @property
    @abstractmethod
    def features(self) -> int:
        """How many features a sample has."""

    @property
    @abstractmethod
    def target(self) -> float:
        """Accuracy that a good small network reaches and a linear model does not."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, n: int) -> tuple[Samples, Int[np.ndarray, " sample"]]:
        """N samples: x (sample, feature) in float64 and labels (sample,), in any order, drawn from `rng` alone."""


__all__ = [
    "KINDS",
    "Activation",
    "Component",
    "Dataset",
    "Fraction",
    "Ge",
    "GradientScale",
    "Gt",
    "Initializer",
    "Le",
    "Loss",
    "Lt",
    "NonNegative",
    "Optimizer",
    "Origin",
    "Penalty",
    "Positive",
    "Preprocessor",
    "Rate",
    "Samples",
    "Schedule",
    "Scope",
    "Scores",
    "State",
    "Transform",
    "Units",
    "Weights",
]
