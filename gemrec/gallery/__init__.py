"""Everything generated, to look through: scores, pages, a map of like images, a summary of models."""

from gemrec.gallery.atlas import ACROSS, SHEET, TILE, Atlas
from gemrec.gallery.browse import Browse, Page, Shelf
from gemrec.gallery.choosing import REASONS, Choices
from gemrec.gallery.desk import GalleryDesk
from gemrec.gallery.mapping import Cartographer
from gemrec.gallery.scoring import ScoredImage, Scorer
from gemrec.gallery.summary import Place, Summarist, Summary

__all__ = [
    "ACROSS",
    "REASONS",
    "SHEET",
    "TILE",
    "Atlas",
    "Browse",
    "Cartographer",
    "Choices",
    "GalleryDesk",
    "Page",
    "Place",
    "ScoredImage",
    "Scorer",
    "Shelf",
    "Summarist",
    "Summary",
]
