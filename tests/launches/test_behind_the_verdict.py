"""What a real launch keeps and trains for its verdict: when claims were written, looks, other settings, untrained controls."""

from __future__ import annotations

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nnbench import Catalog, Grid, Results, hookimpl
from nnbench import run as run_grid
from nnbench.report import exports
from nnbench.store import Store, merge_into

DATASETS = ["moons", "circles", "xor", "spirals", "rings", "sine"]
CLAIM = '[[claim]]\nsays = "one is better"\nbetter = "{better}"\nworse = "{worse}"\n'
SIZES = "train_size = 64\nvalid_size = 64\ntest_size = 64\nbatch_size = 32\nhidden = [[8]]\n"


def grid(catalog: Catalog, compare: str, trial: str, claims: str = "", seeds: str = "3") -> Grid:
    datasets = f"dataset = {json.dumps(DATASETS)}\n"
    text = f'name = "g"\nseeds = {seeds}\n[compare]\n{compare}\n{claims}\n[trial]\n{datasets}{SIZES}{trial}'
    return Grid.from_text(text, "g.toml", catalog)


def launched(made: Grid, catalog: Catalog, folder: Path, **options: Any) -> Results:
    with ThreadPoolExecutor(1) as executor:
        return run_grid(made, catalog=catalog, executor=executor, folder=folder, track=False, **options)


ACTIVATIONS = ('factor = "activation"\nmetric = "test_accuracy"', 'activation = ["tanh", "identity"]\nepochs = 2\n')


def claims_of(results: Results) -> list[tuple[str, bool | None]]:
    assert results.comparison is not None
    return [(each.says, each.post_hoc) for each in results.comparison.claims]


def test_a_claim_that_was_there_first_stays_so_and_one_added_later_is_post_hoc(catalog: Catalog, tmp_path: Path) -> None:
    early = CLAIM.format(better="tanh", worse="identity")
    late = early.replace("one", "the other").replace("tanh", "x").replace("identity", "tanh").replace("x", "identity")
    first = launched(grid(catalog, *ACTIVATIONS, early), catalog, tmp_path)
    assert claims_of(first) == [("one is better", False)]
    more = launched(grid(catalog, *ACTIVATIONS, early + late, seeds="4"), catalog, tmp_path)
    assert claims_of(more) == [("one is better", False), ("the other is better", True)]
    assert more.comparison is not None
    told = exports.markdown(more.comparison)
    assert "**Claims**" in told
    assert "post hoc" in told
    assert "written after the first results of its trials" in told
    assert "post hoc" in exports.tags(more.comparison)["nnbench.claims"]
    assert "**Claims, written before the launch**" in exports.markdown(first.comparison)  # type: ignore[arg-type]


def test_a_claim_is_no_earlier_for_having_been_merged_into_another_folder(catalog: Catalog, tmp_path: Path) -> None:
    claim = CLAIM.format(better="tanh", worse="identity")
    launched(grid(catalog, *ACTIVATIONS), catalog, tmp_path / "here")
    assert claims_of(launched(grid(catalog, *ACTIVATIONS, claim), catalog, tmp_path / "here")) == [("one is better", True)]
    launched(grid(catalog, *ACTIVATIONS, claim), catalog, tmp_path / "there")
    merge_into(Store(tmp_path / "there" / "results"), Store(tmp_path / "here" / "results"))
    assert claims_of(launched(grid(catalog, *ACTIVATIONS, claim), catalog, tmp_path / "there")) == [("one is better", True)]


def test_a_launch_that_is_enlarged_counts_its_looks(catalog: Catalog, tmp_path: Path) -> None:
    looks = []
    for seeds in (2, 3, 5, 5):
        found = launched(grid(catalog, *ACTIVATIONS, seeds=str(seeds)), catalog, tmp_path).comparison
        assert found is not None
        looks.append(found.looks)
    assert looks == [1, 2, 3, 3]


def test_what_untrained_networks_show_too_is_by_construction(catalog: Catalog, tmp_path: Path) -> None:
    """Large weights begin with a large loss, and a few steps at a small rate do not change that."""
    trial = (
        'initializer = ["xavier_uniform", { name = "normal", std = 2.0 }]\noptimizer = { name = "sgd", lr = 1e-4 }\nepochs = 1\n'
    )
    claim = CLAIM.format(better="xavier_uniform", worse="normal")
    results = launched(
        grid(catalog, 'factor = "initializer"\nmetric = "test_loss_last"', trial, claim, seeds="5"), catalog, tmp_path
    )
    found = results.comparison
    assert found is not None
    assert found.pairs[0].different
    assert found.claims[0].verdict == "by construction"


@pytest.mark.parametrize(
    ("metric", "axis", "factor"),
    [
        ("overfitting", "dropout = [0.0, 0.5]", "dropout"),
        ("saturated", 'activation = ["hard_tanh", "soft_sign"]', "activation"),
        ("dead", 'activation = ["relu", "leaky_relu"]', "activation"),
    ],
)
def test_networks_that_learn_nothing_tie(metric: str, axis: str, factor: str, catalog: Catalog, tmp_path: Path) -> None:
    trial = f'{axis}\noptimizer = {{ name = "sgd", lr = 1e-30 }}\nepochs = 5\n'
    results = launched(grid(catalog, f'factor = "{factor}"\nmetric = "{metric}"', trial, seeds="8"), catalog, tmp_path)
    assert results.comparison is not None
    assert not results.comparison.pairs[0].different


TUNED = (
    'factor = "activation"\nmetric = "steps_to_target"\ntune = ["optimizer.lr"]\ntuning_seeds = 2',
    'activation = ["tanh", "relu"]\noptimizer = { name = "momentum", lr = [0.01, 0.1, 0.3, 1.0, 3.0] }\nepochs = 20\n',
)
BY_LOSS = CLAIM.format(better="tanh", worse="relu") + 'metric = "test_loss"\n'


def test_settings_are_chosen_for_each_metric_that_is_judged(catalog: Catalog, tmp_path: Path) -> None:
    results = launched(grid(catalog, *TUNED, BY_LOSS), catalog, tmp_path)
    found, asked = results.comparison, results.launch.compared
    assert found is not None
    assert asked is not None
    assert set(found.choices) == {"steps_to_target", "test_loss"}
    chosen = {metric: {choice.cell for choice in own} for metric, own in found.choices.items()}
    assert chosen["steps_to_target"] != chosen["test_loss"]
    assert {cell.id for cell in results.launch.cells} == chosen["steps_to_target"] | chosen["test_loss"]
    assert set(asked.controls) == {cell.id for cell in results.launch.cells}
    redrawn = {cell for own in found.choices.values() for choice in own for cell in choice.redrawn}
    assert set(asked.alternates) == redrawn - set(asked.controls)


def test_a_launch_interrupted_behind_the_verdict_goes_on_with_that(catalog: Catalog, tmp_path: Path) -> None:
    made = grid(catalog, *TUNED, BY_LOSS)
    whole = launched(made, catalog, tmp_path / "whole")

    class Stopping:
        """Presses Ctrl-C when the last reported trial has its result."""

        seen = 0

        @hookimpl
        def nnbench_results_stored(self, launch: Any, results: Any) -> None:
            self.seen += len(results) if launch.phase == "reported" else 0
            if launch.phase == "reported" and self.seen == len(launch.trial_ids):
                signal.raise_signal(signal.SIGINT)

    stopped = launched(made, catalog, tmp_path / "part", watchers=[Stopping()])
    assert stopped.status == "interrupted"
    assert stopped.left > 0
    assert len(stopped.rows) == len(stopped.launch.trial_ids)
    again = launched(made, catalog, tmp_path / "part")
    assert again.status == "finished"
    assert again.launch.id == stopped.launch.id
    assert again.trained == stopped.left
    assert exports.as_json(again.comparison) == exports.as_json(whole.comparison)  # type: ignore[arg-type]


def test_nothing_behind_the_verdict_is_trained_twice_or_told_as_a_result(catalog: Catalog, tmp_path: Path) -> None:
    made = grid(catalog, *TUNED, BY_LOSS)
    results = launched(made, catalog, tmp_path)
    again = launched(made, catalog, tmp_path)
    assert again.trained == 0
    assert {row["cell_id"] for row in results.rows} == {cell.id for cell in results.launch.cells}
    assert len(results.lines) == len(results.launch.cells)
