"""Stage 1 on its own."""

from datetime import UTC, datetime

import numpy as np
import pytest

from gemrec.preference import Asked, FeatureTable, Taste, fit_everybody, fit_taste
from gemrec.records import BattleMode, EventKind, Model, ModelSource, Outcome, Vote
from gemrec.retrieval import Candidate, Shelf, retrieve_models


def make(model_id: str, downloads: int = 0) -> Model:
    return Model(model_id, model_id, ModelSource("scripted", model_id), downloads=downloads)


def taste(*models: Model, wins: dict[tuple[int, int], int] | None = None) -> Taste:
    ids = [model.id for model in models]
    votes = [
        Vote(
            number, "b", f"person {number}", EventKind.CAST, Outcome.LEFT, (ids[won], ids[lost]),
            f"p{number}", "", BattleMode.BLIND, None, datetime(2026, 1, 1, tzinfo=UTC),
        )
        for (won, lost), times in (wins or {}).items()
        for number in range(times)
    ]  # fmt: skip
    return fit_taste((), fit_everybody(votes, ids, {}, FeatureTable()), FeatureTable())


def found(known: Taste, models: list[Model], most: int = 9) -> tuple[Candidate, ...]:
    return retrieve_models(known, Shelf.of(models), Asked(), most).candidates


def test_the_best_come_first_and_scores_are_probabilities() -> None:
    models = [make("a"), make("b"), make("c")]
    ranked = found(taste(*models, wins={(2, 0): 5, (0, 1): 5}), models)
    assert [c.model.id for c in ranked] == ["c", "a", "b"]
    assert all(0 < c.low <= c.score <= c.high < 1 for c in ranked)
    assert ranked[0].score > 0.5 > ranked[-1].score


def test_equal_models_stand_in_order_of_downloads_then_as_given() -> None:
    models = [make("a", 1), make("b", 9), make("c", 1)]
    assert [c.model.id for c in found(taste(*models), models)] == ["b", "a", "c"]


def test_only_what_is_on_offer_makes_up_the_average() -> None:
    models = [make("a"), make("b"), make("gone")]
    known = taste(*models, wins={(2, 0): 20, (2, 1): 20})
    ranked = found(known, models[:2])
    assert {c.model.id for c in ranked} == {"a", "b"}
    assert np.isclose(np.mean([c.score for c in ranked]), 0.5)


def test_most_bounds_the_answer_but_not_the_average() -> None:
    models = [make("a"), make("b"), make("c")]
    known = taste(*models, wins={(0, 1): 5})
    one, every = found(known, models, 1), found(known, models)
    assert len(one) == 1 and one[0].score == every[0].score and len(every) == 3
    assert found(known, models, 0) == ()
    assert found(known, []) == ()


def test_chances_of_the_podium_fall_and_add_up_to_its_places() -> None:
    models = [make(name) for name in "abcdef"]
    wins = {(i, j): 20 for i in range(6) for j in range(i + 1, 6)}
    chances = [c.top3 for c in found(taste(*models, wins=wins), models)]
    assert sum(chances) == pytest.approx(3.0)
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.85 and chances[-1] < 0.15
    assert [c.top3 for c in found(taste(*models[:2]), models[:2])] == [1.0, 1.0]
