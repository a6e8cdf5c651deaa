"""The gallery's page: whole, valid, and by itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from helpers import activation_plugin, make_plugin

from nnbench import load_catalog
from nnbench.errors import InputError
from nnbench.kinds import KINDS
from nnbench.report.gallery import Card, cards, check_folder, page, write
from nnbench.report.gallery.cards import card

CATALOG = load_catalog()
PAPER = re.compile(r"https://(doi\.org|arxiv\.org)/")
"""What a page may link to: nothing of it is loaded."""
HTML = "{http://www.w3.org/1999/xhtml}"
BROKEN = activation_plugin("Fine", "Torn", forward='raise RuntimeError("a <b> & c")') + (
    '\nFine.forward = lambda self, z: z * z\nFine.__doc__ = "z², <script>alert(1)</script> & `code`."\n'
)


EXITING = activation_plugin("Leaving", forward="raise SystemExit(3)")


@pytest.fixture(scope="module")
def found() -> list[Card]:
    return list(cards(CATALOG))


@pytest.fixture(scope="module")
def written(found: list[Card]) -> str:
    return page(found, CATALOG)


def parsed(text: str) -> Element:
    """The page as a browser reads it; html5lib raises at whatever is no valid HTML."""
    return html5lib.HTMLParser(strict=True).parse(text)


@pytest.fixture(scope="module")
def tree(written: str) -> Element:
    return parsed(written)


def of_class(tree: Element, name: str) -> Iterator[Element]:
    return (each for each in tree.iter() if name in (each.get("class") or "").split())


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_every_component_has_exactly_one_card_under_its_kind(tree: Element) -> None:
    for kind in KINDS:
        (section,) = (each for each in tree.iter(f"{HTML}section") if each.get("id") == kind)
        names = [text_of(heading.find(f"{HTML}a")) for heading in section.iter(f"{HTML}h3")]
        assert names == CATALOG.names(kind)
    assert len(list(of_class(tree, "card"))) == len(CATALOG.entries)


def test_a_card_has_summary_picture_hyperparameters_origin_and_docstring(tree: Element, found: list[Card]) -> None:
    elements = {each.get("id"): each for each in of_class(tree, "card")}
    for each in found:
        element = elements[each.id]
        said = text_of(element)
        entry = CATALOG.entry(each.kind, each.name)
        assert " ".join(entry.cls.summary().replace("`", "").split()) in said
        assert len([child for child in element.iter() if child.tag.endswith("svg")]) == 1
        assert [child.text for child in element.iter(f"{HTML}dt")] == [one.name for one in each.hyperparameters]
        assert f"{entry.origin.distribution} {entry.origin.version}" in said
        (details,) = element.iter(f"{HTML}details")
        (docstring,) = of_class(details, "doc")
        assert "".join(text_of(docstring).split()) == "".join((entry.cls.__doc__ or "").replace("`", "").split())
        assert (text_of(next(iter(element.iter(f"{HTML}h3")))).endswith("default")) == entry.cls.default


def test_every_component_is_drawn_as_svg(found: list[Card]) -> None:
    assert [(each.kind, each.name, each.problem) for each in found if not each.picture] == []
    assert min(each.picture.count("<path") for each in found) > 10


def test_ids_are_unique_and_what_is_referred_to_is_there(tree: Element, written: str) -> None:
    ids = Counter(each.get("id") for each in tree.iter() if each.get("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    references = {value for each in tree.iter() for name, value in each.attrib.items() if str(name).endswith("href")}
    references |= set(re.findall(r"url\(([^)]*)\)", written))
    inside = {each for each in references if not PAPER.match(each)}
    assert {each[0] for each in inside} == {"#"}
    assert {each[1:] for each in inside} <= set(ids)


def test_papers_that_docstrings_link_to_are_links(tree: Element) -> None:
    elements = {each.get("id"): each for each in of_class(tree, "card")}
    (link,) = [each for each in elements["loss-brier_score"].iter(f"{HTML}a") if "doi.org" in (each.get("href") or "")]
    assert link.get("href") == link.text == "https://doi.org/10.1175/1520-0493(1950)078%3C0001:VOFEIT%3E2.0.CO;2"


def test_the_page_needs_nothing_from_elsewhere(tree: Element, written: str) -> None:
    assert not [each for each in tree.iter() for name in each.attrib if str(name) in ("src", "srcset", "data", "action", "poster")]
    assert not [each for each in tree.iter() if each.tag in (f"{HTML}link", f"{HTML}iframe", f"{HTML}object", f"{HTML}base")]
    assert "@import" not in written
    assert not re.search(rf"""(src|href)\s*=\s*["'](?!#|{PAPER.pattern})""", written)
    (policy,) = (each for each in tree.iter(f"{HTML}meta") if each.get("http-equiv") == "Content-Security-Policy")
    assert (policy.get("content") or "").startswith("default-src 'none'")


def test_every_colour_that_a_picture_asks_for_is_defined_for_light_and_for_dark(written: str) -> None:
    light, dark = written.split("prefers-color-scheme: dark", 1)
    for variable in set(re.findall(r"var\((--\w+)\)", written)):
        assert f"{variable}: #" in light
        assert f"{variable}: #" in dark.partition("}")[0]


def test_the_page_is_small_enough(found: list[Card], written: str) -> None:
    assert len(written) / len(found) < 100_000


def test_a_component_that_cannot_be_drawn_shows_why_and_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(make_plugin(tmp_path, "torn", BROKEN)))
    catalog = load_catalog([plugin.name for plugin in CATALOG.plugins])
    made = list(cards(catalog))
    assert {each.name: each.failed for each in made} == {"fine": False, "torn": True}
    tree = parsed(page(made, catalog))
    (error,) = of_class(tree, "error")
    assert text_of(error) == "RuntimeError: a <b> & c"
    assert [each.get("id") for each in of_class(tree, "card")] == ["activation-fine", "activation-torn"]


def test_a_component_that_ends_the_process_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(make_plugin(tmp_path, "leaving", EXITING)))
    (made,) = cards(load_catalog([plugin.name for plugin in CATALOG.plugins]))
    assert (made.problem, made.failed) == ("SystemExit: 3", True)


def test_what_authors_write_is_text_and_no_markup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(make_plugin(tmp_path, "torn2", BROKEN)))
    catalog = load_catalog([plugin.name for plugin in CATALOG.plugins])
    text = page(list(cards(catalog)), catalog)
    assert "<script>alert" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt; &amp; <code>code</code>") == 2
    parsed(text)


def test_a_docstring_is_wrapped_anew_but_for_what_is_laid_out() -> None:
    laid_out = replace(
        card("tanh", CATALOG.entry("activation", "tanh")), docstring="One\ntwo.\n\n    x = 1\n    y = 2\n\n- a\n- b\n\nEnd."
    )
    (docstring,) = of_class(parsed(page([laid_out], CATALOG)), "doc")
    assert [(each.tag.removeprefix(HTML), each.text) for each in docstring] == [
        ("p", "One two."),
        ("pre", "    x = 1\n    y = 2"),
        ("pre", "- a\n- b"),
        ("p", "End."),
    ]


def test_one_name_from_two_plugins_gives_two_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(make_plugin(tmp_path, "rival", activation_plugin("Tanh"))))
    catalog = load_catalog()
    both = [card(name, catalog.entry("activation", name)) for name in catalog.names("activation") if name.endswith("tanh")]
    ids = [each.id for each in both if each.name in ("tanh", "rival:tanh")]
    assert sorted(ids) == ["activation-rival-tanh", "activation-tanh"]


def test_a_component_that_needs_a_value_says_how_to_draw_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = activation_plugin("Needy").replace('    """z²."""\n', '    """z²."""\n\n    k: float\n')
    monkeypatch.syspath_prepend(str(make_plugin(tmp_path, "needy", source)))
    (made,) = cards(load_catalog([plugin.name for plugin in CATALOG.plugins]))
    assert made.problem == "Has no default to be drawn with: nnbench show activation needy --set k=…"
    assert not made.failed


def test_plugins_that_did_not_load_are_told_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(make_plugin(tmp_path, "gone", "import does_not_exist_anywhere")))
    catalog = load_catalog([plugin.name for plugin in CATALOG.plugins])
    (section,) = of_class(parsed(page([], catalog)), "failures")
    assert "does_not_exist_anywhere" in text_of(section)


def test_a_page_is_written_to_a_new_an_empty_or_its_own_folder(tmp_path: Path) -> None:
    text = page([], CATALOG)
    folder = tmp_path / "new"
    assert write(text, folder).read_text(encoding="utf-8") == text
    (folder / "notes.txt").write_text("mine")
    write(text + " ", folder)
    assert (folder / "notes.txt").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    write(text, tmp_path / "empty")
    assert {path.name for path in folder.iterdir()} == {"index.html", "notes.txt"}


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda folder: (folder.mkdir(), (folder / "index.html").write_text("<!doctype html><title>mine</title>")), "no gallery"),
        (lambda folder: (folder.mkdir(), (folder / "photo.jpg").write_text("dear")), "no gallery"),
        (lambda folder: folder.write_text("a file"), "is a file"),
    ],
    ids=["another page", "other files", "a file"],
)
def test_what_is_no_gallery_is_refused_and_left_alone(tmp_path: Path, prepare: Any, words: str) -> None:
    folder = tmp_path / "folder"
    prepare(folder)
    before = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=words):
        write("text", folder)
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == before
    with pytest.raises(InputError, match="no folder"):
        check_folder(tmp_path / "no" / "such")
