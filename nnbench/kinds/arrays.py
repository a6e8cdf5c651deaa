"""The arrays in the contracts, described by their axes."""

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
"""A learning rate for each trial, or one for all; or for each parameter, if layers have different rates but are updated at once."""
State: TypeAlias = dict[str, Float[np.ndarray, "trial _out _in"]]
"""What an optimizer remembers: arrays with a number for each parameter, each row or column of a layer, or each trial."""
Samples: TypeAlias = Float[np.ndarray, "sample feature"]
"""A data set's inputs, before the engine transposes them."""
