import numpy as np

from gemrec.preference import Asked, FeatureTable, Offers, expected_looks, fit_everybody

LOOKS = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 4.0], [0.0, 0.0]])


def table() -> FeatureTable:
    return FeatureTable(dim=2, looks=LOOKS, grids={("a", "p"): 0, ("a", "q"): 1}, models={"a": 2})


def test_like_prompts_draw_the_expected_look_towards_theirs() -> None:
    looks, known = expected_looks(table(), ["a", "new"], "x", ["p", "q", "unknown"])
    # Two neighbours, and the usual look (0, 4) counts as two.
    assert looks.tolist() == [[1.0, 2.0], [0.0, 0.0]]
    assert known.tolist() == [True, False]


def test_without_neighbours_the_usual_look_is_expected() -> None:
    looks, _ = expected_looks(table(), ["a"], "x")
    assert looks.tolist() == [[0.0, 4.0]]


def test_offers_are_made_once_for_each_place_and_forgotten_in_the_end() -> None:
    models = ("a", "new")
    offers = Offers(fit_everybody((), models, {}, table()), table())
    here = offers.models(models, Asked("x", "p", ("p",)))
    assert offers.models(list(models), Asked("x", "p", ("p",))) is here
    assert here.phi[0].tolist() != offers.models(models, Asked("x", "q", ("q",))).phi[0].tolist()
    for number in range(40):
        offers.models(models, Asked(f"kind {number}"))
    assert offers.models(models, Asked("x", "p", ("p",))) is not here
