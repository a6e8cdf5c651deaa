"""How many digits a figure deserves: those that its interval bears out, and no more."""

from __future__ import annotations

import math

from nnbench.analysis.statistics import Interval

SIGNIFICANT = 4
"""Digits of a figure that has no interval."""
COUNTABLE = 1e9
"""Below it, whole numbers may be counts, and stay."""
MOST_DECIMALS = 300


def places(low: float, high: float) -> int | None:
    """Decimals that leave half the width of an interval two significant digits, negative for tens; None without a width.

    An interval that is open to one side has none.
    """
    half = (high - low) / 2
    return 1 - math.floor(math.log10(half)) if math.isfinite(half) and half > 0 else None


def rounded(value: float, decimals: int | None) -> float:
    """The value with so many decimals, or `SIGNIFICANT` digits where None; what is not finite stays."""
    if not math.isfinite(value):
        return value
    return significant(value) if decimals is None else round(value, min(decimals, MOST_DECIMALS)) + 0.0


def significant(value: float, digits: int = SIGNIFICANT) -> float:
    """The value with so many significant digits, and up to `COUNTABLE` at least all before the point; what is not finite stays."""
    if not math.isfinite(value):
        return value
    if 10**digits <= abs(value) < COUNTABLE or value == round(value) < COUNTABLE:
        return float(round(value))
    return float(f"{value:.{digits}g}")


def rounded_interval(interval: Interval) -> Interval:
    """Estimate and ends with the decimals that the interval deserves."""
    decimals = places(interval.low, interval.high)
    return Interval(*(rounded(each, decimals) for each in (interval.value, interval.low, interval.high)))


def clipped(interval: Interval, least: float = -math.inf, most: float = math.inf) -> Interval:
    """The interval within what its quantity can be at all."""
    low, high = (end if math.isnan(end) else min(max(end, least), most) for end in (interval.low, interval.high))
    return Interval(interval.value, low, high)
