"""Stage 2 on its own."""

from datetime import UTC, datetime

import numpy as np

from gemrec.preference import (
    Comparisons,
    FeatureTable,
    PairCounts,
    Taste,
    fit_person,
    fit_shared,
    shared_prior,
)
from gemrec.ranking import rank_images
from gemrec.records import Image

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MODELS = ("a", "b")


def image(number: int, model_id: str, digest: str | None = None) -> Image:
    name = digest or f"{number:064x}"
    return Image(number, name, model_id, "p", "x", number, "k", 8, 8, None, NOW)


def taste(images: dict[int, list[float]]) -> Taste:
    """Of somebody who likes the first feature, for two models with the same usual look."""
    rows = {number: row for row, number in enumerate(images)}
    table = FeatureTable(
        dim=2,
        rows=rows,
        images=np.array(list(images.values())).reshape(-1, 2),
        looks=np.zeros((3, 2)),
        models={model_id: row for row, model_id in enumerate(MODELS)},
    )
    shared = fit_shared(shared_prior(MODELS, {}, table), PairCounts.empty(2))
    count = 6
    votes = Comparisons(
        np.zeros(count, dtype=np.int64),
        np.ones(count, dtype=np.int64),
        np.tile([1.0, 0.0], (count, 1)),
        np.zeros(count),
        np.full(count, 0.5),
    )
    return Taste(shared, fit_person(shared, votes), table, {}, votes)


def test_two_pictures_of_one_model_are_told_apart() -> None:
    known = taste({1: [-1.0, 0.0], 2: [1.0, 0.0], 3: [0.0, 1.0]})
    ranked = rank_images(known, [image(1, "a"), image(2, "a"), image(3, "a")], MODELS, "x")
    assert [r.image.id for r in ranked] == [2, 3, 1]
    assert ranked[0].score > 0.5 > ranked[-1].score


def test_a_picture_without_features_is_its_models_usual_one() -> None:
    known = taste({1: [-1.0, 0.0], 2: [1.0, 0.0]})
    ranked = rank_images(known, [image(1, "a"), image(2, "a"), image(9, "a")], MODELS, "x")
    assert [r.image.id for r in ranked] == [2, 9, 1]


def test_the_same_picture_is_listed_once_and_limits_hold() -> None:
    known = taste({})
    same = [image(1, "a", "f" * 64), image(2, "a", "f" * 64), image(3, "b")]
    assert [r.image.id for r in rank_images(known, same, MODELS)] == [1, 3]
    assert len(rank_images(known, same, MODELS, limit=1)) == 1
    assert rank_images(known, [], MODELS) == ()
    assert rank_images(known, same, MODELS, limit=0) == ()
