"""What everybody likes and what one person likes, from votes and from what pictures look like."""

from gemrec.preference.belief import Belief, Scores, thompson_slate
from gemrec.preference.counts import PairCounts
from gemrec.preference.features import FeatureTable, build_features
from gemrec.preference.model import Comparisons, Hint, PersonState, fit_person
from gemrec.preference.shared import (
    SharedPrior,
    SharedState,
    category_offsets,
    fit_shared,
    shared_prior,
)
from gemrec.preference.taste import (
    Axes,
    CategoryOffsets,
    Influence,
    Taste,
    fit_taste,
    read_comparisons,
)

__all__ = [
    "Axes",
    "Belief",
    "CategoryOffsets",
    "Comparisons",
    "FeatureTable",
    "Hint",
    "Influence",
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
    "thompson_slate",
]
