"""Ids of trials: the same for whatever means the same, different for whatever may give another result."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from helpers import CLASSES, Descent, Interval, SmallLookup, Straight
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbench import Catalog, Grid, Optimizer, load_catalog
from nnbench.engine.assembly import task
from nnbench.engine.data import data_key
from nnbench.grid.expand import expand
from nnbench.grid.labels import labels
from nnbench.grid.trial import Trial
from nnbench.kinds import Origin

LOOKUP = SmallLookup()
LAWS = settings(deadline=None, max_examples=60)

CHANGES: list[dict[str, Any]] = [
    {"activation": "bent"},
    {"activation": {"name": "bent", "slope": 0.25}},
    {"activation": {"name": "bent", "order": 3}},
    {"activation": {"name": "bent", "smooth": True}},
    {"activation": {"name": "bent", "side": "right"}},
    {"activation": {"name": "bent", "knots": [0.25]}},
    {"activation": "whole"},
    {"optimizer": {"lr": 0.5}},
    {"optimizer": {"mu": 0.5}},
    {"optimizer": "wrapped"},
    {"optimizer": {"name": "wrapped", "inner": {"lr": 0.25}}},
    {"schedule": {"name": "stairs", "every": 2}},
    {"dataset": {"high": 2.0}},
    {"train_size": 128},
    {"valid_size": 128},
    {"test_size": 128},
    {"hidden": [32]},
    {"hidden": [[]]},
    {"dropout": 0.5},
    {"lr_scaling": "fan_in"},
    {"batch_size": 32},
    {"epochs": 51},
    {"precision": "float64"},
]


def ids(table: dict[str, Any], lookup: SmallLookup = LOOKUP) -> list[str]:
    cells, problems = expand([table], lookup)
    assert not problems
    return [cell.id for cell in cells]


@LAWS
@given(st.data())
def test_the_order_of_fields_and_of_hyperparameters_does_not_matter(data: st.DataObject) -> None:
    table = {"epochs": 3, "dropout": 0.5, "hidden": [8], "activation": {"name": "bent", "slope": 1.5, "order": 3, "smooth": True}}
    inner = dict(data.draw(st.permutations(list(table["activation"].items()))))
    shuffled = dict(data.draw(st.permutations(list({**table, "activation": inner}.items()))))
    assert ids(shuffled) == ids(table)


@LAWS
@given(st.permutations([1, 2, 3]), st.permutations(["straight", "bent", "whole"]))
def test_the_order_along_an_axis_does_not_matter(epochs: list[int], activations: list[str]) -> None:
    assert set(ids({"epochs": epochs, "activation": activations})) == set(
        ids({"epochs": [1, 2, 3], "activation": ["straight", "bent", "whole"]})
    )


@LAWS
@given(st.sampled_from([1, 2, 3]))
def test_more_values_on_an_axis_leave_the_ids_of_the_others(value: int) -> None:
    assert ids({"epochs": value})[0] in ids({"epochs": [1, 2, 3]})


SAME = [
    ({}, {"epochs": 50}),
    ({}, {"hidden": [[32, 32]]}),
    ({}, {"activation": "straight"}),
    ({}, {"activation": {"name": "straight"}}),
    ({}, {"optimizer": {"lr": 0.01}}),
    ({"activation": "bent"}, {"activation": {"name": "bent", "slope": 0.5, "knots": [0.25, 0.75]}}),
    ({"optimizer": {"lr": 1}}, {"optimizer": {"lr": 1.0}}),
    ({"dropout": 0}, {"dropout": 0.0}),
    ({"dropout": -0.0}, {"dropout": 0.0}),
    ({"dataset": {"low": -0.0}}, {"dataset": {"low": 0.0}}),
    ({"activation": {"name": "bent", "knots": [-0.0, 1.0]}}, {"activation": {"name": "bent", "knots": [0.0, 1.0]}}),
    ({"activation": {"name": "bent", "knots": [1, 2]}}, {"activation": {"name": "bent", "knots": [1.0, 2.0]}}),
    ({"activation": "whole"}, {"activation": {"name": "whole", "beta": 1}}),
    ({"activation": "whole"}, {"activation": {"name": "whole", "beta": 1.0}}),
    ({"activation": "whole"}, {"activation": {"name": "whole", "powers": [1.0, 2.0]}}),
    ({"optimizer": "wrapped"}, {"optimizer": {"name": "wrapped", "inner": {"name": "descent", "lr": 0.5}}}),
]


class Loose(Straight):
    """Takes whole numbers and others."""

    k: int | float = 1
    steps: tuple[int | float, ...] = (1, 2.5)
    limit: float | None = None


class Careless(Descent):
    """Has a default that its author wrote without a decimal point, in a component within."""

    inner: Optimizer = Descent(lr=1, mu=-0.0)


LOOSE = SmallLookup((*CLASSES, Loose, Careless))
ONE_CELL = [
    {"activation": [{"name": "loose", "k": 1}, {"name": "loose", "k": 1.0}, "loose"]},
    {"activation": {"name": "loose", "k": [0, 0.0, -0.0]}},
    {"activation": {"name": "loose", "steps": [[1, 2.5], [1.0, 2.5]]}},
    {"activation": {"name": "loose", "limit": [2, 2.0]}},
    {"optimizer": ["careless", {"name": "careless", "inner": {"name": "descent", "lr": 1, "mu": 0}}]},
    {"optimizer": {"name": "careless", "inner": ["descent", {"lr": 0.01}, {"mu": 0, "name": "descent"}]}},
    {"optimizer": {"lr": [1e-3, 0.001, 10e-4]}},
    {"dropout": [0, 0.0, -0.0]},
    {"epochs": [3, 3]},
    {"hidden": [[8], [8]]},
]


@pytest.mark.parametrize("table", ONE_CELL, ids=str)
def test_equal_values_along_an_axis_are_one_cell(table: dict[str, Any]) -> None:
    assert len(ids(table, LOOSE)) == 1


@pytest.mark.parametrize(
    "table", [{"epochs": True}, {"epochs": 3.0}, {"dropout": False}, {"activation": {"name": "bent", "smooth": 1}}]
)
def test_what_equals_an_accepted_value_but_is_of_another_type_is_refused(table: dict[str, Any]) -> None:
    assert expand([table], LOOKUP)[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"dropout": 0.5}, {"dropout": np.float64(0.5)}),
        ({"dropout": 0.5}, {"dropout": np.float32(0.5)}),
        ({"epochs": 3}, {"epochs": np.int64(3)}),
        ({"hidden": [8, 4]}, {"hidden": (8, 4)}),
        ({"hidden": [8, 4]}, {"hidden": np.array([8, 4])}),
        ({"dropout": [0.25, 0.5]}, {"dropout": (0.25, 0.5)}),
        ({"dropout": [0.25, 0.5]}, {"dropout": np.array([0.25, 0.5])}),
        ({"activation": ["bent", "whole"]}, {"activation": ("bent", "whole")}),
        ({"activation": {"name": "bent", "knots": [1, 2]}}, {"activation": {"name": "bent", "knots": np.arange(1, 3)}}),
        ({"activation": {"name": "bent", "smooth": True}}, {"activation": {"name": "bent", "smooth": np.True_}}),
    ],
    ids=str,
)
def test_what_python_makes_is_what_a_file_would_say(one: dict[str, Any], other: dict[str, Any]) -> None:
    grids = [Grid(name="python", trial=table, seeds=seeds) for table, seeds in ((one, [0, 1]), (other, range(2)))]
    first, second = ([trial.id for trial in grid.trials(LOOKUP)] for grid in grids)
    assert first == second
    assert grids[0].text == grids[1].text


@pytest.mark.parametrize(("one", "other"), SAME, ids=[str(other) for _, other in SAME])
def test_one_meaning_has_one_id_however_it_is_written(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert ids(one) == ids(other)


def test_every_change_of_a_field_changes_the_id() -> None:
    found = [ids(table)[0] for table in [{}, *CHANGES]]
    assert len(set(found)) == len(found)


@LAWS
@given(st.floats(0.001, 1000), st.floats(0.001, 1000))
def test_two_numbers_have_two_ids(one: float, other: float) -> None:
    assert (ids({"optimizer": {"lr": one}}) == ids({"optimizer": {"lr": other}})) == (one == other)


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
@LAWS
def test_two_seeds_have_two_ids(one: int, other: int) -> None:
    cell = expand([{}], LOOKUP)[0][0]
    assert (Trial(cell, one).id == Trial(cell, other).id) == (one == other)


def test_an_untrained_trial_has_ids_of_its_own_and_leaves_those_of_others() -> None:
    (cell,) = expand([{}], LOOKUP)[0]
    trained, untrained = Trial(cell, 3), Trial(cell, 3, untrained=True)
    digest = hashlib.sha256(f'{{"cell": "{cell.id}", "seed": 3}}'.encode()).hexdigest()
    assert trained.id == digest[:20]
    assert untrained.id != trained.id
    assert (trained.cell_id, untrained.cell_id) == (cell.id, f"{cell.id}-untrained")
    assert untrained.luck == trained.luck


@pytest.mark.parametrize(
    "origin",
    [Origin("small", "1.1"), Origin("large", "1.0"), Origin("small", "1.0", "abc"), Origin("small", "1.0", "abd")],
    ids=str,
)
def test_another_origin_of_a_component_is_another_id(origin: Origin) -> None:
    changed = LOOKUP.with_origin("descent", origin)
    others = [Origin("small", "1.0"), Origin("small", "1.0", "xyz")]
    for other in others:
        assert ids({}, changed) != ids({}, LOOKUP.with_origin("descent", other))


def test_the_origin_of_a_component_that_is_not_used_does_not_matter() -> None:
    assert ids({}, LOOKUP.with_origin("bent", Origin("small", "2.0"))) == ids({})


@pytest.mark.parametrize("written", ["wrapped", {"name": "wrapped", "inner": "descent"}], ids=["by default", "as written"])
def test_the_origin_of_a_component_inside_another_counts(written: Any) -> None:
    changed = LOOKUP.with_origin("descent", Origin("small", "1.1"))
    assert ids({"optimizer": written}, changed) != ids({"optimizer": written})


def test_another_version_of_the_harness_is_another_id() -> None:
    assert ids({}, SmallLookup(harness=Origin("nnbench", "1.1"))) != ids({})
    assert ids({}, SmallLookup(harness=Origin("nnbench", "1.0", "abc"))) != ids({})


def test_a_component_is_the_same_with_its_distribution_in_front() -> None:
    def found(name: str) -> list[str]:
        return [trial.id for trial in Grid.from_text(f'[trial]\nactivation = "{name}"').trials(load_catalog())]

    assert found("relu") == found("nnbench:relu")


SCRIPT = """
from nnbench import Catalog, Grid, Optimizer, load_catalog
grid = Grid.from_toml(__import__("sys").argv[1])
print(*sorted(trial.id for trial in grid.trials(load_catalog())))
"""


@pytest.mark.parametrize("hash_seed", ["1", "4321"])
def test_ids_are_the_same_in_another_process_with_another_hash_seed(tmp_path: Path, hash_seed: str) -> None:
    path = tmp_path / "grid.toml"
    path.write_text(
        '[trial]\nactivation = ["relu", { name = "leaky_relu", k = [0.1, 0.2] }]\noptimizer = ["adam", "sgd"]\nhidden = [[8], []]'
    )
    environment = {"PYTHONHASHSEED": hash_seed, "PATH": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == sorted(trial.id for trial in Grid.from_toml(path).trials(load_catalog()))


def test_labels_show_what_varies_even_where_it_is_the_default(catalog: Catalog) -> None:
    """A table in which one of three rates has no number would puzzle its reader."""
    grid = Grid.from_text('[trial]\noptimizer = ["sgd", { name = "adam", lr = [0.01, 0.1] }]', "x", catalog)
    assert [each["optimizer"] for each in labels(grid.cells(catalog))] == ["sgd", "adam(lr=0.01)", "adam(lr=0.1)"]
    inside = '[trial]\noptimizer = { name = "lookahead", inner = ["sgd", { name = "adam", lr = [0.01, 0.1] }] }'
    assert [each["optimizer"] for each in labels(Grid.from_text(inside, "x", catalog).cells(catalog))] == [
        "lookahead(inner=sgd)",
        "lookahead(inner=adam(lr=0.01))",
        "lookahead(inner=adam(lr=0.1))",
    ]
    alone = Grid.from_text('[trial]\noptimizer = { name = "adam", lr = 0.01 }', "x", catalog)
    assert [each["optimizer"] for each in labels(alone.cells(catalog))] == ["adam"]


class Measured(Interval):
    """Wraps something that may change beside its hyperparameters, such as a table in a file."""

    content: ClassVar[str] = "first"

    @property
    def fingerprint(self) -> str:
        return self.content


class Borrowed(Descent):
    """Wraps a library's optimizer."""

    version: ClassVar[str] = ""

    @property
    def fingerprint(self) -> str:
        return self.version


def test_what_a_component_wraps_is_part_of_the_id_once_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    lookup = SmallLookup((*CLASSES, Measured, Borrowed))
    table = {"dataset": "measured", "optimizer": {"name": "wrapped", "inner": "borrowed"}}
    plain, first = ids(table, lookup), ids({**table, "dataset": "interval"}, lookup)
    (cell,) = expand([table], lookup)[0]
    assert cell.fingerprints == {"dataset": "first"}
    monkeypatch.setattr(Borrowed, "version", "2.0")
    (other,) = expand([table], lookup)[0]
    assert other.fingerprints == {"dataset": "first", "optimizer.inner": "2.0"}
    assert len({cell.id, other.id, *first}) == 3
    assert other.network_id == cell.network_id
    monkeypatch.setattr(Borrowed, "version", "")
    assert ids(table, lookup) == plain
    monkeypatch.setattr(Measured, "content", "second")
    assert ids(table, lookup) != plain


def test_trials_whose_data_differ_in_what_a_file_has_do_not_share_them(monkeypatch: pytest.MonkeyPatch) -> None:
    lookup = SmallLookup((*CLASSES, Measured))
    (before,) = expand([{"dataset": "measured"}], lookup)[0]
    first = task(before).fingerprint
    monkeypatch.setattr(Measured, "content", "second")
    (after,) = expand([{"dataset": "measured"}], lookup)[0]
    assert task(after).fingerprint != first
    assert task(after).fingerprint == task(replace(after, hidden=(7,), origins=after.origins)).fingerprint
    assert data_key(Trial(after, 0)) != data_key(Trial(after, 1))
