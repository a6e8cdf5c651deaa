"""Back-propagated against numerical gradients of one network, judged with kinks in mind.

The objective is the one that trains: mean loss plus penalty, dropout with its mask held fixed, in float64, through the same
network and objective. docs/gradient-checks.md explains what is compared with what, and where the tolerance comes from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float

from nnbench.engine.assembly import perturbable
from nnbench.engine.blame import edit_in_place
from nnbench.engine.blocks import Block
from nnbench.engine.model import Differences, Index, Perturbable
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
SMALL_BLOCK = 1e-2
"""The gradients of a block smaller than this share of the largest are held against that: they are sums of what cancels."""
APART = 2e-3
"""How far the trial's own precision may be from float64, relative to the size of what is compared: some 20 times what ships."""

Values = Float[np.ndarray, " parameter"]
Mask = Bool[np.ndarray, " parameter"]


@dataclass(frozen=True)
class LayerCheck:
    """What the gradients by a layer's weights, or by what its activation learns, came to.

    Relative errors are of the parameters that are not at a kink.
    """

    layer: int
    """Counting from 1."""
    parameters: int
    """How many were checked."""
    kinks: int
    """How many of them are at a kink: no smooth evidence, judged by the one-sided derivatives."""
    failed: int
    max_relative_error: float
    median_relative_error: float
    block: str = "weights"
    """Its weights and biases, or what its activation learns, by name."""


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
    block: str = "weights"
    """What of the layer; of what an activation learns, the column counts units, or is 0."""

    @property
    def where(self) -> str:
        """The place in words: `layer 1 row 0 column 2`, or `layer 1 slope 2` of what an activation learns."""
        return f"layer {self.layer} " + (
            f"row {self.row} column {self.column}" if self.block == "weights" else f"{self.block} {self.column}"
        )


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
    precision: str = "float64"
    """That in which the trials compute."""
    precision_error: float = math.nan
    """How far loss, penalty and gradient in that precision are from float64, relative to their size; NaN where it is float64."""
    problem: str = ""
    """Why there is nothing to compare: a derivative of the wrong shape, NaN, a loss that is constant, …"""

    @property
    def passed(self) -> bool:
        """Whether every gradient is right."""
        return not self.problem and not self.failed and not self.imprecise

    @property
    def imprecise(self) -> bool:
        """Whether the trials' precision differs from float64 by far more than rounding."""
        return self.precision_error > APART

    @property
    def reason(self) -> str:
        """Why it failed, in a sentence; empty if it passed."""
        if self.problem or not (self.failed or self.imprecise):
            return self.problem
        imprecise = (
            f"in {self.precision}, in which it trains, loss, penalty or gradient differ from float64 by {self.precision_error:.2g} "
            "of their size: far more than rounding"
        )
        if not self.failed or self.worst is None:
            return imprecise
        at = self.worst
        return (
            f"{self.failed:,} of {self.parameters:,} back-propagated derivatives disagree with numerical ones; the worst, "
            f"{at.where}: {at.analytic:.6g} against {at.numeric:.6g}{f'; {imprecise}' if self.imprecise else ''}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Every figure as plain data, with `passed` and `reason`."""
        return {**asdict(self), "passed": self.passed, "reason": self.reason}


@dataclass(frozen=True)
class _Method:
    """How derivatives are measured, and what is allowed for that."""

    epsilon: float
    difference: Difference

    @property
    def tolerance(self) -> float:
        """Relative error that is allowed, but for rounding."""
        return TRUNCATION[self.difference] * self.epsilon ** ORDER[self.difference]

    def of(self, differences: Differences) -> Values:
        """The derivatives."""
        return differences.central if self.difference == "central" else differences.after

    def wrong(self, a: Values, n: Values, differences: Differences, size: Values, rounding: float) -> Mask:
        """Where the analytic derivative is off; at a kink it may be anything between the one-sided derivatives."""
        allowed = self.tolerance * size + rounding
        allowed_beside = TRUNCATION["one_sided"] * self.epsilon * size + 2 * rounding
        low, high = np.minimum(differences.before, differences.after), np.maximum(differences.before, differences.after)
        between = (a >= low - allowed_beside) & (a <= high + allowed_beside)
        return np.where(differences.crossed, ~between, ~(np.abs(a - n) <= allowed))


@dataclass(frozen=True)
class _BlockCheck:
    """A block's check, and what else it takes to judge the network."""

    check: LayerCheck
    number: int
    index: Index
    differences: Differences
    size: Values
    """What errors are relative to."""
    scale: float
    """Root mean square of the derivatives."""
    smooth: Float[np.ndarray, " smooth"]
    """Errors of parameters that are at no kink."""
    worst: tuple[bool, float, Worst] | None


def check_gradients(
    cell: Cell,
    seed: int = 0,
    epsilon: float = EPSILON,
    difference: Difference = "central",
    budget: int | None = None,
    network: Callable[[Cell, int], Perturbable] = perturbable,
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
            return _check(network(cell, seed), cell, seed, _Method(epsilon, difference), budget)
        except ContractError as error:
            return GradientCheck(epsilon=epsilon, difference=difference, problem=str(error))
        except InputError:
            raise
        except Exception as error:  # whatever an author's formula raises
            if blamed := edit_in_place(error):
                return GradientCheck(epsilon=epsilon, difference=difference, problem=str(blamed))
            told = f"raised {type(error).__name__} while its gradients were checked: {error}"
            return GradientCheck(epsilon=epsilon, difference=difference, problem=f"{_names(cell)} {told}")


def _check(network: Perturbable, cell: Cell, seed: int, method: _Method, budget: int | None) -> GradientCheck:
    rounding = ROUNDING * UNIT * max(abs(network.value), float(np.abs(network.losses).max())) / method.epsilon
    analytic = network.blocks.views(network.gradient())
    rng = stream(seed, "gradcheck", "parameters")
    blocks = []
    for number, gradient in enumerate(analytic):
        index = np.arange(gradient.size)
        most = len(index) if budget is None else max(200, int(budget / len(analytic) / network.cost(number)))
        if most < len(index):
            index = np.sort(rng.choice(index, most, replace=False))
        blocks.append(_check_block(network, number, index, gradient.ravel()[index], method, rounding))
        _spot_check(network, cell, blocks[-1], method.epsilon, rounding, rng)
    largest = max(block.scale for block in blocks)
    if not largest and cell.penalty.zero and rounding < LEAST_DIGITS:
        told = f"loss {cell.loss.name} is constant: it is {network.losses.mean():.6g} whatever the scores"
        raise ContractError(f"{told}, so there is nothing to learn from and nothing to check")
    _check_epsilon(method.epsilon, rounding, largest, network.value)
    smooth = np.concatenate([block.smooth for block in blocks])
    layers = tuple(block.check for block in blocks)
    return GradientCheck(
        layers=layers,
        parameters=sum(each.parameters for each in layers),
        total=network.blocks.size,
        kinks=sum(each.kinks for each in layers),
        failed=sum(each.failed for each in layers),
        max_relative_error=_largest(smooth),
        median_relative_error=_median(smooth),
        worst=_worst(blocks),
        epsilon=method.epsilon,
        difference=method.difference,
        tolerance=method.tolerance,
        precision=cell.precision,
        precision_error=_precision_error(network),
    )


def _precision_error(network: Perturbable) -> float:
    """The largest difference between the trial's precision and float64, relative to what is compared; NaN without one."""
    precisions = network.precisions()
    if precisions is None:
        return math.nan
    views = [network.blocks.views(each) for each in precisions.gradients]
    largest = max(_size(each) for each in views[1])
    compared = [(*pair, max(_size(pair[1]), SMALL_BLOCK * largest)) for pair in zip(*views, strict=True)]
    compared += [(*pair, _size(pair[1])) for pair in zip(*map(network.blocks.views, precisions.penalty_gradients), strict=True)]
    rounded, exact = precisions.values
    compared += [(rounded[:-1], exact[:-1], _size(exact[:-1])), (rounded[-1:], exact[-1:], _size(exact[-1:]))]
    return max(_apart(*each) for each in compared)


def _apart(rounded: np.ndarray, exact: np.ndarray, size: float) -> float:
    """The largest difference in units of a size; what is not finite in one precision alone is infinitely far apart."""
    difference = float(np.abs(rounded - exact).max(initial=0.0))
    return 0.0 if not difference else math.inf if not math.isfinite(difference) or not size else difference / size


def _size(values: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(values * values))) if values.size else 0.0


def _check_block(
    network: Perturbable,
    number: int,
    index: Index,
    a: Values,
    method: _Method,
    rounding: float,
) -> _BlockCheck:
    """Judge the derivatives at these places of a block; what looks wrong is measured again closer by."""
    differences = network.differences(number, index, method.epsilon)
    n = method.of(differences)
    scale = float(np.sqrt(np.mean(n * n)))
    size = np.maximum(np.maximum(np.abs(a), np.abs(n)), max(scale, rounding))
    wrong = method.wrong(a, n, differences, size, rounding)
    crossed, error = differences.crossed.copy(), np.abs(a - n) / size
    again = np.flatnonzero(wrong)
    if len(again):
        closer = replace(method, epsilon=method.epsilon / CLOSER)
        nearer = network.differences(number, index[again], closer.epsilon)
        m = closer.of(nearer)
        stays = np.abs(a[again] - m) > 2 / CLOSER * np.abs(a[again] - n[again])
        stays |= nearer.crossed | differences.crossed[again]
        wrong[again] = stays & method.wrong(a[again], m, nearer, size[again], CLOSER * rounding)
        right = again[~wrong[again]]
        crossed[again] &= nearer.crossed
        error[right] = (np.abs(a[again] - m) / size[again])[~wrong[again]]
    smooth = error[~crossed]
    block = network.blocks.blocks[number]
    check = LayerCheck(block.layer, len(a), int(crossed.sum()), int(wrong.sum()), _largest(smooth), _median(smooth), block.name)
    return _BlockCheck(check, number, index, differences, size, scale, smooth, _worst_of(block, index, a, n, error, wrong, crossed))


def _worst_of(
    block: Block,
    index: Index,
    a: Values,
    n: Values,
    error: Values,
    wrong: Mask,
    crossed: Mask,
) -> tuple[bool, float, Worst] | None:
    """Whether any parameter of a block is wrong, the largest error, and where; of those at no kink if all are right."""
    candidates = np.flatnonzero(wrong) if wrong.any() else np.flatnonzero(~crossed)
    if not len(candidates):
        return None
    which = candidates[np.nan_to_num(error[candidates], nan=np.inf).argmax()]
    row, column = divmod(int(index[which]), block.as_matrix[1])
    where = Worst(block.layer, row, column, float(a[which]), float(n[which]), block.name)
    return (bool(wrong.any()), float(np.nan_to_num(error[which], nan=np.inf)), where)


def _worst(blocks: Sequence[_BlockCheck]) -> Worst | None:
    """The first of the largest errors; one that failed comes before any other."""
    ranked = [block.worst for block in blocks if block.worst]
    return max(ranked, key=lambda each: each[:2])[2] if ranked else None


def _check_epsilon(epsilon: float, rounding: float, largest: float, value: float) -> None:
    if rounding > LEAST_DIGITS * largest:
        told = f"the objective, {value:.3g}, is rounded by {UNIT * abs(value):.0e} in float64"
        least = f"{10 * rounding * epsilon / (LEAST_DIGITS * largest):.0e}" if largest else f"{EPSILON:g}"
        raise InputError(f"epsilon = {epsilon:g} is too small: {told}, which hides what it changes by; take at least {least}")


def _spot_check(
    network: Perturbable, cell: Cell, block: _BlockCheck, epsilon: float, rounding: float, rng: np.random.Generator
) -> None:
    """Pass a few of the perturbed networks as a whole; raises ContractError where that comes to something else."""
    central, allowed = block.differences.central, 1e-6 * block.size + 2 * rounding
    some = rng.choice(len(central), min(SPOT, len(central)), replace=False)
    whole = network.whole(block.number, block.index[some], epsilon)
    if not (np.abs(whole - central[some]) <= allowed[some]).all():
        raise ContractError(
            f"activation {cell.activation.name}: a unit's activation depends on more than its own pre-activation "
            f"(or the network does not pass it on); an activation must be element-wise"
        )


def _names(cell: Cell) -> str:
    return f"activation {cell.activation.name}, loss {cell.loss.name} or penalty {cell.penalty.name}"


def _largest(errors: Values) -> float:
    return float(errors.max()) if len(errors) else math.nan


def _median(errors: Values) -> float:
    return float(np.median(errors)) if len(errors) else math.nan
