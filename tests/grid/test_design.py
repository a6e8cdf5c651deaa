"""What a grid compares: levels, tasks, tuned settings, claims, and what is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest

from nnbench import Catalog, Dataset, Grid
from nnbench.errors import GridError
from nnbench.grid.design import family
from nnbench.grid.file import TUNING_SEEDS_FROM

TRIAL = """
[trial]
dataset = ["moons", "circles"]
activation = ["tanh", { name = "leaky_relu", k = [0.1, 0.2] }]
optimizer = { name = "momentum", lr = [0.1, 0.3], mu = 0.8 }
"""


def grid(catalog: Catalog, head: str, trial: str = TRIAL) -> Grid:
    return Grid.from_text(f"seeds = 4\n{head}\n{trial}", "test.toml", catalog)


def test_levels_tasks_and_settings_are_told_apart(catalog: Catalog) -> None:
    made = grid(catalog, '[compare]\nfactor = "activation"\ntune = ["optimizer.lr"]')
    found, tuned = made.candidates(catalog)
    assert tuned == ["optimizer.lr"]
    assert len(found) == 3 * 2 * 2
    assert {each.level for each in found} == {"tanh", "leaky_relu(k=0.1)", "leaky_relu(k=0.2)"}
    assert {each.task for each in found} == {"moons", "circles"}
    assert {each.dataset for each in found} == {"moons", "circles"}
    assert {each.setting["optimizer.lr"] for each in found} == {0.1, 0.3}
    assert len({(each.level, each.task, each.setting["optimizer.lr"]) for each in found}) == len(found)


def test_what_is_not_tuned_makes_tasks(catalog: Catalog) -> None:
    found, tuned = grid(catalog, '[compare]\nfactor = "activation"').candidates(catalog)
    assert tuned == []
    assert len({each.task for each in found}) == 4
    assert {each.dataset for each in found} == {"moons", "circles"}
    assert all(each.setting == {} for each in found)


def test_tuned_hyperparameters_of_the_factor_make_no_levels(catalog: Catalog) -> None:
    made = grid(catalog, '[compare]\nfactor = "activation"\ntune = ["activation.k"]')
    found, _ = made.candidates(catalog)
    assert {each.level for each in found} == {"tanh", "leaky_relu"}
    settings = {each.level: sorted({str(other.setting) for other in found if other.level == each.level}) for each in found}
    assert settings == {"tanh": ["{}"], "leaky_relu": ["{'activation.k': 0.1}", "{'activation.k': 0.2}"]}


@pytest.mark.parametrize(
    ("factor", "levels"), [("optimizer.lr", {"0.1", "0.3"}), ("hidden", {"8", "4-4", "[]"}), ("dropout", {"0", "0.5"})]
)
def test_plain_fields_and_hyperparameters_can_be_compared(catalog: Catalog, factor: str, levels: set[str]) -> None:
    trial = TRIAL + "hidden = [[8], [4, 4], []]\ndropout = [0.0, 0.5]"
    found, _ = grid(catalog, f'[compare]\nfactor = "{factor}"', trial).candidates(catalog)
    assert {each.level for each in found} == levels
    by_level = [sorted(each.task for each in found if each.level == level) for level in levels]
    assert all(tasks == by_level[0] for tasks in by_level)


def test_the_default_search_spaces_are_the_factors_and_the_optimizers(catalog: Catalog) -> None:
    trial = '[trial]\noptimizer = ["sgd", { name = "momentum", mu = 0.8 }]'
    made = grid(catalog, '[compare]\nfactor = "optimizer"\ntune = "default"', trial)
    found, tuned = made.candidates(catalog)
    assert tuned == ["optimizer.lr"]
    for level in ("sgd", "momentum(mu=0.8)"):
        values = [each.setting["optimizer.lr"] for each in found if each.level == level]
        assert values == list(catalog["optimizer", level.partition("(")[0]].search_space["lr"])


def test_a_hyperparameter_that_only_one_level_has_is_tuned_for_that_one(catalog: Catalog) -> None:
    trial = '[trial]\noptimizer = [{ name = "momentum", lr = [0.1, 0.3], mu = [0.5, 0.9] }, { name = "sgd", lr = [0.1, 1.0] }]'
    found, _ = grid(catalog, '[compare]\nfactor = "optimizer"\ntune = ["optimizer.lr", "optimizer.mu"]', trial).candidates(catalog)
    assert {each.level for each in found} == {"momentum", "sgd"}
    assert [dict(each.setting) for each in found if each.level == "sgd"] == [{"optimizer.lr": 0.1}, {"optimizer.lr": 1.0}]
    assert len({tuple(each.setting.values()) for each in found if each.level == "momentum"}) == 4


def test_a_data_set_belongs_to_the_family_of_its_name_or_of_the_one_that_it_wraps(catalog: Catalog) -> None:
    trial = TRIAL.replace('"moons"', '{ name = "moons", noise = [0.1, 0.2] }')
    found, _ = grid(catalog, '[compare]\nfactor = "activation"', trial).candidates(catalog)
    assert {(each.dataset, each.family) for each in found} == {
        ("moons(noise=0.1)", "moons"),
        ("moons(noise=0.2)", "moons"),
        ("circles", "circles"),
    }


class Beside(Dataset):
    """Two data sets, one beside the other."""

    classes, features, target = 2, 2, 0.9
    left: Dataset
    right: Dataset

    def sample(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        return self.left.sample(rng, n)


def test_the_family_of_a_data_set_around_others_is_theirs(catalog: Catalog) -> None:
    moons, circles = catalog["dataset", "moons"](), catalog["dataset", "circles"]()
    assert family(Beside(left=moons, right=circles)) == "moons+circles"
    assert family(Beside(left=moons, right=Beside(left=moons, right=moons))) == "moons"


def test_judged_metrics_are_those_of_the_comparison_and_of_its_claims_once_each(catalog: Catalog) -> None:
    claim = '[[claim]]\nsays = "x"\nbetter = "tanh"\nworse = "leaky_relu(k=0.1)"\n'
    text = f'[compare]\nfactor = "activation"\n{claim}metric = "test_loss"\n{claim}{claim}metric = "test_loss"'
    assert grid(catalog, text).judged_metrics == ("steps_to_target", "test_loss")
    assert grid(catalog, "").judged_metrics == ()


def test_tuning_trials_have_seeds_of_their_own(catalog: Catalog) -> None:
    made = grid(catalog, '[compare]\nfactor = "activation"\ntune = ["optimizer.lr"]\ntuning_seeds = 2')
    assert made.tuning_seeds == (TUNING_SEEDS_FROM, TUNING_SEEDS_FROM + 1)
    assert {trial.seed for trial in made.trials(catalog)} == set(made.tuning_seeds)
    assert not set(made.tuning_seeds) & set(made.seed_list)
    assert grid(catalog, '[compare]\nfactor = "activation"').tuning_seeds == ()


PROBLEMS = [
    ('factor = "activaton"', "compare.factor: activaton: no such field; did you mean activation"),
    ('factor = "activation.slope"', "compare.factor: activation.slope: no activation of this grid has it"),
    ('factor = "activation.k"', "compare.factor: activation.k: tanh has none, so that it is no level; compare activation"),
    ('factor = "dataset"', "compare.factor: dataset: data sets are the tasks"),
    ('factor = "optimizer.lr.x"', "is neither a field nor a component's hyperparameter"),
    ('factor = "activation"\ntune = ["optimizer.rate"]', "compare.tune: optimizer.rate: no optimizer of this grid has it"),
    ('factor = "activation"\ntune = ["activation"]', "what is compared cannot be tuned"),
    ('factor = "activation"\ntune = "all"', 'accepted: "default", or a list of fields'),
    ('factor = "activation"\nmetric = "step_to_target"', "no such metric 'step_to_target'; did you mean steps_to_target"),
    (
        'factor = "activation"\ntuning_seeds = 0',
        "compare.tuning_seeds: 0 is not accepted; accepted: a whole number from 1 to 1,000",
    ),
    ('factr = "activation"', "compare.factr: no such field; did you mean factor"),
    ('metric = "test_loss"', "compare.factor: is missing"),
    (
        'factor = "activation"\n[[claim]]\nsays = "x"\nbetter = "tan"\nworse = "leaky_relu(k=0.1)"',
        "claim.better: 'tan' is no",
    ),
    (
        'factor = "activation"\n[[claim]]\nsays = "x"\nbetter = "tanh"\nworse = "leaky_relu"',
        "claim.worse: 'leaky_relu' is no",
    ),
    ('factor = "activation"\n[[claim]]\nsays = "x"\nbetter = "tanh"\nworse = "tanh"', "is said to be better than itself"),
    ('factor = "activation"\nbaseline = "tan"', "compare.baseline: 'tan' is no level of this grid; did you mean tanh?"),
    ('factor = "activation"\nbaseline = "leaky_relu"', "compare.baseline: 'leaky_relu' is no level of this grid"),
    ('factor = "activation"\nbaseline = 3', 'compare.baseline: 3 is not accepted; accepted: a level as text, such as "adam"'),
    ('factor = "activation"\nat_least = 0.5', "compare.at_least: 0.5 is not accepted; accepted: a number above 0.5 and below 1"),
    ('factor = "activation"\nat_least = nan', "compare.at_least: nan is not accepted"),
    ('factor = "activation"\ncount = "tasks"', """compare.count: 'tasks' is not accepted; accepted: "families" or "variants\""""),
    (
        'factor = "activation"\n[[claim]]\nsays = "x"\nbetter = "tanh"\nworse = "leaky_relu(k=0.1)"\nat_least = 1.0',
        "claim.at_least: 1.0 is not accepted; accepted: a number above 0.5 and below 1",
    ),
    ('factor = "activation"\n[[claim]]\nbetter = "tanh"\nworse = "tanh"', "claim.says: is missing"),
]


@pytest.mark.parametrize(("table", "problem"), PROBLEMS, ids=[problem[:40] for _, problem in PROBLEMS])
def test_what_is_wrong_with_a_comparison_is_said_before_anything_is_trained(catalog: Catalog, table: str, problem: str) -> None:
    with pytest.raises(GridError) as caught:
        grid(catalog, f"[compare]\n{table}")
    assert problem in str(caught.value)


def test_a_claim_without_a_comparison_is_an_error(catalog: Catalog) -> None:
    with pytest.raises(GridError, match="add \\[compare\\] with a factor"):
        grid(catalog, '[[claim]]\nsays = "x"\nbetter = "tanh"\nworse = "leaky_relu"')


def test_reported_seeds_must_leave_the_tuning_ones_alone(catalog: Catalog) -> None:
    text = f'seeds = [1, {TUNING_SEEDS_FROM}]\n[compare]\nfactor = "activation"\ntune = ["optimizer.lr"]\n{TRIAL}'
    with pytest.raises(GridError, match="seeds must be below 1,000,000"):
        Grid.from_text(text, "test.toml", catalog)


def test_a_comparison_can_be_changed_from_the_command_line(catalog: Catalog) -> None:
    text = f'[compare]\nfactor = "activation"\n{TRIAL}'
    made = Grid.from_text(text, "t", catalog, ["compare.metric=test_accuracy", "compare.baseline=tanh", "compare.at_least=0.6"])
    assert made.compare is not None
    assert (made.compare.metric, made.compare.baseline, made.compare.at_least) == ("test_accuracy", "tanh", 0.6)
