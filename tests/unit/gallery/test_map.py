import numpy as np
import pytest

from gemrec.gallery import layout
from gemrec.gallery.layout import between, flatten, lay_out
from gemrec.gallery.mapping import Cartographer
from tests.unit.gallery.helpers import FOX, Gallery
from tests.unit.recommend.helpers import ENCODER, make_model


def clusters(count: int, each: int, dim: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around far-apart centres, and the centre of each."""
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(count, dim))
    of = np.repeat(np.arange(count), each)
    rows = centres[of] + 0.1 * rng.normal(size=(len(of), dim))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), of


def neighbours_agree(places: np.ndarray, of: np.ndarray) -> float:
    """Share of images whose nearest one on the map is of the same cluster."""
    distance = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    return float((of[distance.argmin(axis=1)] == of).mean())


def test_like_images_lie_together():
    rows, of = clusters(4, 12)
    places = lay_out(rows)
    assert neighbours_agree(places, of) > 0.95
    assert np.abs(places).max() <= 1
    assert np.array_equal(places, lay_out(rows))


def test_more_images_than_anchors(monkeypatch):
    monkeypatch.setattr(layout, "ANCHORS", 40)
    rows, of = clusters(4, 30)
    assert neighbours_agree(lay_out(rows), of) > 0.95


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_few_images(count):
    for place in (lay_out, flatten):
        places = place(np.eye(4)[:count])
        assert places.shape == (count, 2)
        assert np.isfinite(places).all()


def test_images_that_are_all_alike():
    assert np.isfinite(lay_out(np.ones((9, 4)) / 2)).all()


def test_a_new_image_lies_between_those_it_is_like():
    known = np.array([[1.0, 0.0], [0.0, 1.0]])
    places = np.array([[-1.0, 0.0], [1.0, 0.0]])
    (middle,) = between(np.array([[0.7071, 0.7071]]), known, places)
    assert middle == pytest.approx([0, 0], abs=1e-3)
    (copy,) = between(known[:1], known, places)
    assert copy == pytest.approx([-1, 0], abs=1e-4)


def test_the_map_grows_and_is_laid_out_anew_now_and_then(tmp_path):
    made = Gallery(tmp_path, [make_model("ada", 9)])
    sizes = []

    def spy(vectors, stopped):
        sizes.append(len(vectors))
        return lay_out(vectors)

    cartographer = Cartographer(made.study.store, ENCODER, spy)
    assert cartographer.catch_up() == 0
    for seed in range(20):
        made.add("ada", 9 * seed, FOX, seed)
    assert cartographer.catch_up() == 20
    before = cartographer.places()
    made.add("ada", 45.0, FOX, 21)
    assert cartographer.catch_up() == 1
    after = cartographer.places()
    assert (len(after.ids), sizes) == (21, [20])
    assert np.array_equal(after.xy[:20], before.xy)
    for seed in range(22, 29):
        made.add("ada", 7 * seed, FOX, seed)
    cartographer.catch_up()
    assert sizes == [20, 28]
    assert cartographer.catch_up() == 0
    made.study.store.close()


def test_images_are_on_the_map_before_the_layout_is_done(tmp_path):
    made = Gallery(tmp_path, [make_model("ada", 9)])
    seen = []

    def late(vectors, stopped):
        seen.append(len(cartographer.places().ids))
        return lay_out(vectors)

    cartographer = Cartographer(made.study.store, ENCODER, late)
    for seed in range(5):
        made.add("ada", 30 * seed, FOX, seed)
    cartographer.catch_up()
    assert seen == [5]
    made.study.store.close()
