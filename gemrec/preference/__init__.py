"""What everybody likes and what one person likes, from votes and from what pictures look like."""

from gemrec.preference.belief import Belief, Scores, thompson_slate
from gemrec.preference.contests import Contests, Reader
from gemrec.preference.counts import PairCounts
from gemrec.preference.everybody import Everybody
from gemrec.preference.features import (
    COMPONENTS,
    FeatureTable,
    build_features,
    principal_axes,
)
from gemrec.preference.joint import Joint, fit_joint
from gemrec.preference.learning import Learnt, learn_more, learn_scales, without_persons
from gemrec.preference.model import Comparisons, Hint, PersonState, fit_person
from gemrec.preference.scales import Scales
from gemrec.preference.shared import (
    SharedPrior,
    SharedState,
    category_offsets,
    fit_shared,
    shared_prior,
    standardised_popularity,
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
    "COMPONENTS",
    "Axes",
    "Belief",
    "CategoryOffsets",
    "Comparisons",
    "Contests",
    "Everybody",
    "FeatureTable",
    "Hint",
    "Influence",
    "Joint",
    "Learnt",
    "PairCounts",
    "PersonState",
    "Reader",
    "Scales",
    "Scores",
    "SharedPrior",
    "SharedState",
    "Taste",
    "build_features",
    "category_offsets",
    "fit_joint",
    "fit_person",
    "fit_shared",
    "fit_taste",
    "learn_more",
    "learn_scales",
    "principal_axes",
    "read_comparisons",
    "shared_prior",
    "standardised_popularity",
    "thompson_slate",
    "without_persons",
]
