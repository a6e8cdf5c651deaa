"""Tables of every command at any width, and text of others that looks like markup, in whatever a command prints or writes."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers import make_plugin
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from nnbench.cli import cli
from nnbench.cli.sheets import Sheet, table
from nnbench.errors import InputError
from nnbench.escaping import escaped, printable
from nnbench.report.tables import markdown_lines

ODD = "[v2] [bold]b[/] :warning: a|b *c* <b> \x1b[31mred"
LITERAL = "[v2] [bold]b[/] :warning: a|b *c* <b> \\x1b[31mred"
"""The same as a terminal is to show it."""
WIDTHS = (60, 80, 120)
NUMBER = re.compile(r"[-+]?\d[\d.,]*\d(?:e[-+]?\d+)?")

PLUGIN = f'''
import numpy as np
from nnbench import Activation, hookimpl

class ARectifierWithAnExtraordinarilyLongNameThatNobodyWouldType(Activation):
    """{ODD.replace(chr(27), "")} in a docstring."""

    note: str = "plain"
    """{ODD.replace(chr(27), "")} below a field."""

    def forward(self, z):
        return np.maximum(z, 0)

    def derivative(self, z, a):
        return np.where(z > 0, 1.0, 0.0).astype(z.dtype)

@hookimpl
def nnbench_components():
    return [ARectifierWithAnExtraordinarilyLongNameThatNobodyWouldType]
'''
LONG = "a_rectifier_with_an_extraordinarily_long_name_that_nobody_would_type"
TRIAL = f"""
[trial]
dataset = ["circles", {{ name = "moons", noise = 0.123456 }}]
activation = ["tanh", {{ name = "{LONG}", note = {ODD!a} }}]
hidden = [[4]]
train_size = 64
valid_size = 32
test_size = 32
batch_size = 32
epochs = 2
"""
HEAD = f'question = {ODD!a}\nseeds = 2\ngradcheck = "off"\n'
COMPARE = '[compare]\nfactor = "activation"\nmetric = "test_accuracy"\n'
CLAIM = f'[[claim]]\nsays = {ODD!a}\nbetter = "{LONG}"\nworse = "tanh"\n'
TOML = {"\\x1b": "\\u001b", "'": '"'}


def as_toml(text: str) -> str:
    """Python's quoted text as TOML has it."""
    for python, toml in TOML.items():
        text = text.replace(python, toml)
    return text


COMMANDS = {
    "run": ["run", "compared.toml", "--no-tracking", "--workers", "1"],
    "run without compare": ["run", "plain.toml", "--no-tracking", "--workers", "1"],
    "plan": ["plan", "compared.toml", "--workers", "1"],
    "plan anew": ["plan", "plain.toml", "--workers", "1", "--fresh"],
    "report": ["report", "compared.toml"],
    "report as Markdown": ["report", "compared.toml", "--format", "markdown"],
    "report without compare": ["report", "plain.toml"],
    "report without compare as Markdown": ["report", "plain.toml", "--format", "markdown"],
    "claims": ["claims", "claims", "--workers", "1"],
    "claims as Markdown": ["claims", "claims", "--workers", "1", "--format", "markdown"],
    "robust": ["robust", "compared.toml", "--workers", "1"],
    "robust as Markdown": ["robust", "compared.toml", "--workers", "1", "--format", "markdown"],
    "list": ["list"],
    "list fields": ["list", "fields"],
    "list metrics": ["list", "metrics"],
    "plugins": ["plugins"],
    "show": ["show", "activation", LONG],
    "show optimizer": ["show", "adam"],
    "show dataset": ["show", "moons"],
    "check": ["check", "odd-plugin"],
    "gradcheck": ["gradcheck", "--activation", f"tanh,{LONG}", "--hidden", "4"],
    "time": ["time", "activation", "tanh", LONG, "--rounds", "6", "--size", "one", "--no-tracking"],
    "sync": ["sync"],
    "merge": ["merge", "mlruns", "--folder", "merged"],
}
MARKDOWN = [name for name in COMMANDS if name.endswith("Markdown")]
Printed = dict[str, tuple[str, list[Sheet]]]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Printed]:
    """For each command what it printed, as wide as it likes, and its tables."""
    folder = tmp_path_factory.mktemp("printed")
    sheets: list[Sheet] = []
    original = Sheet.__rich_console__
    with pytest.MonkeyPatch.context() as patch:
        site = make_plugin(folder / "site", "odd-plugin", PLUGIN)
        patch.syspath_prepend(str(site))
        patch.setenv("PYTHONPATH", str(site))
        patch.chdir(folder)
        patch.setenv("COLUMNS", "400")
        patch.setattr(Sheet, "__rich_console__", lambda self, *given: [sheets.append(self), *original(self, *given)][1:])
        (folder / "claims").mkdir()
        for path, text in {
            "compared.toml": HEAD + COMPARE + CLAIM + TRIAL,
            "claims/compared.toml": HEAD + COMPARE + CLAIM + TRIAL,
            "plain.toml": HEAD + TRIAL,
        }.items():
            (folder / path).write_text(as_toml(text), encoding="utf-8")
        outcome: Printed = {}
        for name, arguments in COMMANDS.items():
            sheets.clear()
            done = CliRunner().invoke(cli, arguments)
            assert done.exception is None or isinstance(done.exception, SystemExit), (name, done.exception, done.output)
            assert done.exit_code in (0, 1), (name, done.output)
            outcome[name] = done.output, list(sheets)
        yield outcome
    sys.modules.pop("odd_plugin", None)


def letters(text: str) -> Counter[str]:
    return Counter("".join(text.split()))


def assert_whole(sheet: Sheet, width: int) -> None:
    """Nothing of a table is lost, cut or too wide."""
    lines = [line for line, _ in sheet.lines(width)]
    assert max(map(cell_len, lines)) <= width
    texts = [*sheet.head, *(cell for row in sheet.rows for cell in row)]
    assert letters(" ".join(texts)) - letters("\n".join(lines)) == Counter()
    numbers = [number for text in texts for number in NUMBER.findall(text) if len(number) < width // 3]
    assert [number for number in numbers if not any(number in line for line in lines)] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_no_table_of_any_command_loses_or_cuts_anything(printed: Printed, width: int) -> None:
    for _, sheets in printed.values():
        for sheet in sheets:
            assert_whole(sheet, width)


def test_every_command_with_a_table_was_tried(printed: Printed) -> None:
    without = {name for name, (_, sheets) in printed.items() if not sheets}
    assert without == {*MARKDOWN, "sync", "merge"}


@given(
    st.lists(st.lists(st.text("ab -_(=,0123456789.", max_size=40), min_size=3, max_size=3), max_size=4),
    st.integers(min_value=40, max_value=100),
)
@settings(deadline=None, max_examples=60)
def test_any_table_is_whole_at_any_width(rows: list[list[str]], width: int) -> None:
    sheet = table(("level", "probability of improvement", "p"), rows, right=("p",))
    lines = [line for line, _ in sheet.lines(width)]
    assert max(map(cell_len, lines)) <= width
    assert letters(" ".join(cell for row in rows for cell in row)) - letters("\n".join(lines)) == Counter()


def test_a_narrow_table_puts_each_head_before_its_cell() -> None:
    heads = ("level", "improvement", "accuracy", "diverged", "evidence")
    lines = [line for line, _ in table(heads, [("tanh", "0.97", "0.88 ± 0.01", "0 of 100", "none")]).lines(40)]
    assert [line.split()[0] for line in lines] == list(heads)


def test_texts_of_others_are_printed_as_they_are(printed: Printed) -> None:
    for name, (output, _) in printed.items():
        assert "\x1b" not in output, name
        assert "⚠" not in output, name
    for name in ("run", "plan", "report", "report without compare", "robust"):
        assert LITERAL in printed[name][0], name
    plain = LITERAL.replace("\\x1b", "")
    assert all(plain in printed[name][0] for name in ("list", "show"))


@pytest.mark.parametrize("name", MARKDOWN)
def test_markdown_escapes_texts_of_others(printed: Printed, name: str) -> None:
    output, _ = printed[name]
    assert escaped(ODD) in output
    rows = [line for line in output.splitlines() if line.startswith("|")]
    heads = [number for number, line in enumerate(rows) if set(line) <= set("| -")]
    for start, end in zip(heads, [*heads[1:], len(rows) + 1], strict=True):
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in rows[start - 1 : end - 1]}
        assert len(cells) == 1


def test_markdown_cells_are_one_line_with_pipes_escaped() -> None:
    assert markdown_lines(("a", "b"), [("x|y\nz", "<b>")])[2] == "| x\\|y z | \\<b> |"
    assert escaped("steps_to_target [0.9, 1.0] < 0.1") == "steps_to_target [0.9, 1.0] < 0.1"
    assert escaped("[x](y) :tada: _d_ &amp;") == "[x\\](y) \\:tada: \\_d\\_ \\&amp;"


def test_control_characters_are_spelled_out_and_line_breaks_stay() -> None:
    assert printable("a\x1b[2J\x07\u202eb\n\tc\x9bd") == "a\\x1b[2J\\x07\\u202eb\n    c\\x9bd"


def test_the_verdict_is_the_first_and_the_last_that_is_said_of_results(printed: Printed) -> None:
    for name in ("run", "report"):
        lines = [line for line in printed[name][0].splitlines() if line.strip()]
        verdict = lines[-1]
        first_table = next(number for number, line in enumerate(lines) if line.startswith("activation "))
        assert lines.index(verdict) < first_table
        assert lines.count(verdict) == 2


def test_a_report_without_a_comparison_has_a_table_for_each_data_set(printed: Printed) -> None:
    output, sheets = printed["report without compare"]
    assert [sheet.title.partition(",")[0] for sheet in sheets] == ["circles", "moons(noise=0.123456)"]
    assert "| " not in output.replace(LITERAL, "")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["report", "plain.toml", "--save", "x.png"], "it has no [compare]"),
        (["gradcheck", "--activation", "tanh", "--save", "x"], "without it there is nothing to save"),
    ],
)
@pytest.mark.usefixtures("printed")
def test_saving_what_there_is_nothing_of_is_an_error(arguments: list[str], why: str) -> None:
    done = CliRunner().invoke(cli, arguments)
    assert isinstance(done.exception, InputError)
    assert why in str(done.exception)
    assert not Path("x.png").exists()


def test_what_was_written_is_named(printed: Printed) -> None:
    assert "Results: mlruns/results" in printed["run"][0]
    assert "new in merged" in printed["merge"][0]
    done = CliRunner().invoke(cli, ["report", "compared.toml", "--save", "x.svg"])
    assert "Written: x.svg" in done.output


@pytest.mark.parametrize("word", ["activations", "activation", "Activation"])
def test_a_kind_is_listed_by_its_plural_too(word: str) -> None:
    assert "prelu" in CliRunner().invoke(cli, ["list", word]).output
