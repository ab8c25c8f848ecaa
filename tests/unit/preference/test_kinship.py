"""Models without pictures are guessed from how they are described."""

import numpy as np

from gemrec.preference import FeatureTable, fit_everybody, fit_taste, guess_looks
from gemrec.records import Outcome
from tests.unit.preference.test_taste import vote

RNG = np.random.default_rng(0)
INK, OIL = np.array([1.0, 0.0]), np.array([-1.0, 0.0])
TAGS = {
    "i1": {"style:ink", "family:f"}, "i2": {"style:ink", "family:f"}, "o1": {"style:oil", "family:f"},
    "o2": {"style:oil", "family:f"}, "new-ink": {"style:ink", "family:f"}, "new-oil": {"style:oil"},
    "odd": {"family:f"}, "bare": set(),
}  # fmt: skip


def table() -> FeatureTable:
    looks = np.stack([INK, 0.8 * INK, OIL, 0.8 * OIL, np.zeros(2)])
    return FeatureTable(dim=2, looks=looks, models={"i1": 0, "i2": 1, "o1": 2, "o2": 3})


def test_by_hand() -> None:
    found = guess_looks(table(), TAGS)
    # Two models in ink, (1 + 0.8) / (2 + 1); what all drawn models are says nothing.
    np.testing.assert_allclose(found.looks[found.guesses["new-ink"]], 0.6 * INK)
    np.testing.assert_allclose(found.looks[found.guesses["new-oil"]], 0.6 * OIL)
    assert found.guesses.keys() == {"new-ink", "new-oil"}
    assert not found.looks[-1].any()
    assert found.expected("new-ink") == -1  # nobody has seen its pictures
    assert guess_looks(FeatureTable(), TAGS).guesses == {}


def test_who_likes_a_style_is_offered_new_models_of_it() -> None:
    found = guess_looks(table(), TAGS)
    names = tuple(TAGS)
    votes = [vote(f"i{n % 2 + 1}", f"o{n % 2 + 1}", Outcome.LEFT, number=n + 1) for n in range(8)]
    taste = fit_taste(votes, fit_everybody((), names, {}, found), found)
    scores = dict(zip(names, taste.score_models(names).score, strict=True))
    assert scores["new-ink"] > scores["odd"] > scores["new-oil"]
    assert scores["i1"] > scores["new-ink"]
    assert abs(scores["odd"] - scores["bare"]) < 1e-9
