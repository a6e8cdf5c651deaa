"""Training a stack: a pure function from trials to records.

A trial's record is bit for bit the same whatever else is in the stack. So every operation here either treats trials one by one
or is element-wise along the leading axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from nnbench.engine import probes
from nnbench.engine.batches import Batches, Dropout
from nnbench.engine.data import Splits, data_key, load
from nnbench.engine.evaluation import Evaluation
from nnbench.engine.initial import initial_parameters
from nnbench.engine.network import Flat, Layout, Network
from nnbench.engine.objective import Objective
from nnbench.engine.records import Record
from nnbench.engine.stack import parts, shape_key
from nnbench.engine.updates import Updater
from nnbench.errors import ContractError
from nnbench.grid.trial import Trial
from nnbench.kinds import Schedule

EVALUATIONS = 25
"""About how often a run is evaluated."""


def train(trials: Sequence[Trial], max_steps: int | None = None) -> list[Record]:
    """Train the trials of one stack together; stop after `max_steps` updates if given (to measure the time of a step).

    Untrained trials make no updates at all: their record is that of a run at rate 0, evaluated before and after it only.

    Raises ContractError if a component breaks its contract, and whatever a component itself raises.
    """
    if len({shape_key(trial) for trial in trials}) != 1:
        raise ValueError("trials of one stack must have equal shapes")
    with np.errstate(all="ignore"):  # what is no longer finite is found by looking for it
        stack = _Training(trials)
        return stack.observe() if trials[0].untrained else stack.run(max_steps)


def evaluation_steps(total: int) -> list[int]:
    """Numbers of updates after which to evaluate: from 0 to `total`, denser early."""
    spaced = total * (np.arange(EVALUATIONS) / (EVALUATIONS - 1)) ** 2
    return sorted({round(float(step)) for step in spaced})


class _Training:
    """The state of one stack while it trains."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        cells = [trial.cell for trial in trials]
        cell = cells[0]
        dtype = np.dtype(cell.precision)
        layout = Layout(cell.layer_sizes)
        activations = parts([each.activation for each in cells], dtype)
        data = _load_all(trials)

        self.cells = cells
        self.total = cell.steps
        self.layout = layout
        self.activations = activations
        self.flat_below = probes.flat_below([each.activation for each in cells], dtype)
        self.params = initial_parameters(trials, [splits.train.inputs for splits in data], layout, dtype)
        self.weights = layout.layers(self.params)
        self.gradient_rows = np.zeros_like(self.params)
        self.gradients = layout.layers(self.gradient_rows)
        self.objective = Objective(cells, dtype)
        self.network = Network(layout, activations, len(trials), cell.batch_size, dtype)
        self.updater = Updater([] if trials[0].untrained else cells, layout, self.params, self.gradient_rows, self.total)
        self.batches = Batches(trials, data)
        self.dropout = Dropout(trials, layout, dtype) if any(each.dropout for each in cells) else None
        self.validate = Evaluation(layout, activations, self.objective, [splits.valid for splits in data], dtype)
        self.test = Evaluation(layout, activations, self.objective, [splits.test for splits in data], dtype)
        self.alive = np.ones(len(trials), bool)
        self.alive_count = len(trials)
        self.diverged_step: list[int | None] = [None] * len(trials)
        self.best = _Best(self.params)
        self._watching = [i for i, each in enumerate(cells) if type(each.schedule).adjustment is not Schedule.adjustment]
        self._ones = np.ones_like(self.params)
        self._mean = np.full(cell.batch_size, 1 / cell.batch_size, dtype)

    def run(self, max_steps: int | None) -> list[Record]:
        last = self.total if max_steps is None else min(max_steps, self.total)
        curves = Curves()
        evaluations = set(evaluation_steps(self.total))
        running = np.zeros(len(self.cells))
        since = 0
        for step in range(last + 1):
            running += self._differentiate(step)
            since += 1
            if step in evaluations:
                curves.add(step, self._evaluate(step, running / since))
                self._adjust_rates(curves)
                running[:] = 0
                since = 0
            if step == last or not self.alive_count:
                break
            before = self.params.copy() if step in evaluations else None
            self._update(step + 1)
            if before is not None:
                ratio = probes.norm(self.params - before) / probes.norm(before)
                curves.amend("update_ratio", np.where(self.alive, ratio, np.nan))
        return self._records(curves)

    def observe(self) -> list[Record]:
        """The records of a run whose every update is 0, but with two evaluations: before the first step and after the last one.

        Of the batches between, those are passed whose losses count at the last evaluation; the others are left out.
        """
        *_, skipped, last = evaluation_steps(self.total)
        curves = Curves()
        curves.add(0, self._evaluate(0, self._differentiate(0)))
        curves.amend("update_ratio", np.where(self.alive, 0.0, np.nan))
        for _ in range(skipped):
            self.batches.next()
        if self.dropout:
            self.dropout.skip(skipped)
        running = np.zeros(len(self.cells))
        for step in range(skipped + 1, last + 1):
            running += self._differentiate(step)
        curves.add(last, self._evaluate(last, running / (last - skipped)))
        return self._records(curves)

    def _differentiate(self, step: int) -> Float[np.ndarray, " trial"]:
        """Pass the next batch forward and backward; the mean loss of each trial."""
        x, targets = self.batches.next()
        masks = self.dropout.draw() if self.dropout else None
        scores = self.network.forward(self.weights, x, masks)
        losses, delta = self.objective.losses_and_delta(scores, targets)
        self.network.backward(self.weights, delta, self.gradients, masks)
        self.objective.add_penalty_gradients(self.weights, self.gradients)
        mean = np.matmul(losses, self._mean)[:, 0]
        if not math.isfinite(np.vdot(mean, mean)):
            self._retire(~np.isfinite(mean), step)
        return mean

    def _update(self, step: int) -> None:
        if self.alive_count < len(self.cells):
            self.gradient_rows[~self.alive] = 0
        self.updater.step(step)
        if self.alive_count < len(self.cells):
            self.params[~self.alive] = 0
        if not math.isfinite(np.vdot(self.params, self._ones)):  # a sum is finite only if every term is
            self._retire(~np.isfinite(self.params).all(axis=1), step)

    def _retire(self, bad: Bool[np.ndarray, " trial"], step: int) -> None:
        """Freeze trials whose loss or parameters are no longer finite: at 0, where nothing that follows can go wrong."""
        for trial in np.flatnonzero(bad & self.alive):
            self.alive[trial] = False
            self.alive_count -= 1
            self.diverged_step[trial] = step
            self.params[trial] = 0
            self.updater.freeze(int(trial))

    def _evaluate(self, step: int, train_loss: Float[np.ndarray, " trial"]) -> dict[str, np.ndarray]:
        params = self.updater.evaluated()
        loss, accuracy = self.validate(self.layout.layers(params))
        self.best.offer(step, accuracy, loss, params, self.alive)
        return {
            "train_loss": train_loss,
            "valid_loss": loss,
            "valid_accuracy": accuracy,
            "gradient_norm": probes.norm(self.gradient_rows),
            "update_ratio": np.full(len(self.cells), np.nan),
            **probes.inside(self.network, self.flat_below),
        }

    def _adjust_rates(self, curves: Curves) -> None:
        """Let schedules that watch the validation loss change the rates of the steps to come."""
        for trial in self._watching:
            if self.alive[trial]:
                schedule = self.cells[trial].schedule
                losses = [float(at[trial]) for at in curves.values("valid_loss")]
                adjustment = schedule.adjustment(tuple(curves.steps), tuple(losses))
                if not 0 <= adjustment < math.inf:
                    raise ContractError(f"schedule {schedule.name}: adjustment returned {adjustment}, expected a number ≥ 0")
                self.updater.adjust(trial, float(adjustment))

    def _final(self) -> dict[str, Float[np.ndarray, " trial"]]:
        """Loss and accuracy on the test and training splits when training has ended, by the record's fields."""
        last = self.layout.layers(self.updater.evaluated())
        best_loss, best_accuracy = self.test(self.layout.layers(self.best.params))
        last_loss, last_accuracy = self.test(last)
        train = Evaluation(self.layout, self.activations, self.objective, self.batches.splits(), self.params.dtype)
        return {
            "test_accuracy": best_accuracy,
            "test_loss": best_loss,
            "test_accuracy_last": last_accuracy,
            "test_loss_last": last_loss,
            "train_loss_last": train(last)[0],
        }

    def _records(self, curves: Curves) -> list[Record]:
        final = self._final()
        records = []
        for trial, cell in enumerate(self.cells):
            outcome: dict[str, Any] = {name: float(values[trial]) for name, values in final.items() if self.alive[trial]}
            steps, measured = curves.of(trial, self.diverged_step[trial])
            records.append(
                Record(
                    status="done" if self.alive[trial] else "diverged",
                    steps=self.total,
                    parameters=self.layout.size,
                    target=float(cell.dataset.target),
                    diverged_step=self.diverged_step[trial],
                    curve_steps=steps,
                    best_step=int(self.best.step[trial]) if self.best.step[trial] >= 0 else None,
                    best_valid_accuracy=float(self.best.accuracy[trial]),
                    best_valid_loss=float(self.best.loss[trial]),
                    steps_to_target=_reached(steps, measured["valid_accuracy"], cell.dataset.target),
                    **measured,
                    **outcome,
                )
            )
        return records


class Curves:
    """What was measured at each evaluation of a stack."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self._values: dict[str, list[np.ndarray]] = {}

    def add(self, step: int, measured: dict[str, np.ndarray]) -> None:
        """Append an evaluation."""
        self.steps.append(step)
        for name, values in measured.items():
            self._values.setdefault(name, []).append(values)

    def values(self, name: str) -> Sequence[np.ndarray]:
        """A curve so far, of all trials at each evaluation."""
        return self._values[name]

    def amend(self, name: str, values: Float[np.ndarray, " trial"]) -> None:
        """Replace a curve's last values."""
        self._values[name][-1] = values

    def of(self, trial: int, until: int | None) -> tuple[list[int], dict[str, Any]]:
        """One trial's evaluations (before step `until`, if given): their steps, and curves; per-layer ones are lists of curves."""
        steps = [step for step in self.steps if until is None or step < until]
        return steps, {
            name: np.stack([at[trial] for at in values])[: len(steps)].T.tolist() for name, values in self._values.items()
        }


class _Best:
    """The parameters that were best by validation: highest accuracy, then lowest loss, then earliest."""

    def __init__(self, params: Flat) -> None:
        self.params = np.zeros_like(params)
        self.step = np.full(len(params), -1)
        self.accuracy = np.full(len(params), np.nan)
        self.loss = np.full(len(params), np.nan)

    def offer(self, step: int, accuracy: np.ndarray, loss: np.ndarray, params: Flat, alive: np.ndarray) -> None:
        higher = (accuracy > self.accuracy) | (self.step < 0)
        better = alive & (higher | ((accuracy == self.accuracy) & (loss < self.loss)))
        self.params[better] = params[better]
        self.step[better] = step
        self.accuracy[better] = accuracy[better]
        self.loss[better] = loss[better]


def _load_all(trials: Sequence[Trial]) -> list[Splits]:
    loaded: dict[Any, Splits] = {}
    for trial in trials:
        key = data_key(trial)
        if key not in loaded:
            loaded[key] = load(trial)
    return [loaded[data_key(trial)] for trial in trials]


def _reached(steps: Sequence[int], accuracy: Sequence[float], target: float) -> float:
    return next((float(step) for step, value in zip(steps, accuracy, strict=True) if value >= target), float("inf"))
