"""A store that an older nnbench wrote reads, reports and goes on; one that a newer one wrote is refused by name; and a new probe is
one field."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from helpers import nnbench

from nnbench import Catalog, Grid, run
from nnbench.errors import InputError
from nnbench.launching.results import Results
from nnbench.report.comparing import compare_launch
from nnbench.report.verdict import verdict
from nnbench.store import FORMAT, SCHEMA, Store, merge_into
from nnbench.store.schema import writer

OLD = Path(__file__).parents[1] / "old_store"
"""Written by an nnbench that was installed from a wheel, before stores had formats: one launch that tuned and made a claim, and one
that was interrupted."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return shutil.copytree(OLD, tmp_path / "old")


@pytest.fixture(scope="module")
def installed(catalog: Catalog) -> Catalog:
    """The catalog as it is where nnbench is not editable: ids have no digest of code."""
    entries = tuple(replace(entry, origin=replace(entry.origin, digest="")) for entry in catalog.entries)
    return replace(catalog, entries=entries, harness=replace(catalog.harness, digest=""))


def launched(grid: str, catalog: Catalog, folder: Path) -> Results:
    with ThreadPoolExecutor(1) as executor:
        return run(Grid.from_toml(folder / grid, catalog), catalog=catalog, executor=executor, folder=folder, track=False)


def exact(value: Any) -> Any:
    """With NaN equal to NaN."""
    if isinstance(value, list):
        return [exact(each) for each in value]
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_number_of_an_old_store_reads_as_it_was_written() -> None:
    store = Store(OLD / "results")
    read = {result.trial_id: result for results in store.results(store.statuses()) for result in results}
    written = [row for path in OLD.glob("results/*.parquet") for row in pq.read_table(path).to_pylist()]
    assert len(written) == len(read) == 80
    for row in written:
        assert {name: exact(value) for name, value in read[row["trial_id"]].items()} == {
            name: exact(value) for name, value in row.items()
        }


def test_an_old_launchs_claims_places_and_settings_are_records() -> None:
    old, cut = Store(OLD / "results").launches()
    assert (old.grid, old.status, cut.grid, cut.status) == ("old", "finished", "cut", "interrupted")
    asked = old.compared
    assert asked is not None
    (claim,) = asked.claims
    assert (claim.better, claim.worse, claim.written) == ("tanh", "relu", 1795595479.8810856)
    assert {where.level for where in asked.placed.values()} == {"tanh", "relu"}
    assert [(each.level, each.setting) for each in asked.tried][:2] == [("tanh", {"optimizer.lr": 0.1})] * 2
    assert [len(trials) for trials in old.phases.values()] == [24, 16, 24]


def test_an_old_launch_has_the_verdict_that_it_had(old: Path) -> None:
    store = Store(old / "results")
    comparison = compare_launch(store.launch("old"), store)
    assert comparison is not None
    improvement = comparison.pairs[0].improvement
    assert [round(each, 2) for each in (improvement.value, improvement.low, improvement.high)] == [0.56, 0.33, 0.76]
    assert [outcome.verdict for outcome in comparison.claims] == ["undecided"]
    told = nnbench("report", "old", "--folder", str(old), cwd=old)
    assert (told.returncode, told.stderr) == (0, "")
    assert verdict(comparison) in " ".join(told.stdout.split())


def test_an_old_launch_that_was_interrupted_goes_on_where_it_was(old: Path, installed: Catalog) -> None:
    before = Store(old / "results").launch("cut")
    results = launched("cut.toml", installed, old)
    assert (results.trained, results.status, results.launch.id) == (4, "finished", before.id)
    again = launched("cut.toml", installed, old)
    assert (again.trained, again.launch.id) == (0, before.id)


def test_an_old_launch_that_is_finished_trains_nothing(old: Path, installed: Catalog) -> None:
    before = Store(old / "results").launch("old")
    results = launched("old.toml", installed, old)
    assert (results.trained, results.launch.id) == (0, before.id)
    assert results.launch.compared == before.compared
    assert json.loads((old / "results" / "launches" / f"{before.id}.json").read_text())["format"] == FORMAT


def test_what_is_written_says_its_format_and_its_writer(small_grid, catalog: Catalog, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        run(small_grid(), catalog=catalog, executor=executor, folder=tmp_path, track=False)
    (record,) = tmp_path.glob("results/launches/*.json")
    told = json.loads(record.read_text())
    assert (told["format"], told["nnbench"]) == (FORMAT, catalog.harness.version)
    for path in tmp_path.glob("results/*.parquet"):
        metadata = pq.read_schema(path).metadata
        assert (metadata[b"nnbench.format"], metadata[b"nnbench.version"]) == (str(FORMAT).encode(), told["nnbench"].encode())


def newer(folder: Path, what: str) -> Path:
    """Have one file of a store say that an nnbench to come wrote it, in a format that is not known yet."""
    if what == "results":
        path = sorted(folder.glob("results/*.parquet"))[0]
        table = pq.read_table(path).replace_schema_metadata({"nnbench.format": str(FORMAT + 1), "nnbench.version": "9.7"})
        pq.write_table(table, path)
    else:
        path = sorted(folder.glob(f"results/{what}/*.json"))[0]
        path.write_text(json.dumps({**json.loads(path.read_text()), "format": FORMAT + 1, "nnbench": "9.7"}))
    return path


@pytest.mark.parametrize("what", ["results", "launches", "claims"])
@pytest.mark.parametrize(
    "command",
    [
        ["run", "old.toml"],
        ["robust", "old.toml"],
        ["report"],
        ["sync"],
        ["ui"],
        ["claims", "."],
        ["merge", "other"],
        ["plan", "old.toml"],
    ],
    ids=" ".join,
)
def test_a_newer_format_is_refused_by_name_and_changes_nothing(old: Path, what: str, command: list[str]) -> None:
    if (what, command) == ("claims", ["report"]):
        pytest.skip("a report reads no claims' files: the launch's record has what it needs")
    (old / "other" / "results").mkdir(parents=True)
    path = newer(old, what)
    before = contents(old)
    refused = nnbench(*command, "--folder" if command[0] != "claims" else "--results", ".", cwd=old)
    assert refused.returncode == 2, refused.stdout + refused.stderr
    (line,) = refused.stderr.splitlines()
    assert line.startswith(f"error: {path.relative_to(old)} has format {FORMAT + 1}, and nnbench ")
    assert f"reads formats up to {FORMAT}; install nnbench 9.7 or later" in line
    assert contents(old) == before


def rewritten(folder: Path, what: str, **told: Any) -> Path:
    """Have one JSON file of a store tell something else."""
    path = sorted(folder.glob(f"results/{what}/*.json"))[0]
    path.write_text(json.dumps({**json.loads(path.read_text()), **told}))
    return path


@pytest.mark.parametrize("what", ["launches", "claims"])
@pytest.mark.parametrize("by", [writer(), "0.0.9", "", 7])
def test_where_no_newer_release_wrote_a_newer_format_none_is_asked_for(old: Path, what: str, by: Any) -> None:
    rewritten(old, what, format=99, nnbench=by)
    with pytest.raises(InputError) as caught:
        Store(old / "results").check()
    newer_release = "install nnbench 7 or later"
    later_checkout = "a newer nnbench (a later checkout) wrote it, so update this one"
    assert f"up to {FORMAT}; {newer_release if by == 7 else later_checkout}; nothing was changed" in str(caught.value)


@pytest.mark.parametrize("what", ["launches", "claims"])
def test_a_format_may_be_the_text_of_a_number(old: Path, what: str) -> None:
    path = rewritten(old, what, format=str(FORMAT + 1))
    with pytest.raises(InputError, match=f"{path.name} has format {FORMAT + 1}, "):
        Store(old / "results").check()
    rewritten(old, what, format=str(FORMAT))
    Store(old / "results").check()


@pytest.mark.parametrize("told", ["two", None, 2.5, True, [2]], ids=repr)
def test_a_record_whose_format_is_no_number_is_named(old: Path, told: Any) -> None:
    path = rewritten(old, "launches", format=told)
    named = re.escape(f"{path.name} is not a launch record and is passed over: its format is {told!r}, which is not a whole number")
    with pytest.warns(UserWarning, match=named):
        assert len(Store(old / "results").launches()) == 1
    path = rewritten(old, "claims", format=told)
    with pytest.raises(
        InputError, match=re.escape(f"{path.name} is not a claim that nnbench wrote (its format is {told!r}, which")
    ):
        Store(old / "results").known_since(path.stem, {})


@pytest.mark.parametrize("told", [b"two", b"\xff", b""], ids=repr)
def test_results_whose_format_is_no_number_are_named_on_stderr(old: Path, told: bytes) -> None:
    path = sorted(old.glob("results/*.parquet"))[0]
    pq.write_table(pq.read_table(path).replace_schema_metadata({b"nnbench.format": told}), path)
    planned = nnbench("plan", "old.toml", "--folder", ".", cwd=old)
    assert planned.returncode == 0, planned.stderr
    shown = repr(told.decode(errors="replace"))
    named = f"{path.relative_to(old)} cannot be read and is passed over: its format is {shown}, which is not a whole number"
    assert f"warning: {named}" in planned.stderr


def test_a_claim_says_its_format_and_keeps_its_time(tmp_path: Path) -> None:
    store = Store(tmp_path)
    since = store.known_since("abc", {"says": "a > b"})
    (path,) = store.claims()
    told = json.loads(path.read_text())
    assert (told["format"], told["nnbench"], told["since"], told["says"]) == (FORMAT, writer(), since, "a > b")
    assert Store(tmp_path).known_since("abc", {}) == since


def test_claims_of_before_formats_are_read_and_merged(old: Path, tmp_path: Path) -> None:
    store, other = Store(tmp_path / "here"), Store(old / "results")
    (claim,) = other.claims()
    assert "format" not in json.loads(claim.read_text())
    store.known_since(claim.stem, {})
    merge_into(store, other)
    assert store.known_since(claim.stem, {}) == other.known_since(claim.stem, {}) == 1795595479.8810856


@pytest.mark.parametrize("what", ["results", "launches", "claims"])
def test_a_store_with_a_newer_format_is_not_merged(old: Path, tmp_path: Path, what: str) -> None:
    newer(old, what)
    with pytest.raises(InputError, match="has format"):
        merge_into(Store(tmp_path / "here"), Store(old / "results"))
    assert not (tmp_path / "here").exists()


PROBED = """
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from nnbench.engine import records

@dataclass(frozen=True)
class Probed(records.Record):
    sharpness: list[float] = field(default_factory=lambda: [1.0, 2.0])

records.Record = Probed  # as if the engine's record had one field more

import pyarrow.parquet as pq
from nnbench import Grid, hookimpl, load_catalog, run
from nnbench.store import SCHEMA

class Watcher:
    @hookimpl
    def nnbench_results_stored(self, results):
        print("told", {each.trial_id: each.sharpness for each in results})

catalog = load_catalog()
grid = Grid.from_text('name = "tiny"\\nseeds = 2\\n[trial]\\nepochs = 1\\nhidden = [[4]]\\n', "tiny.toml", catalog)
for _ in range(2):
    with ThreadPoolExecutor(1) as executor:
        results = run(grid, catalog=catalog, executor=executor, folder=sys.argv[1], track=False, watchers=[Watcher()])
store, trials = results.store, results.launch.trial_ids
assert [row["sharpness"] for row in store.rows(trials, ["sharpness"])] == [[1.0, 2.0]] * 2
known = store.launch("old").trial_ids
assert len(known) == 16
assert all(each.sharpness is None for group in store.results(known) for each in group)
store.export([*trials, *known], "all.parquet")
assert pq.read_table("all.parquet")["sharpness"].to_pylist().count([1.0, 2.0]) == 2
assert pq.read_schema("all.parquet").equals(SCHEMA)
"""


def test_a_probe_is_one_field_and_stores_without_it_read_as_none(old: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBED, str(old)], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    fresh, known = (line for line in done.stdout.splitlines() if line.startswith("told"))
    assert fresh.count("[1.0, 2.0]") == known.count("[1.0, 2.0]") == 2
    unknown = Store(old / "results")  # and by an nnbench that does not know the probe, it is passed over
    assert "sharpness" not in SCHEMA.names
    assert len([each for group in unknown.results(unknown.launch("tiny").trial_ids) for each in group]) == 2
