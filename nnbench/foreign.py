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

    def through(self) -> None:
        """Note that the command has come to its own end."""


_watch: Watch | None = None
_calls: list[str] = []
_is_command = False


def begin_command() -> None:
    """Note that this process is a command's own, and may go on in a child that it watches; one with a user's code in it may not."""
    global _is_command
    _is_command = True


def end_command() -> None:
    """Note that the command has come to its own end, whatever its exit status is."""
    if _watch is not None:
        _watch.through()


def is_command() -> bool:
    """Whether this process is a command's own."""
    return _is_command


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
