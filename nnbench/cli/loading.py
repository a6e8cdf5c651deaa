"""Loading the catalog for a command, in a process of its own once plugins of others come in."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import catalog, foreign


def load_catalog(without: Sequence[str]) -> catalog.Catalog:
    """The catalog; what plugins of others do to the process from here on is told by another one."""
    return catalog.load_catalog(without, before_others=_go_on_watched if foreign.is_command() else lambda _: None)


def _go_on_watched(suspects: Sequence[str]) -> None:
    from nnbench.work import guard  # which imports the engine: most commands have no plugins of others

    guard.go_on_watched(suspects)
