"""A page with the picture of every component."""

from nnbench.report.gallery.cards import Card, cards
from nnbench.report.gallery.page import check_folder, page, write

__all__ = ["Card", "cards", "check_folder", "page", "write"]
