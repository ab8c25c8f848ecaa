import pytest

from gemrec.errors import InputError
from gemrec.ranking import Weights
from gemrec.store import ImageScore
from tests.unit.gallery.helpers import FOX, PIE, Gallery
from tests.unit.recommend.helpers import ENCODER, make_model


@pytest.fixture
def gallery(tmp_path):
    made = Gallery(tmp_path, [make_model("ada", 9), make_model("bob", 99), make_model("cyd", 0)])
    yield made
    made.study.store.close()


def test_raw_values_are_stored_and_normalised_when_read(gallery):
    # The prompt points to 90°; the pictures to 90°, 30° and 150°.
    for model, angle in (("ada", 90), ("bob", 30), ("cyd", 150)):
        gallery.add(model, angle)
    found = gallery.desk.score(FOX.text, Weights())
    by_model = {scored.image.model_id: scored for scored in found}
    # cos 0 = 1, cos 60° = .5 for both others; between bob and cyd cos 120° = -.5
    assert by_model["ada"].raw["prompt_match"] == pytest.approx(100, abs=1e-4)
    assert by_model["bob"].raw["prompt_match"] == pytest.approx(50, abs=1e-4)
    assert by_model["ada"].raw["distinctiveness"] == pytest.approx(0.5, abs=1e-6)
    assert by_model["bob"].raw["distinctiveness"] == pytest.approx(1.0, abs=1e-6)
    assert by_model["bob"].raw["popularity"] == pytest.approx(2.0)
    assert by_model["bob"].raw["safety"] is None
    # ada: 1·1 + .8·0 + .2·.5 = 1.1 of 2; bob: 0 + .8 + .2 = 1; cyd: 0 + .8 + 0
    scores = {model: scored.score for model, scored in by_model.items()}
    assert scores == pytest.approx({"ada": 0.55, "bob": 0.5, "cyd": 0.4}, abs=1e-6)
    assert [scored.image.model_id for scored in found] == ["ada", "bob", "cyd"]
    stored = gallery.study.store.image_scores.of_images([by_model["bob"].image.id])
    assert stored[by_model["bob"].image.id].prompt_match == pytest.approx(50, abs=1e-4)


def test_a_new_picture_changes_its_own_prompt_alone(gallery):
    for model, angle in (("ada", 90), ("bob", 30)):
        gallery.add(model, angle)
        gallery.add(model, angle, PIE)
    gallery.scorer.catch_up()
    before = gallery.desk.score(PIE.text, Weights())
    gallery.add("cyd", 200)
    assert gallery.scorer.catch_up() == 3
    assert gallery.desk.score(PIE.text, Weights()) == before


def test_catching_up_measures_what_has_vectors_and_stops_there(gallery):
    gallery.add("ada", 10)
    gallery.add("bob", None)
    assert gallery.scorer.catch_up() == 1
    assert gallery.scorer.catch_up() == 0


def test_one_picture_alone_has_a_finite_score(gallery):
    gallery.add("ada", 10)
    (alone,) = gallery.desk.score(FOX.text, Weights())
    assert alone.score == 0.5
    assert alone.raw["distinctiveness"] is None


def test_no_pictures_says_what_to_do(gallery):
    with pytest.raises(InputError, match="python -m gemrec generate"):
        gallery.desk.score(FOX.text, Weights())


def test_safety_is_kept_when_the_rest_is_measured_again(gallery):
    image = gallery.add("ada", 10)
    store = gallery.study.store.image_scores
    store.put_safety([(image.id, 0.25)])
    gallery.scorer.catch_up()
    known = store.of_images([image.id])[image.id]
    assert (known.safety, known.prompt_match is None) == (0.25, False)
    store.put(ENCODER, [ImageScore(image.id, 1.0, None, 0.75)])
    assert store.of_images([image.id])[image.id].safety == 0.75


def test_preference_is_the_persons(gallery):
    for model, angle in (("ada", 90), ("bob", 90), ("cyd", 90)):
        gallery.add(model, angle)
    gallery.study.prefer("ann", "cyd", "ada", 8)
    gallery.study.prefer("ann", "cyd", "bob", 8)
    gallery.refresher.rebuild()
    found = gallery.desk.score(FOX.text, Weights(0, 0, 0, 0, 1), gallery.study.people["ann"])
    assert found[0].image.model_id == "cyd"
    assert found[0].raw["preference"] > 0.5
