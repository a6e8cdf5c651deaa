"""Pictures of components: what to draw, as numbers (`draw`), and two ways to draw it (`plot`, `text`)."""

from nnbench.report.pictures.draw import draw
from nnbench.report.pictures.figure import Figure

__all__ = ["Figure", "draw"]
