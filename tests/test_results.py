"""The result store: whole files or none, the latest result of a trial, launches as they were."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nnbench.engine.records import Record
from nnbench.errors import InputError
from nnbench.store import SCHEMA, Launch, LaunchCell, Result, Store


def result(trial: str, status: str = "done", **more: Any) -> Result:
    header = {
        "trial_id": trial,
        "cell_id": trial[0],
        "seed": 0,
        "launch_id": "l",
        "grid": "g",
        "fields": "{}",
        "origins": "{}",
        "started": 1.25,
        "seconds": 0.5,
    }
    record = {"curve_steps": [0, 5], "valid_loss": [0.5, math.nan], "activation_std": [[1.0, 2.0], [3.0, math.inf]]}
    return Result(**{**header, "status": status, **record, **more})


def launch(name: str, started: float, cells: int = 2) -> Launch:
    made = [
        LaunchCell(
            f"c{i}", {"hidden": [4]}, {"hidden": "4", "activation": f"a{i}"}, {"nnbench": ["nnbench", "1", ""]}, {f"t{i}": 0}
        )
        for i in range(cells)
    ]
    return Launch(name, "grid", "why?", "grid.toml", "seeds = 1", ["epochs=1"], started, made, {"python": "3"})


def test_results_come_back_as_they_were_stored(tmp_path: Path) -> None:
    store = Store(tmp_path)
    stored = result("a1", test_accuracy=0.1 + 0.2, steps_to_target=math.inf, diverged_step=None)
    store.append([stored, result("b1")])
    (found,) = store.rows(["a1"], SCHEMA.names)
    assert {name: found[name] for name in stored if name not in ("valid_loss", "stored")}.items() >= {
        "test_accuracy": 0.1 + 0.2,
        "steps_to_target": math.inf,
        "diverged_step": None,
        "activation_std": [[1.0, 2.0], [3.0, math.inf]],
        "curve_steps": [0, 5],
        "started": 1.25,
    }.items()
    assert found["valid_loss"][0] == 0.5
    assert math.isnan(found["valid_loss"][1])


def test_every_field_of_a_record_has_a_column() -> None:
    assert {each.name for each in fields(Record)} <= {each.name for each in fields(Result)} == set(SCHEMA.names)


def test_the_latest_result_of_a_trial_counts(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for status in ("failed", "diverged", "done"):
        store.append([result("a1", status), result("b1", "done")])
    assert store.statuses() == {"a1": "done", "b1": "done"}
    assert [found["status"] for found in store.rows(["b1", "a1", "unknown"])] == ["done", "done"]
    assert store.statuses(["a1"]) == {"a1": "done"}


def test_an_empty_or_missing_folder_has_no_results(tmp_path: Path) -> None:
    store = Store(tmp_path / "nothing")
    assert store.statuses() == {}
    assert store.rows(["a"]) == []
    assert store.launches() == []
    assert not (tmp_path / "nothing").exists()


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    store.append([result("a1")])

    def full(table: Any, stream: IO[bytes], **_: Any) -> None:
        stream.write(b"PAR1 and no more")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        store.append([result("b1")])
    assert len(list(tmp_path.iterdir())) == 1
    assert store.statuses() == {"a1": "done"}


def test_a_file_that_cannot_be_read_is_named_and_passed_over(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append([result("a1")])
    (tmp_path / "broken.parquet").write_bytes(b"not parquet")
    with pytest.warns(UserWarning, match=r"broken\.parquet cannot be read"):
        assert store.statuses() == {"a1": "done"}


def test_launches_are_found_by_id_or_by_the_latest_of_a_grid(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first, second = launch("one", 1.0), launch("two", 2.0)
    store.save(second)
    store.save(first)
    assert [each.id for each in store.launches()] == ["one", "two"]
    assert store.launch("one") == first
    assert store.launch("grid") == second
    with pytest.raises(InputError, match=r"no launch .three.*grid"):
        store.launch("three")


def test_a_launch_record_that_is_none_is_passed_over(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(launch("one", 1.0))
    (tmp_path / "launches" / "zzz.json").write_text(json.dumps({"id": "zzz"}))
    with pytest.warns(UserWarning, match="is not a launch record"):
        assert [each.id for each in store.launches()] == ["one"]


def test_fields_that_differ_between_cells_make_a_cells_title() -> None:
    made = launch("one", 1.0)
    assert made.varying == ["activation"]
    assert made.title(made.cells[1]) == "a1"
    assert launch("single", 1.0, cells=1).title(made.cells[0]) == "grid"


def test_an_export_has_the_latest_result_of_each_trial_wanted(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.append([result("a1", "failed"), result("b1")])
    store.append([result("a1", "done"), result("c1")])
    store.export(["a1", "c1", "unknown"], tmp_path / "all.parquet")
    table = pq.read_table(tmp_path / "all.parquet")
    assert table.schema.names == SCHEMA.names
    assert dict(zip(table["trial_id"].to_pylist(), table["status"].to_pylist(), strict=True)) == {"a1": "done", "c1": "done"}


def older(store: Store, trial: str, without: list[str]) -> None:
    """Store a result as a version of nnbench did that did not know these columns."""
    before = set(store.folder.glob("*.parquet"))
    store.append([result(trial)])
    (path,) = set(store.folder.glob("*.parquet")) - before
    pq.write_table(pq.read_table(path).drop_columns(without), path)


def test_what_an_older_version_did_not_measure_is_null(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    older(store, "a1", ["train_loss_last", "saturated"])
    store.append([result("b1", train_loss_last=0.25)])
    columns = ["saturated", "train_loss_last", "trial_id", "valid_loss"]
    old, new = store.rows(["a1", "b1"], columns)
    assert list(old) == columns
    assert (old["trial_id"], old["train_loss_last"], old["saturated"]) == ("a1", None, None)
    assert (new["trial_id"], new["train_loss_last"], new["saturated"]) == ("b1", 0.25, [])
    assert {each["trial_id"]: each["train_loss_last"] for block in store.blocks(["a1", "b1"]) for each in block} == {
        "a1": None,
        "b1": 0.25,
    }
    store.export(["a1", "b1"], tmp_path / "all.parquet")
    table = pq.read_table(tmp_path / "all.parquet")
    assert table.schema.equals(SCHEMA)
    assert dict(zip(table["trial_id"].to_pylist(), table["train_loss_last"].to_pylist(), strict=True)) == {"a1": None, "b1": 0.25}


def test_a_parquet_file_of_somebody_elses_is_passed_over(tmp_path: Path) -> None:
    pq.write_table(pa.table({"trial_id": ["x"]}), tmp_path / "theirs.parquet")
    with pytest.warns(UserWarning, match=r"theirs\.parquet cannot be read and is passed over: it lacks status, stored"):
        assert Store(tmp_path).statuses() == {}


def test_what_diverged_has_reached_nothing_whatever_an_older_version_stored(tmp_path: Path) -> None:
    store = Store(tmp_path / "results")
    before = [result("a1", "diverged", steps_to_target=7.0, diverged_step=9), result("b1", steps_to_target=5.0)]
    store.append([*before, result("c1", "failed", steps_to_target=math.nan)])
    assert store.rows(["a1", "b1"], ["steps_to_target"]) == [{"steps_to_target": math.inf}, {"steps_to_target": 5.0}]
    assert [row["steps_to_target"] for row in store.rows(["a1", "b1"])] == [math.inf, 5.0]
    reached = {each.trial_id: each.steps_to_target for (*results,) in store.results(["a1", "b1", "c1"]) for each in results}
    assert (reached["a1"], reached["b1"]) == (math.inf, 5.0)
    assert math.isnan(reached["c1"])
    store.export(["a1", "b1"], tmp_path / "all.parquet")
    assert pq.read_table(tmp_path / "all.parquet")["steps_to_target"].to_pylist() == [math.inf, 5.0]
