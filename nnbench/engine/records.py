"""What training a trial leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Status = Literal["done", "diverged", "failed"]
Curve = list[float]


@dataclass(frozen=True)
class Record:
    """The result of one trial. Curves have one value for each of `curve_steps`; those of a diverged trial end before that."""

    status: Status
    steps: int = 0
    """Update steps planned."""
    parameters: int = 0
    """How many parameters the network has."""
    target: float = float("nan")
    """The data set's target accuracy."""
    diverged_step: int | None = None
    """Updates made when loss or parameters were no longer finite."""
    error: str = ""
    """Traceback of a failed trial."""
    curve_steps: list[int] = field(default_factory=list)
    """Updates made at each evaluation."""
    train_loss: Curve = field(default_factory=list)
    """Mean of the batch losses since the evaluation before, measured while training: with dropout, where there is any."""
    valid_loss: Curve = field(default_factory=list)
    valid_accuracy: Curve = field(default_factory=list)
    gradient_norm: Curve = field(default_factory=list)
    """Euclidean norm of the objective's gradient on the batch at hand, penalty included."""
    update_ratio: Curve = field(default_factory=list)
    """Norm of the update over norm of the parameters, for the step that follows; NaN after the last."""
    activation_std: list[Curve] = field(default_factory=list)
    """For each hidden layer: standard deviation of its activations over units and samples."""
    gradient_std: list[Curve] = field(default_factory=list)
    """For each hidden layer: standard deviation of the per-sample gradient by its pre-activations."""
    dead: list[Curve] = field(default_factory=list)
    """For each hidden layer: share of units that are saturated at every sample of the batch, so that hardly any error passes."""
    saturated: list[Curve] = field(default_factory=list)
    """For each hidden layer: share of units times samples with |f'(z)| in the lowest 5 % of the activation's range of slopes.

    That range is from the smallest on -50 ≤ z ≤ 50 to the largest on -5 ≤ z ≤ 5; NaN where it is not known, and so is `dead`.
    """
    best_step: int | None = None
    """Updates made when validation was best: highest accuracy, then lowest loss, then earliest."""
    best_valid_accuracy: float = float("nan")
    best_valid_loss: float = float("nan")
    test_accuracy: float = float("nan")
    """With the parameters that were best by validation; NaN if diverged."""
    test_loss: float = float("nan")
    test_accuracy_last: float = float("nan")
    """With the parameters of the last step; NaN if diverged."""
    test_loss_last: float = float("nan")
    train_loss_last: float = float("nan")
    """Mean loss on the training split with the parameters of the last step, evaluated as validation is: without dropout and
    penalty. NaN if diverged."""
    steps_to_target: float = float("nan")
    """Updates made at the first evaluation that reached the target on validation; infinite if none did, and if diverged."""
