"""Pairs of levels that are the same by construction, trained for real: what `benchmarks/aa.py` draws its launches from."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float

from nnbench import Activation, Catalog, Grid, Initializer, Units, load_catalog, run
from nnbench.analysis import metrics, tuning
from nnbench.analysis.metrics import METRICS
from nnbench.catalog import Entry
from nnbench.kinds import Component, Origin
from nnbench.store import LaunchCell
from nnbench_initializers import XavierUniform

DATASETS = (
    "moons",
    "circles",
    "xor",
    "checkerboard",
    "spirals",
    "rings",
    "corners",
    "half_kernel",
    "gaussian_quantiles",
    "pinwheel",
    "sine",
    "cluster_in_cluster",
)
OTHER_STREAMS = 1_000_000
"""What is added to the seed of a twin that is the same component with random streams of its own."""
COLUMNS = tuple(dict.fromkeys((*metrics.columns(list(METRICS)), *tuning.COLUMNS)))

CURVES = ("curve_steps", "valid_accuracy")
"""Columns kept as arrays, because areas are computed of them again and again."""


class Reversed(Initializer):
    """Another's weights with each layer's units in reversed order: of the same law where weights are drawn independently."""

    of: Initializer = XavierUniform()

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> Float[np.ndarray, "out in"]:
        return self.of.sample(rng, fan_in, fan_out)[::-1].copy()


class Mirrored(Activation):
    """-tanh z: of an odd number of hidden layers, what tanh is with the last layer's weights of opposite sign.

    That is as likely where weights are as likely as their negatives. Of an even number it is the same network.
    """

    def forward(self, z: Units) -> Units:
        return -np.tanh(z)

    def derivative(self, z: Units, a: Units) -> Units:  # noqa: ARG002
        return a * a - 1


@dataclass(frozen=True)
class Twins:
    """Two levels of a factor that no launch can tell apart, and what they are trained with."""

    factor: str
    levels: tuple[str, ...]
    """A single name is the same component again, with other streams."""
    optimizer: str
    rates: tuple[float, ...]
    """What tuning chooses from."""
    usual: int
    """Which of them is taken where nothing is tuned."""
    seeds: int
    datasets: tuple[str, ...] = DATASETS
    fields: str = ""
    """Further lines of the grid's trial table."""

    @property
    def grid(self) -> str:
        """The grid that trains them."""
        seeds = [*range(self.seeds), *range(OTHER_STREAMS, OTHER_STREAMS + self.seeds)]
        return "\n".join(
            (
                f'name = "aa-{self.factor}"',
                f"seeds = {self.seeds if len(self.levels) > 1 else seeds}",
                'gradcheck = "off"',
                "[trial]",
                f"dataset = {[*self.datasets]}",
                f'optimizer = {{ name = "{self.optimizer}", lr = {[*self.rates]} }}',
                *([] if self.factor == "optimizer" else [f"{self.factor} = {[*self.levels]}"]),
                self.fields,
            )
        )

    def level(self, cell: LaunchCell, seed: int) -> int:
        """Which of the two a trial is of."""
        return self.levels.index(cell.fields[self.factor]["name"]) if len(self.levels) > 1 else seed // OTHER_STREAMS


TWINS = (
    Twins("initializer", ("xavier_uniform", "reversed"), "momentum", (0.03, 0.1, 0.3, 1.0), usual=2, seeds=240),
    Twins("activation", ("tanh", "mirrored"), "momentum", (0.1, 0.3, 1.0), usual=1, seeds=60, fields="hidden = [32, 32, 32]"),
    Twins("optimizer", ("adam",), "adam", (0.003, 0.01, 0.03), usual=1, seeds=60),
    Twins("schedule", ("cosine",), "momentum", (0.1, 0.3, 1.0), usual=1, seeds=60),
)


@dataclass(frozen=True)
class Pool:
    """Results of twins, from which launches are drawn."""

    twins: Twins
    rows: np.ndarray
    """By level, data set, rate and seed."""

    @property
    def datasets(self) -> int:
        return self.rows.shape[1]

    @property
    def rates(self) -> int:
        return self.rows.shape[2]

    @property
    def seeds(self) -> int:
        return self.rows.shape[3]

    @cached_property
    def _scores(self) -> dict[str, np.ndarray]:
        return {}

    def scores(self, metric: str) -> np.ndarray:
        """What each trial scored; more is better."""
        if metric not in self._scores:
            sign = 1 if METRICS[metric].higher else -1
            self._scores[metric] = np.vectorize(lambda row: sign * METRICS[metric].of(row), otypes=[float])(self.rows)
        return self._scores[metric]

    def spread(self, metric: str) -> np.ndarray:
        """Standard deviation of the scores on each data set, at the usual rate."""
        usual = self.scores(metric)[:, :, self.twins.usual]
        return np.array([own[np.isfinite(own)].std(ddof=1) for own in usual.swapaxes(0, 1)])


def trained(twins: Twins, folder: Path, workers: int | None = None) -> Pool:
    """The pool of these twins; what `folder` lacks of it is trained first."""
    catalog = with_twins(load_catalog())
    results = run(Grid.from_text(twins.grid, "aa", catalog), catalog=catalog, folder=folder, workers=workers, track=False)
    found = {row["trial_id"]: row for row in results.store.rows(results.launch.trial_ids, COLUMNS)}
    rows = np.empty((2, len(twins.datasets), len(twins.rates), twins.seeds), dtype=object)
    for cell in results.launch.cells:
        place = twins.datasets.index(cell.fields["dataset"]["name"]), twins.rates.index(cell.fields["optimizer"]["lr"])
        for trial, seed in cell.trials.items():
            row = {**found[trial], **{name: np.array(found[trial][name]) for name in CURVES}, "epochs": cell.fields["epochs"]}
            rows[twins.level(cell, seed), *place, seed % OTHER_STREAMS] = row
    return Pool(twins, rows)


def with_twins(catalog: Catalog) -> Catalog:
    """The catalog with the components of this page as well."""
    plugin = catalog.plugins[0]
    offered: tuple[type[Component], ...] = (Reversed, Mirrored)
    entries = tuple(Entry(cls, plugin, Origin("benchmarks", "1")) for cls in offered)
    return dataclasses.replace(catalog, entries=(*catalog.entries, *entries))
