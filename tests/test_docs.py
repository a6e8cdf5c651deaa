"""The pages for authors are true: what is printed there runs, and nothing that an author can write is left out."""

from __future__ import annotations

import csv
import doctest
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest
from helpers import make_plugin, nnbench

from nnbench import Grid, hooks, load_catalog
from nnbench.cli import COMMANDS, cli
from nnbench.conformance import check_component
from nnbench.conformance.__main__ import page
from nnbench.kinds import KINDS, Component, plural
from nnbench.store import Store

ROOT = Path(__file__).parents[1]
WRITTEN = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), ROOT / "plugins" / "README.md", ROOT / "mlruns" / "README.md"]
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in WRITTEN}
PLUGINS, TRACKERS = PAGES["docs/plugins.md"], PAGES["docs/trackers.md"]
TRIAL = """
[trial]
initializer = ["xavier_uniform", { name = "normal", std = 0.01 }]
optimizer = { name = "adam", lr = [0.01, 0.1] }
"""
"""What a part of a grid is read with."""
WIDTH = 100
"""Columns of prose; tables and blocks of code may be wider."""
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


def prose(text: str) -> str:
    """A page without its blocks of code, whose lines are left empty."""
    return re.sub(r"^```.*?^```$", lambda block: "\n" * block[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """What links to the headings of a page end in."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ +(.*)$", prose(text), re.MULTILINE)
    }


@pytest.mark.parametrize("page", PAGES)
def test_prose_is_wrapped(page: str) -> None:
    lines = enumerate(prose(PAGES[page]).splitlines(), 1)
    assert [number for number, line in lines if len(line) > WIDTH and not line.startswith(("|", "!["))] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/")])
def test_a_page_begins_with_something_to_do(page: str) -> None:
    beginning = re.split(r"^## ", PAGES[page], flags=re.MULTILINE)[0]
    assert re.search(r"^```console\n\$ (nnbench|make) ", beginning, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", prose(PAGES[page])):
        path, _, anchor = target.partition("#")
        there = (ROOT / page).parent / path if path else ROOT / page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_their_options_exist(page: str) -> None:
    for name, rest in re.findall(r"(?:^\$ |`)nnbench ([a-z][\w-]*)([^`\n#]*)", PAGES[page], re.MULTILINE):
        assert name in COMMANDS
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)--?[a-z][\w-]*", rest)) <= known, rest


def test_what_ships_is_counted() -> None:
    catalog = load_catalog()
    shipped = {
        kind: sum(catalog.entry(kind, name).origin.distribution == "nnbench" for name in catalog.names(kind)) for kind in KINDS
    }
    sentence = " ".join(prose(PAGES["README.md"]).split()).partition("In the box are ")[2].partition(".")[0]
    counts = {kind: re.search(rf"(\d+) {plural(kind).replace('dataset', 'families of data set')}", sentence) for kind in KINDS}
    assert {kind: int(count[1]) if count else None for kind, count in counts.items()} == shipped
    rows = dict(re.findall(r"^\| `nnbench_(\w+)` \| (\d+) \|", PAGES["plugins/README.md"], re.MULTILINE))
    assert rows == {plural(kind): str(count) for kind, count in shipped.items()}


def test_the_component_of_the_readme_obeys_every_law(monkeypatch: pytest.MonkeyPatch) -> None:
    (source,) = [content for language, content, _ in blocks(PAGES["README.md"], "python") if "hookimpl" in content]
    module = ModuleType("readme")
    monkeypatch.setitem(sys.modules, "readme", module)
    exec(source, vars(module))
    (component,) = module.nnbench_components()
    assert [outcome.detail for outcome in check_component(component) if outcome.status == "broken"] == []
    assert (component.kind, component.name) not in load_catalog()


def test_the_readme_shows_grids_as_they_are() -> None:
    """The grid that is printed there is the one in experiments, but for comments and what `nnbench robust` reads."""
    (printed,) = [content for language, content, _ in blocks(PAGES["README.md"], "toml") if "[compare]" in content]
    kept = tomllib.loads((ROOT / "experiments" / "xavier.toml").read_text(encoding="utf-8"))
    assert tomllib.loads(printed) == {name: value for name, value in kept.items() if name != "robust"}


@pytest.mark.parametrize("text", [text for page in ("README.md", "docs/grids.md") for _, text, _ in blocks(PAGES[page], "toml")])
def test_the_grids_that_are_printed_are_accepted(text: str) -> None:
    """Parts of a grid are read with what they leave out."""
    has = tomllib.loads(text)
    text += "" if "trial" in has else TRIAL
    text += '[compare]\nfactor = "initializer"\ntune = ["optimizer.lr"]\n' if "robust" in has else ""
    grid = Grid.from_text(text, "printed", load_catalog())
    if grid.robust:
        assert len(grid.alternatives(load_catalog())) == 1 + 8, "the page says how many there are"


def trials(folder: Path) -> list[dict[str, str]]:
    with (folder / "trials.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_tracker_of_thirty_lines_appends_each_trial_once_and_whole(tmp_path: Path) -> None:
    """Fresh, where the store had some already, where a launch was interrupted, and caught up with by sync."""
    ((_, source, _),) = blocks(TRACKERS, "python")
    assert len([line for line in source.splitlines() if line.strip()]) <= 30
    plugin = make_plugin(tmp_path / "plugin", "csv-tracker", source)
    stopper = make_plugin(tmp_path / "stopper", "stopper", STOPPER)
    (tmp_path / "grid.toml").write_text(
        'seeds = 2\n[trial]\nactivation = ["relu", "tanh"]\nepochs = 1\nhidden = [[4], [5], [6], [7], [8]]\n'
    )

    def run(*options: str, path: Sequence[Path], command: str = "run") -> str:
        arguments = ["grid.toml", "--no-tracking", "--workers", "1", *options] if command == "run" else options
        done = nnbench(command, *arguments, cwd=tmp_path, path=path)
        assert (done.returncode, done.stderr) == (130 if stopper in path else 0, "")
        return done.stdout

    told = run("--set", "seeds=1", path=[plugin])
    assert f"grid finished; its trials are in {tmp_path / 'trials.csv'}" in told
    assert len(trials(tmp_path)) == 10
    run(path=[plugin, stopper])
    stopped = len(trials(tmp_path))
    assert 10 < stopped < 20
    for _ in range(2):
        run(path=[plugin])
    fresh = trials(tmp_path)
    (tmp_path / "trials.csv").unlink()
    for _ in range(2):
        assert "trials.csv is up to date" in run(path=[plugin], command="sync")
    for lines in (fresh, trials(tmp_path)):
        assert len(lines) == len({line["trial_id"] for line in lines}) == 20
        assert all(value for line in lines for value in line.values())
        assert {line["status"] for line in lines} == {"done"}
        assert all(0 <= float(line["test_accuracy"]) <= 1 for line in lines)
    assert sorted(map(str, fresh)) == sorted(map(str, trials(tmp_path)))
    assert set(Store(tmp_path / "mlruns" / "results").launches()[-1].logged_to) >= {"trials.csv"}
