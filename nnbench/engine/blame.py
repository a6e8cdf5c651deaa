"""Whose method an error comes from, what happened there in plain words, and what helps."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import linecache
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FrameType, TracebackType

import numpy as np

from nnbench.kinds import KINDS, Component

IN_PLACE = re.compile(r"read-only", re.IGNORECASE)
"""How NumPy refuses to write into what is not the component's own."""
NUMPYS_ADVICE = ". Use a.any() or a.all()"
"""Which would decide for all elements at once."""


@dataclass(frozen=True)
class Blame:
    """An error that a component's method raised."""

    component: Component
    method: str
    happened: str
    """What went wrong, with the remedy where it is known: `changes its argument z in place; work on a copy`."""
    where: str
    """`line 12 of file`."""

    def __str__(self) -> str:
        return f"{self.component.kind} {self.component.name}: {self.method} {self.happened} ({self.where})"


def blame(error: BaseException) -> Blame | None:
    """The method of a component that an error was raised in, called by nnbench; None where no component was at work."""
    outer = inner = None
    trace = error.__traceback__
    while trace is not None:
        if own := _method_at(trace):  # the innermost: one method calls another, and an optimizer the one that it wraps
            outer, inner = own, trace
        if outer is not None and (inner is None or _is_own(trace.tb_frame)):
            inner = trace
        trace = trace.tb_next
    if outer is None:
        return _mistaken_call(error)
    component, method, frame = outer
    assert inner is not None
    line = linecache.getline(inner.tb_frame.f_code.co_filename, inner.tb_lineno)
    where = f"line {inner.tb_lineno} of {inner.tb_frame.f_code.co_filename}"
    return Blame(component, method, happened(error, line, frame), where)


def edit_in_place(error: BaseException) -> Blame | None:
    """Whose method tried to write into what it may only read; None where an error is another one."""
    return blame(error) if isinstance(error, ValueError) and IN_PLACE.search(str(error)) else None


def _is_own(frame: FrameType) -> bool:
    """Whether a frame is in an author's file, and not in a library that it calls."""
    return "site-packages" not in frame.f_code.co_filename and not frame.f_code.co_filename.startswith("<")


def _method_at(trace: TracebackType) -> tuple[Component, str, FrameType] | None:
    """The component whose contract's method a frame is in: one that its kind declares."""
    frame = trace.tb_frame
    own = next(iter(frame.f_locals.values()), None) if frame.f_code.co_argcount else None
    if not (isinstance(own, Component) and own.kind in KINDS):
        return None
    method = next((name for name in dir(KINDS[own.kind]) if _code(type(own), name) is frame.f_code), "")
    return (own, method, frame) if method else None


def _code(cls: type, name: str) -> CodeType | None:
    """What runs when a method or property of a class is called, whatever it was called where it was defined."""
    attribute = inspect.getattr_static(cls, name, None)
    function = attribute.fget if isinstance(attribute, property) else attribute
    return getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None


def happened(error: BaseException, line: str, frame: FrameType | None = None) -> str:
    """What an error says, and what helps; `line` is the source that raised it."""
    told = f"raises {type(error).__name__}: {' '.join(str(error).split()).removesuffix(NUMPYS_ADVICE)[:300]}"
    for remedy in (_in_place, _one_truth_for_an_array, _one_number_function, _state, _unknown_name, _nothing):
        if text := remedy(error, line, frame):
            return text if remedy is _in_place else f"{told}; {text}"
    return told


Remedy = Callable[[BaseException, str, FrameType | None], str]


def _in_place(error: BaseException, line: str, frame: FrameType | None) -> str:
    if not (isinstance(error, ValueError) and IN_PLACE.search(str(error))):
        return ""
    names = _read_only_arguments(frame) if frame else []
    written = [
        name for name in names if re.search(rf"out\s*=\s*\(?{name}\b|\b{name}\s*(\[[^=]*\]\s*)?([-+*/%@&|^]|\*\*|//)?=[^=]", line)
    ]
    which = " or ".join(written or names)
    return f"changes its argument {which} in place, which others still need: compute into a new array, or work on a copy".replace(
        "argument  in", "argument in"
    )


def _read_only_arguments(frame: FrameType) -> list[str]:
    names = frame.f_code.co_varnames[1 : frame.f_code.co_argcount]
    arrays = ((name, frame.f_locals.get(name)) for name in names)
    return [name for name, value in arrays if isinstance(value, np.ndarray) and not value.flags.writeable]


def _one_truth_for_an_array(error: BaseException, line: str, frame: FrameType | None) -> str:  # noqa: ARG001 - as every remedy
    if not (isinstance(error, ValueError) and "truth value of an array" in str(error)):
        return ""
    return (
        "Python's if, and, or, min and max decide once for a whole array: "
        "np.where(condition, this, otherwise), np.minimum and np.maximum decide for each element"
    )


def _one_number_function(error: BaseException, line: str, frame: FrameType | None) -> str:  # noqa: ARG001 - as every remedy
    if not (isinstance(error, TypeError) and re.search(r"(only|converted).*(array|scalar)", str(error))):
        return ""
    used = re.search(r"\bmath\.(\w+)", line)
    instead = f"np.{used[1]} in place of math.{used[1]}" if used else "NumPy's functions, such as np.exp in place of math.exp"
    return f"the module math and float() take one number: {instead} takes arrays"


def _state(error: BaseException, line: str, frame: FrameType | None) -> str:  # noqa: ARG001 - as every remedy
    if isinstance(error, dataclasses.FrozenInstanceError):
        return "a component has no state, since many trials share it: keep what is computed in local variables"
    return ""


def _unknown_name(error: BaseException, line: str, frame: FrameType | None) -> str:  # noqa: ARG001 - as every remedy
    if isinstance(error, NameError) and error.name == "np":
        return "write import numpy as np above the class"
    if isinstance(error, AttributeError):
        missing = re.search(r"has no attribute '(\w+)'", str(error))
        known = dir(np if "module 'numpy'" in str(error) else error.obj)
        near = difflib.get_close_matches(missing[1], known, 2) if missing else []
        return f"did you mean {' or '.join(near)}?" if near else ""
    return ""


def _nothing(error: BaseException, line: str, frame: FrameType | None) -> str:  # noqa: ARG001 - as every remedy
    return "some method or function returned nothing: is a return forgotten?" if "NoneType" in str(error) else ""


def _mistaken_call(error: BaseException) -> Blame | None:
    """A method that does not take the arguments of its contract fails before it begins: it has no frame of its own."""
    mistaken = re.match(r"(\w+)\.(\w+)\(\) (takes|missing|got)", str(error)) if isinstance(error, TypeError) else None
    trace = error.__traceback__
    while mistaken and trace is not None:
        for value in trace.tb_frame.f_locals.values():
            component = getattr(value, "component", value)
            if isinstance(component, Component) and type(component).__name__ == mistaken[1].rpartition(".")[2]:
                return _with_signature(error, component, mistaken[2])
        trace = trace.tb_next
    return None


def _with_signature(error: BaseException, component: Component, method: str) -> Blame | None:
    contract, own = getattr(KINDS[component.kind], method, None), getattr(type(component), method, None)
    if contract is None or own is None:
        return None
    signature = f"{method}({', '.join(inspect.signature(contract).parameters)})"
    code = inspect.unwrap(own).__code__
    told = f"raises {type(error).__name__}: {error}; its kind calls it as {signature}"
    return Blame(component, method, told, f"line {code.co_firstlineno} of {code.co_filename}")
