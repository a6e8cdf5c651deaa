"""`nnbench gallery`: a page with every component."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nnbench import foreign
from nnbench.cli.components import report_failures
from nnbench.cli.loading import load_catalog
from nnbench.cli.output import console, counting
from nnbench.report.gallery import cards, check_folder, page, write
from nnbench.report.words import counted


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_obj
def gallery(without: tuple[str, ...], folder: Path) -> None:
    """Write a page with pictures of all components.

    Run nnbench gallery pictures, then open pictures/index.html in a browser. The page includes plugins, has a filter, follows light
    and dark mode, and needs neither a network nor other files. `nnbench show` draws one component, with hyperparameters of your
    choice.

    DIR is created if needed. A folder that contains anything but a gallery is refused. A component that cannot be drawn shows the
    reason in place of its picture, and the exit status is 1.
    """
    check_folder(folder)
    catalog = load_catalog(without)
    out, err = console(), console(stderr=True)
    with counting(err, foreign.is_watched()) as bars:
        drawn = list(bars.track(cards(catalog), total=len(catalog.entries), description="components drawn"))
    path = write(page(drawn, catalog), folder)
    failed = [card for card in drawn if card.failed]
    for card in failed:
        err.print(f"{card.kind} {card.name} cannot be drawn: {card.problem}", style="red")
    report_failures(catalog)
    size = path.stat().st_size / 1e6
    out.print(f"Written: {path}, {counted(len(drawn), 'component')}, {size:.1f} MB", soft_wrap=True)
    sys.exit(1 if failed else 0)
