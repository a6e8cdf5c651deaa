"""What several laws need: arrays that must not change, comparisons that say where, and searches for the smallest example."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from nnbench.conformance.laws import Broken

Array = np.ndarray[Any, np.dtype[Any]]
JUMP = 1e-4
"""How far a function must go within 1e-10, relative to its size, to jump."""


def number(value: Any) -> str:
    """A number as short as it can be written."""
    return f"{float(value):.7g}"


def at(index: Sequence[Any], axes: Sequence[str]) -> str:
    """Where in an array, in words."""
    return ", ".join(f"{axis} {int(i)}" for axis, i in zip(axes, index, strict=True))


def expect_array(what: str, got: Any, shape: tuple[int, ...], dtype: Any) -> None:
    """Raise Broken unless it is an array of that shape and dtype."""
    if got is None:
        raise Broken(f"{what} returns nothing (None), expected an array {shape} of {np.dtype(dtype)}: is a return forgotten?")
    if not isinstance(got, np.ndarray):
        remedy = "" if isinstance(got, (list, tuple, dict)) else ": np.full_like gives one number for all"
        raise Broken(f"{what} returns a {type(got).__name__}, expected an array {shape} of {np.dtype(dtype)}{remedy}")
    if got.shape != shape:
        raise Broken(f"{what} returns shape {got.shape}, expected {shape}")
    if got.dtype != dtype:
        raise Broken(f"{what} returns {got.dtype}, expected {np.dtype(dtype)}{_of_precision(got.dtype)}")


def _of_precision(dtype: Any) -> str:
    if dtype == np.float64:
        return (
            ": np.sqrt(2), np.pi in an array and the like are float64; math.sqrt(2), Python's numbers, take the array's precision"
        )
    return ": .astype(z.dtype) makes numbers of truth values" if dtype == np.bool_ else ""


def expect_untouched(what: str, call: Callable[..., Any], *arrays: Array, names: Sequence[str] = ()) -> None:
    """Raise Broken if the call changes any of its arrays, with the argument's name, which is the call's own unless told."""
    copies = [array.copy() for array in arrays]
    call(*copies)
    names = names or list(inspect.signature(call).parameters)
    for name, before, after in zip(names, arrays, copies, strict=False):
        if not same(before, after):
            index = np.argwhere(differs(before, after))[0]
            change = f"{number(before[tuple(index)])} became {number(after[tuple(index)])}"
            raise Broken(f"{what} changes its argument {name} in place: {change}; compute into a new array, or work on a copy")


def differs(a: Array, b: Array) -> Array:
    """Where two arrays differ; NaN equals NaN."""
    return ~((a == b) | ((a != a) & (b != b)))


def same(a: Array, b: Array) -> bool:
    """Whether two arrays are equal to the bit, but for the sign of 0."""
    return a.shape == b.shape and a.dtype == b.dtype and not differs(a, b).any()


def expect_same(what: str, got: Array, expected: Array, axes: Sequence[str]) -> None:
    """Raise Broken with the first difference unless two arrays are equal to the bit."""
    if got.shape != expected.shape or got.dtype != expected.dtype:
        raise Broken(f"{what}: {got.dtype} {got.shape} against {expected.dtype} {expected.shape}")
    where = np.argwhere(differs(got, expected))
    if len(where):
        index = tuple(where[0])
        values = f"{float(got[index])!r} against {float(expected[index])!r}"
        raise Broken(f"{what}: {values} ({at(index, axes)}; {len(where)} of {got.size} differ)")


def expect_close(what: str, got: Array, expected: Array, axes: Sequence[str], rtol: float = 1e-9, atol: float = 0.0) -> None:
    """Raise Broken with the largest difference unless two arrays are equal up to rounding."""
    if got.shape != expected.shape:
        raise Broken(f"{what}: shape {got.shape} against {expected.shape}")
    error = np.abs(got - expected) - (atol + rtol * np.abs(expected))
    error = np.where(same_value(got, expected), -np.inf, np.nan_to_num(error, nan=np.inf, posinf=np.inf))
    if error.size and error.max() > 0:
        index = np.unravel_index(int(error.argmax()), error.shape)
        raise Broken(f"{what}: {number(got[index])} against {number(expected[index])} ({at(index, axes)})")


def same_value(a: Array, b: Array) -> Array:
    """Where two arrays hold the same, infinities and NaN included."""
    return ~differs(a, b)


def sizes(thorough: bool) -> list[int]:
    """Numbers of units, samples or weights to try: all small ones, and the usual large ones with their neighbours."""
    return [*range(1, 34), 50, 63, 64, 65, 100, 127, 128, 129, 256] if not thorough else [*range(1, 260), 300, 384, 500, 512, 513]


def jumps(f: Callable[[Array], Array], grid: Array) -> list[tuple[float, float, float]]:
    """Where a function jumps, and from what to what: the steepest intervals of a grid, halved until smooth ones are level."""
    z = np.sort(grid)
    values = f(z)
    steepest = np.sort(np.argsort(-np.abs(np.diff(values)))[:16])
    low, high = z[steepest], z[steepest + 1]
    left, right = values[steepest], values[steepest + 1]
    scale = max(float(np.abs(values[np.abs(z) < 8]).max()), 1e-12)
    for _ in range(60):
        middle = (low + high) / 2
        value = f(middle)
        lower = np.abs(value - left) >= np.abs(right - value)
        high, right = np.where(lower, middle, high), np.where(lower, value, right)
        low, left = np.where(lower, low, middle), np.where(lower, left, value)
        if (high - low <= 1e-10 * np.maximum(1, np.abs(low))).all():
            break
    apart = np.abs(right - left) > JUMP * np.maximum(scale, np.minimum(np.abs(left), np.abs(right)))
    return [(float(a), float(b), float(c)) for a, b, c in zip(high[apart], left[apart], right[apart], strict=True)]


def smallest(fails: Callable[[float], bool], among: Array, width: Literal[32, 64] = 64) -> float:
    """The simplest number that fails, looked for between 0 and those that are known to, then among those alone."""
    low, high = float(among.min()), float(among.max())
    for bounds in ((min(low, 0.0), max(high, 0.0)), (low, high)):
        try:
            return float(find(st.floats(*bounds, width=width), fails, settings=_quiet(200)))
        except NoSuchExample:
            continue
    return float(among[np.argmin(np.abs(among))])


def search(strategy: Any, check: Callable[[Any], None], examples: int) -> None:
    """Draw examples; raise what the check raises for the smallest that hypothesis finds."""
    drawn: Any = given(strategy)
    _quiet(examples)(drawn(lambda value: check(value)))()  # a function of its own, because hypothesis marks what it is given


def _quiet(examples: int) -> Any:
    """Settings that draw the same examples every time, and neither write nor print anything."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
    )
