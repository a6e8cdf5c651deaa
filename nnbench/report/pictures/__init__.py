"""Pictures of components: what to draw, as numbers (`draw`), and ways to draw it (`plot`, `text`, to a file `save`)."""

from nnbench.report.pictures.draw import READING, draw
from nnbench.report.pictures.figure import Figure
from nnbench.report.pictures.files import check, save

__all__ = ["READING", "Figure", "check", "draw", "save"]
