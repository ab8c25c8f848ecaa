"""Stage 2: which generated pictures this person will like best, and what single scores say."""

from gemrec.ranking.gates import Evidence, Objection, SetAside
from gemrec.ranking.images import rank_images
from gemrec.ranking.popularity import BINS, PopularityBins, popularity_bins, sample_sizes
from gemrec.ranking.scores import (
    KINDS,
    NEUTRAL,
    Weights,
    combine,
    distinctiveness,
    normalise,
    popularity,
    prompt_match,
    read_weights,
    safety_of,
)

__all__ = [
    "BINS",
    "KINDS",
    "NEUTRAL",
    "Evidence",
    "Objection",
    "PopularityBins",
    "SetAside",
    "Weights",
    "combine",
    "distinctiveness",
    "normalise",
    "popularity",
    "popularity_bins",
    "prompt_match",
    "rank_images",
    "read_weights",
    "safety_of",
    "sample_sizes",
]
