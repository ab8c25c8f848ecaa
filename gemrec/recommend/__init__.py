"""Everything derived from votes, fresh after each of them, and the recommendation made from it."""

from gemrec.recommend.gallery import Gallery
from gemrec.recommend.pipeline import recommend
from gemrec.recommend.reasons import ENOUGH_VOTES, Reason, Record, find_reasons, in_words
from gemrec.recommend.refresher import Refresher
from gemrec.recommend.snapshot import Snapshot

__all__ = [
    "ENOUGH_VOTES",
    "Gallery",
    "Reason",
    "Record",
    "Refresher",
    "Snapshot",
    "find_reasons",
    "in_words",
    "recommend",
]
