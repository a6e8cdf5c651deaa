"""Pictures as SVG, PNG and text, and as files."""

from __future__ import annotations

import io
import os
import re
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from nnbench import Component, load_catalog
from nnbench.errors import InputError
from nnbench.kinds import KINDS
from nnbench.report.pictures import Figure, check, plot, save, text
from nnbench.report.pictures.figure import MUTED, Bars, Line, Panel, Points, limits, number, power, widened
from nnbench.report.pictures.files import MADE

CATALOG = load_catalog()
COMPONENTS: list[Component] = [entry.cls() for kind in KINDS for entry in CATALOG.of(kind)]
X = np.linspace(0, 1, 50)
ALL = Figure(
    (
        Panel(
            "everything",
            (
                Line(X, X, MUTED),
                Line(X, 1 - X, 0, "falls"),
                Line(X, X**2, 1, "rises", dashed=True),
                Points(X[::5], X[::5], 2, marker="cross"),
                Points(X[:1], X[:1], 3, marker="ring"),
                Points(X[-1:], X[-1:], 4, "end", marker="star"),
                Points(X[::7], X[::7] ** 3, 5, faint=True),
            ),
            "across",
            (0.0, 1.0),
            (0.0, 1.0),
            "up",
            square=True,
        ),
        Panel("logarithmic", (Line(X, 10.0 ** (-6 * X)), Bars(X[::7], X[7::7])), "across", (0.0, 1.0), (1e-6, 1.0), log=True),
    ),
    "What there is to say. " * 9,
)


def assert_is_png(content: bytes) -> None:
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert width > height > 50


def test_an_svg_has_no_background_and_a_png_a_white_one() -> None:
    assert "#ffffff" not in plot.svg(ALL, "all")
    pixels = np.asarray(Image.open(io.BytesIO(plot.png(ALL, "all"))).convert("RGB"))
    assert (pixels[0, 0] == 255).all()
    assert 0.02 < (pixels != 255).any(axis=2).mean() < 0.5


def test_title_and_caption_stand_in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plot, "_svg", lambda canvas, *_: [each.get_text() for each in canvas.texts])
    long = f"activation all({', '.join(f'k{i}=$0.{i}$' for i in range(9))})"
    title, caption = plot.svg(ALL, long)
    assert " ".join(title.split()) == long
    assert max(map(len, title.splitlines())) <= plot.HEADING
    assert " ".join(caption.split()) == ALL.caption.strip()
    assert max(map(len, caption.splitlines())) <= plot.CAPTION


def test_an_inline_svg_takes_its_colours_from_the_page_and_refers_to_itself_alone() -> None:
    found = plot.inline_svg(ALL, "card-7")
    tree = ElementTree.fromstring(found)
    ids = [each.get("id") for each in tree.iter() if each.get("id")]
    assert ids
    assert all(each.startswith("card-7-") for each in ids)
    targets = re.findall(r'href="([^"]*)"|url\(([^)]*)\)', found)
    assert targets
    assert {(a or b).removeprefix("#") for a, b in targets} <= set(ids)
    assert not re.search(r"#[0-9a-f]{6}\b", found)
    assert {"--ink", "--muted", *(f"--c{i}" for i in range(6))} == set(re.findall(r"var\((--\w+)\)", found))
    assert "everything" in "".join(tree.itertext())


def test_equal_pictures_are_equal_files_and_no_setting_of_matplotlib_changes() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    assert plot.svg(ALL, "all") == plot.svg(ALL, "all")
    assert plot.inline_svg(ALL, "a") == plot.inline_svg(ALL, "a")
    assert plot.png(ALL, "all") == plot.png(ALL, "all")
    assert dict(mpl.rcParams) == before


def test_pictures_are_computed_without_what_draws_them_and_drawn_without_a_window() -> None:
    code = """
import sys
import nnbench.cli.components, nnbench.cli
slow = {"matplotlib", "plotille", "contourpy", "sklearn", "nnbench.report.pictures"}
assert not slow & set(sys.modules)
from nnbench.report.pictures import draw, text
from nnbench import load_catalog
figure = draw(load_catalog()["activation", "tanh"]())
assert not {"matplotlib", "sklearn"} & set(sys.modules)
from nnbench.report.pictures import plot
plot.svg(figure, "tanh")
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize("width", [30, 40, 79, 80, 100, 132, 200])
def test_text_keeps_to_its_width(width: int) -> None:
    lines = text.render(ALL, width, colors=False).splitlines()
    assert max(map(len, lines)) <= width
    assert sum("everything" in line and "logarithmic" in line for line in lines) == (width >= 83)
    assert " ".join(" ".join(lines).split()).endswith(ALL.caption.strip())


def test_a_terminal_that_is_too_narrow_gets_a_picture_all_the_same() -> None:
    assert text.render(ALL, 5, colors=False) == text.render(ALL, text.NARROW, colors=False)


def test_text_has_control_codes_only_where_colours_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    plain, colored = text.render(ALL, 100, colors=False), text.render(ALL, 100, colors=True)
    assert "\x1b" not in plain
    assert re.search(r"\x1b\[34m", colored)
    shorn = re.sub(r"\x1b\[[0-9;]*m", "", colored)
    assert [len(line) for line in shorn.splitlines()] == [len(line) for line in plain.splitlines()]


def test_text_shows_a_line_where_it_runs() -> None:
    rising = Figure((Panel("", (Line(X, X),), "", (0.0, 1.0), (0.0, 1.0)),))
    rows = [line.partition("│")[2] or line.partition("┤")[2] for line in text.render(rising, 60, colors=False).splitlines()[1:15]]
    starts = [len(row) - len(row.lstrip()) for row in rows]
    assert starts == sorted(starts, reverse=True)
    assert starts[0] > 45
    assert starts[-1] == 0


def test_dashes_and_letters_tell_marks_apart_without_colours() -> None:
    flat, full = np.full(2, 0.5), np.array([0.0, 1.0])
    made = [
        text.render(Figure((Panel("", (mark,), "", (0.0, 1.0), (0.0, 1.0)),)), 60, colors=False)
        for mark in (Line(full, flat), Line(full, flat, dashed=True), Points(full, flat, 0), Points(full, flat, 1))
    ]
    assert len(set(made)) == 4
    assert "o" in made[2]
    assert "x" in made[3]


def test_what_lies_outside_the_axes_is_left_out_and_what_lies_on_their_edge_is_not() -> None:
    far = Figure((Panel("", (Line(np.array([0.0, 1.0]), np.array([5.0, 9e9])),), "", (0.0, 1.0), (0.0, 1.0)),))
    edge = Figure((Panel("", (Line(np.array([0.0, 1.0]), np.array([1.0, 1.0])),), "", (0.0, 1.0), (0.0, 1.0)),))
    assert not re.search("[⠁-⣿]", text.render(far, 60, colors=False))
    assert re.search("[⠁-⣿]", text.render(edge, 60, colors=False))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 8))
@example(0.25, 4.5, 2)  # 5, the next round step from 2.25, has no multiple in there
def test_ticks_are_even_and_within_the_limits(low: float, span: float, count: int) -> None:
    found = text.ticks((low, low + span), count)
    assert 1 <= len(found) <= 2 * count + 1
    assert all(low - 1e-6 * span <= each <= low + span + 1e-6 * span for each in found)
    if len(found) > 2:
        np.testing.assert_allclose(np.diff(found), found[1] - found[0], rtol=1e-6, atol=1e-6 * span)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.25, "0.25"),
        (-4.0, "−4"),
        (0.0, "0"),
        (1e-4, "10⁻⁴"),
        (-1e-4, "−10⁻⁴"),
        (3.12e-5, "3.12·10⁻⁵"),
        (2.5e7, "2.5·10⁷"),
        (400.0, "400"),
    ],
)
def test_numbers_are_short(value: float, shown: str) -> None:
    assert number(value) == shown


def test_powers_of_ten_and_limits() -> None:
    assert [power(each) for each in (-12, 0, 1)] == ["10⁻¹²", "1", "10¹"]
    assert limits([np.array([1.0, np.nan, 3.0])], share=0.5) == (0.0, 4.0)
    low, high = limits([np.zeros(3)])
    assert low < 0 < high
    assert widened((0.0, 1.0), [np.array([0.2, 0.5])]) == (0.0, 1.0)
    assert widened((0.0, 1.0), [np.array([0.2, 5.0])])[0] == 0.0
    assert widened((0.0, 1.0), [np.array([0.2, 5.0])])[1] > 5


@pytest.mark.parametrize("ending", [".png", ".svg", ".PNG"])
def test_a_picture_is_saved_by_the_end_of_its_name(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"picture{ending}"
    save(ALL, "all", path)
    content = path.read_bytes()
    assert MADE.encode() in content[:4096]
    if ending == ".svg":
        ElementTree.fromstring(content)
    else:
        assert_is_png(content)
    save(ALL, "again", path)
    assert path.read_bytes() != content
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_only_what_nnbench_drew_is_overwritten(tmp_path: Path) -> None:
    photo, empty = tmp_path / "photo.png", tmp_path / "empty.svg"
    photo.write_bytes(b"\x89PNG of something dear")
    empty.touch()
    with pytest.raises(InputError, match="exists and is no picture that nnbench drew"):
        save(ALL, "all", photo)
    assert photo.read_bytes() == b"\x89PNG of something dear"
    save(ALL, "all", empty)
    assert empty.stat().st_size > 1000


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("picture.jpg", "saved as .png or .svg"),
        ("picture", "saved as .png or .svg"),
        ("no/such/picture.png", "no folder"),
        ("a.svg", "is a folder"),
    ],
)
def test_a_name_that_cannot_be_saved_to_is_told(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "a.svg").mkdir()
    with pytest.raises(InputError, match=words):
        check(tmp_path / name)


def test_an_interrupted_write_leaves_the_old_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "picture.svg"
    save(ALL, "all", path)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        save(ALL, "other", path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
