"""Loading the catalog for a command, in a process of its own once plugins of others come in."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import catalog
from nnbench.work import guard

_is_program = False


def begin_program() -> None:
    """Note that this process is the command's own: it may go on in a child that it watches."""
    global _is_program
    _is_program = True


def load_catalog(without: Sequence[str]) -> catalog.Catalog:
    """The catalog; what plugins of others do to the process from here on is told by another one."""
    return catalog.load_catalog(without, before_others=guard.go_on_watched if _is_program else lambda _: None)
