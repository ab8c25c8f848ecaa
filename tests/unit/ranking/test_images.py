"""Stage 2 on its own."""

from datetime import UTC, datetime

import numpy as np

from gemrec.preference import (
    FeatureTable,
    Hint,
    Taste,
    fit_everybody,
    fit_taste,
)
from gemrec.ranking import Evidence, Objection, rank_images
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
    liked = Hint(np.array([1.0, 0.0]), 1.5, 0.1)
    everybody = fit_everybody((), MODELS, {}, table)
    return fit_taste((), everybody, table).steered([liked])


def test_two_pictures_of_one_model_are_told_apart() -> None:
    known = taste({1: [-1.0, 0.0], 2: [1.0, 0.0], 3: [0.0, 1.0]})
    ranked, _ = rank_images(known, [image(1, "a"), image(2, "a"), image(3, "a")], MODELS, "x")
    assert [r.image.id for r in ranked] == [2, 3, 1]
    assert ranked[0].score > 0.5 > ranked[-1].score


def test_a_picture_without_features_is_its_models_usual_one() -> None:
    known = taste({1: [-1.0, 0.0], 2: [1.0, 0.0]})
    ranked, _ = rank_images(known, [image(1, "a"), image(2, "a"), image(9, "a")], MODELS, "x")
    assert [r.image.id for r in ranked] == [2, 9, 1]


def test_the_same_picture_is_listed_once_and_limits_hold() -> None:
    known = taste({})
    same = [image(1, "a", "f" * 64), image(2, "a", "f" * 64), image(3, "b")]
    assert [r.image.id for r in rank_images(known, same, MODELS)[0]] == [1, 3]
    assert len(rank_images(known, same, MODELS, limit=1)[0]) == 1
    assert rank_images(known, [], MODELS) == ((), ())
    assert rank_images(known, same, MODELS, limit=0)[0] == ()


def test_the_best_seed_of_each_model_leads_and_says_out_of_how_many() -> None:
    known = taste({1: [-1.0, 0.0], 2: [1.0, 0.0], 3: [0.2, 0.0]})
    ranked, _ = rank_images(known, [image(1, "a"), image(2, "a"), image(3, "b")], MODELS)
    assert {r.image.id: r.best_of for r in ranked} == {2: 2, 3: 1, 1: 0}
    assert all(0 < r.low <= r.score <= r.high < 1 for r in ranked)


def unit(*numbers: float) -> np.ndarray:
    vector = np.array(numbers, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def evidence(**vectors: np.ndarray) -> Evidence:
    """Pictures 1, 2, … have the vectors ``v1``, ``v2``; their prompt is p, four others differ."""
    prompts = {"p": unit(1, 0, 0, 0, 0)}
    prompts |= {f"q{i}": np.eye(5, dtype=np.float32)[i] for i in range(1, 5)}
    return Evidence({f"{int(k[1:]):064x}": v for k, v in vectors.items()}, prompts)


def test_a_picture_of_something_else_is_set_aside() -> None:
    known = taste({})
    told = evidence(v1=unit(1, 0.1, 0, 0, 0), v2=unit(0.1, 1, 1, 1, 1), v3=unit(0.5, 1, 0.1, 0, 0))
    ranked, aside = rank_images(known, [image(i, "a") for i in (1, 2, 3, 4)], MODELS, evidence=told)
    # The third is nearer to one other prompt only; of the fourth nothing is known.
    assert [r.image.id for r in ranked] == [1, 3, 4]
    assert [(a.image.id, a.objection) for a in aside] == [(2, Objection.PROMPT)]


def test_a_copy_of_a_better_picture_is_set_aside() -> None:
    known = taste({1: [-1.0, 0.0], 2: [1.0, 0.0], 3: [0.0, 0.0]})
    told = evidence(v1=unit(1, 0, 0, 0, 0.02), v2=unit(1, 0, 0, 0, 0), v3=unit(1, 0.5, 0, 0, 0))
    ranked, aside = rank_images(known, [image(i, "a") for i in (1, 2, 3)], MODELS, evidence=told)
    assert [r.image.id for r in ranked] == [2, 3]
    assert [(a.image.id, a.objection) for a in aside] == [(1, Objection.COPY)]
    assert ranked[0].best_of == 2


def test_what_is_nearer_to_unsafe_words_is_set_aside() -> None:
    told = evidence(v1=unit(1, 0, 0, 0, 0.9), v2=unit(1, 0, 0, 0.9, 0))
    words = Evidence(
        told.vectors, told.prompts, unit(0, 0, 0, 0, 1)[None], unit(0, 0, 0, 1, 0)[None]
    )
    ranked, aside = rank_images(taste({}), [image(1, "a"), image(2, "a")], MODELS, evidence=words)
    assert [r.image.id for r in ranked] == [2]
    assert [a.objection for a in aside] == [Objection.UNSAFE]


def test_few_other_prompts_say_nothing() -> None:
    told = evidence(v1=unit(0, 1, 0, 0, 0))
    few = Evidence(told.vectors, {k: told.prompts[k] for k in ("p", "q1", "q2")})
    ranked, aside = rank_images(taste({}), [image(1, "a")], MODELS, evidence=few)
    assert len(ranked) == 1 and aside == ()
