"""The pages for authors are true: what is printed there runs, and nothing that an author can write is left out."""

from __future__ import annotations

import csv
import doctest
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest
from helpers import make_plugin, nnbench

from nnbench import hooks
from nnbench.conformance import check_component
from nnbench.conformance.__main__ import page
from nnbench.kinds import KINDS, Component
from nnbench.store import Store

ROOT = Path(__file__).parents[1]
PLUGINS = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
TRACKERS = (ROOT / "docs" / "trackers.md").read_text(encoding="utf-8")
STOPPER = """
import os
import signal
from nnbench import hookimpl

@hookimpl(tryfirst=True)
def nnbench_results_stored(launch, results):
    if results[0].launch_id == launch.id:
        os.kill(os.getpid(), signal.SIGINT)
"""
"""A watcher that presses Ctrl-C once a stack is trained."""
HOOKS = [name for name in vars(hooks) if name.startswith("nnbench_")]


def blocks(text: str, *languages: str) -> list[tuple[str, str, int]]:
    """Language, content and line of the fenced blocks in these languages."""
    found = re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(each[1], each[2], text.count("\n", 0, each.start()) + 1) for each in found if each[1] in languages]


def sections(text: str) -> dict[str, str]:
    """What stands below each heading of the third level."""
    parts = re.split(r"^##+ +(.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """What the blocks of docs/plugins.md define, once each was run and each of its consoles printed what it says."""
    module = sys.modules["plugins_page"] = ModuleType("plugins_page")
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("work"))
        for language, content, line in blocks(PLUGINS, "python", "pycon"):
            if language == "python":
                exec(compile("\n" * line + content, "docs/plugins.md", "exec"), vars(module))
            else:
                test = doctest.DocTestParser().get_doctest(content, vars(module), "docs/plugins.md", None, line)
                test.globs = vars(module)  # not a copy: what an example imports stays
                runner.run(test, clear_globs=False)
    assert runner.summarize(verbose=False).failed == 0
    yield module
    del sys.modules["plugins_page"]


def test_every_block_runs_and_prints_what_it_says(written: ModuleType) -> None:
    assert len(blocks(PLUGINS, "python")) >= 12
    assert len(blocks(PLUGINS, "pycon")) >= 5


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_has_its_contract_and_an_example_that_obeys_every_law(written: ModuleType, kind: str) -> None:
    section = sections(PLUGINS)[kind]
    own = [name for name in vars(KINDS[kind]) if not name.startswith("_") and name not in vars(Component)]
    assert [name for name in own if f"`{name}" not in section] == []
    classes = re.findall(rf"^class (\w+)\({kind.title()}\)", section, re.MULTILINE)
    assert classes
    for name in classes:
        assert [outcome.detail for outcome in check_component(vars(written)[name]) if outcome.status == "broken"] == []


def test_everything_that_all_components_declare_is_explained() -> None:
    own = [name for name in vars(Component) if not name.startswith("_") and name not in ("kind", "plural", "default", "summary")]
    assert [name for name in own if f"{name}" not in sections(PLUGINS)["What all components have in common"]] == []


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_with_an_example(written: ModuleType, hook: str) -> None:
    section = sections(PLUGINS)["The hooks"]
    assert f"`{hook}(" in section
    assert re.search(rf"@hookimpl\n +def {hook}\(|@hookimpl\ndef {hook}\(", section)


def test_the_hook_of_the_page_offers_what_the_page_defines(written: ModuleType) -> None:
    offered = written.nnbench_components()
    defined = [each for each in vars(written).values() if isinstance(each, type) and each.__module__ == "plugins_page"]
    assert {cls.kind for cls in offered} == set(KINDS)
    assert {cls for cls in defined if issubclass(cls, Component)} - set(offered) == {written.Wrong}


def test_the_page_of_laws_has_every_law() -> None:
    assert (ROOT / "docs" / "laws.md").read_text(encoding="utf-8") == page(), "run python -m nnbench.conformance > docs/laws.md"


def test_the_commands_of_the_ten_minutes_exist() -> None:
    from nnbench.cli import COMMANDS

    commands = re.findall(r"\$ nnbench (\S+)", PLUGINS + TRACKERS)
    assert commands
    assert set(commands) <= set(COMMANDS)


def trials(folder: Path) -> list[dict[str, str]]:
    with (folder / "trials.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_tracker_of_thirty_lines_appends_each_trial_once_and_whole(tmp_path: Path) -> None:
    """Fresh, where the store had some already, where a launch was interrupted, and caught up with by sync."""
    ((_, source, _),) = blocks(TRACKERS, "python")
    assert len([line for line in source.splitlines() if line.strip()]) <= 30
    plugin = make_plugin(tmp_path / "plugin", "csv-tracker", source)
    stopper = make_plugin(tmp_path / "stopper", "stopper", STOPPER)
    (tmp_path / "grid.toml").write_text('seeds = 2\n[trial]\nactivation = ["relu", "tanh"]\nepochs = 1\nhidden = [[4], [5]]\n')

    def run(*options: str, path: Sequence[Path], command: str = "run") -> str:
        arguments = ["grid.toml", "--no-tracking", "--workers", "1", *options] if command == "run" else options
        done = nnbench(command, *arguments, cwd=tmp_path, path=path)
        assert (done.returncode, done.stderr) == (130 if stopper in path else 0, "")
        return done.stdout

    told = run("--set", "seeds=1", path=[plugin])
    assert f"grid finished; its trials are in {tmp_path / 'trials.csv'}" in told
    assert len(trials(tmp_path)) == 4
    run(path=[plugin, stopper])
    stopped = len(trials(tmp_path))
    assert 4 < stopped < 8
    for _ in range(2):
        run(path=[plugin])
    fresh = trials(tmp_path)
    (tmp_path / "trials.csv").unlink()
    for _ in range(2):
        assert "trials.csv is up to date" in run(path=[plugin], command="sync")
    for lines in (fresh, trials(tmp_path)):
        assert len(lines) == len({line["trial_id"] for line in lines}) == 8
        assert all(value for line in lines for value in line.values())
        assert {line["status"] for line in lines} == {"done"}
        assert all(0 <= float(line["test_accuracy"]) <= 1 for line in lines)
    assert sorted(map(str, fresh)) == sorted(map(str, trials(tmp_path)))
    assert set(Store(tmp_path / "mlruns" / "results").launches()[-1].logged_to) >= {"trials.csv"}
