"""Agreement with other libraries: double precision everywhere, one thread, Keras on JAX."""

from __future__ import annotations

import os

os.environ["KERAS_BACKEND"] = "jax"

import jax
import torch

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
