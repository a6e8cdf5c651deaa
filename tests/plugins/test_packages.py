"""What every package of components has in common."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from nnbench.kinds import KINDS, Component

ROOT = Path(__file__).parents[2]
ENTRY_POINTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]["nnbench"]
PACKAGES = [import_module(module) for module in ENTRY_POINTS.values()]
COMPONENTS = [component for package in PACKAGES for component in package.nnbench_components()]


def test_every_folder_of_plugins_is_an_entry_point() -> None:
    folders = {path.parent.name for path in (ROOT / "plugins").glob("*/__init__.py")}
    assert folders == set(ENTRY_POINTS.values())


def test_every_kind_is_offered() -> None:
    assert {component.kind for component in COMPONENTS} == set(KINDS)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_a_package_offers_one_kind_with_one_default(package: ModuleType) -> None:
    components = package.nnbench_components()
    assert len({component.kind for component in components}) == 1
    assert sum(component.default for component in components) == 1


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_names_differ_within_their_first_ten_characters(package: ModuleType) -> None:
    names = [component.name for component in package.nnbench_components()]
    assert len({name[:10] for name in names}) == len(names)


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: f"{component.kind}-{component.name}")
def test_a_summary_fits_a_table(component: type) -> None:
    assert 1 < len(component.summary()) <= 90


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: f"{component.kind}-{component.name}")
def test_defaults_make_a_component_of_plain_values(component: type) -> None:
    assert all(
        type(value) in (int, float, bool, str, tuple) or isinstance(value, Component)
        for value in component().hyperparameters().values()
    )


def test_the_defaults_are_those_documented() -> None:
    assert {component.kind: component.name for component in COMPONENTS if component.default} == {
        "activation": "tanh",
        "initializer": "xavier_uniform",
        "optimizer": "adam",
        "schedule": "constant",
        "loss": "softmax_cross_entropy",
        "penalty": "none",
        "preprocessor": "standardization",
        "dataset": "moons",
    }


def test_importing_the_packages_leaves_the_global_random_state_alone() -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002 -- the state that must not change
    for package in PACKAGES:
        package.nnbench_components()
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
