"""Every shipped component has a picture, drawn and as text; test_gallery.py has the SVG of each."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from measured import problems

from nnbench import Component, load_catalog
from nnbench.kinds import KINDS
from nnbench.report.pictures import Figure, draw, plot, text
from nnbench.report.pictures.figure import MUTED, Bars, Mark, Panel

CATALOG = load_catalog()
COMPONENTS: list[Component] = [entry.cls() for kind in KINDS for entry in CATALOG.of(kind)]


every_component = pytest.mark.parametrize("component", COMPONENTS, ids=lambda each: f"{each.kind}-{each.name}")


@cache
def drawn(component: Component) -> Figure:
    return draw(component)


@every_component
def test_every_component_has_a_picture_with_something_within_its_axes(component: Component) -> None:
    figure = drawn(component)
    assert 1 <= len(figure.panels) <= 2
    for panel in figure.panels:
        assert panel.title
        assert np.isfinite([*panel.x_limits, *panel.y_limits]).all()
        assert panel.x_limits[0] < panel.x_limits[1]
        assert panel.y_limits[0] < panel.y_limits[1]
        assert any(is_seen(mark, panel) for mark in panel.marks)


def is_seen(mark: Mark, panel: Panel) -> bool:
    """Whether some of a mark that matters lies within the axes."""
    if isinstance(mark, Bars):
        return bool((mark.heights > 0).any())
    across = (panel.x_limits[0] <= mark.x) & (mark.x <= panel.x_limits[1])
    up = (panel.y_limits[0] <= mark.y) & (mark.y <= panel.y_limits[1])
    return mark.color != MUTED and bool((across & up).any())


@every_component
def test_a_picture_is_the_same_each_time(component: Component) -> None:
    first, again = drawn(component), draw(component)
    assert first.caption == again.caption
    for one, other in zip(first.panels, again.panels, strict=True):
        for left, right in zip(one.marks, other.marks, strict=True):
            for field in ("x", "y", "edges", "heights"):
                if hasattr(left, field):
                    np.testing.assert_array_equal(getattr(left, field), getattr(right, field))


@every_component
def test_every_component_is_drawn_whole_and_as_text(component: Component) -> None:
    figure = drawn(component)
    assert problems(plot.drawn(figure, title=f"{component.kind} {component.name}")) == []
    lines = text.render(figure, 100, colors=False).splitlines()
    assert max(map(len, lines)) <= 110
    assert any("⠀" < letter <= "⣿" or letter in text.LETTERS for line in lines for letter in line)
