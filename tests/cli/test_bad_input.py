"""Bad input ends in exit status 2 and a message, without a traceback and with nothing changed on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import activation_plugin, make_plugin, nnbench

GRIDS = {
    "good.toml": b"seeds = 1\n[trial]\nepochs = 1\n",
    "unknown.toml": b'[trial]\nactivation = "sigmiod"\n',
    "many.toml": b'sedes = 1\n[[trial]]\nepochs = 0\n[[trial]]\noptimizer = { name = "adam", lr = [0.1, -1] }\n',
    "broken.toml": b"[trial]\nepochs = = 1\n",
    "binary.toml": b"\xff\xfe\x00",
    "hidden.toml": b"[trial]\nhidden = []\n",
    "batch.toml": b"[trial]\ntrain_size = 32\n",
    "seeds.toml": b"seeds = [-1]\n",
}
TYPO = "did you mean sigmoid"

BAD: dict[str, tuple[list[str], list[str]]] = {
    "no file": (["run", "missing.toml"], ["missing.toml", "No such file"]),
    "a folder": (["run", "folder"], ["folder", "directory"]),
    "no text": (["run", "binary.toml"], ["binary.toml", "UTF-8"]),
    "no TOML": (["run", "broken.toml"], ["broken.toml", "TOML", "line 2"]),
    "an unknown component": (["run", "unknown.toml"], ["unknown.toml", "trial.activation", "'sigmiod'", TYPO]),
    "the same in a plan": (["plan", "unknown.toml"], ["unknown.toml", "trial.activation", "'sigmiod'", TYPO]),
    "several at once": (["run", "many.toml"], ["sedes", "mean seeds?", "1st table", "optimizer.lr (2nd value)"]),
    "hidden": (["run", "hidden.toml"], ["hidden.toml", "trial.hidden", "[[]]"]),
    "a batch that is too large": (["run", "batch.toml"], ["batch.toml", "trial.batch_size", "64", "32"]),
    "a negative seed": (["run", "seeds.toml"], ["seeds.toml", "seeds", "-1"]),
    "an override without a value": (["run", "good.toml", "--set", "epochs"], ["--set", "'epochs'", "FIELD=VALUE"]),
    "an override out of bounds": (["run", "good.toml", "--set", "optimizer.lr=-1"], ["trial.optimizer.lr", "-1", "above 0"]),
    "an override of no field": (["plan", "good.toml", "--set", "epoch=1"], ["trial.epoch", "did you mean epochs?"]),
    "no workers": (["run", "good.toml", "--workers", "0"], ["--workers", "0"]),
    "a file as folder": (["run", "good.toml", "--folder", "good.toml"], ["--folder", "good.toml"]),
    "no grid": (["run"], ["GRID.toml"]),
    "an unknown option": (["run", "good.toml", "--wrokers", "1"], ["--wrokers", "--workers"]),
    "an unknown command": (["rnu", "good.toml"], ["'rnu'", "did you mean run?"]),
    "a command that is like no other": (["qqqq"], ["'qqqq'", "plan", "schema"]),
    "an unknown kind": (["list", "activatoin"], ["activatoin", "activation"]),
    "an unknown component to show": (["show", "activation", "sigmiod"], ["'sigmiod'", TYPO]),
    "nothing to show": (["show", "activation"], ["NAME"]),
    "an unknown plugin to leave out": (["-p", "no:activation", "list"], ["no:activation", "did you mean activations?"]),
    "a plugin option without no": (["-p", "activations", "list"], ["'activations'", "no:NAME"]),
    "a kind that is left out": (["-p", "no:activations", "run", "good.toml"], ["trial.activation", "-p no:activations"]),
    "nothing to sync": (["sync"], ["mlruns", "no such folder", "nnbench run"]),
    "an unknown launch": (["sync", "nothing"], ["mlruns", "no such folder"]),
    "nothing to look at": (["ui"], ["mlruns", "nnbench run"]),
    "no port": (["ui", "--port", "0"], ["--port", "0"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory with good and bad grids; nothing may ever change in it."""
    made = tmp_path_factory.mktemp("work")
    for name, content in GRIDS.items():
        (made / name).write_bytes(content)
    (made / "folder").mkdir()
    return made


def contents(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_told_and_changes_nothing(folder: Path, case: str) -> None:
    arguments, said = BAD[case]
    before = contents(folder)
    done = nnbench(*arguments, cwd=folder)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert [part for part in said if part not in done.stderr] == []
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    assert contents(folder) == before


def test_every_line_about_a_grid_names_the_file(folder: Path) -> None:
    lines = nnbench("run", "many.toml", cwd=folder).stderr.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("error: many.toml: ") for line in lines)


def test_a_plugin_with_an_unknown_hook_is_bad_input(folder: Path, tmp_path: Path) -> None:
    plugin = make_plugin(
        tmp_path / "plugin", "eager", "from nnbench import hookimpl\n@hookimpl\ndef nnbench_component():\n    return []"
    )
    done = nnbench("list", cwd=folder, path=[plugin])
    assert done.returncode == 2
    assert all(part in done.stderr for part in ("eager 1.0", "did you mean nnbench_components", "-p no:eager"))
    assert "Traceback" not in done.stderr
    assert nnbench("-p", "no:eager", "list", cwd=folder, path=[plugin]).returncode == 0


def test_a_name_that_two_plugins_offer_is_bad_input_that_lists_both(folder: Path, tmp_path: Path) -> None:
    path = [make_plugin(tmp_path / name, name, activation_plugin("Twin", "Tanh")) for name in ("ours", "rival")]
    done = nnbench("plan", "good.toml", "--set", "activation=twin", cwd=folder, path=path)
    assert done.returncode == 2
    assert "'ours:twin'" in done.stderr
    assert "'rival:twin'" in done.stderr
    assert nnbench("plan", "good.toml", "--set", "activation=rival:twin", cwd=folder, path=path).returncode == 0
    shipped = nnbench("plan", "good.toml", "--set", "activation=tanh", cwd=folder, path=path)
    assert shipped.returncode == 0
    assert "activation tanh is that of nnbench; write 'ours:tanh' for that of plugin ours" in shipped.stdout


def test_a_broken_plugin_is_the_likely_reason_when_its_component_is_missing(folder: Path, tmp_path: Path) -> None:
    plugin = make_plugin(tmp_path / "plugin", "broken", "import does_not_exist_anywhere")
    done = nnbench("run", "good.toml", "--set", "activation=wave", cwd=folder, path=[plugin])
    assert done.returncode == 2
    assert "trial.activation" in done.stderr
    assert "perhaps because plugin broken (broken, from broken 1.0)" in done.stderr
    assert "does_not_exist_anywhere" in done.stderr


def test_a_folder_that_cannot_be_made_is_told_without_a_traceback(folder: Path) -> None:
    done = nnbench("run", "good.toml", "--no-tracking", "--folder", "good.toml/inside", cwd=folder)
    assert done.returncode in (1, 2)
    assert "good.toml" in done.stderr
    assert "Traceback" not in done.stderr
