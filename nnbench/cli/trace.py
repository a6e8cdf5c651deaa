"""What each plugin's hooks were called with, how long they took, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from types import SimpleNamespace
from typing import Any

from nnbench.catalog import Catalog
from nnbench.store import Launch
from nnbench.tracking import Tracker

TRACKED = {"start": ("launch",), "results": ("launch", "results"), "finish": ("launch", "status"), "close": ()}
"""What a tracker is told, and what with."""


def component_calls(catalog: Catalog) -> Iterator[str]:
    """A line for each plugin that offers components: what the hook returns when it is called once more."""
    for implementation in catalog.manager.hook.nnbench_components.get_hookimpls():
        yield _call(implementation, ())[0]


def trace_launch(catalog: Catalog, say: Callable[[str], None]) -> None:
    """Have a line said for each call of a plugin's launch hooks, and of its trackers, from now on."""
    any_hook = False
    for name, caller in vars(catalog.manager.hook).items():
        if name.startswith("nnbench_") and name != "nnbench_components":
            for implementation in caller.get_hookimpls():
                any_hook = True
                own = copy(implementation)
                wraps = implementation.wrapper or implementation.hookwrapper
                implementation.function = _traced_wrapper(own, say) if wraps else _traced(own, say)
    if not any_hook:
        say("trace: no installed plugin implements a hook of launches")


def _traced(implementation: Any, say: Callable[[str], None]) -> Callable[..., Any]:
    def traced(*arguments: Any) -> Any:
        line, result, error = _call(implementation, arguments)
        say(line)
        if error:
            raise error
        if implementation.function.__name__ == "nnbench_trackers":
            for tracker in result:
                for name, arguments_ in TRACKED.items():
                    method = SimpleNamespace(
                        plugin_name=implementation.plugin_name, argnames=arguments_, function=getattr(tracker, name)
                    )
                    setattr(tracker, name, _traced(method, say))
        return result

    return traced


def _traced_wrapper(implementation: Any, say: Callable[[str], None]) -> Callable[..., Any]:
    """The same for a generator function around the others: called, it has done nothing yet."""

    def traced(*arguments: Any) -> Any:
        line, wrapper, error = _call(implementation, arguments)
        say(line.replace(" returned ", " wraps the others' calls: ", 1))
        if error:
            raise error
        return wrapper

    return traced


def _call(implementation: Any, arguments: Sequence[Any]) -> tuple[str, Any, Exception | None]:
    passed = ", ".join(f"{name}={_short(value)}" for name, value in zip(implementation.argnames, arguments, strict=True))
    began = time.perf_counter()
    result, error = None, None
    try:
        result = implementation.function(*arguments)
        outcome = f"returned {_short(result)}"
    except Exception as raised:
        error = raised
        outcome = f"raised {type(raised).__name__}: {raised}"
    seconds = time.perf_counter() - began
    called = f"trace: {implementation.plugin_name}: {implementation.function.__name__}({passed})"
    return f"{called} {outcome} in {seconds * 1000:,.1f} ms", result, error


def _short(value: Any) -> str:
    if isinstance(value, Launch):
        return value.id
    if isinstance(value, Sequence) and not isinstance(value, str):
        first = value[0] if value else None
        what = "components" if isinstance(first, type) else "trackers" if isinstance(first, Tracker) else "results"
        return f"{len(value)} {what}"
    return repr(value)
