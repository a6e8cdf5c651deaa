"""`nnbench list launches`: what was launched in a folder, under which id, and what became of it."""

from __future__ import annotations

import time
from pathlib import Path

from nnbench.cli.output import console
from nnbench.cli.sheets import table
from nnbench.errors import InputError
from nnbench.store import Launch, Store

HEAD = ("launch", "grid", "state", "started", "ended", "trials", "changed by --set")


def print_launches(folder: Path) -> None:
    """A table of all launches, the latest last; raises InputError for a folder without any."""
    store = Store(folder / "results")
    store.check()
    launches = store.launches()
    if not launches:
        raise InputError(f"no launch in {folder} yet; nnbench run GRID.toml makes one, --folder names another folder")
    console().print(table(HEAD, [_row(store, launch) for launch in launches], right=("launch", "started", "ended", "trials")))


def _row(store: Store, launch: Launch) -> tuple[str, ...]:
    wanted = [trial for trials in launch.phases.values() for trial in trials]
    have = len(store.statuses(wanted))
    trials = f"{len(wanted):,}" if have == len(wanted) else f"{have:,} of {len(wanted):,}"
    return (
        launch.id,
        launch.grid,
        _state(store, launch),
        _clock(launch.started),
        _clock(launch.ended),
        trials,
        ", ".join(launch.overrides),
    )


def _clock(seconds: float | None) -> str:
    """A local date and time; nothing for what has not been yet."""
    return "" if seconds is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def _state(store: Store, launch: Launch) -> str:
    """As recorded; a launch that says that it runs, and that no process here runs, was cut off."""
    if launch.status == "failed":
        return "finished, some failed"
    if launch.status != "running":
        return launch.status
    try:
        with store.claim(launch):
            return "cut off"
    except (InputError, OSError):
        return "running"
