"""Components go by the names that PyTorch, Keras, JAX, scikit-learn and papers use, and each is the one component that it is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers import activation_plugin, make_plugin

from nnbench import Catalog, Grid, load_catalog
from nnbench.cli import cli
from nnbench.errors import UnknownComponentError
from nnbench.grid.suggest import letters
from nnbench.kinds import KINDS


@pytest.mark.parametrize(
    ("kind", "written", "name"),
    [
        ("activation", "swish", "silu"),
        ("activation", "SiLU", "silu"),
        ("activation", "nnbench:Swish", "silu"),
        ("activation", "ReLU", "relu"),
        ("activation", "GELU", "gelu"),
        ("activation", "Hardswish", "hard_silu"),
        ("initializer", "LeCunNormal", "lecun_normal"),
        ("initializer", "glorot_uniform", "xavier_uniform"),
        ("initializer", "GlorotUniform", "xavier_uniform"),
        ("initializer", "kaiming_normal_", "he_normal"),
        ("optimizer", "AdamW", "adamw"),
        ("optimizer", "adam-w", "adamw"),
        ("optimizer", "NAG", "nesterov"),
        ("loss", "bce", "binary_logistic"),
        ("loss", "BCEWithLogitsLoss", "binary_logistic"),
        ("loss", "CrossEntropyLoss", "softmax_cross_entropy"),
        ("loss", "categorical_crossentropy", "softmax_cross_entropy"),
        ("schedule", "StepLR", "step_decay"),
        ("schedule", "CosineAnnealingLR", "cosine"),
        ("schedule", "OneCycleLR", "one_cycle"),
        ("schedule", "ReduceLROnPlateau", "reduce_on_plateau"),
        ("preprocessor", "StandardScaler", "standardization"),
        ("dataset", "make_moons", "moons"),
        ("penalty", "L2", "l2"),
    ],
)
def test_a_name_that_others_use_is_that_component(catalog: Catalog, kind: str, written: str, name: str) -> None:
    assert catalog[kind, written] is catalog[kind, name]


@pytest.mark.parametrize(
    ("kind", "written", "own"),
    [
        ("initializer", "glorot_normal", "xavier_normal"),
        ("initializer", "trunc_normal_", "truncated_normal"),
        ("loss", "MSELoss", "squared_error"),
        ("loss", "mse", "squared_error"),
        ("schedule", "LinearLR", "linear"),
        ("loss", "SmoothL1Loss", "huber"),
    ],
)
def test_a_name_of_another_formula_is_none_and_says_where_the_difference_is_told(
    catalog: Catalog, kind: str, written: str, own: str
) -> None:
    with pytest.raises(UnknownComponentError, match=f"the description of {own} has more on .*: nnbench show {kind} {own}"):
        catalog.find(kind, written)


@pytest.mark.parametrize("kind", list(KINDS))
def test_no_shipped_name_stands_for_two_components(catalog: Catalog, kind: str) -> None:
    names = Counter(letters(name) for entry in catalog.of(kind) for name in (entry.cls.name, *entry.cls.aliases))
    assert [name for name, count in names.items() if count > 1] == []


GRID = """
seeds = 1
[compare]
factor = "activation"
baseline = "{a}"
[[claim]]
says = "x"
better = "{b}(beta=2)"
worse = "{a}"
[trial]
activation = ["{a}", {{ name = "{b}", beta = 2.0 }}]
initializer = {{ name = "zero_output", of = "{c}" }}
"""


def test_an_alias_is_no_part_of_an_id_and_taken_in_grids_claims_baseline_and_overrides(catalog: Catalog) -> None:
    theirs = Grid.from_text(GRID.format(a="ReLU", b="Swish", c="GlorotUniform"), "g.toml", catalog)
    ours = Grid.from_text(GRID.format(a="relu", b="silu", c="xavier_uniform"), "g.toml", catalog)
    assert [cell.id for cell in theirs.cells(catalog)] == [cell.id for cell in ours.cells(catalog)]
    assert (theirs.compare, theirs.claim) == (ours.compare, ours.claim)
    override = Grid.from_text("[trial]\n", "g.toml", catalog, ["activation=swish,silu,SiLU"])
    assert [cell.activation.name for cell in override.cells(catalog)] == ["silu"]


def test_commands_say_which_component_a_name_is(tmp_path: Path) -> None:
    grid = tmp_path / "grid.toml"
    grid.write_text(GRID.format(a="ReLU", b="Swish", c="GlorotUniform") + "epochs = 1\nhidden = [[4]]\n")
    run = CliRunner()
    planned = run.invoke(cli, ["plan", str(grid), "--folder", str(tmp_path / "runs")]).output
    assert "Swish is silu here; its defaults: beta = 1\n" in planned
    assert planned.count("GlorotUniform is xavier_uniform here\n") == 1
    shown = run.invoke(cli, ["show", "activation", "swish"]).output
    assert shown.startswith("swish is silu here; its defaults: beta = 1\nactivation silu\n")
    assert "also called swish" in shown
    assert "Also swish." in run.invoke(cli, ["list", "activation"]).output


def test_a_real_name_beats_an_alias_and_one_alias_of_two_lists_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = activation_plugin("Swish", "Fancy").replace('    """z²."""\n', '    """z²."""\n    aliases = ("hard_swish",)\n', 2)
    source = source.replace('aliases = ("hard_swish",)', "", 1)
    monkeypatch.syspath_prepend(make_plugin(tmp_path, "swishes", source))
    catalog = load_catalog()
    assert catalog.entry("activation", "swish").qualified == "swishes:swish"
    with pytest.raises(UnknownComponentError, match="'hard_swish' is a name of several components") as caught:
        catalog.find("activation", "hard_swish")
    assert all(name in str(caught.value) for name in ("'swishes:fancy'", "'nnbench:hard_silu'"))


@pytest.mark.parametrize("aliases", ['"swish"', "[1]", '("",)'])
def test_aliases_that_are_no_names_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aliases: str) -> None:
    source = activation_plugin("Odd").replace('"""z²."""', f'"""z²."""\n\n    aliases = {aliases}')
    monkeypatch.syspath_prepend(make_plugin(tmp_path, f"odd-{abs(hash(aliases))}", source))
    assert [failure for failure in load_catalog().failures if "expected a tuple of names" in failure.cause]
