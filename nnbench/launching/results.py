"""The results of a launch, as its caller sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nnbench.analysis.comparison import Comparison
from nnbench.report.cells import Line, lines
from nnbench.report.comparing import compare_launch
from nnbench.store import Launch, Store
from nnbench.tracking import Tracker

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Results:
    """The results of a launch."""

    launch: Launch
    store: Store
    trained: int
    """Number of trials trained in this call, including those of tuning and behind the verdict; the others had results already."""
    left: int = 0
    """Number of trials that an interruption left untrained; if it came during tuning, only tuning trials are counted."""
    watcher_problems: tuple[str, ...] = ()
    """Watchers that raised an exception, and which."""
    trackers: tuple[Tracker, ...] = field(default=(), repr=False)
    """Trackers that were told about the launch; others knew all of it already."""

    @property
    def status(self) -> str:
        """How the launch ended: "finished", "failed" (some trials raised an exception) or "interrupted"."""
        return self.launch.status

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """A mapping for each trial that has a result, without curves."""
        return self.store.rows(self.launch.trial_ids)

    @cached_property
    def lines(self) -> list[Line]:
        """The cells with their summaries, best first."""
        return lines(self.launch, self.rows)

    @cached_property
    def comparison(self) -> Comparison | None:
        """The comparison of the factor's levels; None for a grid without `[compare]`, or before settings are chosen."""
        return compare_launch(self.launch, self.store) if self.launch.cells else None

    @cached_property
    def trials(self) -> pd.DataFrame:
        """One row for each trial that has a result, in the grid's order, curves left out.

        Columns: `trial_id`, `cell_id` and `seed`; `title`, what tables call the cell; `level`, `task` and `family` if the grid
        compares; every field and hyperparameter (`activation`, `optimizer`, `optimizer.lr`, `optimizer.inner.lr` …); `gradcheck`;
        `launch_id`, the launch that trained it; then what was measured, as `Result` says: `status`, `test_accuracy`,
        `steps_to_target` and so on.

        A component's column has its name, as `distribution:name` where two distributions offer one. Texts are categoricals whose
        categories keep the grid's order, ids and errors apart; lists are texts ("32-32"). What a cell's component lacks is missing:
        NaN in columns of floats, `pd.NA` in those of whole numbers, which stay whole.
        """
        from nnbench.report import frames

        return frames.trials(self.launch, self.store)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row for each cell that has a result, in the grid's order: what its seeds amount to.

        Columns: `cell_id`; what tells cells apart, as in `trials`, from `title` to `gradcheck`; and the fields of `CellSummary`,
        estimates taken apart: `test_accuracy.mean`, `.std`, `.low`, `.high`, `.n`.
        """
        from nnbench.report import frames

        return frames.cells(self.launch, self.lines)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """One row for each evaluation of each trial that has a result, in the grid's order.

        Columns: `trial_id`, `cell_id` and `seed`; `step`, the updates made before it; `train_loss`, `valid_loss`, `valid_accuracy`,
        `gradient_norm` and `update_ratio`; and for each hidden layer `activation_std.layer_1`, `gradient_std.layer_1`,
        `dead.layer_1` and `saturated.layer_1`, NaN where a network has fewer. `Record` says what each is. Both ids are
        categoricals, so that millions of rows fit into memory.
        """
        from nnbench.report import frames

        return frames.curves(self.launch, self.store)
