"""Consoles, tables and progress: rich on a terminal, plain text elsewhere."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from nnbench.hooks import hookimpl
from nnbench.store import BEHIND, REPORTED, TUNING, Launch, Result

PHASES = {TUNING: "tuning trials", BEHIND: "trials behind the verdict"}
"""What is counted beside the trials that are reported."""
WIDE = 160
"""Columns of a table where the output is no terminal and has no width of its own."""


def console(stderr: bool = False) -> Console:
    """Where to print: the terminal, or plain text without control codes."""
    terminal = Console(stderr=stderr, highlight=False, soft_wrap=False)
    return terminal if terminal.is_terminal else Console(stderr=stderr, highlight=False, width=WIDE, no_color=True)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = (), title: str | None = None) -> Table:
    """A table; where it does not fit, columns on the left wrap between words and those in `right` stay whole."""
    sheet = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="bold")
    for name in head:
        sheet.add_column(name, justify="right" if name in right else "left", overflow="fold", no_wrap=name in right)
    for row in rows:
        sheet.add_row(*(Text(cell) for cell in row))
    return sheet


def fits(out: Console, sheet: Table) -> bool:
    """Whether the table needs no wrapping."""
    unbounded = out.options.update(max_width=10 * out.width)  # otherwise what does not fit measures as wide as the console
    return out.measure(sheet, options=unbounded).maximum <= out.width


def program() -> str:
    """How to call nnbench from this shell: by its name where that finds this one, otherwise as it was called."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{_python()} -m nnbench"
    on_path = shutil.which("nnbench")
    if called.stem != "nnbench" or (on_path and Path(on_path).absolute() == called.absolute()):
        return "nnbench"
    near = os.path.relpath(called)
    return shlex.quote(near if os.sep in near else f".{os.sep}{near}")


def _python() -> str:
    """The Python that runs, by its name where the shell finds it by that."""
    for name in ("python", "python3"):
        on_path = shutil.which(name)
        if on_path and Path(on_path).absolute() == Path(sys.executable).absolute():
            return name
    return shlex.quote(sys.executable)


def options(folder: Path, tracking_uri: str | None = None) -> str:
    """The options that make another command use this folder and this tracking store, as a shell reads them."""
    told = [] if folder == Path("mlruns") else [f"--folder {quoted(folder)}"]
    told += [f"--tracking-uri {quoted(tracking_uri)}"] if tracking_uri else []
    return "".join(f" {option}" for option in told)


def quoted(text: str | Path) -> str:
    """A path or any other text as a shell reads it; a path that begins with a dash is no option."""
    plain = str(text)
    return shlex.quote(f"./{plain}" if isinstance(text, Path) and plain.startswith("-") else plain)


def counted(launches: int) -> str:
    """So many launches."""
    return f"{launches:,} launch{'' if launches == 1 else 'es'}"


def duration(seconds: float) -> str:
    """Seconds in words that a person would use."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"


class LaunchProgress:
    """Watches a launch and shows trials done, trials per second and time left, and cells logged."""

    def __init__(self, out: Console, track: bool) -> None:
        self._out = out
        self._track = track
        self._bars: Progress | None = None
        self._extra: Progress | None = None
        self._phase = ""
        self._began = 0.0
        self._said = time.monotonic()
        self._total = self._done = self._already = 0
        self._logged = 0

    def __enter__(self) -> LaunchProgress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end_phase()
        if self._bars:
            self._bars.stop()

    @hookimpl
    def nnbench_launch_started(self, launch: Launch) -> None:
        """Begin to count, unless settings are chosen first."""
        self._began = self._said = time.monotonic()
        if launch.phase == REPORTED:
            self._begin(launch)

    def _begin(self, launch: Launch) -> None:
        self._total = len(launch.trial_ids)
        self._began = self._said = time.monotonic()
        if not self._out.is_terminal:
            return
        self._bars = self._new_bars()
        self._training = self._bars.add_task("trials trained", total=self._total, rate="")
        if self._track:
            self._logging = self._bars.add_task("cells logged", total=len(launch.cells), rate="")
        self._bars.start()

    def _new_bars(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            console=self._out,
            transient=True,
        )

    @hookimpl
    def nnbench_results_stored(self, launch: Launch, results: Sequence[Result]) -> None:
        """Count reported results; those of earlier launches say nothing about speed."""
        if launch.phase != REPORTED:
            return
        if not self._total:
            self._begin(launch)
        self._done += len(results)
        if results and results[0].launch_id != launch.id:
            self._already += len(results)
        if self._bars:
            elapsed = time.monotonic() - self._began
            speed = f"{(self._done - self._already) / elapsed:.1f}/s" if self._done > self._already else ""
            self._bars.update(self._training, completed=self._done, rate=speed)
        elif time.monotonic() - self._said > 5 and self._done > self._already:
            self._said = time.monotonic()
            rate = (self._done - self._already) / (self._said - self._began)
            left = (self._total - self._done) / rate
            self._out.print(f"{self._done} of {self._total} trials trained, {rate:.1f} a second, {left:.0f} s left")

    def phase(self, name: str, done: int, total: int) -> None:
        """Show how far trials are that are not reported: those of tuning before, those behind the verdict after the others."""
        what = PHASES[name]
        if self._out.is_terminal:
            if self._phase != what:
                self._end_phase()
                self._phase, self._extra = what, self._new_bars()
                self._counted = self._extra.add_task(what, total=total, rate="")
                if self._bars:
                    self._bars.stop()
                self._extra.start()
            if self._extra:
                self._extra.update(self._counted, completed=done)
            if done == total:
                self._end_phase()
        elif time.monotonic() - self._said > 5:
            self._out.print(f"{done} of {total} {what} trained")
            self._said = time.monotonic()

    def _end_phase(self) -> None:
        if self._extra:
            self._extra.stop()
        self._extra, self._phase = None, ""

    def cell_logged(self) -> None:
        """Count a cell that the tracking store has."""
        self._logged += 1
        if self._bars:
            self._bars.update(self._logging, completed=self._logged)

    def interrupted(self) -> None:
        """Say at once that Ctrl-C was heard."""
        self._out.print(
            "Interrupted: the stacks under way will finish; Ctrl-C again stops at once and keeps what is stored.", style="bold"
        )
