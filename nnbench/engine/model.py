"""What is trained, as training, evaluation and gradient checks see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

from nnbench.engine.blocks import Blocks, Flat, Matrices, Views
from nnbench.kinds import Scores, Units

PerLayer = Float[np.ndarray, "trial layer"]
PerVariant = Float[np.ndarray, " variant"]
Index = Int[np.ndarray, " variant"]


@runtime_checkable
class Passes(Protocol):
    """Buffers and passes for a stack of equally shaped networks on batches of one size."""

    def forward(self, parameters: Views, x: Units) -> Scores:
        """Outputs of each network for inputs that end in a row of ones."""

    def backward(self, parameters: Views, delta: Scores, gradients: Views) -> None:
        """Write the objective's derivative by every parameter, given that by the outputs of the last forward pass."""

    def inside(self) -> Mapping[str, PerLayer]:
        """What can be probed inside, for the batch last passed forward and backward, by the record's fields."""

    def skip(self, steps: int) -> None:
        """Leave out so many batches: what is drawn for each, such as dropout's masks, is drawn as if they had been passed."""


@runtime_checkable
class Model(Protocol):
    """A stack of networks of equal shapes; `nnbench.engine.dense` has one."""

    @property
    def blocks(self) -> Blocks:
        """The parameters."""

    def initial(self, inputs: Sequence[Float[np.ndarray, "_feature sample"]]) -> Flat:
        """First parameters, given each trial's training inputs; raises ContractError if an initializer breaks its contract."""

    def training(self) -> Passes:
        """Passes on batches, noise such as dropout included."""

    def evaluating(self, samples: int) -> Passes:
        """Passes without noise, on so many samples."""

    def penalized(self, parameters: Views) -> Matrices:
        """Views of the matrices that penalties count: neither biases nor what activations learn."""


@dataclass(frozen=True)
class Size:
    """Numbers that tell how much work a network is."""

    parameters: int
    widest: int
    """Units of its widest layer, inputs and outputs included."""
    inputs: int
    outputs: int
    multiplications: int
    """In the matrix products of one sample's forward pass."""


@dataclass(frozen=True)
class Differences:
    """Of the objective by some parameters of a block, one value for each parameter."""

    after: PerVariant
    """(J(θ+ε) - J(θ)) / ε."""
    before: PerVariant
    """(J(θ) - J(θ-ε)) / ε."""
    central: PerVariant
    """(J(θ+ε) - J(θ-ε)) / 2ε."""
    crossed: Bool[np.ndarray, " variant"]
    """Whether a declared kink lies between θ-ε and θ+ε."""


@dataclass(frozen=True)
class Precisions:
    """What one network comes to in its trial's precision, and in float64 from the same numbers."""

    gradients: tuple[Flat, Flat]
    """Of the mean loss."""
    penalty_gradients: tuple[Flat, Flat]
    values: tuple[Float[np.ndarray, " value"], Float[np.ndarray, " value"]]
    """Each sample's loss, and at last the penalty."""


@runtime_checkable
class Perturbable(Protocol):
    """One network in float64 on a batch made for checking, and its objective when single parameters are moved."""

    value: float
    """The objective."""
    losses: Float[np.ndarray, "1 1 sample"]

    @property
    def blocks(self) -> Blocks:
        """The parameters."""

    def gradient(self) -> Flat:
        """By back-propagation, through the very classes that train."""

    def differences(self, block: int, index: Index, epsilon: float) -> Differences:
        """By the parameters at these places of a block, counted row by row."""

    def whole(self, block: int, index: Index, epsilon: float) -> PerVariant:
        """Centred differences again, without any short cut: each perturbed network is passed from the inputs to the outputs."""

    def precisions(self) -> Precisions | None:
        """Objective and gradient in the trial's own precision beside float64; None where that is float64 itself."""

    def cost(self, block: int) -> int:
        """Numbers to compute for each parameter of a block, roughly."""
