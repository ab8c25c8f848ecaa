"""What everybody likes and what one person likes, from votes and from what pictures look like."""

from gemrec.preference.counts import PairCounts
from gemrec.preference.features import FeatureTable, build_features
from gemrec.preference.model import Comparisons, PersonState, fit_person
from gemrec.preference.shared import (
    SharedPrior,
    SharedState,
    category_offsets,
    fit_shared,
    shared_prior,
)
from gemrec.preference.taste import (
    CategoryOffsets,
    Scores,
    Taste,
    fit_taste,
    read_comparisons,
)

__all__ = [
    "CategoryOffsets",
    "Comparisons",
    "FeatureTable",
    "PairCounts",
    "PersonState",
    "Scores",
    "SharedPrior",
    "SharedState",
    "Taste",
    "build_features",
    "category_offsets",
    "fit_person",
    "fit_shared",
    "fit_taste",
    "read_comparisons",
    "shared_prior",
]
