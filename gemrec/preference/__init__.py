"""What everybody likes and what one person likes, from votes and from what pictures look like."""

from gemrec.preference.belief import Belief, Scores, thompson_slate
from gemrec.preference.contests import Contests, Reader
from gemrec.preference.everybody import Everybody, fit_everybody
from gemrec.preference.features import (
    COMPONENTS,
    FeatureTable,
    build_features,
    principal_axes,
)
from gemrec.preference.joint import Joint, fit_joint, never
from gemrec.preference.kinship import guess_looks
from gemrec.preference.learning import Learnt, learn_more, learn_scales, without_persons
from gemrec.preference.offers import Asked, Offers, expected_looks
from gemrec.preference.person import Hint, PersonPrior, PersonState, Told
from gemrec.preference.person_fit import fit_person
from gemrec.preference.scales import Scales, standardised_popularity
from gemrec.preference.taste import Axes, Foretold, Influence, Taste, fit_taste

__all__ = [
    "COMPONENTS",
    "Asked",
    "Axes",
    "Belief",
    "Contests",
    "Everybody",
    "FeatureTable",
    "Foretold",
    "Hint",
    "Influence",
    "Joint",
    "Learnt",
    "Offers",
    "PersonPrior",
    "PersonState",
    "Reader",
    "Scales",
    "Scores",
    "Taste",
    "Told",
    "build_features",
    "expected_looks",
    "fit_everybody",
    "fit_joint",
    "fit_person",
    "fit_taste",
    "guess_looks",
    "learn_more",
    "learn_scales",
    "never",
    "principal_axes",
    "standardised_popularity",
    "thompson_slate",
    "without_persons",
]
