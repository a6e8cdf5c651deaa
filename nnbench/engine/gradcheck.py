"""Back-propagated against numerical gradients of one network, judged with kinks in mind.

The objective is the one that trains: mean loss plus penalty, dropout with its mask held fixed, in float64, through the same
network and objective. docs/gradient-checks.md explains what is compared with what, and where the tolerance comes from.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float

from nnbench.engine.network import Network
from nnbench.engine.objective import Objective
from nnbench.engine.perturbation import Differences, Setup
from nnbench.errors import ContractError, InputError
from nnbench.grid.trial import Cell
from nnbench.seeds import stream

Difference = Literal["central", "one_sided"]
EPSILON = 1e-5
ORDER = {"central": 2, "one_sided": 1}
TRUNCATION = {"central": 1e3, "one_sided": 1e1}
"""The truncation error that is allowed, in units of ε² or ε, relative to the gradient."""
CLOSER = 10.0
"""A derivative that looks wrong is measured again with ε divided by this: truncation falls with it, a mistake stays."""
ROUNDING = 64.0
"""How many units of rounding of the objective a difference may be off by."""
LEAST_DIGITS = 1e-3
"""ε is too small when rounding alone may be this large, relative to the gradient."""
LARGEST = 1e-2
"""ε above this is no perturbation any more: whole activations change under it."""
SPOT = 4
"""Parameters of each layer whose networks are also passed as a whole."""
UNIT = float(np.finfo(np.float64).eps)

Values = Float[np.ndarray, " parameter"]


@dataclass(frozen=True)
class LayerCheck:
    """What a layer's gradients came to. Relative errors are of the parameters that are not at a kink."""

    layer: int
    """Counting from 1."""
    parameters: int
    """How many were checked."""
    kinks: int
    """How many of them are at a kink: no smooth evidence, judged by the one-sided derivatives."""
    failed: int
    max_relative_error: float
    median_relative_error: float


@dataclass(frozen=True)
class Worst:
    """The parameter with the largest error: of those that failed if any did."""

    layer: int
    """Counting from 1."""
    row: int
    """Unit of the layer, counting from 0."""
    column: int
    """Unit of the layer before, counting from 0; the last column is the bias."""
    analytic: float
    """Back-propagated."""
    numeric: float
    """By differences."""


@dataclass(frozen=True)
class GradientCheck:
    """What a network's gradients came to."""

    layers: tuple[LayerCheck, ...] = ()
    parameters: int = 0
    """How many were checked; all of them unless that takes too long."""
    total: int = 0
    """How many the network has."""
    kinks: int = 0
    failed: int = 0
    max_relative_error: float = math.nan
    median_relative_error: float = math.nan
    worst: Worst | None = None
    epsilon: float = EPSILON
    difference: str = "central"
    tolerance: float = math.nan
    """Relative error that is allowed, but for rounding."""
    problem: str = ""
    """Why there is nothing to compare: a derivative of the wrong shape, NaN, a loss that is constant, …"""

    @property
    def passed(self) -> bool:
        """Whether every gradient is right."""
        return not self.problem and not self.failed

    @property
    def reason(self) -> str:
        """Why it failed, in a sentence; empty if it passed."""
        if self.problem or not self.failed or self.worst is None:
            return self.problem
        at = self.worst
        return (
            f"{self.failed:,} of {self.parameters:,} back-propagated derivatives disagree with numerical ones; the worst, "
            f"layer {at.layer} row {at.row} column {at.column}: {at.analytic:.6g} against {at.numeric:.6g}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Every figure as plain data, with `passed` and `reason`."""
        return {**asdict(self), "passed": self.passed, "reason": self.reason}


def check_gradients(
    cell: Cell,
    seed: int = 0,
    epsilon: float = EPSILON,
    difference: Difference = "central",
    budget: int | None = None,
    network: type[Network] = Network,
    objective: type[Objective] = Objective,
) -> GradientCheck:
    """Compare the gradients of a cell's network by every parameter.

    The cost grows with the square of the number of parameters. With a `budget` of numbers to compute, a network that would need
    more is checked by as many parameters of each layer as that allows, drawn at random, and at least 200.
    A component that breaks its contract or raises makes a check that failed, with the reason as `problem`. Raises InputError for an
    epsilon that no float64 network can be checked with, such as one too small for the precision.
    """
    if difference not in ORDER:
        raise InputError(f"difference {difference!r}: accepted are central and one_sided")
    if not 0 < epsilon <= LARGEST:
        raise InputError(f"epsilon = {epsilon:g}: must be above 0 and at most {LARGEST:g}")
    with np.errstate(all="ignore"):  # what is not finite is found by looking for it
        try:
            return _checked(Setup(cell, seed, network, objective), seed, epsilon, difference, budget)
        except ContractError as error:
            return GradientCheck(epsilon=epsilon, difference=difference, problem=str(error))
        except InputError:
            raise
        except Exception as error:  # whatever an author's formula raises
            told = f"raised {type(error).__name__} while its gradients were checked: {error}"
            return GradientCheck(epsilon=epsilon, difference=difference, problem=f"{_names(cell)} {told}")


def _checked(setup: Setup, seed: int, epsilon: float, difference: Difference, budget: int | None) -> GradientCheck:
    rounding = ROUNDING * UNIT * max(abs(setup.value), float(np.abs(setup.losses).max())) / epsilon
    tolerance = TRUNCATION[difference] * epsilon ** ORDER[difference]
    analytic = setup.layout.layers(setup.gradient())
    rng = stream(seed, "gradcheck", "parameters")
    layers: list[LayerCheck] = []
    errors: list[Values] = []
    largest = 0.0
    worst: tuple[bool, float, Worst] | None = None
    for layer, gradient in enumerate(analytic):
        _, out, columns = gradient.shape
        chosen = np.arange(out * columns)
        most = len(chosen) if budget is None else max(200, int(budget / len(analytic) / setup.cost(layer)))
        if most < len(chosen):
            chosen = np.sort(rng.choice(chosen, most, replace=False))
        rows, at_columns = np.divmod(chosen, columns)
        a = gradient[0].ravel()[chosen]
        found = setup.differences(layer, rows, at_columns, epsilon)
        n = found.central if difference == "central" else found.after
        if layer == len(analytic) - 1 and setup.cell.penalty.zero and not n.any() and rounding < LEAST_DIGITS:
            told = f"loss {setup.cell.loss.name} is constant: it is {setup.losses.mean():.6g} whatever the scores"
            raise ContractError(f"{told}, so there is nothing to learn from and nothing to check")
        scale = float(np.sqrt(np.mean(n * n)))
        largest = max(largest, scale)
        size = np.maximum(np.maximum(np.abs(a), np.abs(n)), max(scale, rounding))
        wrong = _wrong(a, n, found, size, difference, epsilon, rounding)
        crossed, error = found.crossed.copy(), np.abs(a - n) / size
        again = np.flatnonzero(wrong)
        if len(again):
            closer = setup.differences(layer, rows[again], at_columns[again], epsilon / CLOSER)
            nearer = closer.central if difference == "central" else closer.after
            stays = np.abs(a[again] - nearer) > 2 / CLOSER * np.abs(a[again] - n[again])
            stays |= closer.crossed | found.crossed[again]
            wrong[again] = stays & _wrong(a[again], nearer, closer, size[again], difference, epsilon, CLOSER * rounding)
            right = again[~wrong[again]]
            crossed[again] &= closer.crossed
            error[right] = (np.abs(a[again] - nearer) / size[again])[~wrong[again]]
        _spot_check(setup, layer, (rows, at_columns), found, epsilon, 1e-6 * size + 2 * rounding, rng)
        smooth = error[~crossed]
        errors.append(smooth)
        layers.append(LayerCheck(layer + 1, len(a), int(crossed.sum()), int(wrong.sum()), _largest(smooth), _median(smooth)))
        candidates = np.flatnonzero(wrong) if wrong.any() else np.flatnonzero(~crossed)
        if len(candidates):
            which = candidates[np.nan_to_num(error[candidates], nan=np.inf).argmax()]
            here = Worst(layer + 1, int(rows[which]), int(at_columns[which]), float(a[which]), float(n[which]))
            rank = (bool(wrong.any()), float(np.nan_to_num(error[which], nan=np.inf)))
            if worst is None or rank > worst[:2]:
                worst = (*rank, here)
    if rounding > LEAST_DIGITS * largest:
        told = f"the objective, {setup.value:.3g}, is rounded by {UNIT * abs(setup.value):.0e} in float64"
        least = f"{10 * rounding * epsilon / (LEAST_DIGITS * largest):.0e}" if largest else f"{EPSILON:g}"
        raise InputError(f"epsilon = {epsilon:g} is too small: {told}, which hides what it changes by; take at least {least}")
    smooth = np.concatenate(errors)
    return GradientCheck(
        layers=tuple(layers),
        parameters=sum(each.parameters for each in layers),
        total=setup.layout.size,
        kinks=sum(each.kinks for each in layers),
        failed=sum(each.failed for each in layers),
        max_relative_error=_largest(smooth),
        median_relative_error=_median(smooth),
        worst=worst[2] if worst else None,
        epsilon=epsilon,
        difference=difference,
        tolerance=tolerance,
    )


def _wrong(
    a: Values, n: Values, found: Differences, size: Values, difference: Difference, epsilon: float, rounding: float
) -> Bool[np.ndarray, " parameter"]:
    """Where the analytic derivative is off; at a kink it may be anything between the one-sided derivatives."""
    allowed = TRUNCATION[difference] * epsilon ** ORDER[difference] * size + rounding
    allowed_beside = TRUNCATION["one_sided"] * epsilon * size + 2 * rounding
    low, high = np.minimum(found.before, found.after), np.maximum(found.before, found.after)
    between = (a >= low - allowed_beside) & (a <= high + allowed_beside)
    return np.where(found.crossed, ~between, ~(np.abs(a - n) <= allowed))


def _spot_check(
    setup: Setup, layer: int, at: Any, found: Differences, epsilon: float, allowed: Values, rng: np.random.Generator
) -> None:
    """Pass a few of the perturbed networks as a whole; raises ContractError where that comes to something else."""
    some = rng.choice(len(found.central), min(SPOT, len(found.central)), replace=False)
    whole = setup.whole(layer, at[0][some], at[1][some], epsilon)
    if not (np.abs(whole - found.central[some]) <= allowed[some]).all():
        raise ContractError(
            f"activation {setup.cell.activation.name}: a unit's activation depends on more than its own pre-activation "
            f"(or the network does not pass it on); an activation must be element-wise"
        )


def _names(cell: Cell) -> str:
    return f"activation {cell.activation.name}, loss {cell.loss.name} or penalty {cell.penalty.name}"


def _largest(errors: Values) -> float:
    return float(errors.max()) if len(errors) else math.nan


def _median(errors: Values) -> float:
    return float(np.median(errors)) if len(errors) else math.nan
