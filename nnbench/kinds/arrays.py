"""The arrays of the contracts, by what their axes are."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from jaxtyping import Float

Units: TypeAlias = Float[np.ndarray, "trial unit sample"]
"""Pre-activations or activations of one layer."""
Scores: TypeAlias = Float[np.ndarray, "trial class sample"]
"""Outputs of the last layer, or their one-hot targets."""
Weights: TypeAlias = Float[np.ndarray, "trial out in"]
"""One layer's matrix."""
Rate: TypeAlias = Float[np.ndarray, "#trial 1 #in"]
"""A learning rate for each trial, or one for all; for each parameter where layers have rates of their own but come at once."""
State: TypeAlias = dict[str, Float[np.ndarray, "trial _out _in"]]
"""What an optimizer remembers: arrays with a number for each parameter, for each row or column of a layer, or for each trial."""
Samples: TypeAlias = Float[np.ndarray, "sample feature"]
"""A data set's inputs, before the engine turns them round."""
