"""One thread for matrix products, however many threads of this process ask for it at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController

from nnbench.errors import InputError


class _Limit:
    """The limit is the process's own: who sets it while others compute, and sets it back, changes the bits of their results."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.holders = 0
        self.before: dict[str, int] = {}
        """How many threads each library had, by its file, before the first holder came."""


_limit = _Limit()


def _begin_anew() -> None:
    """A fork has none of the threads that hold the limit, nor the one that may hold its lock."""
    global _limit
    _limit = _Limit()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Have libraries of linear algebra compute on one thread: sums depend on how they are shared out.

    May be held by several threads at once, and by one within itself. The last one to leave sets back what was before the first;
    numbers that each thread has for itself are set back by whoever leaves. Raises InputError if a library cannot be limited.
    """
    limit = _limit
    own: dict[str, int] = {}
    with limit.lock:
        libraries = ThreadpoolController().lib_controllers  # each time: another one may have been loaded since
        for library in libraries:
            (own if _is_of_each_thread(library) else limit.before).setdefault(library.filepath, library.num_threads)
        try:
            for library in libraries:
                _limit_to_one(library)
        except InputError:
            _set_back(own if limit.holders else own | limit.before)
            raise
        limit.holders += 1
    try:
        yield
    finally:
        with limit.lock:
            limit.holders -= 1
            _set_back(own if limit.holders else own | limit.before)
            if not limit.holders:
                limit.before.clear()


def _limit_to_one(library: Any) -> None:
    if library.num_threads not in (None, 1):
        _set(library, 1)
    if library.user_api == "blas" and library.num_threads not in (None, 1):
        raise InputError(
            f"{library.internal_api} computes on {library.num_threads} threads here and cannot be limited to one, so that results "
            "would depend on what else runs; take an executor of processes"
        )


def _set_back(before: Mapping[str, int]) -> None:
    for library in ThreadpoolController().lib_controllers:
        if before.get(library.filepath, 1) not in (None, 1):
            _set(library, before[library.filepath])


def _is_of_each_thread(library: Any) -> bool:
    """Whether what is set holds for the thread that sets it alone."""
    return "openmp" in (library.user_api, getattr(library, "threading_layer", "")) or library.internal_api == "mkl"


def _set(library: Any, number: int) -> None:
    """Set it from whichever thread: by itself threadpoolctl heeds no thread but the first that ever set one, and says nothing."""
    getattr(library, "_real_set_num_threads", library.set_num_threads)(number)
