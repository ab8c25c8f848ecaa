"""Everything derived from votes, fresh after each of them, and the recommendation made from it."""

from gemrec.recommend.gallery import Gallery
from gemrec.recommend.history import Moment, rate_over_time
from gemrec.recommend.pipeline import recommend
from gemrec.recommend.reasons import ENOUGH_VOTES, Reason, Record, find_reasons, in_words
from gemrec.recommend.rebuilding import Finding, Rebuilt, rebuild
from gemrec.recommend.refresher import Refresher
from gemrec.recommend.snapshot import Snapshot

__all__ = [
    "ENOUGH_VOTES",
    "Finding",
    "Gallery",
    "Moment",
    "Reason",
    "Rebuilt",
    "Record",
    "Refresher",
    "Snapshot",
    "find_reasons",
    "in_words",
    "rate_over_time",
    "rebuild",
    "recommend",
]
