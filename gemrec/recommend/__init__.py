"""Everything derived from votes, fresh after each of them, and the recommendation made from it."""

from gemrec.recommend.directions import Directions
from gemrec.recommend.drawing import Drawer, Drawing, seeds_for
from gemrec.recommend.gallery import Gallery
from gemrec.recommend.history import Moment, rate_over_time
from gemrec.recommend.pipeline import Steer, recommend
from gemrec.recommend.profile import Leaning
from gemrec.recommend.reasons import ENOUGH_VOTES, Reason
from gemrec.recommend.rebuilding import Finding, Rebuilt, rebuild
from gemrec.recommend.recommender import STRENGTHS, Recommender, Wished
from gemrec.recommend.records_of_votes import Record, records_of
from gemrec.recommend.refresher import Refresher
from gemrec.recommend.snapshot import Snapshot
from gemrec.recommend.steering import in_words
from gemrec.recommend.taste_map import MapPoint

__all__ = [
    "ENOUGH_VOTES",
    "STRENGTHS",
    "Directions",
    "Drawer",
    "Drawing",
    "Finding",
    "Gallery",
    "Leaning",
    "MapPoint",
    "Moment",
    "Reason",
    "Rebuilt",
    "Recommender",
    "Record",
    "Refresher",
    "Snapshot",
    "Steer",
    "Wished",
    "in_words",
    "rate_over_time",
    "rebuild",
    "recommend",
    "records_of",
    "seeds_for",
]
