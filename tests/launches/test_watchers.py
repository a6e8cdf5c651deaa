"""What watchers and trackers are told, fresh and out of the store."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers import bits

from nnbench import Catalog, Result, Tracker, hookimpl, run
from nnbench.catalog import plugin_manager
from nnbench.errors import InputError
from nnbench.grid import Grid
from nnbench.launching.results import Results
from nnbench.store import BEHIND, REPORTED, SCHEMA, TUNING, Launch, Store
from nnbench.tracking import replay

TUNED = """
name = "tuned"
seeds = 2
[compare]
factor = "activation"
tune = ["optimizer.lr"]
[trial]
activation = ["tanh", "relu"]
dataset = ["moons", "circles"]
optimizer = { name = "sgd", lr = [0.1, 1e30] }
hidden = [[4]]
epochs = 1
train_size = 64
valid_size = 32
test_size = 32
"""


class Watcher:
    """Keeps what it is told, by phase."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Result]] = []

    @hookimpl
    def nnbench_results_stored(self, launch: Launch, results: Sequence[Result]) -> None:
        self.told += [(launch.phase, result) for result in results]


class Notes(Tracker):
    """Keeps what it is told."""

    def __init__(self, name: str = "notes", fail: bool = False) -> None:
        self.name, self.fail = name, fail
        self.told: list[tuple[str, str]] = []
        self.calls: list[str] = []

    def start(self, launch: Launch) -> None:
        self.calls.append(f"start {launch.phase}")

    def results(self, launch: Launch, results: Sequence[Result]) -> None:
        if self.fail:
            raise OSError("disk full")
        self.told += [(launch.phase, result.trial_id) for result in results]

    def finish(self, launch: Launch, status: str) -> None:
        self.calls.append(f"finish {status}")

    def close(self) -> str | None:
        self.calls.append("close")
        return super().close()


@pytest.fixture(scope="module")
def grid(catalog: Catalog) -> Grid:
    return Grid.from_text(TUNED, "tuned.toml", catalog)


def launched(grid: Grid, catalog: Catalog, folder: Path, *watchers: object) -> Results:
    with ThreadPoolExecutor(1) as executor:
        return run(grid, catalog=catalog, executor=executor, folder=folder, track=False, watchers=watchers)


def test_results_are_the_same_whether_fresh_or_out_of_the_store(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    fresh, known = Watcher(), Watcher()
    trained = launched(grid, catalog, tmp_path, fresh).trained
    assert launched(grid, catalog, tmp_path, known).trained == 0
    assert len(fresh.told) == trained
    replayed = {(phase, result.trial_id): result for phase, result in known.told}
    assert {(phase, result.trial_id) for phase, result in fresh.told} == set(replayed)
    assert {phase for phase, _ in replayed} == {TUNING, REPORTED, BEHIND}
    assert {result.status for _, result in fresh.told} == {"done", "diverged"}
    for phase, result in fresh.told:
        again = replayed[phase, result.trial_id]
        assert isinstance(result, Result)
        assert list(result) == list(again) == SCHEMA.names
        assert bits(result) == bits(again)
        assert dict(result).keys() == result.keys()
        assert result["status"] == result.status
        assert result.get("unknown") is None
        with pytest.raises(KeyError):
            result["unknown"]


def test_a_tracker_is_told_all_phases_and_noted(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    tracker, again = Notes(), Notes()
    results = launched(grid, catalog, tmp_path, tracker)
    assert tracker.calls == ["start tuning", "finish finished", "close"]
    assert results.launch.logged_to == {"notes": "notes"}
    assert results.trackers == (tracker,)
    assert launched(grid, catalog, tmp_path, again).trackers == ()
    assert again.calls == []


def test_a_tracker_catches_up_with_what_it_would_have_been_told(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    live, late = Notes(), Notes()
    results = launched(grid, catalog, tmp_path, live)
    assert replay(late, results.launch, results.store) == "notes"
    assert sorted(late.told) == sorted(live.told)
    assert late.calls == live.calls
    few = Notes()
    few.phases = ("reported",)
    replay(few, results.launch, results.store)
    assert sorted(few.told) == sorted(each for each in live.told if each[0] == "reported")


def test_a_tracker_that_comes_late_is_told_all_by_the_same_launch(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    live, late = Notes(), Notes("late")
    launched(grid, catalog, tmp_path, live)
    assert set(launched(grid, catalog, tmp_path, late).launch.logged_to) == {"notes", "late"}
    assert sorted(late.told) == sorted(live.told)


def test_a_tracker_that_raises_costs_no_result_and_is_not_noted(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    tracker = Notes(fail=True)
    results = launched(grid, catalog, tmp_path, tracker)
    assert (results.status, results.left) == ("finished", 0)
    assert results.watcher_problems == ("notes: nnbench_results_stored raised OSError: disk full",)
    assert tracker.calls[-1] == "close"
    assert Store(tmp_path / "results").launches()[0].logged_to == {}


def test_two_trackers_of_one_name_are_refused_before_anything_is_trained(grid: Grid, catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two trackers have the name 'notes'"):
        launched(grid, catalog, tmp_path, Notes(), Notes())
    assert not (tmp_path / "results").exists()


class Rude(Notes):
    """Breaks what is asked of a tracker."""

    def __init__(self, breaks: str = "", closes: Any = "there") -> None:
        super().__init__("rude")
        self.breaks, self.closes = breaks, closes

    def has(self, launch: Launch) -> bool:
        return self._break("has") or super().has(launch)

    def start(self, launch: Launch) -> None:
        self._break("start")

    def results(self, launch: Launch, results: Sequence[Result]) -> None:
        self._break("results")

    def close(self) -> Any:
        self._break("close")
        return self.closes

    def _break(self, method: str) -> bool:
        if self.breaks == method:
            raise ValueError("not in the mood")
        if self.breaks == f"{method} exits":
            sys.exit("enough")
        return False


class Unnamed(Tracker):
    """Sets no name."""

    def results(self, launch: Launch, results: Sequence[Result]) -> None:
        """Does nothing with them."""


def offering(catalog: Catalog, *trackers: Tracker) -> Catalog:
    """The catalog with a plugin beside that offers trackers."""
    manager = plugin_manager()
    manager.register(SimpleNamespace(nnbench_trackers=hookimpl(lambda: trackers, specname="nnbench_trackers")), name="offerer")
    return replace(catalog, manager=manager)


@pytest.fixture
def plain(small_grid) -> Grid:
    return small_grid()


@pytest.mark.parametrize(
    ("breaks", "told"),
    [
        ("has", "has raised ValueError: not in the mood"),
        ("has exits", "has raised SystemExit: enough"),
        ("start exits", "nnbench_launch_started raised SystemExit: enough"),
        ("results exits", "nnbench_results_stored raised SystemExit: enough"),
        ("close exits", "close raised SystemExit: enough"),
    ],
)
def test_a_tracker_that_breaks_or_exits_anywhere_costs_no_result(
    plain: Grid, catalog: Catalog, tmp_path: Path, breaks: str, told: str
) -> None:
    results = launched(plain, catalog, tmp_path, Rude(breaks))
    assert (results.status, results.left, results.launch.logged_to) == ("finished", 0, {})
    assert results.watcher_problems == (f"rude: {told}",)
    assert [each.status for each in Store(tmp_path / "results").launches()] == ["finished"]
    assert launched(plain, catalog, tmp_path).watcher_problems == ()  # it is not registered any more


@pytest.mark.parametrize("closes", [Path("there"), 3, ["there"]], ids=repr)
def test_what_close_returns_is_a_text_or_none(plain: Grid, catalog: Catalog, tmp_path: Path, closes: Any) -> None:
    results = launched(plain, catalog, tmp_path, Rude(closes=closes))
    assert (results.status, results.launch.logged_to) == ("finished", {})
    said = f"returned {closes!r}, which is neither a text nor None"
    assert results.watcher_problems == (f"rude: close raised TypeError: it {said}",)
    with pytest.raises(TypeError, match="neither a text nor None"):
        replay(Rude(closes=closes), results.launch, results.store)


@pytest.mark.parametrize("name", ["nnbench:activations", "offerer"])
def test_a_tracker_may_have_a_plugins_name(plain: Grid, catalog: Catalog, tmp_path: Path, name: str) -> None:
    results = launched(plain, offering(catalog, Notes(name)), tmp_path)
    assert (results.status, results.launch.logged_to) == ("finished", {name: name})
    again = launched(plain, catalog, tmp_path / "again", Notes(name))
    assert (again.launch.logged_to, again.watcher_problems) == ({name: name}, ())


@pytest.mark.parametrize("name", ["unset", None, 3, "", " "], ids=repr)
def test_a_tracker_without_a_name_is_refused_where_it_is_passed_and_left_out_where_it_is_offered(
    plain: Grid, catalog: Catalog, tmp_path: Path, name: Any
) -> None:
    tracker = Unnamed() if name == "unset" else Notes(name)
    problem = f"the tracker {type(tracker).__name__} has {'no' if name in ('unset', None) else 'the'} name"
    with pytest.raises(InputError, match=problem):
        launched(plain, catalog, tmp_path, tracker)
    assert not (tmp_path / "results").exists()
    named = Notes()
    results = launched(plain, offering(catalog, tracker, named), tmp_path)
    assert (results.status, results.trackers) == ("finished", (named,))
    (told,) = results.watcher_problems
    assert told.startswith(f"offerer: {problem}")


def test_a_watcher_that_cannot_be_told_is_refused_before_anything_is_recorded(
    plain: Grid, catalog: Catalog, tmp_path: Path
) -> None:
    class Misspelt(Notes):
        @hookimpl
        def nnbench_launch_finished(self, lunch: Launch) -> None:  # type: ignore[override]
            """No launch hook has such an argument."""

    with pytest.raises(InputError, match="notes cannot be told of launches"):
        launched(plain, catalog, tmp_path, Misspelt())
    assert not (tmp_path / "results").exists()
    results = launched(plain, offering(catalog, Misspelt()), tmp_path)
    assert (results.status, results.trackers) == ("finished", ())
    (told,) = results.watcher_problems
    assert told.startswith("notes cannot be told of launches: PluginValidationError")


def test_a_watcher_that_is_passed_twice_is_told_once(plain: Grid, catalog: Catalog, tmp_path: Path) -> None:
    watcher = Watcher()
    results = launched(plain, catalog, tmp_path, watcher, watcher)
    assert len(watcher.told) == results.trained


def plugins(catalog: Catalog, *modules: object) -> Catalog:
    """The catalog with these as plugins, registered in that order."""
    manager = plugin_manager()
    for number, module in enumerate(modules):
        manager.register(module, name=f"plugin{number}")
    return replace(catalog, manager=manager)


def noting(told: list[str], name: str, **options: bool) -> SimpleNamespace:
    """A plugin that notes that a launch started."""

    def start(launch: Launch) -> str:
        told.append(name)
        return name

    return SimpleNamespace(hook=hookimpl(start, specname="nnbench_launch_started", **options))


def wrapping(told: list[str], name: str, fault: str = "", **options: bool) -> SimpleNamespace:
    """A plugin that wraps the same hook, and goes wrong where `fault` says."""

    def around(launch: Launch) -> Any:
        if fault == "before":
            raise ValueError("not ready")
        told.append(f"{name} before")
        results = yield
        told.append(f"{name} after {results if isinstance(results, list) else results.get_result()}")
        if fault == "after":
            raise ValueError("not done")
        if fault == "twice":
            yield
        return results

    return SimpleNamespace(hook=hookimpl(around, specname="nnbench_launch_started", **options))


def test_launch_hooks_are_called_in_the_order_of_pluggy_with_wrappers_around_all(
    plain: Grid, catalog: Catalog, tmp_path: Path
) -> None:
    ours: list[str] = []
    theirs: list[str] = []

    def made(told: list[str]) -> list[SimpleNamespace]:
        return [
            noting(told, "first"),
            wrapping(told, "new", wrapper=True),
            noting(told, "last", trylast=True),
            wrapping(told, "old", hookwrapper=True),
            noting(told, "soon", tryfirst=True),
            noting(told, "second"),
            wrapping(told, "outer", wrapper=True, tryfirst=True),
        ]

    launched(plain, plugins(catalog, *made(ours)), tmp_path)
    manager = plugins(catalog, *made(theirs)).manager
    manager.hook.nnbench_launch_started(launch=None)
    assert ours == theirs
    assert ours[:4] == ["outer before", "old before", "new before", "soon"]
    assert ours[-1] == "outer after ['soon', 'second', 'first', 'last']"


@pytest.mark.parametrize("options", [{"wrapper": True}, {"hookwrapper": True}], ids=["new style", "old style"])
@pytest.mark.parametrize(
    ("fault", "said"),
    [("before", "ValueError: not ready"), ("after", "ValueError: not done"), ("twice", "RuntimeError: the wrapper yielded twice")],
)
def test_a_wrapper_that_goes_wrong_is_named_and_the_others_are_still_called(
    plain: Grid, catalog: Catalog, tmp_path: Path, options: dict[str, bool], fault: str, said: str
) -> None:
    told: list[str] = []
    wrong = wrapping([], "wrong", fault, **options)
    watching = plugins(catalog, noting(told, "a"), wrapping(told, "inner", wrapper=True), wrong, wrapping(told, "w", wrapper=True))
    results = launched(plain, watching, tmp_path)
    assert (results.status, results.left) == ("finished", 0)
    assert results.watcher_problems == (f"plugin2: nnbench_launch_started raised {said}",)
    assert told == ["w before", "inner before", "a", "inner after ['a']", "w after ['a']"]


def test_what_raises_is_named_and_wrappers_see_the_results_of_the_others(plain: Grid, catalog: Catalog, tmp_path: Path) -> None:
    told: list[str] = []

    def broken(launch: Launch) -> None:
        raise ValueError("no")

    raising = SimpleNamespace(hook=hookimpl(broken, specname="nnbench_launch_started"))
    watching = plugins(catalog, noting(told, "a"), raising, wrapping(told, "w", wrapper=True), noting(told, "b"))
    results = launched(plain, watching, tmp_path)
    assert results.watcher_problems == ("plugin1: nnbench_launch_started raised ValueError: no",)
    assert told == ["w before", "b", "a", "w after ['b', 'a']"]


def test_a_wrapper_around_trackers_decides_which_are_told(plain: Grid, catalog: Catalog, tmp_path: Path) -> None:
    kept, dropped = Notes("kept"), Notes("dropped")

    def choosing() -> Any:
        offered = yield
        return [[each for each in own if each.name == "kept"] for own in offered]

    def spoiling() -> Any:
        yield
        return [["no tracker"]]

    hooks = [hookimpl(lambda: [kept, dropped], specname="nnbench_trackers")]
    hooks += [hookimpl(each, specname="nnbench_trackers", wrapper=True) for each in (choosing, spoiling)]
    results = launched(plain, plugins(catalog, *(SimpleNamespace(hook=each) for each in hooks)), tmp_path)
    assert results.trackers == (kept,)
    (problem,) = results.watcher_problems
    assert problem.startswith("plugin2: nnbench_trackers raised TypeError: it offers 'no tracker'")
