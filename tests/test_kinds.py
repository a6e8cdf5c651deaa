"""The eight kinds are all there are: nobody adds one by accident, and every layer that has code for a kind has it for each."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from helpers import activation_plugin, make_plugin, nnbench

from nnbench.kinds import KINDS, Activation, Component, module_for

NINTH = """
from nnbench import Component, hookimpl

class Regularizer(Component):
    strength: float = 1.0

@hookimpl
def nnbench_components():
    return [Regularizer]
"""
PER_KIND = {
    "nnbench.conformance": ("exercise",),
    "nnbench.report.pictures": ("READING", "draw"),
    "nnbench.scaffold.templates": ("Example",),
    "nnbench.timing": ("ELEMENT", "workload"),
}
"""Packages with a module for each kind, and what each module has."""


def test_deriving_from_component_itself_says_what_to_derive_from() -> None:
    with pytest.raises(TypeError, match=r"Regularizer derives from Component itself.*derive from one of ") as caught:
        type("Regularizer", (Component,), {})
    assert all(base.__name__ in str(caught.value) for base in KINDS.values())


@pytest.mark.parametrize(
    "body", [{"kind": "optimizer"}, {"kind": "ninth"}, {"plural": "x"}, {"__annotations__": {"kind": "str"}}], ids=str
)
def test_a_component_cannot_say_that_it_is_of_another_kind(body: dict[str, Any]) -> None:
    """An activation that called itself an optimizer was listed among the optimizers, and its trials failed."""
    with pytest.raises(TypeError, match=r"Liar sets (kind|plural), which activations have from the class they derive from"):
        type("Liar", (Activation,), body)


def test_no_kind_can_be_added_or_replaced() -> None:
    kinds: Any = KINDS
    with pytest.raises(TypeError):
        kinds["regularizer"] = Component
    assert len(KINDS) == 8
    assert [base.kind for base in KINDS.values()] == list(KINDS)


def test_each_kind_has_a_file_of_its_own() -> None:
    assert [base.__module__ for base in KINDS.values()] == [f"nnbench.kinds.{kind}" for kind in KINDS]


def test_a_plugin_that_tries_fails_to_load_with_that_reason_and_the_others_work(tmp_path: Path) -> None:
    path = [
        make_plugin(tmp_path / "a", "ninth", NINTH, version="0.4"),
        make_plugin(tmp_path / "b", "well", activation_plugin("Cubic")),
    ]
    done = nnbench("plugins", cwd=tmp_path, path=path)
    assert done.returncode == 1
    assert re.search(
        r"^ninth +ninth +ninth 0\.4 +failed +TypeError: Regularizer derives from Component itself", done.stdout, re.MULTILINE
    )
    assert re.search(r"derive from one of Activation,\s+Dataset", done.stderr)
    assert re.search(r"^well +well +well 1\.0 +[\d,]+ ms +activations: cubic", done.stdout, re.MULTILINE)
    listed = nnbench("list", cwd=tmp_path, path=path)
    assert {line.split()[0] for line in listed.stdout.splitlines()[2:] if line and not line.startswith(" ")} == set(KINDS)
    assert nnbench("list", "regularizer", cwd=tmp_path, path=path).returncode == 2
    assert all(kind in nnbench("list", "--help", cwd=tmp_path).stdout for kind in KINDS)


@pytest.mark.parametrize("package", PER_KIND)
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_package_with_code_for_each_kind_has_a_module_for_each(package: str, kind: str) -> None:
    module = module_for(kind, package)
    assert all(hasattr(module, name) for name in PER_KIND[package])


def test_the_packages_with_code_for_each_kind_are_known() -> None:
    """One that has modules for most kinds would otherwise forget the others unnoticed."""
    root = Path(import_module("nnbench").__file__ or "").parent
    packages = [".".join(("nnbench", *folder.parent.relative_to(root).parts)) for folder in root.rglob("__init__.py")]
    with_some = {name for name in packages for base in KINDS.values() if find_spec(f"{name}.{base.plural}")}
    assert with_some == set(PER_KIND)
