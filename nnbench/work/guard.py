"""A process that does what a command asks, and one that watches it: other people's code takes down no command without a word.

The watching process has called nothing that is not nnbench's own. It forks, and the child goes on with the command, and writes into
shared memory whose code it calls. Where that ends the child, or does not return in time, another child goes on in its place and
takes the same call as one that has failed.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import IO

from nnbench import foreign
from nnbench.work.prints import kept_in, show
from nnbench.work.worker import die_with

HEAD = struct.Struct("=QdHB")
"""Calls so far, seconds that this one may take, length of its name, and whether the command is through."""
LONGEST = 400
"""Bytes of a name that are kept."""
RESTARTS = 25
"""Calls that may go wrong before a command is given up."""
TICK = 0.2
"""Seconds after which the watching process looks up."""
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What the watching process does not take for itself."""


class Notes:
    """Shared memory: whose code the child calls."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, HEAD.size + LONGEST)
        self._count = 0

    def write(self, what: str, seconds: float, through: bool = False) -> None:
        """Note a call, or none."""
        name = what.encode()[:LONGEST]
        self._count += 1
        self._memory[HEAD.size : HEAD.size + len(name)] = name
        self._memory[: HEAD.size] = HEAD.pack(self._count, seconds, len(name), through)

    def read(self) -> tuple[int, float, str, bool]:
        """Calls so far, seconds that the present one may take, its name, and whether the command is through."""
        count, seconds, length, through = HEAD.unpack(self._memory[: HEAD.size])
        return count, seconds, self._memory[HEAD.size : HEAD.size + length].decode(errors="replace"), bool(through)


class Marks:
    """The watch in the child: notes calls, and knows those that went wrong in the place of which it goes on."""

    def __init__(self, notes: Notes, known: dict[str, str], printed: IO[bytes]) -> None:
        self._notes, self._known, self._printed = notes, known, printed
        self._keeping: list[ExitStack] = []

    def begin(self, what: str, seconds: float, keep: bool) -> str:
        """Note a call, and keep what it prints if it is to be kept."""
        if what in self._known:
            return self._known[what]
        keeping = ExitStack()
        if keep and not self._keeping:
            keeping.callback(show, what, self._printed)
            keeping.enter_context(kept_in(self._printed))
        self._keeping.append(keeping)
        self._notes.write(what, seconds)
        return ""

    def end(self, what: str) -> None:
        """Note that it is over, and show what it printed."""
        self._notes.write(what, foreign.PATIENCE if what else 0.0)
        self._keeping.pop().close()

    def through(self) -> None:
        """Note that the command has come to its own end."""
        self._notes.write("", 0.0, through=True)


def go_on_watched(suspects: Sequence[str]) -> None:
    """Return in a child process; the calling one watches it, and exits as it does.

    `suspects` are whom to name where it ends without a note. Does nothing where a process cannot fork, or is watched already.
    """
    if foreign.is_watched() or not hasattr(os, "fork"):
        return
    known: dict[str, str] = {}
    with tempfile.TemporaryFile() as printed:
        while True:
            notes = Notes()
            signal.pthread_sigmask(signal.SIG_BLOCK, [*PASSED_ON, signal.SIGCHLD])
            sentinel, mine = os.pipe()
            child = os.fork()
            if not child:
                os.close(mine)
                threading.Thread(target=die_with, args=(sentinel,), daemon=True).start()
                marks = Marks(notes, known, open(os.dup(printed.fileno()), "w+b", buffering=0))  # noqa: PTH123, SIM115 - it stays
                foreign.watched_by(marks)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, [*PASSED_ON, signal.SIGCHLD])
                return
            os.close(sentinel)
            reason, status = _watched(child, notes)
            os.close(mine)
            _, _, what, through = notes.read()
            if through or not reason:
                _exit_like(status)
            show(what, printed)
            if not what or what in known or len(known) >= RESTARTS:
                _say(
                    f"error: something that this command called {reason}; loaded: {', '.join(suspects)} (-p no:NAME leaves one out)"
                )
                os._exit(1)
            known[what] = f"it {reason}"


def _watched(child: int, notes: Notes) -> tuple[str, int]:
    """What happened to the child that is not the command's own end, if anything, and its status."""
    count, spent, looked = 0, 0.0, time.monotonic()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return _ended(status, notes.read()[3]), status
        _pass_on(child)
        calls, seconds, what, _ = notes.read()
        now = time.monotonic()
        spent = spent + min(now - looked, 2 * TICK) if calls == count else 0.0  # not while both were stopped
        count, looked = calls, now
        if what and spent > seconds:
            os.kill(child, signal.SIGKILL)
            return f"took longer than {seconds:g} s", os.waitpid(child, 0)[1]


def _pass_on(child: int) -> None:
    """Wait a little; what another process sends to this one is for the child, what a terminal sends it has got itself."""
    if not hasattr(signal, "sigtimedwait"):
        time.sleep(TICK)
        return
    received = signal.sigtimedwait([*PASSED_ON, signal.SIGCHLD], TICK)
    if received and received.si_signo in PASSED_ON and received.si_code <= 0:
        os.kill(child, received.si_signo)


def _ended(status: int, through: bool) -> str:
    """How a process ended that did not come to its own end; empty where somebody ended it, or it did."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number in (*PASSED_ON, signal.SIGPIPE, signal.SIGQUIT):
            return ""
        return f"ended the process (signal {signal.Signals(number).name})"
    return "" if through else f"ended the process (exit status {os.WEXITSTATUS(status)})"


def _exit_like(status: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the command that would do that is gone
