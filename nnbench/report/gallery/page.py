"""The gallery as one page that needs nothing beside itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from nnbench.catalog import Catalog
from nnbench.errors import InputError
from nnbench.kinds import KINDS, plural
from nnbench.report.describe import LINK, paragraphs
from nnbench.report.gallery.cards import Card
from nnbench.report.pictures import READING
from nnbench.report.pictures.files import write_whole
from nnbench.report.words import counted

INDEX = "index.html"
GENERATOR = '<meta name="generator" content="nnbench gallery">'
"""Tells a page that nnbench wrote from others."""
LOOKED_AT = 1000
HERE = Path(__file__).parent


def check_folder(folder: Path) -> None:
    """Raise InputError unless the folder is empty, holds a gallery, or can be made."""
    if not folder.exists():
        if not folder.parent.is_dir():
            raise InputError(f"{folder}: there is no folder {folder.parent}")
        return
    if not folder.is_dir():
        raise InputError(f"{folder} is a file; name a folder")
    if not any(folder.iterdir()) or _is_gallery(folder / INDEX):
        return
    raise InputError(f"{folder} holds something that is no gallery; name a new or empty folder")


def write(text: str, folder: Path) -> Path:
    """Write the page into its folder, which is made if needed; raises InputError where `check_folder` does."""
    check_folder(folder)
    folder.mkdir(exist_ok=True)
    path = folder / INDEX
    write_whole(path, text.encode())
    return path


def page(cards: Sequence[Card], catalog: Catalog) -> str:
    """HTML: every card under its kind, plugins that did not load, styles and script; only links to papers lead outside."""
    by_kind = {kind: [card for card in cards if card.kind == kind] for kind in KINDS}
    kinds = {kind: those for kind, those in by_kind.items() if those}
    links = "".join(f'<a href="#{kind}">{plural(kind)} <small>{len(those)}</small></a>' for kind, those in kinds.items())
    failures = "".join(f"<li>{escape(str(failure))}</li>" for failure in catalog.failures)
    broken = f'<section class="failures"><h2>Not loaded</h2><ul>{failures}</ul></section>' if failures else ""
    about = f"nnbench {escape(catalog.harness.version)}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
{GENERATOR}
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>nnbench gallery</title>
<style>
{_asset("style.css")}</style>
</head>
<body>
<header>
<h1>nnbench <span>gallery</span></h1>
<input id="filter" type="search" placeholder="Filter, for instance: saturates, 2015, leaky" aria-label="Filter components" hidden>
<nav aria-label="Kinds">{links}</nav>
</header>
<main>
<p class="count"><span id="shown">{counted(len(cards), "component")}</span>, drawn with their defaults by {about}.</p>
{broken}
{"".join(_section(kind, those) for kind, those in kinds.items())}
<p id="nothing" hidden>Nothing here matches.</p>
</main>
<script>
{_asset("script.js")}</script>
</body>
</html>
"""


def _section(kind: str, cards: Sequence[Card]) -> str:
    return f"""<section id="{kind}">
<h2>{plural(kind)}</h2>
<p class="read">{escape(READING[kind])}</p>
<div class="cards">
{"".join(map(_card, cards))}</div>
</section>
"""


def _card(card: Card) -> str:
    star = '<span class="default" title="Taken where a grid names none">default</span>' if card.default else ""
    shown = (
        f'<figure role="img" aria-label="{escape(f"{card.kind} {card.name}")}">{card.picture}</figure>'
        if card.picture
        else f'<p class="{"error" if card.failed else "lacking"}">{escape(card.problem)}</p>'
    )
    caption = f'<p class="caption">{escape(card.caption)}</p>' if card.caption else ""
    rows = "".join(
        f"<dt>{escape(each.name)}</dt><dd><b>{escape(each.default)}</b> {_meaning(each.meaning, each.accepted)}</dd>"
        for each in card.hyperparameters
    )
    written = f'{card.kind} = "{card.name}"'
    return f"""<article class="card" id="{card.id}">
<h3><a href="#{card.id}">{escape(card.name)}</a>{star}</h3>
<p class="summary">{_coded(card.summary)}</p>
{shown}
{caption}
{f"<dl>{rows}</dl>" if rows else ""}
<details><summary>Docstring <span>{escape(card.origin)}</span></summary>
<div class="doc">{_paragraphs(card.docstring)}</div>
<p class="place">{escape(card.place)}<br>in a grid: <code>{escape(written)}</code></p>
</details>
</article>
"""


def _meaning(meaning: str, accepted: str) -> str:
    text = f"{_coded(meaning)} " if meaning else ""
    return f"{text}<small>{escape(accepted)}</small>"


def _paragraphs(docstring: str) -> str:
    """Paragraphs to be wrapped anew, but for those with indented lines, lists or tables, which stay as they are."""
    parts = []
    for paragraph in paragraphs(docstring):
        lines = map(_coded, paragraph.lines)
        parts.append("<pre>" + "\n".join(lines) + "</pre>" if paragraph.laid_out else "<p>" + "<br>".join(lines) + "</p>")
    return "".join(parts)


def _coded(text: str) -> str:
    """Escaped, with what stands between backticks as code, and web addresses as links."""
    pieces = re.split(f"({LINK.pattern})", text)  # every other one is a link
    return "".join(
        f'<a href="{escape(piece)}" rel="noreferrer">{escape(piece)}</a>'
        if number % 2
        else re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(piece))
        for number, piece in enumerate(pieces)
    )


def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _is_gallery(index: Path) -> bool:
    if not index.is_file():
        return False
    with index.open("rb") as file:
        return GENERATOR.encode() in file.read(LOOKED_AT)
