"""What a launch came to, as its caller sees it."""

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
    """What a launch came to."""

    launch: Launch
    store: Store
    trained: int
    """Trials trained in this call, those of tuning and behind the verdict among them; the others had results."""
    left: int = 0
    """Trials that were to be trained and were not, because of an interruption; while settings are chosen, those of tuning alone."""
    watcher_problems: tuple[str, ...] = ()
    """Watchers that raised, and what."""
    trackers: tuple[Tracker, ...] = field(default=(), repr=False)
    """Those that were told of it; others had all of it."""

    @property
    def status(self) -> str:
        """finished, failed or interrupted."""
        return self.launch.status

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One mapping for each trial that has a result, without curves."""
        return self.store.rows(self.launch.trial_ids)

    @cached_property
    def lines(self) -> list[Line]:
        """Cells with their summaries, best first."""
        return lines(self.launch, self.rows)

    @cached_property
    def comparison(self) -> Comparison | None:
        """What the results say about the grid's factor; None for a grid without `[compare]`, or before settings are chosen."""
        return compare_launch(self.launch, self.store) if self.launch.cells else None

    @cached_property
    def trials(self) -> pd.DataFrame:
        """One row for each trial, without curves."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row for each cell, best first: its fields and what its seeds amount to."""
        import pandas as pd

        return pd.json_normalize([{**line.cell.labels, "gradcheck": line.gradcheck, **asdict(line.summary)} for line in self.lines])
