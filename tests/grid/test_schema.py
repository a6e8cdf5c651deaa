"""The JSON schema of grid files: it accepts and rejects what `Grid` does, driven by one list of examples.

Left out is what no schema can say: that a batch fits into the training set, that a whole number is written without a point, that
a number is finite, and a component's own check of hyperparameters that do not go together.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from helpers import SmallLookup
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from nnbench import Grid, load_catalog
from nnbench.errors import GridError
from nnbench.grid import fields, json_schema
from nnbench.grid.trial import plain
from nnbench.kinds import KINDS

CATALOG = load_catalog()
LOOKUPS = {"small": SmallLookup(), "installed": CATALOG}
VALIDATORS = {name: Draft202012Validator(json_schema(lookup)) for name, lookup in LOOKUPS.items()}
EXPERIMENTS = sorted((Path(__file__).parents[2] / "experiments").rglob("*.toml"))

GOOD = [
    "",
    'name = "first try"\nquestion = "Why?"\nseeds = 1',
    "seeds = [0, 7]",
    "[trial]",
    "[[trial]]\nepochs = 1\n[[trial]]\nepochs = 2",
    "[trial]\nepochs = [1, 2]\ntrain_size = 64\nbatch_size = 64",
    "[trial]\nhidden = [8, 4]",
    "[trial]\nhidden = [[8, 4], [8], []]",
    "[trial]\nhidden = [[]]",
    "[trial]\ndropout = [0, 0.5]",
    '[trial]\nprecision = ["float32", "float64"]\nlr_scaling = "fan_in"',
    '[trial]\nactivation = "relu"',
    '[trial]\nactivation = "nnbench:relu"',
    '[trial]\nactivation = { name = "nnbench:relu" }',
    '[trial]\nactivation = ["relu", { name = "leaky_relu", k = [0.1, 0.2] }, { name = "tanh" }]',
    "[trial]\noptimizer = { lr = 1 }",
    "[trial]\noptimizer = { lr = [1, 0.5] }",
    '[trial]\noptimizer = [{ name = "momentum", lr = 0.1, mu = [0, 0.9] }, "sgd"]',
    '[trial]\ndataset = ["moons", { name = "spirals", arms = [2, 3], turns = 1.5 }]',
    '[compare]\nfactor = "activation"\nbaseline = "tanh"\nat_least = 0.6\ncount = "variants"',
    '[compare]\nfactor = "activation"\n[robust]',
    '[compare]\nfactor = "activation"\ntune = "default"\n[robust]\nseed_blocks = 3\ntuning_seeds = [5]\nmetrics = ["dead"]',
    '[compare]\nfactor = "activation"\n[robust.vary]\nhidden = [[16], [[8], []]]\n"optimizer.lr" = [0.1]\ndataset.noise = [0.1, 0]',
]
GOOD_SMALL = [
    '[trial]\nactivation = { name = "bent", slope = 1, order = 3, smooth = true, side = "right", knots = [0.1, 1] }',
    '[trial]\nactivation = { name = "bent", smooth = [true, false], knots = [[0.1], []] }',
    '[trial]\noptimizer = { name = "wrapped", inner = ["descent", { name = "wrapped", inner = { lr = 0.5 } }] }',
    '[trial]\nschedule = { name = "stairs", every = [1, 2] }',
]
BAD = [
    "seeds = 0",
    "seeds = true",
    "seeds = []",
    "seeds = [-1]",
    "seeds = [1, 1]",
    'seeds = "3"',
    "sedes = 3",
    "name = 3",
    'name = ""',
    'name = "a/b"',
    f'name = "{"x" * 101}"',
    "question = 3",
    "trial = 3",
    "trial = []",
    "trial = [3]",
    "[trial]\nepoch = 3",
    "[trial]\nepochs = 0",
    "[trial]\nepochs = []",
    "[trial]\nepochs = true",
    '[trial]\nepochs = "3"',
    "[trial]\nepochs = [[3]]",
    "[trial]\ndropout = 1",
    "[trial]\ndropout = -0.1",
    "[trial]\nhidden = []",
    "[trial]\nhidden = 8",
    "[trial]\nhidden = [0]",
    "[trial]\nhidden = [8, [8]]",
    "[trial]\nhidden = [true]",
    '[trial]\nprecision = "float16"',
    "[trial]\nactivation = 3",
    "[trial]\nactivation = []",
    '[trial]\nactivation = "rleu"',
    '[trial]\nactivation = "nnbench:rleu"',
    '[trial]\nactivation = { name = "relu", k = 1 }',
    '[trial]\nactivation = { name = "rleu" }',
    "[trial]\nactivation = { name = 3 }",
    '[trial]\nactivation = [["relu"]]',
    "[trial]\noptimizer = { lr = 0 }",
    "[trial]\noptimizer = { lr = true }",
    "[trial]\noptimizer = { lr = [] }",
    "[trial]\noptimizer = { lr = [[0.1]] }",
    "[trial]\noptimizer = { lr = 1979-05-27 }",
    '[compare]\nfactor = "activation"\nat_least = 0.5',
    '[compare]\nfactor = "activation"\nat_least = 1',
    '[compare]\nfactor = "activation"\ncount = "seeds"',
    '[compare]\nfactor = "activation"\nbaseline = 3',
    "[robust]",
    '[compare]\nfactor = "activation"\n[robust]\nseed_blocks = 0',
    '[compare]\nfactor = "activation"\n[robust]\ntuning_seeds = 5',
    '[compare]\nfactor = "activation"\n[robust]\nmetrics = ["test_los"]',
    '[compare]\nfactor = "activation"\n[robust]\nwidths = [3]',
    '[compare]\nfactor = "activation"\n[robust.vary]\nhidden = 3',
    '[compare]\nfactor = "activation"\n[robust.vary]\nhidden = []',
    '[compare]\nfactor = "activation"\n[robust.vary]\nhiden = [[3]]',
    '[compare]\nfactor = "activation"\n[robust.vary]\n"epochs.x" = [3]',
    '[compare]\nfactor = "activation"\n[robust.vary]\noptimizer.lr = 0.1',
]
BAD_SMALL = [
    '[trial]\nactivation = { name = "bent", order = 0 }',
    '[trial]\nactivation = { name = "bent", smooth = 1 }',
    '[trial]\nactivation = { name = "bent", side = "up" }',
    '[trial]\nactivation = { name = "bent", knots = [] }',
    '[trial]\nactivation = { name = "bent", knots = ["x"] }',
    '[trial]\nschedule = "stairs"',
    '[trial]\nschedule = { name = "stairs" }',
    '[trial]\noptimizer = { name = "wrapped", inner = "nothing" }',
    '[trial]\noptimizer = { name = "wrapped", inner = { lr = -1 } }',
]


def accepts(text: str, lookup: Any) -> bool:
    try:
        Grid.from_text(text, "grid.toml", lookup)
    except GridError:
        return False
    return True


@pytest.mark.parametrize("lookup", list(LOOKUPS))
def test_the_schema_itself_is_valid_and_plain_json(lookup: str) -> None:
    schema = json_schema(LOOKUPS[lookup])
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize(
    ("lookup", "text"), [*(("installed", text) for text in GOOD), *(("small", text) for text in GOOD_SMALL)], ids=repr
)
def test_the_schema_and_the_grid_accept_what_is_good(lookup: str, text: str) -> None:
    assert accepts(text, LOOKUPS[lookup])
    assert list(VALIDATORS[lookup].iter_errors(tomllib.loads(text))) == []


@pytest.mark.parametrize(
    ("lookup", "text"), [*(("installed", text) for text in BAD), *(("small", text) for text in BAD_SMALL)], ids=repr
)
def test_the_schema_and_the_grid_reject_what_is_bad(lookup: str, text: str) -> None:
    assert not accepts(text, LOOKUPS[lookup])
    assert not VALIDATORS[lookup].is_valid(tomllib.loads(text))


def test_a_component_that_several_plugins_offer_goes_by_its_qualified_names() -> None:
    class Twice(SmallLookup):
        def names(self, kind: str) -> list[str]:
            return [f"small:{name}" if name == "bent" else name for name in super().names(kind)]

        def find(self, kind: str, name: str) -> Any:
            return super().find(kind, name.removeprefix("small:"))

    validator = Draft202012Validator(json_schema(Twice()))
    assert validator.is_valid({"trial": {"activation": ["small:bent", {"name": "small:bent", "slope": 2}]}})
    assert not validator.is_valid({"trial": {"activation": {"name": "bent"}}})


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.name)
def test_the_schema_accepts_every_experiment(path: Path) -> None:
    VALIDATORS["installed"].validate(tomllib.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_schema_accepts_every_component_with_its_defaults_written_out(kind: str) -> None:
    for name in CATALOG.names(kind):
        VALIDATORS["installed"].validate({"trial": {kind: plain(CATALOG[kind, name]())}})


def test_the_schema_tells_an_editor_defaults_and_descriptions() -> None:
    trial = json_schema(CATALOG)["$defs"]["trial"]["properties"]
    assert trial["epochs"]["default"] == 50
    assert all(trial[name]["description"] for name in fields.Plain.model_fields)
    wrapped = json_schema(SmallLookup())["$defs"]["optimizer"]["anyOf"][-1]["properties"]
    assert wrapped["name"]["enum"][0] == "wrapped"
    assert wrapped["inner"]["default"] == {"name": "descent", "lr": 0.5, "mu": 0.0}


COUNTS = st.integers(-1, 3)
SHARES = st.floats(-0.5, 1.5)
UNITS = st.integers(0, 9)
LEAKY = st.fixed_dictionaries({"name": st.just("leaky_relu")}, optional={"k": SHARES, "kk": SHARES})
FIELDS = {
    "epochs": COUNTS | st.lists(COUNTS, max_size=2) | st.booleans(),
    "dropout": SHARES | st.lists(SHARES, max_size=2),
    "activation": st.sampled_from(["relu", "rleu"]) | LEAKY | st.lists(LEAKY, max_size=2),
    "hidden": st.lists(UNITS, max_size=2) | st.lists(st.lists(UNITS, max_size=2), max_size=2),
}


@settings(deadline=None, max_examples=150)
@given(st.fixed_dictionaries({}, optional=FIELDS))
def test_schema_and_grid_agree_on_any_table(table: dict[str, Any]) -> None:
    try:
        Grid(name="any", trial=(table,)).cells(CATALOG)
        accepted = True
    except GridError:
        accepted = False
    assert VALIDATORS["installed"].is_valid({"trial": table}) == accepted
