"""Consoles, tables and progress: rich on a terminal, plain text elsewhere."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from nnbench.cli.remaining import TimeLeft
from nnbench.cli.sheets import Sheet
from nnbench.escaping import printable
from nnbench.hooks import hookimpl
from nnbench.report.words import counted
from nnbench.store import BEHIND, REPORTED, TUNING, Launch, Result

PHASES = {TUNING: "tuning trials", BEHIND: "trials behind the verdict"}
"""What is counted beside the trials that are reported."""
WIDE = 160
"""Columns of a table where the output is no terminal and has no width of its own."""


class _Literal(Console):
    """Prints text as it is: markup, emoji codes and control characters in names, questions and errors mean nothing."""

    def render_str(self, text: str, **options: Any) -> Text:
        """The text without anything that steers a terminal."""
        return super().render_str(printable(text), **options)


def console(stderr: bool = False) -> Console:
    """Where to print: the terminal, or plain text without control codes, as wide as COLUMNS says."""
    literal = partial(_Literal, stderr=stderr, highlight=False, soft_wrap=False, markup=False, emoji=False)
    terminal = literal()
    if terminal.is_terminal:
        return terminal
    return literal(width=None if os.environ.get("COLUMNS", "").isdigit() else WIDE, no_color=True)


def counting(out: Console, hidden: bool = False) -> Progress:
    """A bar for each task, with its share and the time left; nothing where it is hidden, or the output is no terminal."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=out, transient=True, disable=hidden or not out.is_terminal)


def fits(out: Console, sheet: Sheet) -> bool:
    """Whether the table needs no wrapping."""
    return sheet.width <= out.width


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


class LaunchProgress:
    """Watches a launch and shows trials done, trials per second and time left, and cells logged."""

    def __init__(self, out: Console, track: bool, left: TimeLeft, seeds: int) -> None:
        self._out, self._left, self._seeds = out, left, seeds
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
        self._left.choose(launch, self._seeds)
        self._total = len(launch.trial_ids)
        self._began = self._said = time.monotonic()
        if not self._out.is_terminal:
            return
        self._bars = self._new_bars()
        self._training = self._bars.add_task("trials trained", total=self._total, rate="", left="")
        if self._track:
            self._logging = self._bars.add_task("cells logged", total=len(launch.cells), rate="", left="")
        self._bars.start()

    def _new_bars(self) -> Progress:
        return Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TextColumn("{task.fields[left]}", markup=False),
            console=self._out,
            transient=True,
        )

    @hookimpl
    def nnbench_results_stored(self, launch: Launch, results: Sequence[Result]) -> None:
        """Count reported results; those of earlier launches say nothing about speed."""
        if launch.phase == REPORTED and not self._total:
            self._begin(launch)
        self._left.learn(launch, results)
        if launch.phase != REPORTED:
            return
        self._done += len(results)
        if results and results[0].launch_id != launch.id:
            self._already += len(results)
        if self._bars:
            elapsed = time.monotonic() - self._began
            speed = f"{(self._done - self._already) / elapsed:.1f}/s" if self._done > self._already else ""
            self._bars.update(self._training, completed=self._done, rate=speed, left=self._left.told())
        elif time.monotonic() - self._said > 5 and self._done > self._already:
            self._said = time.monotonic()
            rate = (self._done - self._already) / (self._said - self._began)
            told = f"{self._done:,} of {counted(self._total, 'trial')} trained, {rate:.1f} a second"
            self._out.print(", ".join(filter(None, [told, self._left.told()])))

    def phase(self, name: str, done: int, total: int) -> None:
        """Show how far trials are that are not reported: those of tuning before, those behind the verdict after the others."""
        what = PHASES[name]
        if self._out.is_terminal:
            if self._phase != what:
                self._end_phase()
                self._phase, self._extra = what, self._new_bars()
                self._counted = self._extra.add_task(what, total=total, rate="", left="")
                if self._bars:
                    self._bars.stop()
                self._extra.start()
            if self._extra:
                self._extra.update(self._counted, completed=done, left=self._left.told())
            if done == total:
                self._end_phase()
        elif time.monotonic() - self._said > 5:
            told = f"{done:,} of {total:,} {what if total != 1 else what.replace('trials', 'trial')} trained"
            self._out.print(", ".join(filter(None, [told, self._left.told()])))
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
