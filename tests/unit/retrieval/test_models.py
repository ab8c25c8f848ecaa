"""Stage 1 on its own."""

import numpy as np

from gemrec.preference import FeatureTable, PairCounts, Taste, fit_shared, fit_taste, shared_prior
from gemrec.records import Model, ModelSource
from gemrec.retrieval import retrieve_models


def make(model_id: str, downloads: int = 0, retired: bool = False) -> Model:
    source = ModelSource("scripted", model_id)
    return Model(model_id, model_id, source, downloads=downloads, retired=retired)


def taste(*models: Model, wins: dict[tuple[int, int], int] | None = None) -> Taste:
    ids = [model.id for model in models]
    counts = PairCounts.empty(len(ids))
    for pair, number in (wins or {}).items():
        counts.wins[pair] = number
    prior = shared_prior(ids, {}, FeatureTable())
    return fit_taste((), fit_shared(prior, counts), FeatureTable(), {})


def test_the_best_come_first_and_scores_are_probabilities() -> None:
    models = [make("a"), make("b"), make("c")]
    found = retrieve_models(taste(*models, wins={(2, 0): 5, (0, 1): 5}), models)
    assert [c.model.id for c in found] == ["c", "a", "b"]
    assert all(0 < c.low <= c.score <= c.high < 1 for c in found)
    assert sum(np.array([c.score for c in found]) > 0.5) == 1 or found[0].score > 0.5


def test_equal_models_stand_in_order_of_downloads_then_as_given() -> None:
    models = [make("a", 1), make("b", 9), make("c", 1)]
    assert [c.model.id for c in retrieve_models(taste(*models), models)] == ["b", "a", "c"]


def test_retired_models_are_neither_offered_nor_part_of_the_average() -> None:
    models = [make("a"), make("b"), make("gone", retired=True)]
    known = taste(*models, wins={(2, 0): 20, (2, 1): 20})
    found = retrieve_models(known, models)
    assert {c.model.id for c in found} == {"a", "b"}
    assert np.isclose(np.mean([c.score for c in found]), 0.5)


def test_k_bounds_the_answer_but_not_the_average() -> None:
    models = [make("a"), make("b"), make("c")]
    known = taste(*models, wins={(0, 1): 5})
    one, every = retrieve_models(known, models, k=1), retrieve_models(known, models, k=9)
    assert one == every[:1] and len(every) == 3
    assert retrieve_models(known, models, k=0) == ()
    assert retrieve_models(known, []) == ()
