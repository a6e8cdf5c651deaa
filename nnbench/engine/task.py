"""What a trial is judged on."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from nnbench.kinds import Samples, Scores

Truth = np.ndarray
"""What the outputs are held against, the sample last: labels, for a classification."""
PerTrial = Float[np.ndarray, " trial"]


@runtime_checkable
class Task(Protocol):
    """Samples, the targets that a loss wants for them, and a score: what training and evaluation know of a data set.

    `nnbench.engine.classification` is one. Losses are minimised; the score decides which parameters were best.
    """

    @property
    def name(self) -> str:
        """What kind of task it is: trials of one stack have the same."""

    @property
    def outputs(self) -> int:
        """How many numbers the network gives for a sample."""

    @property
    def target(self) -> float:
        """The score that counts as reached."""

    @property
    def fingerprint(self) -> str:
        """Hash of all that determines its data, but for the seed; trials with equal fingerprints and seeds see the same arrays."""

    def sample(self, rng: np.random.Generator, n: int) -> tuple[Samples, Truth]:
        """N samples with what is true of each, drawn from `rng` alone; raises ContractError if a component breaks its contract."""

    def targets(self, truth: Truth) -> Float[np.ndarray, "output sample"]:
        """What the loss wants as targets."""

    def example_targets(self, rng: np.random.Generator, samples: int) -> Float[np.ndarray, "output sample"]:
        """Targets of every kind that occurs, for samples that no data set drew: gradient checks need no others."""

    def score(self, outputs: Scores, truth: Float[np.ndarray, "trial sample"] | Any) -> PerTrial:
        """Each trial's score over all samples, in float64."""

    def better(self, score: PerTrial, than: PerTrial) -> Bool[np.ndarray, " trial"]:
        """Where the one score is better than the other."""

    def reached(self, score: float) -> bool:
        """Whether the score is as good as the target."""
