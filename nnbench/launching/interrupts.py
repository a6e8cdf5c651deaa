"""What Ctrl-C means to a launch."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nnbench import work

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible(on_interrupt: Callable[[], None]) -> Iterator[threading.Event]:
    """An event that the first Ctrl-C (or SIGTERM) sets; the second ends the workers and raises KeyboardInterrupt."""
    stop = threading.Event()

    def interrupted(*_: object) -> None:
        if stop.is_set():
            work.end_children()
            raise KeyboardInterrupt
        stop.set()
        on_interrupt()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before: Mapping[int, Any] = {number: signal.signal(number, interrupted) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
