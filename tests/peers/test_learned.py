"""What activations learn, against PyTorch: the same network with the same batches goes the same way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

from nnbench import Catalog, Grid
from nnbench.engine import training
from nnbench.engine.blocks import Block
from nnbench.grid import Trial

STEPS = 200
TABLE = """
precision = "float64"
hidden = [7, 5]
train_size = 64
batch_size = 16
epochs = 50
initializer = "he_normal"
"""
Make = Callable[[str], Trial]


@pytest.fixture
def trial(catalog: Catalog) -> Make:
    def make(table: str) -> Trial:
        return Grid.from_text(f"seeds = 1\n[trial]\n{TABLE}{table}", "learned", catalog).trials(catalog)[0]

    return make


def network(state: training._Training, per: str) -> torch.nn.Sequential:
    """A network of PyTorch with the same parameters."""
    sizes = state.blocks.sizes  # type: ignore[attr-defined]
    layers: list[torch.nn.Module] = []
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        layers.append(torch.nn.Linear(inputs, outputs, dtype=torch.float64))
        if number < len(sizes) - 2:
            layers.append(torch.nn.PReLU(outputs if per == "unit" else 1, dtype=torch.float64))
    made = torch.nn.Sequential(*layers)
    with torch.no_grad():
        for block, theirs in counterparts(made, state.blocks.blocks):
            value = torch.from_numpy(
                state.params[0, state.blocks.spans[state.blocks.blocks.index(block)]].reshape(block.shape).copy()
            )
            if isinstance(theirs, torch.nn.PReLU):
                theirs.weight.copy_(value)
            else:
                theirs.weight.copy_(value[:, :-1])
                theirs.bias.copy_(value[:, -1])
    return made


def counterparts(made: torch.nn.Sequential, blocks: tuple[Block, ...]) -> list[tuple[Block, torch.nn.Module]]:
    linear = [module for module in made if isinstance(module, torch.nn.Linear)]
    learned = [module for module in made if isinstance(module, torch.nn.PReLU)]
    return [(block, (linear if block.name == "weights" else learned)[block.layer - 1]) for block in blocks]


def as_row(made: torch.nn.Sequential, blocks: tuple[Block, ...]) -> np.ndarray:
    parts = []
    for _, theirs in counterparts(made, blocks):
        if isinstance(theirs, torch.nn.PReLU):
            parts.append(theirs.weight.detach().numpy().ravel())
        else:
            parts.append(np.hstack([theirs.weight.detach().numpy(), theirs.bias.detach().numpy()[:, None]]).ravel())
    return np.concatenate(parts)


OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    '{ name = "sgd", lr = 0.1 }': lambda parameters: torch.optim.SGD(parameters, lr=0.1),
    '{ name = "adam", lr = 0.01 }': lambda parameters: torch.optim.Adam(parameters, lr=0.01),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("per", ["layer", "unit"])
def test_prelu_goes_where_pytorchs_goes_for_200_steps(trial: Make, per: str, optimizer: str) -> None:
    """Parameters and slopes after every step, in double precision."""
    state = training._Training([trial(f'activation = {{ name = "prelu", per = "{per}" }}\noptimizer = {optimizer}')])
    theirs = network(state, per)
    stepper = OPTIMIZERS[optimizer](theirs.parameters())
    slopes = [block for block in state.blocks.blocks if block.name == "k"]
    assert [block.shape for block in slopes] == ([(7,), (5,)] if per == "unit" else [(1,), (1,)])
    batches = training.Batches([trial(f'activation = {{ name = "prelu", per = "{per}" }}')], training._load_all([trial("")]))
    first = state.params.copy()
    with threadpool_limits(1):
        for step in range(STEPS):
            x, targets = batches.next()
            state._differentiate(step)
            state._update(step + 1)
            outputs = theirs(torch.from_numpy(x[0, :-1].T.copy()))
            stepper.zero_grad()
            torch.nn.functional.cross_entropy(outputs, torch.from_numpy(targets[0].argmax(axis=0))).backward()
            stepper.step()
            np.testing.assert_allclose(state.params[0], as_row(theirs, state.blocks.blocks), rtol=1e-8, atol=1e-10)
    moved = np.concatenate([state.params[0, state.blocks.spans[state.blocks.blocks.index(block)]] for block in slopes])
    assert (np.abs(moved - 0.25) > 1e-3).all()
    assert not np.array_equal(first, state.params)
