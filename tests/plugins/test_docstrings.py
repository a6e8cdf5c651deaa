"""What the docstring of every component that ships tells: a formula, a line of intuition, and links to the papers that it cites."""

from __future__ import annotations

import inspect
import re

import pytest

from nnbench import load_catalog
from nnbench.kinds import Component
from nnbench.report.describe import paragraphs

SHIPPED = [entry.cls for entry in load_catalog().entries if entry.origin.distribution == "nnbench"]
LINK = re.compile(
    r"(?P<first>\w+)( et al\.| and \w+)? (?P<year>\d{4}): https://(doi\.org/10\.\d{4,9}/\S+|arxiv\.org/abs/\d{4}\.\d{4,5})"
)
CITED = re.compile(r"[A-Z]\w+( et al\.)? (19|20)\d\d\b")
WITHOUT_DOI_OR_ARXIV = {
    # proceedings without DOIs (NeurIPS, PMLR, ESANN, JMLR), reports, theses, lectures and posts
    "activation": ["arctan", "hard_tanh", "relu6", "soft_sign", "softplus"],
    "initializer": ["fan_in_uniform", "sparse", "xavier_normal", "xavier_uniform"],
    "optimizer": ["adagrad", "muon", "nadam", "nesterov", "rmsprop", "yogi"],
    "schedule": ["reduce_on_plateau"],
    "loss": ["crammer_singer", "max_margin", "squared_max_margin"],
    "penalty": ["weight_elimination"],
    "preprocessor": ["normal_scores"],
    "dataset": ["chainlink", "hypercube", "multiplexer", "outliers", "parity", "random_fourier", "ringnorm", "swiss_roll"],
}
every_component = pytest.mark.parametrize("component", SHIPPED, ids=lambda component: f"{component.kind}-{component.name}")


def parts(component: type[Component]) -> tuple[str, list[str]]:
    """The text, and the lines with links."""
    lines = inspect.cleandoc(component.__doc__ or "").splitlines()
    return "\n".join(line for line in lines if "://" not in line), [line for line in lines if "://" in line]


@every_component
def test_the_second_paragraph_is_one_line_of_intuition(component: type[Component]) -> None:
    said = paragraphs(component.__doc__ or "")[1]
    lines = inspect.cleandoc(component.__doc__ or "").splitlines()
    assert [lines[1], *lines[3:4]] in (["", ""], [""]), "one line, with a blank one before and after it"
    assert lines[2] == said.lines[0]
    assert re.fullmatch(r"\S.{30,}[.]", lines[2])
    assert not re.match(r"Range |Starts at |(The )?[Gg]radient |Linear accuracy ", lines[2]), "that is what it does, not why"


@every_component
def test_a_paper_that_is_cited_is_linked(component: type[Component]) -> None:
    text, links = parts(component)
    if component.name in WITHOUT_DOI_OR_ARXIV[component.kind]:
        assert CITED.search(text)
        assert links == []
    else:
        assert bool(links) == bool(CITED.search(text))


@every_component
def test_a_link_leads_to_a_doi_or_to_arxiv_and_names_who_is_cited(component: type[Component]) -> None:
    text, links = parts(component)
    for line in links:
        found = LINK.fullmatch(line)
        assert found, line
        assert len(line) <= 80
        told = re.sub(r"\bal\.", "al", " ".join(text.split()))
        assert re.search(rf"{found['first']}\b[^.]*?{found['year']}", told), "it is not cited"
    assert not links or (component.__doc__ or "").strip().endswith(links[-1].strip())
    assert len(set(links)) == len(links)
