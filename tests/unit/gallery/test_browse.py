import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemrec.errors import InputError
from gemrec.gallery import Browse, Shelf
from gemrec.gallery.columns import Columns
from gemrec.ranking import Weights, combine
from tests.unit.gallery.helpers import FOX, PIE, Gallery
from tests.unit.recommend.helpers import make_model


@pytest.fixture
def gallery(tmp_path):
    made = Gallery(tmp_path, [make_model("ada", 9), make_model("bob", 99), make_model("cyd", 0)])
    for model, angle in (("ada", 90), ("bob", 30), ("cyd", 150)):
        made.add(model, angle)
        made.add(model, angle + 100, PIE)
    made.scorer.catch_up()
    yield made
    made.study.store.close()


def test_filters(gallery):
    models = gallery.models
    browse = gallery.desk.browse
    assert sorted(models(browse(Browse(prompt=FOX.text)))) == ["ada", "bob", "cyd"]
    assert models(browse(Browse(model="bob", category="food"))) == ["bob"]
    assert models(browse(Browse(search="FOX bo"))) == ["bob"]
    assert models(browse(Browse(prompt="no such prompt"))) == []


def test_weights_change_the_order(gallery):
    fox = {"prompt": FOX.text}
    by_match = gallery.models(gallery.desk.browse(Browse(**fox, weights=Weights(1, 0, 0))))
    by_fame = gallery.models(gallery.desk.browse(Browse(**fox, weights=Weights(0, 0, 1))))
    assert by_match[0] == "ada"
    assert by_fame == ["bob", "ada", "cyd"]


def test_it_says_how_many_have_no_such_score(gallery):
    store = gallery.study.store
    (ada,) = (i for i in store.images.for_prompt(FOX) if i.model_id == "ada")
    store.image_scores.put_safety([(ada.id, 0.9)])
    gallery.add("bob", 45, seed=1)  # not measured yet
    page, _ = gallery.desk.browse(Browse(prompt=FOX.text, low=0.6))
    assert page.unknown == (1, 1, 0, 3, 0)
    assert gallery.desk.browse(Browse(model="ada", prompt=FOX.text))[0].unknown[3] == 0


def test_hidden_pictures_are_nowhere(gallery):
    (ada,) = (i for i in gallery.study.store.images.for_prompt(FOX) if i.model_id == "ada")
    gallery.hidden.add(ada.id)
    page, shelf = gallery.desk.browse(Browse(prompt=FOX.text))
    assert page.total == sum(page.bars) == 2
    assert "ada" not in gallery.models((page, shelf))


def test_new_pictures_and_scores_are_followed(gallery):
    assert gallery.desk.browse(Browse())[0].total == 6
    gallery.add("cyd", 90, seed=1)
    assert gallery.desk.browse(Browse())[0].total == 7
    gallery.scorer.catch_up()
    _, shelf = gallery.desk.browse(Browse())
    assert np.isfinite(shelf.columns.measured[:, 0]).all()


@pytest.mark.parametrize(
    "wrong", [{"low": 0.6, "high": 0.5}, {"high": 1.1}, {"size": 0}, {"page": -1}]
)
def test_what_cannot_be(wrong):
    with pytest.raises(InputError, match="allowed"):
        Browse(**wrong)


def shelf_of(scores, prompts=None):
    """A shelf whose prompt match, the only weight that counts, is already 0..1 in one prompt."""
    n = len(scores)
    zeros = np.zeros(n, np.int64)
    measured = np.stack([np.array(scores, float), np.zeros(n), np.full(n, np.nan)], axis=1)
    columns = Columns(np.arange(1, n + 1), zeros, zeros, zeros, measured, ("m",), ("p",), ("c",), 0)
    return Shelf(columns, ("M",), np.zeros(n))


@settings(max_examples=60)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.integers(1, 7), st.floats(0, 1))
def test_pages_are_the_whole_order_cut_into_pieces(scores, size, low):
    shelf = shelf_of(scores)
    match = Weights(1, 0, 0)
    every = combine(shelf.normalised, match)
    wanted = sorted(
        (i for i in range(len(scores)) if every[i] >= low), key=lambda i: (-every[i], -i)
    )
    seen, page = [], 0
    while True:
        found = shelf.browse(Browse(weights=match, low=low, page=page, size=size))
        assert (found.page, found.total) == (page, len(wanted))
        seen += found.places
        page += 1
        if page >= found.pages:
            break
    assert seen == wanted
