"""From a name to a package that installs, passes and runs as written."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from helpers import activation_plugin, make_plugin, nnbench

from nnbench import Grid, load_catalog
from nnbench.analysis.statistics import pairs_needed
from nnbench.cli import cli
from nnbench.errors import InputError
from nnbench.kinds import KINDS
from nnbench.scaffold.templates import __path__ as templates

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The command line in this process, in an empty folder; plugins made there are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)

    def invoke(*arguments: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(cli, arguments, prog_name="nnbench", input=answer)

    yield invoke
    for module in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[module], "__file__", "")):
            del sys.modules[module]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Make the plugin in a folder known, as an editable install would."""

    def install(name: str) -> Path:
        folder, module = tmp_path / name, name.replace("-", "_")
        make_plugin(folder, name, (folder / f"{module}.py").read_text(encoding="utf-8"))
        monkeypatch.syspath_prepend(folder)
        return folder

    return install


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


def test_there_is_a_template_for_every_kind() -> None:
    assert {path.stem for path in Path(templates[0]).glob("[a-z]*.py")} == {base.plural for base in KINDS.values()}


@pytest.mark.parametrize("kind", list(KINDS))
def test_what_is_written_is_complete(run: Run, tmp_path: Path, kind: str) -> None:
    done = run("new-plugin", "nnbench-wavy", "--kind", kind)
    assert done.exit_code == 0, done.output
    found = content(tmp_path / "nnbench-wavy")
    assert set(found) == {
        "pyproject.toml",
        "README.md",
        "compare.toml",
        "nnbench_wavy.py",
        "tests/test_nnbench_wavy.py",
        ".gitignore",
    }
    assert 'nnbench_wavy = "nnbench_wavy"' in found["pyproject.toml"]
    assert "class Wavy(" in found["nnbench_wavy.py"]
    assert not [path for path, text in found.items() if "Example" in text or "example" in text.replace("smallest example", "")]
    assert '"wavy"' in found["compare.toml"]
    assert f"--kind {kind}" not in done.output
    assert all(command in done.output for command in ("cd nnbench-wavy", "pip install", "check nnbench-wavy", "run compare.toml"))


@pytest.mark.parametrize("kind", list(KINDS))
def test_what_is_written_obeys_every_law_and_its_grid_is_accepted(
    run: Run, installed: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    run("new-plugin", "wavy", "--kind", kind)
    folder = installed("wavy")
    checked = run("check", "wavy")
    assert checked.exit_code == 0, checked.output
    assert "laws ran on 1 component" in checked.output
    monkeypatch.chdir(folder)
    planned = run("plan", "compare.toml", "--workers", "1")
    assert planned.exit_code == 0, planned.output
    (line,) = [line for line in (folder / "compare.toml").read_text().splitlines() if line.startswith(f"{kind} = ")]
    assert line.count('"') >= 2 * 4
    assert line.split('"')[1] == "wavy"


def test_the_comparison_is_on_screen_and_the_tests_pass(run: Run, installed: Callable[[str], Path]) -> None:
    run("new-plugin", "nnbench-wavy")
    folder = installed("nnbench-wavy")
    few = [f"--set={each}" for each in ("seeds=1", "compare.tune=[]", "epochs=1")]
    done = nnbench("run", "compare.toml", "--no-tracking", "--workers", "1", *few, cwd=folder, path=[folder])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "How does the activation wavy compare with its nearest relatives?" in done.stdout
    assert "Pairs of levels" in done.stdout
    tested = run_pytest(folder)
    assert "laws ran" in tested
    assert " 0 broken" in tested


def run_pytest(folder: Path) -> str:
    import subprocess

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:jaxtyping", str(folder)]
    environment = {"PYTHONPATH": str(folder), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("two words", "no name for a distribution"),
        ("../escape", "no name for a distribution"),
        ("wavy-", "no name for a distribution"),
        ("", "no name for a distribution"),
        ("9lives", "'9lives', which Python does not take"),
        ("nnbench-9lives", "'9lives', which Python does not take"),
        ("class", "'class', which Python does not take"),
        ("nnbench", "nnbench's own name"),
        ("nnbench-", "no name for a distribution"),
        ("activation", "would be called Activation"),
        ("nnbench-activation", "would be called Activation"),
        ("nnbench-component", "would be called Component"),
        ("nnbench-positive", "would be called Positive"),
        ("nnbench-exception", "would be called Exception"),
        ("nnbench-optimizer", "would be called Optimizer"),
        ("nnbench-class", "class, which is a keyword of Python"),
        ("test", "test is what projects call a folder"),
        ("docs", "docs is what projects call a folder"),
        ("scikit-learn", "a distribution scikit-learn is installed already"),
        ("Scikit_Learn", "a distribution scikit-learn is installed already"),
        ("relu", "activation relu comes with nnbench"),
        ("nnbench-swish", "swish, the activation silu, comes with nnbench"),
        ("json", "a module json exists already"),
        ("numpy", "a module numpy exists already"),
        ("nnbench-tanh", "activation tanh comes with nnbench"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(run: Run, tmp_path: Path, name: str, told: str) -> None:
    done = run("new-plugin", "--", name)
    assert isinstance(done.exception, InputError)
    assert told in str(done.exception)
    assert not list(tmp_path.iterdir())


def test_the_name_of_another_plugin_is_refused_and_that_of_ones_own_is_not(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(make_plugin(tmp_path / "plugin", "curves", activation_plugin("Cubic")))
    taken = run("new-plugin", "cubic")
    assert "activation cubic comes with curves 1.0" in str(taken.exception)
    assert run("new-plugin", "curves").exit_code == 0


def test_nothing_is_overwritten_unless_the_question_is_answered_with_yes(run: Run, tmp_path: Path) -> None:
    run("new-plugin", "wavy")
    (tmp_path / "wavy" / "wavy.py").write_text("mine")
    (tmp_path / "wavy" / "notes.txt").write_text("mine too")
    before = content(tmp_path)
    for answer in ("n\n", "\n", ""):
        asked = run("new-plugin", "wavy", answer=answer)
        assert asked.exit_code == 1
        assert "wavy.py" in asked.output
        assert "Overwrite?" in asked.output
        assert content(tmp_path) == before
    assert run("new-plugin", "wavy", answer="y\n").exit_code == 0
    after = content(tmp_path)
    assert "class Wavy" in after["wavy/wavy.py"]
    assert after["wavy/notes.txt"] == "mine too"


def test_a_file_in_the_place_of_the_folder_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wavy").write_text("mine")
    assert "wavy is a file" in str(run("new-plugin", "wavy").exception)
    assert (tmp_path / "wavy").read_text() == "mine"


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_grid_can_reach_a_verdict(run: Run, installed: Callable[[str], Path], kind: str) -> None:
    run("new-plugin", "wavy", "--kind", kind)
    grid = Grid.from_toml(installed("wavy") / "compare.toml", load_catalog())
    if kind != "dataset":
        levels = grid.trial[0][kind]
        assert grid.compare.baseline == levels[0] == "wavy"
        assert len(grid.trial[0]["dataset"]) >= pairs_needed(len(levels) - 1)
    assert len(grid.seed_list) >= 10


def test_relatives_are_measured_on_the_formula_that_is_there(run: Run, tmp_path: Path, installed: Callable[[str], Path]) -> None:
    run("new-plugin", "nnbench-wavy")
    folder = tmp_path / "nnbench-wavy"
    module = folder / "nnbench_wavy.py"
    formula = module.read_text().replace("np.arcsinh(self.k * z) / self.k", "np.maximum(z, 0.02 * z)")
    module.write_text(formula.replace("1 / np.hypot(1, self.k * z)", "np.where(z > 0, 1.0, 0.02).astype(z.dtype)"))
    installed("nnbench-wavy")
    told = run("relatives", "wavy").output
    assert 'in a grid: activation = ["wavy", "tanh", "leaky_relu", ' in told
    before = (folder / "compare.toml").read_text()
    done = run("relatives", "nnbench-wavy", "--update", str(folder / "compare.toml"))
    assert done.exit_code == 0, done.output
    after = (folder / "compare.toml").read_text()
    assert after != before
    (changed,) = [line for line in after.splitlines() if line not in before.splitlines()]
    assert changed.startswith('activation = ["wavy", "tanh", "leaky_relu", ')


@pytest.mark.parametrize("kind", list(KINDS))
def test_relatives_are_of_every_kind(run: Run, kind: str) -> None:
    name = load_catalog().find_default(kind)[0].name
    done = run("relatives", name, "--kind", kind)
    assert done.exit_code == 0, done.output
    assert f'in a grid: {kind} = ["{name}", "' in done.output


def test_relatives_of_what_is_not_there_and_a_grid_without_its_line_are_told(run: Run, tmp_path: Path) -> None:
    assert "no plugin, module or distribution 'wavvy'" in str(run("relatives", "wavvy").exception)
    assert "name one of them, and its kind" in str(run("relatives", "identity").exception)
    (tmp_path / "grid.toml").write_text('[trial]\nactivation = { name = "relu" }\n')
    told = str(run("relatives", "relu", "--update", "grid.toml").exception)
    assert "has no single line activation = [names]" in told
