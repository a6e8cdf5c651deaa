"""Trials and gradient checks that never end: on workers of our own, and on an executor that somebody else made."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import misbehaving
import pytest
from helpers import activation_plugin, make_plugin, nnbench

from nnbench import Catalog
from nnbench.engine.training import train
from nnbench.grid import Trial
from nnbench.store import Store
from nnbench.work import Deadlines, GivenPool, LocalPool, check_all, run_stack, train_all
from nnbench.work.deadlines import AFTER_CUT, FACTOR, FLOOR, IMPORT, IMPORTS, REPEATED, Size
from nnbench.work.supervise import supervise
from nnbench.work.tasks import Work

STUCK = {
    "forward": ("activation", misbehaving.SleepyForward()),
    "derivative": ("activation", misbehaving.SleepyDerivative()),
    "initializer": ("initializer", misbehaving.SleepySample()),
    "dataset": ("dataset", misbehaving.SleepyData()),
    "step": ("optimizer", misbehaving.SleepyStep(lr=0.1)),
    "factor": ("schedule", misbehaving.SleepyFactor()),
    "penalty": ("penalty", misbehaving.SleepyPenalty()),
}
"""Where a component can sleep for ever: the field, and the component."""


@pytest.fixture(scope="module")
def trials(small_grid, catalog: Catalog) -> list[Trial]:
    return small_grid(seeds=2 * len(STUCK)).trials(catalog)


def stuck_trial(trial: Trial, where: str) -> Trial:
    field, component = STUCK[where]
    return Trial(replace(trial.cell, **{field: component}), trial.seed + 100)


def test_a_trial_that_never_ends_has_failed_and_those_trained_with_it_are_what_they_are_alone(trials: list[Trial]) -> None:
    stacks = [[trials[2 * i], stuck_trial(trials[0], where), trials[2 * i + 1]] for i, where in enumerate(STUCK)]
    with LocalPool(4) as pool:
        list(train_all([trials[:2]], pool, Deadlines(), threading.Event()))  # workers have imported what training takes
        arrived = list(train_all(stacks, pool, Deadlines(1.0), threading.Event()))
    records = {trial.id: outcome.record for stack, own in arrived for trial, outcome in zip(stack, own, strict=True)}
    stuck = {where: records[stuck_trial(trials[0], where).id] for where in STUCK}
    assert {where: (record.status, record.error) for where, record in stuck.items()} == dict.fromkeys(
        STUCK, ("failed", "took longer than 1 s (trial_timeout)")
    )
    assert [repr(records[trial.id]) for trial in trials] == [repr(record) for record in train(trials)]


def test_a_trial_that_imports_a_large_library_in_a_worker_that_replaces_another_is_not_ended(trials: list[Trial]) -> None:
    importing = Trial(replace(trials[0].cell, activation=misbehaving.Importing()), 0)
    with LocalPool(1) as pool:
        list(train_all([trials[:2]], pool, Deadlines(), threading.Event()))
        arrived = list(train_all([[stuck_trial(trials[0], "dataset"), importing]], pool, Deadlines(0.1), threading.Event()))
    assert [[outcome.record.status for outcome in outcomes] for _, outcomes in arrived] == [["failed"], ["done"]]


def test_a_worker_says_when_it_imports_and_only_then(trials: list[Trial]) -> None:
    importing = Trial(replace(trials[0].cell, activation=misbehaving.Importing()), 0)
    heard = []
    with LocalPool(1) as pool:
        for stack in (trials[:1], trials[:1], [importing], [importing]):  # the first imports what the data set takes
            ticket = pool.submit(run_stack, stack)
            while ticket not in pool.wait(1.0):
                pass
            heard.append(ticket.imported is not None)
    assert heard[1:] == [False, True, False]


def test_a_gradient_check_that_never_ends_has_failed_alone(trials: list[Trial]) -> None:
    cells = {"stuck": stuck_trial(trials[0], "forward").cell, "right": trials[0].cell}
    with LocalPool(2) as pool:
        checks = dict(check_all(cells, pool, Deadlines(2.0, imports=0), threading.Event()))
    assert checks["right"].passed
    assert checks["stuck"].reason == "took longer than 2 s (trial_timeout)"


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_what_a_component_started_ends_with_its_worker(
    trials: list[Trial], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNBENCH_TEST_CHILD", str(tmp_path / "pid"))
    fertile = Trial(replace(trials[0].cell, activation=misbehaving.Fertile()), 0)
    with LocalPool(1) as pool:
        ((_, (outcome,)),) = train_all([[fertile]], pool, Deadlines(5.0, imports=0), threading.Event())
    assert "took longer" in outcome.record.error
    assert not alive(int((tmp_path / "pid").read_text()))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_thread_that_a_component_left_behind_keeps_nothing_from_ending(trials: list[Trial]) -> None:
    lingering = Trial(replace(trials[0].cell, activation=misbehaving.Lingering(), hidden=()), 0)
    lingering = Trial(replace(lingering.cell, hidden=(2,), epochs=1, train_size=16, batch_size=16), 0)
    with LocalPool(1) as pool:
        list(train_all([[replace(lingering, untrained=True)]], pool, Deadlines(), threading.Event()))
        workers = multiprocessing.active_children()
    assert workers
    assert not any(worker.is_alive() for worker in workers)


def test_without_a_timeout_a_deadline_is_many_times_what_such_work_takes() -> None:
    deadlines = Deadlines()
    small, large = Size(32, 1e9), Size(32, 1e12)
    assert deadlines.limit("training", small) == FLOOR
    assert deadlines.limit("training", small, repeated=True) == REPEATED
    assert deadlines.limit("training", large) == 10_000
    deadlines.learn("training", small, 0.1)
    assert deadlines.limit("training", small) == FLOOR
    assert deadlines.limit("training", large) == pytest.approx(FACTOR * 100)
    deadlines.learn("training", small, 10)
    assert deadlines.limit("training", small) == pytest.approx(FACTOR * 10)


def test_what_a_given_executor_does_for_the_first_time_has_time_for_imports_and_little_once_something_took_too_long() -> None:
    deadlines = Deadlines(0.5)
    assert deadlines.allowed(16, cold=True) == 16 + IMPORTS
    assert deadlines.allowed(16, cold=False) == 16
    assert Deadlines().allowed(REPEATED, cold=True) == IMPORTS
    deadlines.cut = True
    assert deadlines.allowed(16, cold=True) == 16 + AFTER_CUT
    assert Deadlines(50, cut=True).allowed(50, cold=True) == 100
    assert Deadlines(cut=True).allowed(REPEATED, cold=True) == IMPORTS


def test_the_clock_of_a_task_begins_again_with_what_it_imports_but_not_for_ever() -> None:
    deadlines = Deadlines(0.5)
    assert deadlines.allowed(0.5, cold=False, imported=None) == 0.5
    assert deadlines.allowed(0.5, cold=False, imported=3) == 3 + IMPORT
    assert deadlines.allowed(50, cold=False, imported=3) == 53
    assert deadlines.allowed(50, cold=False, imported=1000) == IMPORTS + 50


def test_a_timeout_is_for_each_trial_of_a_stack() -> None:
    deadlines = Deadlines(0.5)
    assert deadlines.limit("training", Size(32, 1e12)) == 16
    assert deadlines.limit("checking", Size(1, 1e12), repeated=True) == 0.5


CALLS: Work[Callable[[], Any], Any] = Work(
    name="calling",
    run=lambda calls: [call() for call in calls],
    size=lambda calls: Size(len(calls), 0.0),
    failed=lambda reason: reason,
    died="died",
    stranded=lambda trace: trace,
)
"""Work that is no more than calls, for executors in this process."""


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """What nobody sets until the test is over."""
    event = threading.Event()
    yield event
    event.set()


def called(executor: Any, batches: Sequence[Sequence[Callable[[], Any]]], deadlines: Deadlines) -> list[Any]:
    return [
        answer for _, answers in supervise(CALLS, batches, GivenPool(executor), deadlines, threading.Event()) for answer in answers
    ]


def test_as_much_is_under_way_as_a_given_executor_has_workers() -> None:
    everybody = threading.Barrier(64, timeout=60)
    with ThreadPoolExecutor(64) as executor:
        assert len(called(executor, [[everybody.wait]] * 128, Deadlines())) == 128
    with ProcessPoolExecutor(64) as processes:
        assert GivenPool(processes).capacity() >= 64


def test_an_executor_that_grows_is_given_more() -> None:
    with ThreadPoolExecutor(1) as executor:
        pool = GivenPool(executor)
        before = pool.capacity()
        executor._max_workers = 10
        assert pool.capacity() == 10 * before


def test_what_hangs_on_a_given_executor_fails_alone(never: threading.Event) -> None:
    with ThreadPoolExecutor(3) as executor:
        answers = called(executor, [[int, never.wait, int], *[[int]] * 20], Deadlines(0.5, imports=0))
        never.set()
    assert sorted(map(str, answers)) == sorted([*["0"] * 22, "took longer than 0.5 s (trial_timeout)"])


def test_nothing_fails_that_did_not_take_too_long_alone_though_a_given_executor_has_no_worker_left(never: threading.Event) -> None:
    arrived: list[Any] = []
    with ThreadPoolExecutor(2) as executor:
        batches = [[never.wait, never.wait, int], [int]]
        done = supervise(CALLS, batches, GivenPool(executor), Deadlines(0.5, imports=0), threading.Event())
        with pytest.raises(BrokenExecutor, match="every worker of the given executor is held"):
            arrived.extend(answer for _, answers in done for answer in answers)
        never.set()
    assert sorted(map(str, arrived)) == ["0", "took longer than 0.5 s (trial_timeout)"]


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Components of this process that sleep are let go when the test is over."""
    over = threading.Event()
    monkeypatch.setattr(misbehaving, "time", SimpleNamespace(sleep=lambda _: over.wait()))
    yield
    over.set()


@pytest.mark.usefixtures("waiting")
def test_a_component_that_hangs_on_a_given_executor_fails_alone(trials: list[Trial], catalog: Catalog) -> None:
    relu, tanh = (Trial(replace(trials[0].cell, activation=catalog["activation", name]()), 0) for name in ("relu", "tanh"))
    stuck = stuck_trial(trials[0], "forward")
    train([relu, tanh])  # this process has imported what that takes
    executor = ThreadPoolExecutor(4)
    arrived = list(train_all([[relu, tanh, stuck]], GivenPool(executor), Deadlines(2.0, imports=0), threading.Event()))
    executor.shutdown(wait=False)
    statuses = {trial.id: outcome.record.status for own, outcomes in arrived for trial, outcome in zip(own, outcomes, strict=True)}
    assert statuses == {relu.id: "done", tanh.id: "done", stuck.id: "failed"}


def test_an_executor_without_a_worker_left_is_an_error(never: threading.Event) -> None:
    with ThreadPoolExecutor(2) as executor:
        arrived: list[Any] = []
        batches = [[int], [never.wait], [never.wait], [int], [int]]
        done = supervise(CALLS, batches, GivenPool(executor), Deadlines(0.5, imports=0), threading.Event())
        with pytest.raises(BrokenExecutor, match="every worker of the given executor is held"):
            arrived.extend(answer for _, answers in done for answer in answers)
        never.set()
    assert arrived.count("took longer than 0.5 s (trial_timeout)") == 2


SLEEPY = activation_plugin("Sleepy", forward="import time; time.sleep(1e6)")
GRID = """
seeds = 2
trial_timeout = 2
[[trial]]
hidden = [64]
train_size = 64
batch_size = 32
epochs = 1
[[trial]]
activation = ["tanh", "sleepy"]
hidden = [4]
train_size = 64
batch_size = 32
epochs = 1
"""


def test_a_launch_with_a_component_that_hangs_ends_says_why_and_trains_the_rest(tmp_path: Path) -> None:
    make_plugin(tmp_path / "plugins", "sleepy-plugin", SLEEPY)
    (tmp_path / "sleepy.toml").write_text(GRID)
    done = nnbench("run", "sleepy.toml", "--no-tracking", "--workers", "1", cwd=tmp_path, path=[tmp_path / "plugins"])
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 failed: took longer than 2 s (trial_timeout)" in done.stdout
    assert "Gradient check failed, so its figures mean little: activation sleepy" in done.stdout
    store = Store(tmp_path / "mlruns" / "results")
    (launch,) = store.launches()
    assert sorted(row["status"] for row in store.rows(launch.trial_ids)) == [*["done"] * 4, "failed", "failed"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_second_ctrl_c_ends_workers_that_never_would(tmp_path: Path) -> None:
    make_plugin(tmp_path / "plugins", "sleepy-plugin", SLEEPY)
    (tmp_path / "sleepy.toml").write_text('gradcheck = "off"\n' + GRID.replace("trial_timeout = 2\n", "").replace('"tanh", ', ""))
    command = [sys.executable, "-m", "nnbench", "run", "sleepy.toml", "--no-tracking"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "plugins"), "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    store = Store(tmp_path / "mlruns" / "results")
    while not store.statuses() and process.poll() is None:  # the healthy stack is there, the other one sleeps
        time.sleep(0.05)
    workers = [int(pid) for pid in _children(process.pid)]
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 130, output
    assert "Stopped. Results so far are stored; the same command goes on." in output
    assert workers
    assert not any(map(alive, workers))
    (launch,) = store.launches()
    assert launch.status == "interrupted"


def _children(pid: int) -> list[str]:
    """Workers of a command, which may go on in a child of the process that it was started as."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=", "-o", "args=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    lines = [line.split(maxsplit=1) for line in listed.splitlines()]
    workers = [number for number, command in lines if "spawn_main" in command]
    return workers or [worker for number, command in lines if "nnbench" in command for worker in _children(int(number))]


def test_planning_says_what_cannot_be_timed(tmp_path: Path) -> None:
    make_plugin(tmp_path / "plugins", "sleepy-plugin", SLEEPY)
    make_plugin(tmp_path / "plugins", "raising-plugin", activation_plugin("Raising", forward='raise ValueError("not today")'))
    for name in ("sleepy", "raising"):
        (tmp_path / f"{name}.toml").write_text(GRID.replace("sleepy", name))
    hangs = nnbench("plan", "sleepy.toml", cwd=tmp_path, path=[tmp_path / "plugins"])
    assert hangs.returncode == 0, hangs.stdout + hangs.stderr
    assert "activation sleepy: took longer than 2 s (trial_timeout)" in hangs.stdout
    raises = nnbench("plan", "raising.toml", cwd=tmp_path, path=[tmp_path / "plugins"])
    assert "activation raising: ValueError: not today" in raises.stdout
    assert "Traceback" not in raises.stdout + raises.stderr


def test_a_script_without_a_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import nnbench\ncatalog = nnbench.load_catalog()\ngrid = nnbench.Grid.from_text('[trial]', 'g', catalog)\n"
        "nnbench.run(grid, catalog=catalog, track=False)\n"
    )
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert "call nnbench.run under if __name__ ==" in done.stderr.splitlines()[-1]
