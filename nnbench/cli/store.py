"""`nnbench sync` and `nnbench ui`: the tracking store."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from nnbench.cli.loading import load_catalog
from nnbench.cli.options import FOLDER, RUNS, SET, URI
from nnbench.cli.output import console, counting, options, program
from nnbench.cli.report import existing_store, find_launch
from nnbench.errors import InputError
from nnbench.escaping import printable
from nnbench.launching.audience import offered_trackers
from nnbench.launching.conduct import make_tracker
from nnbench.report.words import counted
from nnbench.store import OVER, Launch, Store
from nnbench.tracking import Tracker, mlflow, replay

HOST = "127.0.0.1"


@click.command()
@click.argument("which", metavar="[GRID|LAUNCH]", required=False)
@SET
@FOLDER
@URI
@RUNS
@click.pass_obj
def sync(
    without: tuple[str, ...], which: str | None, overrides: tuple[str, ...], folder: Path, tracking_uri: str | None, runs: str
) -> None:
    """Log to MLflow the results that it does not have yet.

    Name a grid file (with --set as it was launched), a grid, for all of its launches, or the id of a launch; by default all
    launches in the folder are logged. Trackers that plugins offer catch up, too. The command can be interrupted and repeated: what
    was logged completely is kept, and what was cut off is logged again.
    """
    out = console()
    store = existing_store(folder)
    launches = _asked_for(store, which, overrides, without, folder)
    if not launches:
        raise InputError(f"{folder} has no launches; start one with nnbench run GRID.toml")
    catalog = load_catalog(without)
    failed: set[str] = set()
    for each in launches:
        told = f"{each.grid} {each.id}"
        if not each.cells:
            out.print(f"{told}: nothing to log, its settings are not chosen yet")
            continue
        try:
            claimed = store.claim(each)
        except InputError:
            out.print(f"{told}: is running in another process, which logs it")
            continue
        offered, problems = offered_trackers(catalog, folder)
        for problem in set(problems) - failed:
            out.print(problem, style="red")
        failed.update(problems)
        with claimed, counting(out) as bars:
            advance = partial(bars.advance, bars.add_task(printable(told), total=len(each.cells)))
            trackers = [make_tracker(folder, tracking_uri, advance, runs == "trial"), *offered]
            failed.update(_catch_up(out, [tracker for tracker in trackers if tracker.name not in failed], each, store))
    sys.exit(1 if failed else 0)


def _asked_for(store: Store, which: str | None, overrides: Sequence[str], without: Sequence[str], folder: Path) -> list[Launch]:
    """Every launch, all of a grid's name, or the one that a grid file or an id means."""
    launches = store.launches()
    if which is None and not overrides:
        return launches
    named = [launch for launch in launches if launch.grid == which and not overrides]
    return named or [find_launch(which, overrides, without, folder)]


def _catch_up(out: Console, trackers: Sequence[Tracker], launch: Launch, store: Store) -> list[str]:
    """Replay a launch to each tracker, and record those that have all of it then; returns the names of those that failed."""
    failed, complete = [], {}
    for tracker in trackers:
        try:
            where = replay(tracker, launch, store)
            problem = tracker.problem
        except (Exception, SystemExit) as error:  # whatever a tracking store can fail with
            where, problem = None, f"cannot be logged to {tracker.name}: {error}"
        if problem:
            failed.append(tracker.name)
            out.print(f"{launch.grid} {launch.id}: {problem}", style="red")
            continue
        if where is not None:
            complete[tracker.name] = where
        told = tracker.told or f"{tracker.name} is up to date"
        out.print(f"{launch.grid} {launch.id}: {told}", soft_wrap=True)
    if complete and launch.status in OVER:
        store.save(replace(launch, logged_to={**launch.logged_to, **complete}))
    return failed


@click.command()
@FOLDER
@URI
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=5000,
    show_default=True,
    help="Port to listen on; if it is taken, the next free one.",
)
def ui(folder: Path, tracking_uri: str | None, port: int) -> None:
    """Open MLflow's UI, and print links to the latest launches.

    The UI shows the local tracking store and can be reached from this machine only.
    """
    out = console()
    store = Store(folder / "results")
    store.check()
    uri = mlflow.checked_uri(tracking_uri or mlflow.default_uri(folder))
    launches = [launch for launch in store.launches() if launch.cells]
    name = mlflow.store_name(uri, folder)
    try:
        places = mlflow.places(uri, name, launches)
    except sqlite3.Error as error:
        raise InputError(f"{mlflow.shown_place(uri, folder)} is no tracking store that MLflow wrote: {error}") from None
    missing = [launch for launch in launches if not (launch.id in places and mlflow.logged(uri, name, launch))]
    log_them = f"{program()} sync{options(folder, tracking_uri)}"
    database = mlflow.database_of(uri)
    if database is not None and not database.exists():
        shown = mlflow.shown_place(uri, folder)
        if launches:
            raise InputError(
                f"{shown} does not exist, but {folder} has results of {counted(len(launches), 'launch')}; log them: {log_them}"
            )
        raise InputError(f"nothing is logged in {folder} yet; start with {program()} run GRID.toml")
    port = _free_port(port)
    with _served(uri, port):
        out.print(f"MLflow UI: http://{HOST}:{port}/#/experiments?workflowType=machine_learning   (Ctrl-C ends it)", soft_wrap=True)
        latest = {launch.grid: launch for launch in launches if launch.id in places}
        for launch in list(latest.values())[-5:]:
            _print_links(out, launch, places[launch.id], f"http://{HOST}:{port}")
        if missing:
            listed = ", ".join(f"{launch.grid} {launch.id}" for launch in missing[-5:])
            of = f"{len(missing)} of {counted(len(launches), 'launch')}"
            told = f"Not logged here, or not all of it: {of} ({listed}). Log what there is: "
            out.print(f"{told}{log_them}", style="yellow", soft_wrap=True, markup=False)


def _print_links(out: Console, launch: Launch, place: str, server: str) -> None:
    cells, curves = mlflow.view_path(place, launch), mlflow.charts_path(place)
    out.print(f"{launch.grid}, best cells first: {server}{cells}", soft_wrap=True, markup=False)
    out.print(f"{launch.grid}, curves: {server}{curves}", soft_wrap=True, markup=False)


@contextmanager
def _served(uri: str, port: int) -> Iterator[None]:
    """Serve MLflow's UI until Ctrl-C: the block is run once it answers."""
    server_options = {"--backend-store-uri": uri, "--host": HOST, "--port": str(port), "--workers": "1"}
    command = [sys.executable, "-m", "mlflow", "server", *(word for option in server_options.items() for word in option)]
    environment = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true", **os.environ}
    environment.pop("MLFLOW_TRACKING_URI", None)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the server never outlives this command
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _wait(server, f"http://{HOST}:{port}/health")
        yield
        server.wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.terminate()
        server.wait()


def _free_port(wanted: int) -> int:
    for port in range(wanted, min(wanted + 100, 65_536)):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) != 0:
                return port
    raise InputError(f"no free port from {wanted} to {wanted + 99}; name another with --port")


def _wait(server: subprocess.Popen[str], health: str, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if server.poll() is not None:
            raise OSError(f"the MLflow server ended: {(server.stderr.read() if server.stderr else '').strip()[-2000:]}")
        try:
            with urllib.request.urlopen(health, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise OSError(f"the MLflow server did not answer within {seconds:.0f} s")
