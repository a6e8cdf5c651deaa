"""The results of a launch, as its caller sees them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
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
        """A frame with a row for each trial, without curves."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """A frame with a row for each cell, best first: its fields, and a summary of its seeds."""
        import pandas as pd

        return pd.json_normalize([{**line.cell.labels, "gradcheck": line.gradcheck, **asdict(line.summary)} for line in self.lines])
