"""Trials made from text, with the components that are installed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from nnbench import Catalog, Grid
from nnbench.grid import Trial

Make = Callable[..., list[Trial]]


@pytest.fixture(scope="session")
def trials(catalog: Catalog) -> Make:
    """Trials of a grid given as the text of its trial table."""

    def make(table: str = "", seeds: int = 1) -> list[Trial]:
        small = "train_size = 64\nvalid_size = 32\ntest_size = 32\nbatch_size = 16\nepochs = 2\n"
        named = {line.split("=")[0].strip() for line in table.splitlines()}
        defaults = "".join(f"{line}\n" for line in small.splitlines() if line.split("=")[0].strip() not in named)
        return Grid.from_text(f"seeds = {seeds}\n[trial]\n{defaults}{table}", "test", catalog).trials(catalog)

    return make


@pytest.fixture(scope="session")
def at_rate_0(trials: Make, catalog: Catalog) -> Make:
    """The same trials with a rate of 0, which no grid may have."""

    def make(table: str = "", seeds: int = 1) -> list[Trial]:
        still = catalog["optimizer", "sgd"](lr=0.0)
        return [replace(each, cell=replace(each.cell, optimizer=still)) for each in trials(table, seeds)]

    return make
