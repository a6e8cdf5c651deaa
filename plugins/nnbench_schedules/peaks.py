"""Schedules that rise once and fall once. Their lengths are shares of the run."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from jaxtyping import Float, Int

from nnbench import Fraction, Gt, Lt, Schedule

Share = Annotated[float, Gt(0), Lt(1)]
"""Part of a run, neither nothing nor all."""


class OneCycle(Schedule):
    """Half a cosine from `start` up to 1, then half a cosine down to `end`.

    One climb and one long descent: the high middle acts as a regularizer and lets short runs use large rates.

    Starts at `start`; its maximum, 1, is at `warmup`·total. Shape and defaults are those of fastai and of PyTorch's OneCycleLR
    (div_factor 1 / start, final_div_factor start / end); the paper's two slopes are straight, with a further fall at the end
    (`three_phase`). PyTorch reaches `end` with the last update, at total - 1, and the top a step before pct_start·total; optax'
    cosine_onecycle_schedule at total. The momentum, which the paper lowers while the rate is high, stays as it is here.

    Smith and Topin 2018, "Super-convergence: very fast training of neural networks using large learning rates".

    Smith and Topin 2018: https://arxiv.org/abs/1708.07120
    """

    aliases = ("OneCycleLR",)

    warmup: Share = 0.3
    """Share of the run that the rise takes (pct_start)."""
    start: Fraction = 0.04
    """Multiplier at the first step."""
    end: Fraction = 4e-6
    """What would be left of the rate after the last step."""

    def starts_at(self, total: int) -> float:
        return self.start

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        x = step / total
        up = self.start + (1 - self.start) * (1 - np.cos(np.pi * x / self.warmup)) / 2
        down = self.end + (1 - self.end) * (1 + np.cos(np.pi * (x - self.warmup) / (1 - self.warmup))) / 2
        return np.where(x < self.warmup, up, down)


class SlantedTriangular(Schedule):
    """A straight line from 1 / ratio up to 1, then a longer one down to 1 / ratio.

    A short rise and a long fall: quickly to the right region, then ever finer; made for fine-tuning.

    Starts at 1 / ratio; its maximum, 1, is at `warmup`·total. PyTorch's OneCycleLR draws such lines with anneal_strategy =
    "linear".

    Howard and Ruder 2018, "Universal language model fine-tuning for text classification".

    Howard and Ruder 2018: https://arxiv.org/abs/1801.06146
    """

    aliases = ("stlr",)

    warmup: Share = 0.1
    """Share of the run that the rise takes (cut_frac)."""
    ratio: Annotated[float, Gt(1)] = 32.0
    """How many times as high as its ends the top is."""

    def starts_at(self, total: int) -> float:
        return 1 / self.ratio

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        x = step / total
        height = np.minimum(x / self.warmup, (1 - x) / (1 - self.warmup))
        return (1 + height * (self.ratio - 1)) / self.ratio


class _Plateau(Schedule):
    """What schedules with a rise, a constant part and a fall share."""

    warmup: Share = 0.1
    """Share of the run that the rise takes."""
    decay: Share = 0.2
    """Share of the run that the fall takes."""

    def __post_init__(self) -> None:
        if self.warmup + self.decay > 1:
            raise ValueError("warmup and decay must not take more than the run together")

    def starts_at(self, total: int) -> float:
        return 0.0


class Trapezoid(_Plateau):
    """min(x / warmup, 1, (1 - x) / decay) with x = step / total.

    Warm up, stay, land: the flat middle may be as long as one likes, and the landing decides.

    Starts at 0, so that the first update moves nothing; its maximum is 1. Without the rise it is `delayed` with `then = "linear"`.

    Xing et al. 2018, "A walk with SGD".

    Xing et al. 2018: https://arxiv.org/abs/1802.08770
    """

    aliases = ("trapezoidal",)

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        x = step / total
        return np.minimum(np.minimum(x / self.warmup, (1 - x) / self.decay), 1)


class WarmupStableDecay(_Plateau):
    """WSD: min(x / warmup, 1, 1 - √(p / decay)), x = step / total, p = max(x - 1 + decay, 0).

    Train on at full rate for as long as wanted and land any time: one run serves many budgets.

    Starts at 0, so that the first update moves nothing; its maximum is 1. What the fall looks like is left open by the paper that
    gave it its name, where the rate halves every so many steps; 1 - √ is the second paper's, better there than a straight line
    (see trapezoid).

    Hu et al. 2024, "MiniCPM: unveiling the potential of small language models with scalable training strategies"; Hägele et al.
    2024, "Scaling laws and compute-optimal training beyond fixed training durations".

    Hu et al. 2024: https://arxiv.org/abs/2404.06395
    Hägele et al. 2024: https://arxiv.org/abs/2405.18392
    """

    aliases = ("wsd",)

    def factor(self, step: Int[np.ndarray, "*steps"], total: int) -> Float[np.ndarray, "*steps"]:
        x = step / total
        fallen = np.sqrt(np.maximum(x - (1 - self.decay), 0) / self.decay)
        return np.minimum(x / self.warmup, 1 - fallen)
