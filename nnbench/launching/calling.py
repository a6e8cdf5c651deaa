"""Calls of one hook as pluggy makes them, but for failures: what one implementation raises stops no other."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

import pluggy

from nnbench import foreign

LAUNCH = "nnbench.launch:"
"""What the names begin with of those that are registered for one launch."""
RAISED = (Exception, SystemExit)
"""What of a plugin's hook costs no result. A KeyboardInterrupt is the user's."""

Failed = Callable[[str, BaseException], None]
"""Told the name of a plugin and what its implementation raised."""


def call(
    implementations: Sequence[pluggy.HookImpl],
    arguments: dict[str, Any],
    failed: Failed,
    check: Callable[[str, Any], None] = lambda *_: None,
    check_all: Callable[[str, Any], None] = lambda *_: None,
) -> Any:
    """Call every implementation; returns the list of what they return but for None, or what wrappers make of it.

    `implementations` are as `get_hookimpls` has them, pluggy's order turned round: the last registered is called first, `tryfirst`
    and `trylast` are heeded, and wrappers are around all others. One that raises is passed to `failed`, and the call goes on
    without it; `check` and `check_all` raise for what is not to be returned, by an implementation and by a wrapper.
    """
    results: list[Any] = []
    around: list[tuple[str, Generator[None, Any, Any]]] = []
    try:
        for each in reversed(implementations):
            try:
                with _noted(each.plugin_name):
                    returned = each.function(*(arguments[name] for name in each.argnames))
                if each.wrapper or each.hookwrapper:
                    around.append((each.plugin_name, _entered(returned, each.hookwrapper)))
                elif returned is not None:
                    check(each.plugin_name, returned)
                    results.append(returned)
            except RAISED as error:
                failed(each.plugin_name, error)
    except BaseException as error:
        for _, wrapper in reversed(around):  # they see what ends the call, and clean up
            with suppress(BaseException):
                wrapper.throw(error)
        raise
    value: Any = results
    for name, wrapper in reversed(around):
        try:
            after = _left(wrapper, value)
            check_all(name, after)
            value = after
        except RAISED as error:
            failed(name, error)
    return value


def _noted(name: str) -> AbstractContextManager[None]:
    """Note whose hook is called, unless it is registered for the launch alone: trackers may upload for as long as they like."""
    return nullcontext() if name.startswith(LAUNCH) else foreign.calling(f"plugin {name}", math.inf, keep=False)


def _entered(wrapper: Any, old_style: bool) -> Generator[None, Any, Any]:
    """A wrapper that stands at its yield."""
    if not isinstance(wrapper, Generator):
        raise TypeError("a wrapper is a function that yields once, and this one does not yield")
    own = _old_style(wrapper) if old_style else wrapper
    try:
        next(own)
    except StopIteration:
        raise RuntimeError("the wrapper did not yield") from None
    return own


def _left(wrapper: Generator[None, Any, Any], value: Any) -> Any:
    """What a wrapper makes of the results."""
    try:
        wrapper.send(value)
    except StopIteration as stop:
        return stop.value
    wrapper.close()
    raise RuntimeError("the wrapper yielded twice")


def _old_style(wrapper: Generator[None, Any, Any]) -> Generator[None, Any, Any]:
    """A wrapper that is passed pluggy's Result, as one that is passed the results and returns them."""
    try:
        next(wrapper)
    except StopIteration:
        return
    results = yield
    outcome = pluggy.Result.from_call(lambda: results)
    _left(wrapper, outcome)
    return outcome.get_result()
