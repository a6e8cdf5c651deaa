"""Whose code is called: where a process is watched, what ends it or holds it up can be named, and is not called again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from nnbench.errors import ContractError

PATIENCE = 60.0
"""Seconds that a call may take: importing the largest library on a busy machine takes less."""


class Watch(Protocol):
    """Hears what is about to be called."""

    def begin(self, what: str, seconds: float, keep: bool) -> str:
        """Note a call that may take so long; returns why it must not be made, if that is known. `keep` is as for `calling`."""

    def end(self, what: str) -> None:
        """Note that control is back, and that `what` goes on, if anything."""


_watch: Watch | None = None
_calls: list[str] = []


def watched_by(watch: Watch | None) -> None:
    """Have a watch hear of every call in this process from now on."""
    global _watch
    _watch = watch


def is_watched() -> bool:
    """Whether anybody hears of calls."""
    return _watch is not None


@contextmanager
def calling(what: str, seconds: float = PATIENCE, keep: bool = True) -> Iterator[None]:
    """Say whose code is called meanwhile, such as "activation swish"; with `keep`, what it prints is no part of the output.

    Raises ContractError in place of a call that is known to end the process or never to return.
    """
    if _watch is None:
        yield
        return
    reason = _watch.begin(what, seconds, keep)
    if reason:
        raise ContractError(reason)
    _calls.append(what)
    try:
        yield
    finally:
        _calls.pop()
        _watch.end(_calls[-1] if _calls else "")
