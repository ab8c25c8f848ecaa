"""Everything generated, to look through: scores, pages, a map of like images, a summary of models."""

from gemrec.gallery.browse import Browse, Page, Shelf
from gemrec.gallery.desk import GalleryDesk
from gemrec.gallery.scoring import ScoredImage, Scorer

__all__ = ["Browse", "GalleryDesk", "Page", "ScoredImage", "Scorer", "Shelf"]
