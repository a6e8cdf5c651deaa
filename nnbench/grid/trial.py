"""Cells and trials: what a grid expands to, and how each is identified. What is shown of them is in labels.py."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from nnbench.kinds import (
    Activation,
    Component,
    Dataset,
    Initializer,
    Loss,
    Optimizer,
    Origin,
    Penalty,
    Preprocessor,
    Schedule,
)
from nnbench.seeds import stream

LrScaling = Literal["none", "fan_in"]
Precision = Literal["float32", "float64"]


@dataclass(frozen=True)
class Cell:
    """One combination of field values: a trial without its seed."""

    dataset: Dataset
    preprocessor: Preprocessor
    activation: Activation
    initializer: Initializer
    loss: Loss
    penalty: Penalty
    optimizer: Optimizer
    schedule: Schedule
    train_size: int = 512
    valid_size: int = 256
    test_size: int = 1024
    hidden: tuple[int, ...] = (32, 32)
    dropout: float = 0.0
    lr_scaling: LrScaling = "none"
    batch_size: int = 64
    epochs: int = 50
    precision: Precision = "float32"
    origins: Mapping[str, Origin] = field(default_factory=dict, compare=False)
    """Where each component comes from, by field (`optimizer.inner` for one inside another), and `nnbench` itself."""

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Units of each layer, from the inputs to the scores."""
        features = self.preprocessor.features(self.dataset.features)
        return (features, *self.hidden, self.loss.outputs(self.dataset.classes))

    @property
    def steps(self) -> int:
        """Update steps in all; an incomplete last batch of an epoch is left out."""
        return self.epochs * (self.train_size // self.batch_size)

    @cached_property
    def canonical(self) -> dict[str, Any]:
        """Field values as plain data, every default filled in."""
        return {
            f.name: plain(getattr(self, f.name))
            for f in sorted(dataclasses.fields(self), key=lambda f: f.name)
            if f.name != "origins"
        }

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """What determines results beside fields and origins, by field (`optimizer.inner` for one inside another), if anything."""
        components = ((name, getattr(self, name)) for name in self.canonical)
        return {at: text for name, value in components for at, text in _fingerprints(name, value)}

    @cached_property
    def id(self) -> str:
        """Hash of what determines the cell's results, but for the seed."""
        origins = {name: dataclasses.astuple(origin) for name, origin in self.origins.items()}
        return _digest({"fields": self.canonical, "origins": origins} | self._fingerprinted(self.canonical))

    @cached_property
    def network_id(self) -> str:
        """Hash of what determines the network's gradients: cells that share it need one check."""
        names = ("activation", "initializer", "loss", "penalty")
        origins = {name: dataclasses.astuple(origin) for name, origin in self.origins.items() if name.split(".")[0] in names}
        own = {name: self.canonical[name] for name in (*names, "dropout", "precision")}
        harness = {name: dataclasses.astuple(origin) for name, origin in self.origins.items() if name == "nnbench"}
        determining = {"fields": own, "layers": list(self.layer_sizes), "origins": origins | harness}
        return _digest(determining | self._fingerprinted(names))

    def _fingerprinted(self, names: Collection[str]) -> dict[str, dict[str, str]]:
        own = {at: text for at, text in self.fingerprints.items() if at.split(".")[0] in names}
        return {"fingerprints": own} if own else {}


@dataclass(frozen=True)
class Trial:
    """One cell with one seed: one network trained once."""

    cell: Cell
    seed: int
    untrained: bool = False
    """The same network with rate 0: what it looks like when nothing is learned."""

    @cached_property
    def id(self) -> str:
        """Hash of what determines the trial's result."""
        return _digest({"cell": self.cell.id, "seed": self.seed} | ({"untrained": True} if self.untrained else {}))

    @property
    def cell_id(self) -> str:
        """The cell's id, in which untrained trials are told from the others."""
        return f"{self.cell.id}-untrained" if self.untrained else self.cell.id

    @cached_property
    def luck(self) -> tuple[int, str]:
        """What random streams depend on beside their purpose: trials with equal luck share every draw."""
        return (self.seed, json.dumps(self.cell.canonical["dataset"], sort_keys=True))

    def stream(self, *purpose: str | int) -> np.random.Generator:
        """Random numbers for one purpose: the same in every cell with this data set and seed, others on every other data set.

        A level that is lucky on one data set is so by chance alone on the next: tests over data sets take that for granted.
        """
        return stream(*self.luck, *purpose)


def _fingerprints(at: str, value: Any) -> Iterator[tuple[str, str]]:
    """Of a component, and of those in it; what has none is left out."""
    if isinstance(value, Component):
        if value.fingerprint:
            yield at, value.fingerprint
        for name, inner in value.hyperparameters().items():
            yield from _fingerprints(f"{at}.{name}", inner)


def plain(value: Any) -> Any:
    """A component as its name and hyperparameters, a tuple as a list, anything else as it is."""
    if isinstance(value, Component):
        return {"name": value.name, **{name: plain(each) for name, each in value.hyperparameters().items()}}
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    return value


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:20]
