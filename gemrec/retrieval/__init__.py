"""Stage 1: which few models are worth running for this person and prompt."""

from gemrec.retrieval.by_image import Sketches, sketch_models
from gemrec.retrieval.filters import EVERYTHING, UNSAFE_TAG, Filters, apply_filters
from gemrec.retrieval.models import BEST, Candidate, Shortlist, retrieve_models
from gemrec.retrieval.shelf import Shelf, Shelves
from gemrec.retrieval.slate import Slate, choose_slate

__all__ = [
    "BEST",
    "EVERYTHING",
    "UNSAFE_TAG",
    "Candidate",
    "Filters",
    "Shelf",
    "Shelves",
    "Shortlist",
    "Sketches",
    "Slate",
    "apply_filters",
    "choose_slate",
    "retrieve_models",
    "sketch_models",
]
