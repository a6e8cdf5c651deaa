"""`[robust]`: which alternatives a grid has, and what is wrong with them."""

from __future__ import annotations

import pytest

from nnbench import Catalog, Grid
from nnbench.errors import GridError

HEAD = """
name = "test"
seeds = 10

[compare]
factor = "initializer"
tune = ["optimizer.lr"]

[[claim]]
says = "Xavier is better"
better = "xavier_uniform"
worse = "normal"

[[claim]]
says = "… by its accuracy too"
better = "xavier_uniform"
worse = "normal"
metric = "test_accuracy"
"""
TRIAL = """
[trial]
dataset = ["moons", "circles"]
initializer = ["xavier_uniform", { name = "normal", std = 0.01 }]
optimizer = { name = "momentum", lr = [0.1, 0.3] }
"""


def grid(catalog: Catalog, robust: str, head: str = HEAD, trial: str = TRIAL, *overrides: str) -> Grid:
    return Grid.from_text(f"{head}\n{robust}\n{trial}", "test.toml", catalog, overrides)


def names(catalog: Catalog, robust: str, head: str = HEAD, trial: str = TRIAL) -> list[str]:
    return [each.what for each in grid(catalog, robust, head, trial).alternatives(catalog)]


def test_alternatives_are_the_grid_as_written_and_each_change_alone(catalog: Catalog) -> None:
    robust = """
[robust]
tuning_seeds = [5]
metrics = ["valid_area"]
[robust.vary]
hidden = [[16, 16], [[64], []]]
initializer.std = [0.05]
optimizer = [{ name = "sgd", lr = [0.1, 1.0] }]
"""
    assert names(catalog, robust) == [
        "as written",
        "seeds 10–19",
        "5 tuning seeds",
        "metric = valid_area",
        "hidden = 16-16",
        "hidden = 64, []",
        "initializer.std = 0.05",
        "optimizer = sgd(lr=[0.1, 1])",
    ]


def test_blocks_of_seeds_follow_the_grids_own(catalog: Catalog) -> None:
    robust = "[robust]\nseed_blocks = 3"
    assert [each.grid.seed_list for each in grid(catalog, robust).alternatives(catalog)] == [
        tuple(range(10)),
        tuple(range(10, 20)),
        tuple(range(20, 30)),
    ]
    assert names(catalog, robust, HEAD.replace("seeds = 10", "seeds = [7, 3]"))[1:] == ["seeds 8–9", "seeds 10–11"]
    assert names(catalog, robust, HEAD.replace("seeds = 10", "seeds = 1"))[1:] == ["seed 1", "seed 2"]


def test_without_the_table_another_block_of_seeds_is_the_alternative(catalog: Catalog) -> None:
    assert names(catalog, "") == ["as written", "seeds 10–19"]


def test_an_alternative_keeps_name_file_and_equal_trials_and_says_what_it_is(catalog: Catalog) -> None:
    made = grid(catalog, "[robust.vary]\ndataset = [['moons', 'xor']]", HEAD, TRIAL, "epochs=3")
    written, _, varied = made.alternatives(catalog)
    assert written.grid is made
    assert (varied.grid.name, varied.grid.source, varied.grid.text) == (made.name, made.source, made.text)
    assert varied.grid.overrides == ("epochs=3", "robust: dataset = moons, xor")
    before, after = ({trial.id for trial in each.trials(catalog)} for each in (made, varied.grid))
    assert len(before & after) == len(before) / 2


def test_a_hyperparameter_is_set_in_the_components_that_have_it(catalog: Catalog) -> None:
    trial = TRIAL.replace('"xavier_uniform"', '"xavier_uniform", "truncated_normal"')
    varied = grid(catalog, "[robust.vary]\ninitializer.std = [0.05]", HEAD, trial).alternatives(catalog)[-1]
    found = {cell.canonical["initializer"]["name"]: cell.canonical["initializer"] for cell in varied.grid.cells(catalog)}
    assert found["normal"]["std"] == found["truncated_normal"]["std"] == 0.05
    assert "std" not in found["xavier_uniform"]


def test_claims_and_baseline_are_about_the_levels_in_the_place_of_theirs(catalog: Catalog) -> None:
    trial = '[trial]\ndataset = ["moons", "circles"]\npenalty = ["none", { name = "l2", lam = [1e-8, 0.003, 3.0] }]'
    head = (
        '[compare]\nfactor = "penalty"\nbaseline = "l2(lam=0.003)"\n'
        '[[claim]]\nsays = "It helps"\nbetter = "l2(lam=0.003)"\nworse = "none"\n'
    )
    robust = '[robust.vary]\npenalty = [["none", { name = "l2", lam = [1e-8, 0.001, 3.0] }]]'
    varied = grid(catalog, robust, head, trial).alternatives(catalog)[-1]
    assert varied.levels["l2(lam=0.003)"] == "l2(lam=0.001)"
    assert varied.levels["l2(lam=3)"] == "l2(lam=3)"
    assert [(claim.better, claim.worse) for claim in varied.grid.claim] == [("l2(lam=0.001)", "none")]
    assert varied.grid.compare is not None
    assert varied.grid.compare.baseline == "l2(lam=0.001)"
    assert varied.grid.candidates(catalog)


def test_levels_of_one_component_stand_for_each_other_whatever_their_order(catalog: Catalog) -> None:
    trial = '[trial]\nactivation = [{ name = "leaky_relu", k = 0.2 }, { name = "elu", alpha = 0.5 }, "tanh"]'
    robust = '[robust.vary]\nactivation = [["tanh", { name = "elu", alpha = 0.7 }, { name = "leaky_relu", k = 0.3 }]]'
    varied = grid(catalog, robust, '[compare]\nfactor = "activation"', trial).alternatives(catalog)[-1]
    assert varied.levels == {"leaky_relu(k=0.2)": "leaky_relu(k=0.3)", "elu(alpha=0.5)": "elu(alpha=0.7)", "tanh": "tanh"}


def test_plain_levels_stand_in_the_place_of_those_that_they_replace(catalog: Catalog) -> None:
    head = '[compare]\nfactor = "dropout"\n[[claim]]\nsays = "x"\nbetter = "0.3"\nworse = "0"'
    varied = grid(catalog, "[robust.vary]\ndropout = [[0.0, 0.5]]", head, "[trial]\ndropout = [0.0, 0.3]").alternatives(catalog)[-1]
    assert varied.levels == {"0": "0", "0.3": "0.5"}


def test_another_metric_for_all_does_not_concern_claims_that_name_their_own(catalog: Catalog) -> None:
    made = grid(catalog, '[robust]\nmetrics = ["valid_area"]').alternatives(catalog)
    assert [[each.concerns(claim) for claim in made[0].grid.claim] for each in made] == [[True, True], [True, True], [True, False]]
    assert made[-1].grid.compare is not None
    assert made[-1].grid.compare.metric == "valid_area"


def test_a_change_to_what_the_grid_has_anyway_is_left_out(catalog: Catalog) -> None:
    robust = (
        '[robust]\ntuning_seeds = [3]\nmetrics = ["steps_to_target"]\n[robust.vary]\nhidden = [[32, 32]]\ninitializer.std = [0.01]'
    )
    assert names(catalog, robust) == ["as written", "seeds 10–19"]


def test_every_table_of_a_union_is_varied(catalog: Catalog) -> None:
    trial = '[[trial]]\ninitializer = "xavier_uniform"\n[[trial]]\ninitializer = "normal"\nepochs = 3'
    varied = grid(
        catalog, "[robust.vary]\nhidden = [[8]]\ninitializer.std = [0.1]", '[compare]\nfactor = "initializer"', trial
    ).alternatives(catalog)
    assert {cell.hidden for cell in varied[2].grid.cells(catalog)} == {(8,)}
    assert [cell.canonical["initializer"].get("std") for cell in varied[3].grid.cells(catalog)] == [None, 0.1]


MISTAKES = [
    ("[robust]\nseed_blocks = 0", "robust.seed_blocks: 0 is not accepted; accepted: a whole number from 1 to 100"),
    ("[robust]\ntuning_seeds = 5", "robust.tuning_seeds: 5 is not accepted; accepted: a list of whole numbers"),
    ("[robust]\ntuning_seeds = [0]", "robust.tuning_seeds: 0 is not accepted"),
    ('[robust]\nmetrics = ["valid_are"]', "robust.metrics: no such metric 'valid_are'; did you mean valid_area"),
    ("[robust]\nseed_block = 2", "robust.seed_block: no such field; did you mean seed_blocks"),
    ("[robust]\nvary = 3", "robust.vary: 3 is not accepted; accepted: a table of lists of alternatives"),
    ("[robust.vary]\nhidden = 3", "robust.vary.hidden: 3 is not accepted; accepted: a list of alternatives"),
    ("[robust.vary]\nhidden = []", "robust.vary.hidden: [] is not accepted; accepted: a list of alternatives"),
    ("[robust.vary]\nhiden = [[3]]", "robust.vary.hiden: no such field; did you mean hidden?"),
    ("[robust.vary]\nhidden = [[16], [0]]", "robust.vary.hidden (2nd value): [0]"),
    ('[robust.vary]\noptimizer = ["adm"]', "robust.vary.optimizer (1st value): no optimizer 'adm'; did you mean adam"),
    ("[robust.vary]\ninitializer.sd = [0.1]", "robust.vary.initializer.sd: no initializer of this grid has it; did you mean std?"),
    ("[robust.vary]\ninitializer.std = [0.1, -1]", "robust.vary.initializer.std (2nd value): -1"),
    ('[robust.vary]\n"epochs.x" = [3]', "robust.vary.epochs.x: is neither a field nor a component's hyperparameter"),
    ("[robust.vary]\nbatch_size = [1024]", "robust.vary.batch_size (1st value): 1024 is larger than train_size, 512"),
]


@pytest.mark.parametrize(("robust", "problem"), MISTAKES, ids=[robust for robust, _ in MISTAKES])
def test_what_is_wrong_with_alternatives_is_said_when_the_grid_is_read(catalog: Catalog, robust: str, problem: str) -> None:
    with pytest.raises(GridError) as caught:
        grid(catalog, robust)
    assert problem in str(caught.value)
    assert len(caught.value.problems) == 1


def test_mistakes_are_told_together(catalog: Catalog) -> None:
    robust = "[robust.vary]\nhiden = [[3]]\nhidden = [[0]]\noptimizer.rate = [3]"
    with pytest.raises(GridError) as caught:
        grid(catalog, robust)
    assert [problem.field for problem in caught.value.problems] == [
        "robust.vary.hiden",
        "robust.vary.hidden (1st value)",
        "robust.vary.optimizer.rate",
    ]


def test_alternatives_need_a_comparison(catalog: Catalog) -> None:
    with pytest.raises(GridError, match=r"robust: .* add \[compare\] with a factor"):
        grid(catalog, "[robust]", "")
    with pytest.raises(GridError, match=r"add \[compare\] with a factor"):
        Grid.from_text("", "t", catalog).alternatives(catalog)


def test_tuning_seeds_and_metrics_that_change_nothing_are_mistakes(catalog: Catalog) -> None:
    with pytest.raises(GridError, match=r"robust\.tuning_seeds: nothing is tuned"):
        grid(catalog, "[robust]\ntuning_seeds = [5]", HEAD.replace('tune = ["optimizer.lr"]', ""))
    head = HEAD.replace('worse = "normal"\n\n', 'worse = "normal"\nmetric = "test_loss"\n\n')
    with pytest.raises(GridError, match=r"robust\.metrics: every claim names a metric of its own"):
        grid(catalog, '[robust]\nmetrics = ["valid_area"]', head)


WRONG = [
    ('optimizer = ["adam", { name = "sgd", lr = 0.1 }]', "robust: optimizer = adam: optimizer.lr is tuned, and xavier_uniform"),
    ("optimizer.lr = [0.1]", "robust: optimizer.lr = 0.1: optimizer.lr is tuned, and normal has a single value of it here"),
    ("train_size = [32]", "robust: train_size = 32: trial.batch_size: 64 is larger than train_size, 32"),
    ('initializer = [["he_normal"]]', "robust: initializer = he_normal: has 1 level (he_normal), where the grid has 2"),
]


@pytest.mark.parametrize(("vary", "problem"), WRONG, ids=[vary for vary, _ in WRONG])
def test_an_alternative_that_cannot_be_is_named_before_anything_is_trained(catalog: Catalog, vary: str, problem: str) -> None:
    made = grid(catalog, f"[robust.vary]\n{vary}\nhidden = [[8]]")
    with pytest.raises(GridError) as caught:
        made.alternatives(catalog)
    assert problem in str(caught.value)
    assert "hidden = 8" not in str(caught.value)


def test_what_search_spaces_tune_cannot_be_varied(catalog: Catalog) -> None:
    made = grid(catalog, "[robust.vary]\noptimizer.lr = [0.1]", HEAD.replace('["optimizer.lr"]', '"default"'))
    with pytest.raises(GridError, match="is tuned by search spaces that components declare"):
        made.alternatives(catalog)


def test_blocks_of_seeds_may_not_run_into_those_for_tuning(catalog: Catalog) -> None:
    made = grid(catalog, "[robust]", HEAD.replace("seeds = 10", "seeds = [999999]"))
    with pytest.raises(GridError, match="robust: seed 1000000: seeds: 1000000 is a seed for tuning"):
        made.alternatives(catalog)


def test_alternatives_can_be_changed_from_the_command_line(catalog: Catalog) -> None:
    made = grid(catalog, "", HEAD, TRIAL, "robust.seed_blocks=3", 'robust.metrics=["valid_area"]', "robust.vary={ hidden = [[8]] }")
    assert [each.what for each in made.alternatives(catalog)] == [
        "as written",
        "seeds 10–19",
        "seeds 20–29",
        "metric = valid_area",
        "hidden = 8",
    ]
    with pytest.raises(GridError, match=r"robust\.vary\.hidden: what can be set of \[robust\] are its own fields, whole"):
        grid(catalog, "", HEAD, TRIAL, "robust.vary.hidden=[8]")
