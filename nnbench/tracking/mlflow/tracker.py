"""MLflow's tracker: each cell becomes a run once all its seeds have results, on a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from nnbench.store import REPORTED, TUNING, Launch, LaunchCell, Result
from nnbench.tracking.mlflow.lookup import has_all
from nnbench.tracking.mlflow.projection import Documents, Projection
from nnbench.tracking.mlflow.runs import Run, runs_of
from nnbench.tracking.mlflow.server import prepare
from nnbench.tracking.protocol import Tracker


class MlflowTracker(Tracker):
    """Logs a launch to the tracking store at `uri`, which records know by `name`; `place` is what a person calls it.

    Whatever goes wrong with the tracking store never reaches the launch: `problem` says what it was, `missing` how many cells are
    not logged, and `nnbench sync` logs them later.
    """

    phases = (REPORTED,)

    def __init__(
        self,
        uri: str,
        name: str,
        place: str,
        artifacts: Path | None,
        documents: Documents,
        on_logged: Callable[[], None] = lambda: None,
        each_trial: bool = False,
    ) -> None:
        self.name = name
        self._uri, self._place = uri, place
        self._artifacts = artifacts
        self._documents = documents
        self._on_logged = on_logged
        self._each_trial = each_trial
        self._events: queue.Queue[Callable[[], None]] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="nnbench-tracking", daemon=True)
        self._projection: Projection | None = None
        self._cells: dict[str, LaunchCell] = {}
        self._results: dict[str, dict[str, Result]] = defaultdict(dict)
        self._cause = ""
        self.logged = 0
        """Cells logged, or found to be."""
        self.added = 0
        """Cells logged now."""

    @property
    def missing(self) -> int:
        """Cells that are not logged."""
        return len(self._cells) - self.logged

    def has(self, launch: Launch) -> bool:
        """Whether each cell is logged, and still there; the record does not tell whether each trial is."""
        known = not self._each_trial and super().has(launch)
        return known and has_all(self._uri, launch.logged_to[self.name], launch)

    def start(self, launch: Launch) -> None:
        """Begin to log, unless settings are chosen first."""
        self._thread.start()
        self._begin(launch)

    def _begin(self, launch: Launch) -> None:
        """Connect once it is known which cells there are."""
        if self._cells or launch.phase == TUNING:
            return
        self._cells = {cell.id: cell for cell in launch.cells}

        def connect() -> None:
            self._projection = Projection(prepare(self._uri), launch, self._artifacts)

        self._events.put(connect)

    def results(self, launch: Launch, results: Sequence[Result]) -> None:
        """Queue the cells that are complete with these results."""
        self._begin(launch)
        for result in results:
            cell = self._cells[result.cell_id]
            known = self._results[cell.id]
            known[result.trial_id] = result
            if len(known) == len(cell.trials):
                complete = [known[trial] for trial in cell.trials]
                del self._results[cell.id]
                self._events.put(partial(self._log, runs_of(launch, cell, complete, self._each_trial)))

    def finish(self, launch: Launch, status: str) -> None:
        """Queue the end of the launch's run; `close` waits for it."""
        self._begin(launch)

        def finish() -> None:
            if self._projection:
                self._projection.launch = launch
                self._projection.finish(status, self._documents)

        self._events.put(finish)

    def close(self) -> str | None:
        """Wait until what was queued is logged; `experiment id/run id` of the launch's run if all of it is."""
        if self._thread.ident is not None:
            self._events.put(_stop)
            self._thread.join()
        self.told = self._logging_told()
        if self._cause:
            what = (
                f"{self.missing} cell{' is' if self.missing == 1 else 's are'}"
                if self.missing
                else "The launch's summary and files are"
            )
            self.problem = f"{what} not in MLflow yet ({self._cause})."
        return self._projection.location if self._projection and not self._cause and not self.missing else None

    def _logging_told(self) -> str:
        """What is logged where, in words."""
        total, added = len(self._cells), self.added
        cells = f"{total if not self.missing else self.logged} of {total} cells"
        now = "none of them had to be logged now" if not added else f"{added} of them logged now"
        left = f"; the other {self.missing} are not trained to the end" if self.missing else ""
        return f"{cells} are in MLflow ({self._place}), {now}{left}"

    def _log(self, runs: Sequence[Run]) -> None:
        if self._projection:
            self.added += self._projection.log(runs)
            self.logged += 1
            self._on_logged()

    def _work(self) -> None:
        while (event := self._events.get()) is not _stop:
            if self._cause:
                continue  # the store has everything; one report is enough
            try:
                event()
            except Exception as error:
                lines = str(error).strip().splitlines() or ["no details"]
                self._cause = f"{type(error).__name__}: {lines[0]}"


def _stop() -> None:
    """Ends the tracker's thread."""
