import pytest

from gemrec.errors import InputError
from gemrec.gallery import Summarist
from tests.unit.gallery.helpers import FOX, PIE, Gallery
from tests.unit.recommend.helpers import NOW, make_model


@pytest.fixture
def gallery(tmp_path):
    made = Gallery(tmp_path, [make_model(m, 9) for m in ("ada", "bob", "cyd")])
    for model, angle in (("ada", 90), ("bob", 30), ("cyd", 150)):
        made.add(model, angle)
        made.add(model, angle + 100, PIE)
    made.study.prefer("ann", "cyd", "ada", 6)
    made.study.prefer("ann", "bob", "cyd", 2, prompt=PIE)
    made.refresher.rebuild()
    yield made
    made.study.store.close()


@pytest.fixture
def podiums(gallery):
    return Summarist(
        gallery.study.store,
        gallery.study.catalog,
        gallery.refresher,
        gallery.desk.unseen,
        lambda: NOW,
    )


def ids(summary):
    return [place.model.id for place in summary.places]


def test_the_best_models_with_record_and_examples(gallery, podiums):
    found = podiums.of(gallery.study.people["ann"])
    assert ids(found)[-1] == "ada"
    cyd = next(place for place in found.places if place.model.id == "cyd")
    assert (cyd.record.wins, cyd.record.losses) == (6, 2)
    assert cyd.low < cyd.score < cyd.high
    assert {image.prompt for image in cyd.examples} == {FOX.text, PIE.text}
    assert (found.votes, found.categories) == (8, ("animal", "food"))
    food = podiums.of(gallery.study.people["ann"], "food")
    assert food.votes == 2
    assert {i.category for place in food.places for i in place.examples} == {"food"}


def test_an_order_by_hand_stands_beside_the_votes(gallery, podiums):
    ann, store = gallery.study.people["ann"], gallery.study.store
    votes = store.votes.after(0)
    learnt = podiums.of(ann)
    podiums.reorder(ann, "", ["ada", "cyd", "bob"])
    found = podiums.of(ann)
    assert ids(found) == ["ada", "cyd", "bob"]
    assert found.by_hand
    assert {p.model.id: p.score for p in found.places} == {
        p.model.id: p.score for p in learnt.places
    }
    assert store.votes.after(0) == votes
    gallery.refresher.refresh()
    assert ids(podiums.of(ann)) == ["ada", "cyd", "bob"]
    assert not podiums.of(ann, "food").by_hand
    podiums.reorder(ann, "", [])
    assert ids(podiums.of(ann)) == ids(learnt)


def test_what_is_no_order(gallery, podiums):
    ann = gallery.study.people["ann"]
    for wrong in (["ada", "ada"], ["nobody"]):
        with pytest.raises(InputError, match="each model of the podium once"):
            podiums.reorder(ann, "", wrong)
    with pytest.raises(InputError, match="allowed: animal, food"):
        podiums.of(ann, "cars")


def test_hidden_images_are_no_examples(gallery, podiums):
    gallery.hidden |= {image.id for image in gallery.study.store.images.all()}
    assert all(not place.examples for place in podiums.of(None).places)
