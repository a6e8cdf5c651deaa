"""Stacks on real worker processes, some of which die."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from helpers import bits
from misbehaving import Counting, Deadly, Raising, Stuck
from threadpoolctl import threadpool_info, threadpool_limits

from nnbench import Activation, Catalog, Grid, threads
from nnbench.engine.training import train
from nnbench.grid import Trial
from nnbench.threads import one_blas_thread
from nnbench.work import Deadlines, GivenPool, LocalPool, Outcome, run_stack, train_all


def trained(stacks: Sequence[Sequence[Trial]], workers: int = 2, trial_timeout: float | None = None) -> dict[str, Outcome]:
    with LocalPool(workers) as pool:
        finished = train_all(stacks, pool, Deadlines(trial_timeout), threading.Event())
        return {trial.id: outcome for stack, outcomes in finished for trial, outcome in zip(stack, outcomes, strict=True)}


@pytest.fixture(autouse=True)
def nobody_else_trains() -> None:
    """A thread of an earlier test that never returns holds the limit on BLAS threads for good."""
    threads._begin_anew()


@pytest.fixture
def trials(small_grid, catalog: Catalog) -> list[Trial]:
    return small_grid(seeds=4, activation=["tanh", "relu", "sigmoid"]).trials(catalog)


def spoiled(trial: Trial, activation: Activation) -> Trial:
    return Trial(replace(trial.cell, activation=activation), trial.seed + 100)


def test_workers_give_what_this_process_gives(trials: list[Trial]) -> None:
    found = trained([trials[:5], trials[5:]])
    for trial, record in zip(trials, train(trials), strict=True):
        assert repr(found[trial.id].record) == repr(record)


def test_any_executor_will_do(trials: list[Trial]) -> None:
    with ThreadPoolExecutor(2) as executor:
        finished = list(train_all([trials[:5], trials[5:]], GivenPool(executor), Deadlines(), threading.Event()))
    assert sum(len(outcomes) for _, outcomes in finished) == len(trials)


class Inline(Executor):
    """Does everything at once, in the thread that asks for it."""

    def submit(self, call: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(call(*arguments, **named))
        return future


def blas_threads() -> dict[str, int]:
    return {each["filepath"]: each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


@pytest.fixture(scope="module")
def wide(catalog: Catalog) -> dict[str, Any]:
    """Trials whose matrix products BLAS would share out among threads, and what they come to alone."""
    fields = 'hidden = [600, 500]\nactivation = ["tanh", "relu"]\ntrain_size = 64\nvalid_size = 64\ntest_size = 64\nepochs = 2'
    trials = Grid.from_text(f"seeds = 2\n[trial]\n{fields}", "wide", catalog).trials(catalog)
    return {"trials": trials, "records": {trial.id: bits(run_stack([trial])[0].record) for trial in trials}}


@pytest.mark.parametrize(
    "make", [Inline, lambda: ThreadPoolExecutor(3), lambda: ProcessPoolExecutor(2)], ids=["inline", "threads", "forks"]
)
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # JAX's word on forks, if another test loaded it
def test_whatever_the_executor_results_are_the_same_bits_and_blas_has_its_threads_back(wide: dict[str, Any], make: Any) -> None:
    """The limit is the process's own: a thread that sets it back while another trains changed two of eighteen results."""
    with threadpool_limits(2):
        before = blas_threads()
        with make() as executor:
            finished = list(train_all([[trial] for trial in wide["trials"]], GivenPool(executor), Deadlines(), threading.Event()))
        assert blas_threads() == before
        assert set(before.values()) == {2}
    assert {stack[0].id: bits(outcome.record) for stack, (outcome,) in finished} == wide["records"]


def test_the_limit_lasts_until_the_last_thread_that_holds_it_leaves() -> None:
    with threadpool_limits(2):
        first, second = one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert set(blas_threads().values()) == {1}
        second.__exit__(None, None, None)
        assert set(blas_threads().values()) == {2}


@pytest.mark.parametrize("at", [0, 3, 12])
def test_a_component_that_raises_fails_its_own_trials_alone(trials: list[Trial], at: int) -> None:
    bad = spoiled(trials[0], Raising())
    outcomes = run_stack([*trials[:at], bad, *trials[at:]])
    assert "RuntimeError: no forward today" in outcomes[at].record.error
    assert outcomes[at].record.status == "failed"
    good = [outcome.record for i, outcome in enumerate(outcomes) if i != at]
    assert [repr(record) for record in good] == [repr(record) for record in train(trials)]


def test_a_trial_that_kills_its_worker_fails_and_the_others_are_trained(trials: list[Trial]) -> None:
    deadly = spoiled(trials[0], Deadly())
    found = trained([[*trials[:3], deadly, *trials[3:6]], trials[6:9], trials[9:]])
    assert found.pop(deadly.id).record.status == "failed"
    assert {outcome.record.status for outcome in found.values()} == {"done"}
    assert set(found) == {trial.id for trial in trials}


def test_once_stopped_no_further_stack_begins_and_what_is_under_way_arrives(trials: list[Trial]) -> None:
    stop = threading.Event()
    arrived = []
    with LocalPool(1) as pool:
        for stack, _ in train_all([[trial] for trial in trials], pool, Deadlines(), stop):
            arrived.append(stack)
            stop.set()
    assert 1 <= len(arrived) <= 4


def test_a_worker_uses_one_blas_thread(trials: list[Trial]) -> None:
    counting = spoiled(trials[0], Counting())
    assert trained([[counting]])[counting.id].record.error.strip().endswith("RuntimeError: threads: 1")


def test_a_component_that_cannot_travel_fails_alone(trials: list[Trial]) -> None:
    stuck = spoiled(trials[0], Stuck())
    found = trained([[*trials[:3], stuck, *trials[3:]]])
    assert "pickle" in found.pop(stuck.id).record.error
    assert {outcome.record.status for outcome in found.values()} == {"done"}


def test_a_broken_executor_of_the_callers_condemns_nobody(trials: list[Trial]) -> None:
    deadly = spoiled(trials[0], Deadly())
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as executor, pytest.raises(BrokenExecutor, match="given executor died"):
        list(train_all([[deadly], trials], GivenPool(executor), Deadlines(), threading.Event()))
