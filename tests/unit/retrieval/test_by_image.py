"""Models found by a picture, on synthetic embeddings whose right answer is known."""

import numpy as np
import pytest

from gemrec.retrieval import sketch_models
from gemrec.retrieval.by_image import SUPPORT_POINTS

DIM = 24


def pictures(rng: np.random.Generator, models: int, prompts: int) -> dict[str, list[np.ndarray]]:
    """Content is five times as strong as style, as it is in embeddings of real models."""
    styles = 0.4 * rng.normal(size=(models, DIM)) * (np.arange(DIM) >= DIM // 2)
    contents = 2.0 * rng.normal(size=(prompts, DIM)) * (np.arange(DIM) < DIM // 2)
    noise = 0.1 * rng.normal(size=(models, prompts, DIM))
    raw = styles[:, None] + contents[None] + noise
    raw /= np.linalg.norm(raw, axis=-1, keepdims=True)
    return {f"m{i}": list(raw[i].astype(np.float32)) for i in range(models)}


def test_a_hidden_picture_finds_its_model() -> None:
    made = pictures(np.random.default_rng(1), 16, 30)
    places = []
    for held in range(0, 30, 3):
        known = {m: [v for p, v in enumerate(rows) if p != held] for m, rows in made.items()}
        sketches = sketch_models(known)
        for model_id, rows in made.items():
            found = [m for m, _ in sketches.nearest(rows[held], 16)]
            places.append(found.index(model_id))
    assert np.mean(np.array(places) < 4) >= 0.9


def test_a_sketch_is_ten_points_with_weights_that_add_up() -> None:
    sketches = sketch_models(pictures(np.random.default_rng(0), 3, 40))
    assert sketches.models == ("m0", "m1", "m2")
    assert np.bincount(sketches.owner).tolist() == [SUPPORT_POINTS] * 3
    assert np.bincount(sketches.owner, sketches.weights) == pytest.approx(1.0)
    assert (sketches.weights >= 0).all()


def test_ten_points_stand_in_for_all_pictures() -> None:
    made = pictures(np.random.default_rng(2), 4, 60)
    few = sketch_models(made)
    query = made["m2"][7].astype(np.float64) @ few.whitening
    for model_id, rows in made.items():
        white = np.stack(rows).astype(np.float64) @ few.whitening
        every = np.exp(-((white - query) ** 2).sum(axis=1) / few.bandwidth).mean()
        reduced = few.scores(made["m2"][7])[few.models.index(model_id)]
        assert reduced == pytest.approx(every, abs=0.12)


def test_shares_add_up_and_models_without_pictures_are_left_out() -> None:
    made = pictures(np.random.default_rng(3), 3, 5)
    sketches = sketch_models({**made, "new": []})
    shares = dict(sketches.nearest(made["m1"][0], 9))
    assert sum(shares.values()) == pytest.approx(1.0)
    assert set(shares) == {"m0", "m1", "m2"}
    assert sketch_models({}).nearest(made["m1"][0], 3) == ()


def test_one_picture_each_is_enough_to_answer() -> None:
    made = pictures(np.random.default_rng(4), 3, 1)
    assert sketch_models(made).nearest(made["m2"][0], 1)[0][0] == "m2"
