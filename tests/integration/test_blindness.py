"""Nothing that the arena says before the vote depends on, or names, a model."""

import json
import re

import pytest

from gemrec.arena import BattleFailed, BattleProgress, BattleReady
from gemrec.documents import battle_document
from gemrec.gallery import Browse
from gemrec.records import BattleMode, Prompt
from tests.scripted import scripted_model

pytestmark = pytest.mark.integration
PROMPT = Prompt("a cat face on a blue background", "animal")


def open_battle(services, **options):
    annotator = services.store.annotators.create("Ann", services.clock())
    return list(services.arena.open_battle(annotator.id, PROMPT, **options))


def as_text(services, events) -> str:
    documents = [
        battle_document(e, lambda name: f"/img/{name}.webp")
        for e in events
        if isinstance(e, BattleReady)
    ]
    return json.dumps(documents) + "\n".join(map(repr, events))


def test_no_event_and_no_document_names_a_model(make_services):
    services = make_services()
    events = open_battle(services, images=3)
    assert isinstance(events[-1], BattleReady)
    text = as_text(services, events).lower()
    for model in services.catalog.models.values():
        assert model.id not in text
        assert model.name.lower() not in text
        assert model.source.path not in re.findall(r"\w+", text)


def test_names_of_showings_are_random_and_never_repeat(make_services):
    services = make_services()
    seen = [
        name
        for _ in range(3)
        for side in open_battle(services, images=2)[-1].sides
        for name in side.names
    ]
    assert len(set(seen)) == 12
    digests = {image.digest for image in services.store.images.all()}
    assert not any(name in digest for name in seen for digest in digests)


def test_a_slow_model_is_not_given_away_by_the_order_of_events(make_services):
    services = make_services(scripted_model("red") + scripted_model("green", "slow:0.3"))
    shapes = {
        tuple(
            (type(e).__name__, e.message if isinstance(e, BattleProgress) else "")
            for e in open_battle(services, images=2)
            if not isinstance(e, BattleProgress)
        )
        for _ in range(3)
    }
    assert len(shapes) == 1


def test_a_side_that_is_ahead_of_the_other_is_in_no_gallery(make_services):
    """Its images are stored before the other side has any, so nobody has been told of them."""
    services = make_services(scripted_model("red") + scripted_model("green", "slow:0.5"))
    annotator = services.store.annotators.create("Ann", services.clock())
    ahead = 0
    for event in services.arena.open_battle(annotator.id, PROMPT, images=4):
        stored = {image.id for image in services.store.images.all()}
        assert stored <= services.arena.hidden_images()
        shown = {image.id for image in services.gallery.images(*_first_page(services))}
        assert not shown
        ahead += len(stored) % 4 == 2 and isinstance(event, BattleProgress)
    assert ahead  # there was such a moment


def _first_page(services):
    page, shelf = services.gallery.browse(Browse())
    return shelf, page


@pytest.mark.parametrize("broken", ["fail", "hang"])
def test_no_contest_does_not_say_whose_fault_it_was(make_services, broken):
    services = make_services(
        scripted_model("red") + scripted_model("green", broken), generation_timeout=1.5
    )
    events = open_battle(services, images=2)
    assert isinstance(events[-1], BattleFailed)
    assert "no contest" in events[-1].reason
    text = as_text(services, events).lower()
    assert "red" not in re.findall(r"\w+", text)
    assert "green" not in re.findall(r"\w+", text)


def test_a_named_comparison_does_name_them(make_services):
    services = make_services()
    ready = open_battle(services, models=["green", "red"], images=1, mode=BattleMode.NAMED)[-1]
    assert [side.model_name for side in ready.sides] == ["The Green Model", "The Red Model"]
