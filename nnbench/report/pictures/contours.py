"""Lines of equal height."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nnbench.report.pictures.figure import Array


def contours(x: Array, y: Array, z: Array, levels: Iterable[float]) -> list[Array]:
    """Lines, (point, 2), along which a function with values z (y, x) on a grid has each of the levels."""
    from contourpy import contour_generator

    generator = contour_generator(x, y, z)
    return [np.asarray(line) for level in levels for line in generator.lines(float(level))]
