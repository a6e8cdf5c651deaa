"""Identity of code that is edited: whatever may change a result changes the origin, and nothing else does."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PathDistribution, distributions
from pathlib import Path

import pytest
from helpers import make_plugin

import nnbench
from nnbench import Grid, load_catalog
from nnbench.catalog.digests import DETERMINING, harness_digest
from nnbench.catalog.packages import import_packages

ROOT = Path(nnbench.__file__).parent

SOURCE = """
import json
from pathlib import Path

import numpy as np
import family
import family.modules
from family import doubled
from family.constants import SCALE
from family.functions import cube
from family.made import KNOTS, SLOPES, powered
from nnbench import Activation, hookimpl


class Kin(Activation):
    def forward(self, z):
        from family.parts.late import lately
        data = json.loads((Path(__file__).parent / "data" / "table.json").read_text())
        return SCALE * cube(z) + family.modules.square(z) + doubled(z) + KNOTS[0] + SLOPES["a"] + powered(z) + lately(z) + data

    def derivative(self, z, a):
        return z

@hookimpl
def nnbench_components():
    return [Kin]
"""
FILES = {
    "family/__init__.py": "def doubled(z):\n    return 2 * z\n",
    "family/constants.py": "SCALE = 1.0\n",
    "family/modules.py": "def square(z):\n    return z**2\n",
    "family/functions.py": "def cube(z):\n    return z**3\n",
    "family/made.py": "import functools, operator\nimport numpy as np\nKNOTS = np.ones(3)\nSLOPES = {'a': 1.0}\n"
    "powered = functools.partial(operator.mul, 1.0)\n",
    "family/parts/__init__.py": "",
    "family/parts/late.py": "def lately(z):\n    return z\n",
    "family/data/table.json": "1.0",
}
EDITS = {
    "the component": ("family/kin.py", "SCALE * cube(z)", "cube(z)"),
    "a constant": ("family/constants.py", "1.0", "2.0"),
    "a module by name": ("family/modules.py", "z**2", "z**4"),
    "a function": ("family/functions.py", "z**3", "z**5"),
    "an array": ("family/made.py", "np.ones(3)", "np.zeros(3)"),
    "a dict": ("family/made.py", "'a': 1.0", "'a': 2.0"),
    "a partial": ("family/made.py", "operator.mul, 1.0", "operator.mul, 2.0"),
    "the package itself": ("family/__init__.py", "2 * z", "3 * z"),
    "a subpackage, late": ("family/parts/late.py", "return z", "return -z"),
    "a data file": ("family/data/table.json", "1.0", "2.0"),
}
LEFT_BEHIND = [
    "family/__pycache__/kin.cpython-311.pyc",
    "family/.kin.py.swp",
    "family/.cache/values.bin",
    "family/kin.py~",
    "family/kin.py.orig",
    "family/#kin.py#",
    "unrelated.txt",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A distribution in editable mode whose package has modules, a subpackage and data."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(make_plugin(tmp_path, "family", SOURCE, module="family.kin", editable=True, files=FILES))
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "family"]:
        del sys.modules[name]


def own(folder: Path) -> list[Distribution]:
    return list(distributions(path=[str(folder)]))


def origin(folder: Path) -> str:
    catalog = load_catalog(dists=own(folder))
    assert catalog.failures == ()
    return str(catalog.entry("activation", "kin").origin)


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_anywhere_in_the_package_of_a_component_changes_its_origin_until_it_is_undone(folder: Path, edit: str) -> None:
    before = origin(folder)
    name, old, new = EDITS[edit]
    file = folder / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    assert origin(folder) != before
    file.write_text(text, encoding="utf-8")
    assert origin(folder) == before


def test_a_file_that_comes_goes_or_moves_changes_the_origin(folder: Path) -> None:
    seen = [origin(folder)]
    (folder / "family/data/second.csv").write_bytes(b"")
    seen.append(origin(folder))
    (folder / "family/data/second.csv").rename(folder / "family/data/third.csv")
    seen.append(origin(folder))
    (folder / "family/data/third.csv").rename(folder / "family/third.csv")
    seen.append(origin(folder))
    assert len(set(seen)) == 4


def test_what_interpreters_and_editors_leave_behind_does_not_change_the_origin(folder: Path) -> None:
    before = origin(folder)
    for name in LEFT_BEHIND:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    assert origin(folder) == before


def test_a_folder_of_data_that_is_linked_counts_and_a_circle_of_links_ends(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "numbers.txt").write_text("1")
    (folder / "family/linked").symlink_to(elsewhere)
    (folder / "family/circle").symlink_to(folder / "family")
    before = origin(folder)
    (elsewhere / "numbers.txt").write_text("2")
    assert origin(folder) != before


def test_the_origin_of_what_is_not_edited_is_its_version_alone(folder: Path) -> None:
    (folder / "family-1.0.dist-info" / "direct_url.json").unlink()
    assert origin(folder) == "family 1.0"


def test_the_trial_of_an_edited_component_is_another(folder: Path) -> None:
    def trial() -> str:
        catalog = load_catalog(dists=[*(dist for dist in distributions() if dist.name == "nnbench"), *own(folder)])
        return Grid.from_text('seeds = 1\n[trial]\nactivation = "kin"', "x", catalog).trials(catalog)[0].id

    before = trial()
    (folder / "family/data/table.json").write_text("2.0")
    assert trial() != before


HATCH_EXACT = """
from editables.redirector import RedirectingFinder as F
F.install()
F.map_module('family', '{project}/src/family/__init__.py')
"""
SETUPTOOLS = """
from __future__ import annotations
MAPPING: dict[str, str] = {{'family': '{project}/src/family', 'lone': '{project}/src/lone'}}
"""
LAYOUTS = {
    "hatch, dev-mode-exact": {"_editable_impl_family.pth": "import _editable_impl_family", "_editable_impl_family.py": HATCH_EXACT},
    "a folder in a .pth file": {"family.pth": "{project}/src\n"},
    "the project's own folder in a .pth file": {"family.pth": "{project}/flat\n"},
    "setuptools, finder": {
        "__editable__.family-1.0.pth": "import __editable___family_1_0_finder; __editable___family_1_0_finder.install()",
        "__editable___family_1_0_finder.py": SETUPTOOLS,
        "family-1.0.dist-info/top_level.txt": "family\nlone\n",
    },
    "setuptools, folder": {
        "__editable__.family-1.0.pth": "{project}/src",
        "family-1.0.dist-info/top_level.txt": "family\n",
    },
    "beside its metadata": {"family/__init__.py": "", "lone.py": "", "family-1.0.dist-info/top_level.txt": "family\nlone\n"},
}
BOTH = {"family", "lone"}
PACKAGES = {"hatch, dev-mode-exact": {"family"}, "setuptools, folder": {"family"}}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_import_packages_are_those_that_the_installer_leads_to(tmp_path: Path, layout: str) -> None:
    project, site = tmp_path / "project", tmp_path / "site"
    for name in ("src/family/__init__.py", "src/lone.py", "flat/family/__init__.py", "flat/lone.py", "flat/pyproject.toml"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("")
    for name in ("flat/tests/__init__.py", "flat/conftest.py", "flat/setup.py", "flat/notes/todo.md"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("")
    info = site / "family-1.0.dist-info"
    info.mkdir(parents=True)
    for name, text in LAYOUTS[layout].items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text.format(project=project))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: family\nVersion: 1.0\n")
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in LAYOUTS[layout]))
    packages = import_packages(PathDistribution(info))
    assert set(packages) == PACKAGES.get(layout, BOTH)
    assert all(path.exists() and path.stem == name for name, places in packages.items() for path in places)


def test_what_ships_has_the_digest_of_its_own_package_and_not_of_the_harness() -> None:
    catalog = load_catalog()
    digests = {entry.cls.__module__.partition(".")[0]: entry.origin.digest for entry in catalog.entries}
    assert len(set(digests.values()) | {catalog.harness.digest}) == (len(digests) + 1 if catalog.harness.digest else 1)


@pytest.fixture
def harness(tmp_path: Path) -> Path:
    """A copy of the harness."""
    return Path(shutil.copytree(ROOT, tmp_path / "nnbench", ignore=shutil.ignore_patterns("__pycache__")))


@pytest.mark.parametrize(
    "part", ["engine/training.py", "engine/deep/network.py", "kinds/activation.py", "seeds.py", "grid/trial.py"]
)
def test_an_edit_of_what_determines_results_changes_the_digest_of_the_harness(harness: Path, part: str) -> None:
    (harness / part).parent.mkdir(exist_ok=True)
    before = harness_digest(harness)
    with (harness / part).open("a") as file:
        file.write("\n# edited\n")
    assert harness_digest(harness) != before


@pytest.mark.parametrize("part", ["grid/labels.py", "grid/file.py", "cli/report.py", "errors.py", "catalog/digests.py"])
def test_an_edit_of_what_cannot_change_a_result_leaves_it(harness: Path, part: str) -> None:
    before = harness_digest(harness)
    with (harness / part).open("a") as file:
        file.write("\n# edited\n")
    assert harness_digest(harness) == before


WITHOUT_A_SAY = {
    "nnbench": "names what its modules offer",
    "nnbench.errors": "what is raised is no result",
    "nnbench.foreign": "says whose code is called, which is called all the same",
    "nnbench.hooks": "signatures; nothing in training calls a hook",
    "nnbench.grid": "which trials there are, never what one gives: whatever a grid says of a trial is in the fields of its id",
}
"""What training imports beside the code that determines results, each with the reason why it cannot change one."""


def test_whatever_training_imports_determines_results_or_has_a_reason_not_to() -> None:
    script = "import sys, nnbench.engine.training; print(*(name for name in sys.modules if name.partition('.')[0] == 'nnbench'))"
    imported = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    determining = ["nnbench." + part.removesuffix(".py").replace("/", ".") for part in DETERMINING]
    below = [name for name in imported if not any(f"{name}.".startswith(f"{part}.") for part in determining)]
    unexplained = [name for name in below if name not in WITHOUT_A_SAY and name.rpartition(".")[0] != "nnbench.grid"]
    assert unexplained == []
    assert all((ROOT / part).exists() for part in DETERMINING)
    assert set(WITHOUT_A_SAY) <= set(imported), "a reason that nothing needs"


def test_the_engine_takes_nothing_of_the_grid_but_what_identifies_a_trial() -> None:
    """All of grid is imported with any of it; this is why that cannot change a result."""
    nodes = [node for file in (ROOT / "engine").rglob("*.py") for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    modules = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name for name in modules if name.startswith("nnbench.grid")} == {"nnbench.grid.trial"}
