"""Reading grid files: their structure, their errors, and what they may leave out."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import SmallLookup
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbench import Grid, load_catalog
from nnbench.errors import GridError, InputError
from nnbench.kinds import Origin

LOOKUP = SmallLookup()
EXPERIMENTS = sorted((Path(__file__).parents[2] / "experiments").rglob("*.toml"))
NOTES = [path for path in EXPERIMENTS if path.parent.name == "notes"]


def problems(text: str, source: str = "grid.toml") -> dict[str, str]:
    """Messages by field."""
    with pytest.raises(GridError) as caught:
        Grid.from_text(text, source, LOOKUP)
    assert all(line.startswith(f"{source}: ") for line in str(caught.value).splitlines())
    return {problem.field: problem.message for problem in caught.value.problems}


def test_an_empty_file_is_one_cell_with_three_seeds_named_after_the_file(tmp_path: Path) -> None:
    path = tmp_path / "first try.toml"
    path.write_text("")
    grid = Grid.from_toml(path, LOOKUP)
    assert (grid.name, grid.seed_list, len(grid.cells(LOOKUP))) == ("first try", (0, 1, 2), 1)


def test_a_grid_remembers_the_file_and_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("seeds = 1  # one is enough", encoding="utf-8")
    grid = Grid.from_toml(path)
    assert (grid.source, grid.text) == (str(path), "seeds = 1  # one is enough")


def test_a_grid_made_in_python_expands_like_one_read_from_a_file() -> None:
    made = Grid(name="same", seeds=(1, 2), trial=({"epochs": [1, 2]},))
    read = Grid.from_text('name = "same"\nseeds = [1, 2]\n[trial]\nepochs = [1, 2]')
    assert [trial.id for trial in made.trials(LOOKUP)] == [trial.id for trial in read.trials(LOOKUP)]


def test_a_mistake_in_a_grid_made_in_python_is_told_with_its_name() -> None:
    with pytest.raises(GridError, match=r"wrong: trial\.epochs: 0 .* at least 1"):
        Grid(name="wrong", trial=({"epochs": 0},)).cells(LOOKUP)


def test_trials_are_every_cell_with_every_seed() -> None:
    trials = Grid.from_text("seeds = [3, 7]\n[trial]\nepochs = [1, 2]").trials(LOOKUP)
    assert [(trial.cell.epochs, trial.seed) for trial in trials] == [(1, 3), (1, 7), (2, 3), (2, 7)]


@pytest.mark.parametrize(("text", "seeds"), [("seeds = 4", (0, 1, 2, 3)), ("seeds = [9, 0]", (9, 0))])
def test_seeds_are_a_count_or_a_list(text: str, seeds: tuple[int, ...]) -> None:
    assert Grid.from_text(text).seed_list == seeds


BAD = [
    ("seeds = 0", "seeds", "0"),
    ("seeds = -1", "seeds", "-1"),
    ("seeds = [0, -1]", "seeds", "-1"),
    ("seeds = [1, 1]", "seeds", "1, 1"),
    ("seeds = []", "seeds", "[]"),
    ("seeds = true", "seeds", "True"),
    ("seeds = [true]", "seeds", "True"),
    ("seeds = 2.0", "seeds", "2.0"),
    ('seeds = "2"', "seeds", "'2'"),
    ("seeds = [9223372036854775808]", "seeds", "9223372036854775808"),
    ("name = 3", "name", "3"),
    ('name = ""', "name", "''"),
    ('name = "a/b"', "name", "'a/b'"),
    ("question = 3", "question", "3"),
    ("sedes = 3", "sedes", "did you mean seeds?"),
    ("epochs = 3", "epochs", "belongs under [trial]"),
    ("trial = 3", "trial", "[trial]"),
    ("trial = [3]", "trial", "[trial]"),
    ("trial = []", "trial", "[trial]"),
]


@pytest.mark.parametrize(("text", "field", "quoted"), BAD, ids=[text for text, *_ in BAD])
def test_a_problem_of_structure_names_field_and_value(text: str, field: str, quoted: str) -> None:
    found = problems(text)
    assert list(found) == [field]
    assert quoted in found[field]


def test_a_bad_list_of_seeds_is_quoted_and_told_what_is_accepted() -> None:
    message = problems("seeds = [0, 0]")["seeds"]
    assert "whole number of at least 1" in message
    assert "distinct" in message


def test_problems_of_structure_and_of_components_come_together() -> None:
    text = 'name = "a/b"\nseeds = 0\nbudget = 1\n[[trial]]\nepochs = 0\n[[trial]]\nactivation = "bend"'
    assert set(problems(text)) == {"name", "seeds", "budget", "trial (1st table).epochs", "trial (2nd table).activation"}


def test_what_is_no_toml_is_told_with_line_and_column() -> None:
    assert "line 2" in problems("seeds = 1\nseeds = = 2")[""]
    assert "TOML" in problems("[trial\n")[""]


def test_toml_that_is_nested_too_deeply_is_a_problem_and_no_crash() -> None:
    assert "TOML" in problems("seeds = " + "[" * 20_000)[""]


@pytest.mark.parametrize("name", ["missing.toml", "folder.toml", "binary.toml"])
def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "binary.toml").write_bytes(b"seeds = 1 # \xff\xfe")
    reason = {"missing.toml": "No such file", "folder.toml": "directory", "binary.toml": "UTF-8"}[name]
    with pytest.raises(InputError) as caught:
        Grid.from_toml(tmp_path / name, LOOKUP)
    assert str(tmp_path / name) in str(caught.value)
    assert reason in str(caught.value)


def test_a_grid_cannot_be_changed_once_read() -> None:
    grid = Grid.from_text("seeds = 1")
    with pytest.raises(ValueError, match="frozen"):
        grid.seeds = 2


def test_there_are_experiments_to_try() -> None:
    assert EXPERIMENTS


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.name)
def test_every_experiment_expands_with_the_components_that_ship(path: Path) -> None:
    grid = Grid.from_toml(path, load_catalog())
    assert grid.question
    assert len(grid.trials(load_catalog())) > 1


@pytest.mark.parametrize("path", NOTES, ids=lambda path: path.name)
def test_every_experiment_about_the_notes_has_a_few_alternatives(path: Path) -> None:
    alternatives = Grid.from_toml(path, load_catalog()).alternatives(load_catalog())
    assert [each.changes for each in alternatives[:2]] == ["nothing", "seeds"]
    assert 5 <= len(alternatives) <= 8


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet='[]{}=".,#\n atrile0-', max_size=40) | st.text(max_size=20))
def test_any_text_is_a_grid_or_a_grid_error(text: str) -> None:
    try:
        grid = Grid.from_text(text, "any.toml", LOOKUP)
    except GridError:
        return
    assert grid.trials(LOOKUP)


def test_a_timeout_is_seconds_above_zero_and_no_part_of_an_id() -> None:
    lookup = SmallLookup()
    plain, timed = (Grid.from_text(text, "g.toml", lookup) for text in ("[trial]\n", "trial_timeout = 60\n[trial]\n"))
    assert (plain.trial_timeout, timed.trial_timeout) == (None, 60.0)
    assert Grid.from_text("[trial]\n", "g.toml", lookup, ["trial_timeout=0.5"]).trial_timeout == 0.5
    assert [trial.id for trial in plain.trials(lookup)] == [trial.id for trial in timed.trials(lookup)]
    for wrong in ("0", "-1", "true", "inf", "nan", '"long"', "[1, 2]"):
        with pytest.raises(GridError, match=r"trial_timeout: .* is not accepted; accepted: seconds for one trial"):
            Grid.from_text(f"trial_timeout = {wrong}\n[trial]\n", "g.toml", lookup)
    with pytest.raises(GridError, match=r"trial\.trial_timeout: belongs above \[trial\]"):
        Grid.from_text("[trial]\ntrial_timeout = 60\n", "g.toml", lookup)


def test_a_grid_is_expanded_once_for_each_lookup_and_again_when_it_is_changed() -> None:
    lookup = SmallLookup()
    grid = Grid.from_text("[trial]\nbatch_size = [16, 32]\n", "g.toml", lookup)
    first, again = grid.cells(lookup), grid.cells(lookup)
    assert all(a is b for a, b in zip(first, again, strict=True))
    other = grid.cells(lookup.with_origin("straight", Origin("small", "2.0")))
    assert {cell.id for cell in other}.isdisjoint(cell.id for cell in first)
    assert len(grid.changed("changed", trial=({"batch_size": 16},)).cells(lookup)) == 1
    assert len(grid.model_copy(update={"trial": ({"batch_size": [4, 8, 16]},)}).cells(lookup)) == 3
