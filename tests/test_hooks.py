"""Every hook is a typed signature with an example that works."""

from __future__ import annotations

import inspect
import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnbench import Activation, Tracker, hooks
from nnbench.catalog import plugin_manager
from nnbench.store import Launch, LaunchCell, Result

HOOKS = {name: hook for name, hook in vars(hooks).items() if name.startswith("nnbench_")}
LAUNCH = Launch(
    id="20260101-000000-abcd",
    grid="example",
    question="",
    source="example.toml",
    text="",
    overrides=(),
    started=0.0,
    cells=[LaunchCell(id="c", fields={}, labels={}, origins={}, trials={"t1": 0, "t2": 1})],
    environment={},
)
ARGUMENTS: dict[str, Any] = {
    "launch": LAUNCH,
    "results": [
        Result(
            status=status,
            trial_id=trial,
            cell_id="c",
            seed=0,
            launch_id=LAUNCH.id,
            grid="example",
            fields="{}",
            origins="{}",
            started=0.0,
            seconds=0.0,
        )
        for trial, status in (("t1", "done"), ("t2", "failed"))
    ],
    "status": "failed",
}
PRINTED = {
    "nnbench_launch_started": "example: 2 trials\n",
    "nnbench_results_stored": "t2 failed\n",
    "nnbench_launch_finished": "example failed\n",
}


def example(hook: Any) -> str:
    """The code under `Example::` in a docstring."""
    _, found, code = inspect.getdoc(hook).partition("Example::\n")
    assert found
    return textwrap.dedent(code)


def plugin(name: str) -> SimpleNamespace:
    """The example of a hook as a plugin."""
    namespace: dict[str, Any] = {"__name__": "example_plugin"}
    exec(compile(example(HOOKS[name]), name, "exec"), namespace)
    return SimpleNamespace(**namespace)


def test_the_hooks_are_those_that_the_manager_knows() -> None:
    manager = plugin_manager()
    assert HOOKS
    assert all(getattr(manager.hook, name).spec is not None for name in HOOKS)


@pytest.mark.parametrize("name", list(HOOKS))
def test_a_hook_has_a_typed_signature_and_a_summary(name: str) -> None:
    signature = inspect.signature(HOOKS[name])
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in signature.parameters.values())
    assert not inspect.getdoc(HOOKS[name]).startswith("Example")


@pytest.mark.parametrize("name", list(HOOKS))
def test_the_example_of_a_hook_implements_it(name: str) -> None:
    manager = plugin_manager()
    manager.register(plugin(name))
    manager.check_pending()
    assert len(getattr(manager.hook, name).get_hookimpls()) == 1


@pytest.mark.parametrize("name", [*PRINTED])
def test_the_example_of_a_watcher_says_what_it_was_told(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    manager = plugin_manager()
    manager.register(plugin(name))
    getattr(manager.hook, name)(**{argument: ARGUMENTS[argument] for argument in inspect.signature(HOOKS[name]).parameters})
    assert capsys.readouterr().out == PRINTED[name]


def test_the_example_of_components_is_an_activation_whose_derivative_is_right() -> None:
    (cls,) = plugin("nnbench_components").nnbench_components()
    assert issubclass(cls, Activation)
    component = cls()
    z = np.linspace(-2, 2, 41).reshape(1, 1, -1)
    slope = (component.forward(z + 1e-5) - component.forward(z - 1e-5)) / 2e-5
    np.testing.assert_allclose(component.derivative(z, component.forward(z)), slope, rtol=1e-6, atol=1e-8)


def test_the_example_of_a_tracker_notes_each_trial_once(tmp_path: Path) -> None:
    (tracker,) = plugin("nnbench_trackers").nnbench_trackers(tmp_path)
    assert isinstance(tracker, Tracker)
    for _ in range(2):
        tracker.nnbench_launch_started(LAUNCH)
        tracker.nnbench_results_stored(LAUNCH, ARGUMENTS["results"])
        tracker.nnbench_launch_finished(LAUNCH, "finished")
    assert (tmp_path / "trials.txt").read_text() == "t1\nt2\n"
    assert tracker.close() == str(tmp_path / "trials.txt")
