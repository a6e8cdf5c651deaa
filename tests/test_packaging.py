"""What is built installs elsewhere and runs there, and finds a stranger's plugin."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DECLARED: dict[str, str] = PROJECT["project"]["entry-points"]["nnbench"]
PACKAGES = {"nnbench", *DECLARED.values()}

STRANGER = {
    "pyproject.toml": """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "stranger"
version = "0.7"
dependencies = ["nnbench"]

[project.entry-points.nnbench]
stranger = "stranger"
""",
    "stranger.py": '''
import numpy as np
from nnbench import Activation, Positive, hookimpl

class Ripple(Activation):
    """sin(w·z)."""

    w: Positive = 1.0

    def forward(self, z):
        return np.sin(self.w * z)

    def derivative(self, z, a):
        return self.w * np.cos(self.w * z)

@hookimpl
def nnbench_components():
    return [Ripple]
''',
}
GRID = 'seeds = 1\n[trial]\nactivation = ["tanh"]\nepochs = 1\n'


def environment() -> dict[str, str]:
    """Without anything that leads back to this checkout."""
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))},
        "OMP_NUM_THREADS": "1",
    }


def ran(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment(), capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def installed_entry_points() -> dict[str, str]:
    return {point.name: point.value for point in distribution("nnbench").entry_points if point.group == "nnbench"}


def test_declared_installed_and_present_plugins_are_the_same() -> None:
    folders = {path.parent.name for path in (ROOT / "plugins").glob("*/__init__.py")}
    packaged = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert installed_entry_points() == DECLARED
    assert folders == set(DECLARED.values())
    assert sorted(packaged) == sorted(["nnbench", *(f"plugins/{folder}" for folder in folders)])


def test_the_command_is_installed() -> None:
    scripts = {point.name: point for point in distribution("nnbench").entry_points if point.group == "console_scripts"}
    assert callable(scripts["nnbench"].load())
    assert distribution("nnbench").version == PROJECT["project"]["version"]


def test_whatever_is_imported_is_a_dependency_and_no_extra() -> None:
    declared = {name.lower() for text in PROJECT["project"]["dependencies"] if (name := re.match(r"[\w-]+", text)[0])}
    own = {"nnbench", *DECLARED.values()}
    imported = set()
    for path in (ROOT / "nnbench").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            imported |= {name.partition(".")[0] for name in names}
    foreign = imported - own - set(sys.stdlib_module_names)
    called = {"annotated_types": "annotated-types", "sklearn": "scikit-learn"}
    assert {called.get(name, name) for name in foreign} - declared <= {"pytest"}  # of nnbench.conformance.testing, run by pytest
    assert "check" not in PROJECT["project"]["optional-dependencies"]


RECORDED = ("tests/golden/", "tests/old_store/")
"""Results that tests compare with, kept on purpose."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.mark.packaging
def test_the_wheel_has_every_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == PACKAGES
    assert {f"{package}/__init__.py" for package in PACKAGES} <= set(names)
    assert "nnbench/py.typed" in names
    assert not [name for name in names if "test" in name.split("/")[0] or name.endswith((".pyc", ".db", ".parquet"))]
    in_tree = {str(path.relative_to(ROOT)) for ending in ("py", "css", "js") for path in (ROOT / "nnbench").rglob(f"*.{ending}")}
    assert in_tree <= set(names)


@pytest.mark.packaging
def test_the_source_distribution_has_what_is_needed_to_test_it(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "nnbench/__init__.py", "tests/helpers.py", "experiments/demo.toml"} <= names
    generated = [name for name in names if name.endswith((".db", ".parquet")) and not name.startswith(RECORDED)]
    assert not [name for name in names if name.startswith(".venv") or "__pycache__" in name] + generated
    assert any(name.startswith(RECORDED) for name in names)


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment with the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("fresh")
    ran(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    programs = folder / "venv" / "bin"
    ran(programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, cwd=folder)
    return programs


@pytest.fixture(scope="module")
def stranger(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a stranger's plugin installed from a folder."""
    folder = tmp_path_factory.mktemp("stranger")
    for name, content in STRANGER.items():
        (folder / name).write_text(content, encoding="utf-8")
    ran(fresh / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", folder, cwd=folder)
    return fresh


def table(text: str) -> dict[str, Any]:
    return {line.split()[0]: line for line in text.splitlines() if line.strip()}


@pytest.mark.packaging
def test_the_wheel_lists_its_components_in_a_fresh_environment(fresh: Path, tmp_path: Path) -> None:
    lines = ran(fresh / "nnbench", "list", cwd=tmp_path).splitlines()
    assert any(line.startswith("activation") and "tanh*" in line and "nnbench 0" in line for line in lines)
    assert set(DECLARED) <= set(table(ran(fresh / "nnbench", "plugins", cwd=tmp_path)))
    assert not list(tmp_path.iterdir())


@pytest.mark.packaging
def test_the_wheel_checks_components_without_an_extra(fresh: Path, tmp_path: Path) -> None:
    assert " 0 broken" in ran(fresh / "nnbench", "check", "activations", "tanh", cwd=tmp_path)


@pytest.mark.packaging
def test_the_wheel_trains_and_tracks_from_an_empty_folder(fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "grid.toml").write_text(GRID)
    text = ran(fresh / "nnbench", "run", "grid.toml", cwd=tmp_path)
    assert "1 trial done, 0 diverged" in text
    assert list(tmp_path.glob("mlruns/results/*.parquet"))
    assert (tmp_path / "mlruns" / "mlflow.db").exists()
    assert "Nothing was trained" in ran(fresh / "nnbench", "run", "grid.toml", cwd=tmp_path)


@pytest.mark.packaging
def test_the_wheel_is_typed_and_light_to_import(fresh: Path, tmp_path: Path) -> None:
    heavy = "import sys, nnbench; print([name for name in ('mlflow', 'matplotlib', 'pandas', 'sklearn') if name in sys.modules])"
    assert ran(fresh / "python", "-c", heavy, cwd=tmp_path).strip() == "[]"


@pytest.mark.packaging
def test_a_strangers_plugin_is_found_listed_and_trained(stranger: Path, tmp_path: Path) -> None:
    assert "stranger 0.7" in table(ran(stranger / "nnbench", "plugins", cwd=tmp_path))["stranger"]
    assert any(
        "ripple" in line and "stranger 0.7" in line
        for line in ran(stranger / "nnbench", "list", "activation", cwd=tmp_path).splitlines()
    )
    assert "w " in ran(stranger / "nnbench", "show", "activation", "ripple", cwd=tmp_path)
    (tmp_path / "grid.toml").write_text(GRID)
    text = ran(
        stranger / "nnbench",
        "run",
        "grid.toml",
        "--no-tracking",
        "--set",
        'activation="tanh",{name="ripple",w=[1,2]}',
        cwd=tmp_path,
    )
    assert "3 trials done" in text
    assert "ripple(w=2)" in text


@pytest.mark.packaging
def test_a_plugin_that_is_uninstalled_is_gone(stranger: Path, tmp_path: Path) -> None:
    ran(stranger / "python", "-m", "pip", "uninstall", "--yes", "--quiet", "stranger", cwd=tmp_path)
    assert "stranger" not in ran(stranger / "nnbench", "plugins", cwd=tmp_path)


@pytest.fixture(scope="module")
def new_plugin(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a plugin just written, installed as its README says: the first three of five commands."""
    folder = tmp_path_factory.mktemp("newcomer")
    ran(fresh / "nnbench", "new-plugin", "nnbench-wavy", cwd=folder)
    folder /= "nnbench-wavy"
    ran(fresh / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", ".[test]", cwd=folder)
    return folder


@pytest.mark.packaging
def test_five_commands_lead_from_a_name_to_a_comparison_on_screen(fresh: Path, new_plugin: Path) -> None:
    checked = ran(fresh / "nnbench", "check", "nnbench-wavy", cwd=new_plugin)
    assert "laws ran on 1 component" in checked
    assert " 0 broken" in checked
    text = ran(fresh / "nnbench", "run", "compare.toml", cwd=new_plugin)
    assert "How does the activation wavy compare with its nearest relatives?" in text
    assert "Pairs of levels" in text
    assert " 0 failed" in text
    assert " 0 broken" in ran(fresh / "python", "-m", "pytest", "-q", cwd=new_plugin)


@pytest.mark.packaging
def test_the_new_plugin_is_the_same_from_its_wheel(fresh: Path, new_plugin: Path, tmp_path: Path) -> None:
    pip = (fresh / "python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    ran(*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path, new_plugin, cwd=tmp_path)
    (built,) = tmp_path.glob("*.whl")
    assert {name for name in zipfile.ZipFile(built).namelist() if ".dist-info/" not in name} == {"nnbench_wavy.py"}
    ran(*pip, "uninstall", "--yes", "nnbench-wavy", cwd=tmp_path)
    assert "nnbench-wavy" not in ran(fresh / "nnbench", "plugins", cwd=tmp_path)
    ran(*pip, "install", built, cwd=tmp_path)
    assert "nnbench-wavy 0.1.0" in table(ran(fresh / "nnbench", "plugins", cwd=tmp_path))["nnbench_wavy"]
    assert " 0 broken" in ran(fresh / "nnbench", "check", "nnbench-wavy", cwd=tmp_path)
    (tmp_path / "grid.toml").write_text(GRID.replace("tanh", "wavy"))
    assert "1 trial done" in ran(fresh / "nnbench", "run", "grid.toml", "--no-tracking", cwd=tmp_path)
    ran(*pip, "uninstall", "--yes", "nnbench-wavy", cwd=tmp_path)
