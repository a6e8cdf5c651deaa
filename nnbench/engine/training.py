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
from nnbench.engine.assembly import model, task
from nnbench.engine.batches import Batches
from nnbench.engine.blame import edit_in_place
from nnbench.engine.curves import Best, Curves
from nnbench.engine.data import Split, Splits, data_key, load
from nnbench.engine.evaluation import Evaluation
from nnbench.engine.objective import Objective
from nnbench.engine.records import Record
from nnbench.engine.stack import shape_key
from nnbench.engine.task import Task
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
        try:
            stack = _Training(trials)
            return stack.observe() if trials[0].untrained else stack.run(max_steps)
        except ValueError as error:
            if blamed := edit_in_place(error):
                raise ContractError(str(blamed)) from error
            raise


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
        data = _load_all(trials)

        self.cells = cells
        self.tasks = [task(each) for each in cells]
        self.total = cell.steps
        self.model = model(trials, dtype)
        self.blocks = self.model.blocks
        self.params = self.model.initial([splits.train.inputs for splits in data])
        self.gradient_rows = np.zeros_like(self.params)
        self.parameters, self.gradients = self.blocks.views(self.params), self.blocks.views(self.gradient_rows)
        self.objective = Objective(cells, dtype)
        self.penalized = [self.model.penalized(views) for views in (self.parameters, self.gradients)]
        self.passes = self.model.training()
        self.updater = Updater([] if trials[0].untrained else cells, self.blocks, self.params, self.gradient_rows, self.total)
        self.batches = Batches(trials, data)
        self.validate = self._evaluation([splits.valid for splits in data])
        self.test = self._evaluation([splits.test for splits in data])
        self.alive = np.ones(len(trials), bool)
        self.alive_count = len(trials)
        self.diverged_step: list[int | None] = [None] * len(trials)
        self.best = Best(self.params)
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
        self.passes.skip(skipped)
        running = np.zeros(len(self.cells))
        for step in range(skipped + 1, last + 1):
            running += self._differentiate(step)
        curves.add(last, self._evaluate(last, running / (last - skipped)))
        return self._records(curves)

    def _differentiate(self, step: int) -> Float[np.ndarray, " trial"]:
        """Pass the next batch forward and backward; the mean loss of each trial."""
        x, targets = self.batches.next()
        outputs = self.passes.forward(self.parameters, x)
        losses, delta = self.objective.losses_and_delta(outputs, targets)
        self.passes.backward(self.parameters, delta, self.gradients)
        self.objective.add_penalty_gradients(*self.penalized)
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
        loss, score = self.validate(self.blocks.views(params))
        self.best.offer(step, score, loss, params, self.alive, self.tasks[0])
        return {
            "train_loss": train_loss,
            "valid_loss": loss,
            "valid_accuracy": score,
            "gradient_norm": probes.norm(self.gradient_rows),
            "update_ratio": np.full(len(self.cells), np.nan),
            **self.passes.inside(),
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

    def _evaluation(self, splits: Sequence[Split]) -> Evaluation:
        return Evaluation(self.model, self.tasks[0], self.objective, splits)

    def _final(self) -> dict[str, Float[np.ndarray, " trial"]]:
        """Loss and score on the test and training splits when training has ended, by the record's fields."""
        last = self.blocks.views(self.updater.evaluated())
        best_loss, best_score = self.test(self.blocks.views(self.best.params))
        last_loss, last_score = self.test(last)
        train = self._evaluation(self.batches.splits())
        return {
            "test_accuracy": best_score,
            "test_loss": best_loss,
            "test_accuracy_last": last_score,
            "test_loss_last": last_loss,
            "train_loss_last": train(last)[0],
        }

    def _records(self, curves: Curves) -> list[Record]:
        final = self._final()
        records = []
        for trial, judged in enumerate(self.tasks):
            outcome: dict[str, Any] = {name: float(values[trial]) for name, values in final.items() if self.alive[trial]}
            steps, measured = curves.of(trial, self.diverged_step[trial])
            records.append(
                Record(
                    status="done" if self.alive[trial] else "diverged",
                    steps=self.total,
                    parameters=self.blocks.size,
                    target=judged.target,
                    diverged_step=self.diverged_step[trial],
                    curve_steps=steps,
                    best_step=int(self.best.step[trial]) if self.best.step[trial] >= 0 else None,
                    best_valid_accuracy=float(self.best.score[trial]),
                    best_valid_loss=float(self.best.loss[trial]),
                    steps_to_target=_reached(steps, measured["valid_accuracy"], judged) if self.alive[trial] else math.inf,
                    **measured,
                    **outcome,
                )
            )
        return records


def _load_all(trials: Sequence[Trial]) -> list[Splits]:
    loaded: dict[Any, Splits] = {}
    for trial in trials:
        key = data_key(trial)
        if key not in loaded:
            loaded[key] = load(trial)
    return [loaded[data_key(trial)] for trial in trials]


def _reached(steps: Sequence[int], scores: Sequence[float], judged: Task) -> float:
    return next((float(step) for step, score in zip(steps, scores, strict=True) if judged.reached(score)), float("inf"))
