"""What shares random draws, and what must not: levels share a data set's luck, data sets share none."""

from __future__ import annotations

import numpy as np

from nnbench.engine.batches import Batches
from nnbench.engine.data import load
from nnbench.engine.dense.dropout import Dropout
from nnbench.engine.dense.initial import initial_parameters
from nnbench.engine.dense.layout import Layout

GRID = """
dataset = ["moons", "circles", { name = "moons", noise = 0.11 }]
activation = ["tanh", "relu"]
dropout = 0.5
hidden = [[7]]
train_size = 64
valid_size = 32
test_size = 32
batch_size = 16
"""


def luck(trial) -> tuple[bytes, bytes, bytes]:
    """First weights, first batch order and first dropout mask, as bytes."""
    data = [load(trial)]
    layout = Layout(trial.cell.layer_sizes)
    weights = initial_parameters([trial], [data[0].train.inputs], layout, np.dtype("float64"))
    numbered = np.arange(trial.cell.train_size, dtype=np.float32)
    data[0].train.inputs[0] = numbered
    order = Batches([trial], data).next()[0][0, 0]
    (mask,) = Dropout([trial], layout, np.dtype("float32")).draw()
    return weights.tobytes(), order.tobytes(), mask.tobytes()


def test_levels_share_every_draw_of_a_data_set_and_seed(trials) -> None:
    drawn = [(trial.cell, trial.seed, luck(trial)) for trial in trials(GRID, seeds=2)]
    for cell, seed, found in drawn:
        for other, other_seed, others in drawn:
            if cell.dataset == other.dataset and seed == other_seed:
                assert found == others
            else:
                assert all(own != theirs for own, theirs in zip(found, others, strict=True))


def test_a_stack_of_several_data_sets_draws_what_each_trial_draws_alone(trials) -> None:
    stack = trials(GRID, seeds=1)
    layout = Layout(stack[0].cell.layer_sizes)
    together = Dropout(stack, layout, np.dtype("float32"))
    for _ in range(2):
        (masks,) = together.draw()
    for row, trial in enumerate(stack):
        alone = Dropout([trial], layout, np.dtype("float32"))
        for _ in range(2):
            (mask,) = alone.draw()
        assert np.array_equal(masks[row], mask[0])
