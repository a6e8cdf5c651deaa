"""What tests of every part share."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable

import pytest

from nnbench import Catalog, Grid, load_catalog

MakeGrid = Callable[..., Grid]

SMALL = {"train_size": 64, "valid_size": 32, "test_size": 32, "batch_size": 16, "epochs": 2, "hidden": [8]}


os.environ.pop("COLUMNS", None)  # xdist's workers have it from their terminal, and commands would be as narrow


def pytest_collection_finish() -> None:
    """The libraries that peers are imported from stay: garbage is looked for among what tests make, which is much less."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="session")
def small_grid(catalog: Catalog) -> MakeGrid:
    """A grid of small networks, with fields of the trial table given by name."""

    def make(name: str = "small", seeds: int = 2, **fields: object) -> Grid:
        lines = "".join(f"{key} = {_toml(value)}\n" for key, value in {**SMALL, **fields}.items())
        return Grid.from_text(f'name = "{name}"\nquestion = "Which?"\nseeds = {seeds}\n[trial]\n{lines}', "small.toml", catalog)

    return make


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    return "[" + ", ".join(map(_toml, value)) + "]" if isinstance(value, list) else json.dumps(value)
