"""Which alternatives agree with a verdict and which turn it, from verdicts alone."""

from __future__ import annotations

import json
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnbench import Catalog, Grid
from nnbench.analysis.comparison import Comparison, Placed, compare
from nnbench.analysis.pairs import Outcome
from nnbench.analysis.robustness import Judgement, Robustness
from nnbench.grid import Alternative
from nnbench.report import robustness
from nnbench.report.robustness import Launched, Statement


def statement(*outcomes: Outcome | None, other_seeds: int = 1) -> Statement:
    """A statement with these verdicts, the first as written; the alternative at `other_seeds` differs in its seeds alone."""
    judgements = tuple(Judgement(f"choice {n}", each, n == other_seeds) for n, each in enumerate(outcomes))
    return Statement("a is better than b", Robustness(judgements), ("shown",) * len(outcomes))


def test_a_verdict_that_nothing_turns_holds_in_all() -> None:
    found = statement("supported", "supported", "supported")
    assert robustness.sentence(found) == "supported in 3 of 3"
    assert not found.robustness.flips


def test_what_turns_a_verdict_is_named_with_what_it_turns_it_into() -> None:
    found = statement("supported", "undecided", "supported", "refuted")
    assert robustness.sentence(found) == "supported in 2 of 4; turned by choice 1 (undecided) and choice 3 (refuted)"
    assert found.robustness.flips


def test_a_verdict_that_other_choices_than_seeds_turn_does_not_flip() -> None:
    assert not statement("supported", "supported", "undecided").robustness.flips


def test_an_alternative_without_a_verdict_neither_agrees_nor_turns() -> None:
    found = statement("undecided", None, "undecided", None)
    assert robustness.sentence(found) == "undecided in 2 of 2; no verdict with choice 1 and choice 3"
    assert robustness.rows(found)[1] == ("choice 1", "–", "shown")
    assert not found.robustness.flips


def test_the_other_forms_say_the_same() -> None:
    found = statement("supported", "undecided", None)
    (data,) = json.loads(robustness.as_json([found]))
    assert (data["verdict"], data["agree"], data["of"], data["flips_between_seeds"]) == ("supported", 1, 2, True)
    assert (data["turned_by"], data["no_verdict_with"]) == (["choice 1"], ["choice 2"])
    assert [each["verdict"] for each in data["alternatives"]] == ["supported", "undecided", None]
    lines = robustness.markdown([found]).splitlines()
    assert (lines[0], lines[2]) == ("**a is better than b**", "| alternative | verdict | evidence |")
    assert lines[-1] == "supported in 1 of 2; turned by choice 1 (undecided); no verdict with choice 2."


GRID = """
[compare]
factor = "activation"
[[claim]]
says = "by the metric of all"
better = "tanh"
worse = "relu"
[[claim]]
says = "by its own"
better = "tanh"
worse = "relu"
metric = "test_loss"
[robust]
metrics = ["valid_area"]
[trial]
activation = ["tanh", "relu"]
"""


@pytest.fixture
def alternatives(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> list[Alternative]:
    monkeypatch.setattr(
        "nnbench.report.claims.claim_rows",
        lambda comparison: [(each.says, each.verdict, "shown", "–") for each in comparison.claims],
    )
    return Grid.from_text(GRID, "g", catalog).alternatives(catalog)


def claims(*verdicts: str) -> Any:
    says = ("by the metric of all", "by its own")
    return SimpleNamespace(
        claims=[SimpleNamespace(says=each, verdict=verdict) for each, verdict in zip(says, verdicts, strict=True)]
    )


def test_another_metric_for_all_is_not_counted_for_a_claim_that_names_its_own(alternatives: list[Alternative]) -> None:
    comparisons = [claims("supported", "supported"), claims("supported", "undecided"), claims("refuted", "supported")]
    launched = [Launched(each, found) for each, found in zip(alternatives, comparisons, strict=True)]
    first, second = robustness.statements(launched)
    assert robustness.sentence(first) == "supported in 2 of 3; turned by metric = valid_area (refuted)"
    assert robustness.sentence(second) == "supported in 1 of 2; turned by seeds 3–5 (undecided)"
    assert robustness.claim_rows(launched, holds=True) == [
        ("by the metric of all", "supported", "shown", "–", "2 of 3"),
        ("by its own", "undecided (flips between seeds)", "shown", "–", "1 of 2"),
    ]
    assert robustness.claim_rows(launched[:1], holds=True)[0] == ("by the metric of all", "supported", "shown", "–", "–")
    assert robustness.claim_rows(launched, holds=False)[0] == ("by the metric of all", "supported", "shown", "–")


def test_what_was_not_launched_is_said_with_the_reason(alternatives: list[Alternative]) -> None:
    written, *others = alternatives
    launched = [
        Launched(written, claims("supported", "supported")),
        *(Launched(each, None, "interrupted, 3 trials left", interrupted=True) for each in others),
    ]
    (first, _) = robustness.statements(launched)
    assert robustness.rows(first)[1] == ("seeds 3–5", "–", "interrupted, 3 trials left")
    assert robustness.sentence(first) == "supported in 1 of 1; no verdict with seeds 3–5 and metric = valid_area"
    assert robustness.statements([Launched(written, None, "interrupted", interrupted=True)]) == []


def pairs(first: str, second: str, shift: float) -> Comparison:
    """Two levels on eight data sets, the first so many standard deviations better."""
    placed, rows = {}, []
    rng = np.random.default_rng(0)
    for level, data in product((first, second), range(8)):
        placed[f"{level}/{data}"] = Placed(level, f"task {data}", f"data {data}")
        basic = {"cell_id": f"{level}/{data}", "status": "done", "steps_to_target": 1.0}
        rows += [{**basic, "seed": seed, "test_accuracy": shift * (level == first) + rng.normal()} for seed in range(10)]
    return compare("initializer", "test_accuracy", placed, rows)


def test_a_grid_without_claims_is_about_its_pairs_and_the_levels_in_their_place(catalog: Catalog) -> None:
    text = (
        '[compare]\nfactor = "initializer"\n[robust.vary]\ninitializer.std = [0.2]\n'
        '[trial]\ninitializer = ["xavier_uniform", "normal"]'
    )
    alternatives = Grid.from_text(text, "g", catalog).alternatives(catalog)
    comparisons = [
        pairs("xavier_uniform", "normal", 3.0),
        pairs("xavier_uniform", "normal", 0.0),
        pairs("normal(std=0.2)", "xavier_uniform", 3.0),
    ]
    (found,) = robustness.statements([Launched(each, made) for each, made in zip(alternatives, comparisons, strict=True)])
    assert found.says == "xavier_uniform is better than normal"
    assert robustness.rows(found)[2][2].startswith("probability of improvement 0.0")
    told = "supported in 1 of 3; turned by seeds 3–5 (undecided) and initializer.std = 0.2 (refuted)"
    assert robustness.sentence(found) == told
