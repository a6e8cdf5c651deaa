"""Every mistake of a grid is told at once, each with its place, what was read, and the nearest right name."""

from __future__ import annotations

import pytest

from nnbench import Catalog, Grid, load_catalog
from nnbench.errors import GridError

JARGON = ("Input should", "valid tuple", "valid string", "literal", "pydantic", "extra_forbidden")
EVERYTHING = """
seed = 3
[compare]
factor = "activaton"
metric = "test_acuracy"
baseline = "rleu"
tune = ["optimizer.rl"]
tuning_seeds = "many"
[[claim]]
better = "relu"
worse = "tanhh"
[[claim]]
says = 3
better = "relu"
worse = "tnah"
[robust]
seedblocks = 3
vary = { hiden = [[3]] }
[trial]
activation = ["relu", "tanh"]
epoch = 3
lr = 0.1
optimizer = { name = "sgd", lr = [0.1, -1] }
"""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def told(catalog: Catalog, text: str, *overrides: str) -> str:
    with pytest.raises(GridError) as caught:
        Grid.from_text(text, "g.toml", catalog, overrides)
    message = str(caught.value)
    assert not any(word in message for word in JARGON)
    assert all(line.count(", ") < 12 for line in message.splitlines())  # no lists of forty names
    return message


def test_a_grid_with_every_mistake_is_told_all_of_them_at_once(catalog: Catalog) -> None:
    message = told(catalog, EVERYTHING)
    for part in (
        "seed: no such field; did you mean seeds?",
        "compare.factor: activaton: no such field; did you mean activation?",
        "compare.metric: no such metric 'test_acuracy'; did you mean test_accuracy?",
        "compare.baseline: 'rleu' is no level of this grid; did you mean relu?",
        "compare.tune: optimizer.rl: no optimizer of this grid has it; did you mean lr?",
        "compare.tuning_seeds: 'many' is not accepted",
        "claim (1st table).says: is missing",
        "claim (1st table).worse: 'tanhh' is no level of this grid; did you mean tanh?",
        "claim (2nd table).says: 3 is not accepted",
        "claim (2nd table).worse: 'tnah' is no level of this grid; did you mean tanh?",
        "robust.seedblocks: no such field; did you mean seed_blocks?",
        "robust.vary.hiden: no such field; did you mean hidden?",
        "trial.epoch: no such field; did you mean epochs?",
        "trial.lr: no such field; it is a hyperparameter of the optimizer, so write optimizer.lr",
        "trial.optimizer.lr (2nd value): -1 must be above 0",
    ):
        assert part in message
    assert len(message.splitlines()) == 15


@pytest.mark.parametrize(
    ("override", "part"),
    [
        ("lr=0.1", "write optimizer.lr"),
        ("seed=3", "did you mean seeds above [trial]?"),
        ("k=0.1", "hyperparameter of activation leaky_relu, activation prelu"),
        ("relu=1", "relu is one of the activations, so write activation"),
        ("compare.factor=prelu.k", "prelu is one of the activations, so write activation.k"),
        ("compare.factor=lr", "write optimizer.lr"),
        ('compare.tune=["lr"]', "write optimizer.lr"),
        ("activation=relu,tanhh", "trial.activation (2nd value): no activation 'tanhh'; did you mean tanh?"),
        ("hidden=[8, -3]", "[8, -3] (the 2nd element) must be at least 1"),
        ("hidden=8", "trial.hidden: 8 is not accepted; accepted: a list"),
    ],
)
def test_a_name_in_the_wrong_place_is_told_where_it_belongs(catalog: Catalog, override: str, part: str) -> None:
    assert part in told(catalog, '[compare]\nfactor = "activation"\n[trial]\nactivation = ["relu", "tanh"]', override)


def test_a_level_that_a_wrong_value_may_have_meant_is_no_mistake_of_its_own(catalog: Catalog) -> None:
    claim = '[[claim]]\nsays = "s"\nbetter = "tanh"\nworse = "relu"\n'
    message = told(catalog, f'[compare]\nfactor = "activation"\n{claim}[trial]\nactivation = ["relu", "tanhh"]')
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            '[compare]\nfactor = "activation"',
            "compare.factor: activation has one level, tanh, so there is nothing to compare it with",
        ),
        (
            '[compare]\nfactor = "activation"\ntune = ["optimizer.lr"]\n[trial]\nactivation = ["relu", "tanh"]',
            "compare.tune: optimizer.lr has one value, 0.01, so there is nothing to choose from",
        ),
        ("[trial]\nepochs = [1, 2, 1]", "trial.epochs (3rd value): is in the list already, and counts once"),
    ],
)
def test_what_is_hardly_meant_is_a_warning(catalog: Catalog, text: str, warning: str) -> None:
    assert Grid.from_text(text, "g.toml", catalog).warnings(catalog) == [warning]


def test_a_sound_grid_has_no_warning(catalog: Catalog) -> None:
    text = '[compare]\nfactor = "activation"\ntune = "default"\n[trial]\nhidden = [8, 8]\nactivation = ["relu", "tanh"]'
    assert Grid.from_text(text, "g.toml", catalog).warnings(catalog) == []
