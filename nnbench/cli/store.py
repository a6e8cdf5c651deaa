"""`nnbench sync` and `nnbench ui`: the tracking store."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from nnbench.catalog import load_catalog
from nnbench.cli.options import FOLDER, RUNS, URI
from nnbench.cli.output import console
from nnbench.errors import InputError
from nnbench.launching.audience import offered_trackers
from nnbench.launching.conduct import make_tracker
from nnbench.store import Launch, Store
from nnbench.tracking import Tracker, mlflow, replay

HOST = "127.0.0.1"


@click.command()
@click.argument("launch", required=False)
@FOLDER
@URI
@RUNS
@click.pass_obj
def sync(without: tuple[str, ...], launch: str | None, folder: Path, tracking_uri: str | None, runs: str) -> None:
    """Log to MLflow the results that it does not have yet.

    LAUNCH is an id or a grid's name; by default all launches in the folder are logged. Trackers that plugins offer catch up, too.
    The command can be interrupted and repeated: what was logged completely is kept, and what was cut off is logged again.
    """
    out = console()
    store = Store(folder / "results")
    store.check()
    launches = [store.launch(launch)] if launch else store.launches()
    if not launches:
        raise InputError(f"{folder} has no launches; start one with nnbench run GRID.toml")
    catalog = load_catalog(without)
    failed: set[str] = set()
    for each in launches:
        if not each.cells:
            out.print(f"{each.grid} {each.id}: nothing to log, its settings are not chosen yet", markup=False)
            continue
        offered, problems = offered_trackers(catalog, folder)
        for problem in set(problems) - failed:
            out.print(problem, style="red", markup=False)
        failed.update(problems)
        with store.claim(each), Progress(console=out, transient=True, disable=not out.is_terminal) as bars:
            advance = partial(bars.advance, bars.add_task(f"{each.grid} {each.id}", total=len(each.cells)))
            trackers = [make_tracker(folder, tracking_uri, advance, runs == "trial"), *offered]
            failed.update(_catch_up(out, [tracker for tracker in trackers if tracker.name not in failed], each, store))
    sys.exit(1 if failed else 0)


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
            out.print(f"{launch.grid} {launch.id}: {problem}", style="red", markup=False)
            continue
        if where is not None:
            complete[tracker.name] = where
        out.print(f"{launch.grid} {launch.id}: {tracker.told or f'{tracker.name} is up to date'}", markup=False)
    if complete and launch.status in ("finished", "failed"):
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
    if uri.startswith("sqlite:///") and not Path(uri.removeprefix("sqlite:///")).exists():
        raise InputError(f"nothing is logged in {folder} yet; start with nnbench run GRID.toml")
    port = _free_port(port)
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "server",
        "--backend-store-uri",
        uri,
        "--host",
        HOST,
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    environment = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true", **os.environ}
    environment.pop("MLFLOW_TRACKING_URI", None)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the server never outlives this command
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _wait(server, f"http://{HOST}:{port}/health")
        out.print(f"MLflow UI: http://{HOST}:{port}/#/experiments?workflowType=machine_learning   (Ctrl-C ends it)", soft_wrap=True)
        latest = {launch.grid: launch for launch in store.launches() if uri in launch.logged_to}
        for launch in list(latest.values())[-5:]:
            where = launch.logged_to[uri]
            out.print(
                f"{launch.grid}, best cells first: http://{HOST}:{port}{mlflow.view_path(where, launch)}",
                soft_wrap=True,
                markup=False,
            )
            out.print(f"{launch.grid}, curves: http://{HOST}:{port}{mlflow.charts_path(where)}", soft_wrap=True, markup=False)
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
