"""The next battle is made while this one is looked at, in nobody's way."""

import time

import pytest

from gemrec.arena import BattleFailed, BattleImages, BattleProgress, BattleReady
from gemrec.errors import InputError
from gemrec.records import BattleForm, Prompt
from tests.scripted import scripted_model

pytestmark = pytest.mark.integration
PROMPT = Prompt("a cat face on a blue background", "animal")
NEXT = Prompt("a pizza", "food")
THREE = "".join(map(scripted_model, ("red", "green", "blue")))
PATIENCE = 20.0


@pytest.fixture
def services(make_services):
    return make_services(THREE)


@pytest.fixture
def ann(services):
    return join(services)


def join(services, name="Ann"):
    return services.store.annotators.create(name, services.clock()).id


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def made(services):
    return len(services.store.images.all())


def play(services, annotator_id, prompt=PROMPT, **options):
    return list(services.arena.open_battle(annotator_id, prompt, **{"images": 2, **options}))


def test_a_prepared_battle_is_there_at_once(services, ann):
    services.arena.prepare(ann, NEXT, images=2)
    assert services.arena.prepared(ann).prompt == NEXT
    wait_until(lambda: made(services) == 4)
    events = play(services, ann, NEXT)
    assert [e.position for e in events if isinstance(e, BattleImages)] == [0, 1]
    assert isinstance(events[-1], BattleReady)
    assert made(services) == 4
    assert services.arena.prepared(ann) is None
    battle = services.store.battles.get(events[-1].battle_id)
    assert (battle.prompt, battle.policy in ("information", "random")) == (NEXT.text, True)
    services.arena.cast_vote(events[-1].ticket, "left", ann)


def test_one_under_way_goes_on_in_front_of_its_person(make_services):
    services = make_services("".join(scripted_model(m, "slow:0.4") for m in ("red", "green")))
    ann = join(services)
    services.arena.prepare(ann, NEXT, images=4)
    wait_until(lambda: made(services) >= 2)
    events = play(services, ann, NEXT, images=4)
    assert isinstance(events[-1], BattleReady)
    assert made(services) == 8
    fractions = [e.fraction for e in events if isinstance(e, BattleProgress)]
    assert fractions == sorted(fractions)


def test_it_leaves_nothing_in_the_way_of_the_open_battle(services, ann):
    ready = play(services, ann)[-1]
    services.arena.prepare(ann, NEXT, images=2)
    wait_until(lambda: made(services) == 8)
    assert services.arena.resume(ann).battle_id == ready.battle_id
    services.arena.cancel_prepared(ann)
    facts = services.store.integrity()
    assert (facts["rows"]["battle"], facts["open_battles"], facts["unvoted_battles"]) == (1, 1, 0)


def test_another_wish_gives_the_prepared_one_up(make_services):
    services = make_services("".join(scripted_model(m, "slow:0.5") for m in ("red", "green")))
    ann = join(services)
    services.arena.prepare(ann, NEXT, images=8)
    started = time.monotonic()
    assert isinstance(play(services, ann, PROMPT, images=1)[-1], BattleReady)
    assert time.monotonic() - started < PATIENCE
    assert services.arena.prepared(ann) is None
    time.sleep(1.0)
    assert made(services) < 10  # the eight pairs were not finished


def test_cancelling_stops_the_work(make_services):
    services = make_services("".join(scripted_model(m, "slow:5") for m in ("red", "green")))
    ann = join(services)
    services.arena.prepare(ann, NEXT, images=2)
    time.sleep(0.5)
    services.arena.cancel_prepared(ann)
    started = time.monotonic()
    services.arena.close()
    assert time.monotonic() - started < 3
    assert made(services) == 0


def test_somebody_elses_battle_goes_first(make_services):
    catalog = scripted_model("red") + scripted_model("green") + scripted_model("slow", "slow:4")
    services = make_services(catalog + scripted_model("slower", "slow:4"))
    ann, bob = join(services), join(services, "Bob")
    services.grids.wait_until_ready()
    services.arena.prepare(ann, NEXT, models=["slow", "slower"], images=2)
    time.sleep(0.7)  # the slow model is at work
    started = time.monotonic()
    assert isinstance(play(services, bob, models=["red", "green"])[-1], BattleReady)
    assert time.monotonic() - started < 2.5
    events = play(services, ann, NEXT, models=["slow", "slower"])
    assert isinstance(events[-1], BattleReady)


def test_images_of_a_prepared_battle_are_hidden(services, ann):
    services.arena.prepare(ann, NEXT, images=2)
    wait_until(lambda: len(services.arena.hidden_images()) == 4)
    services.refresher.refresh()
    assert services.recommend(ann, NEXT.text).images == ()
    services.arena.cancel_prepared(ann)
    assert services.arena.hidden_images() == frozenset()


def test_a_failing_model_is_replaced_before_anybody_sees_it(make_services):
    services = make_services(THREE + scripted_model("broken", "fail"))
    ann = join(services)
    for _ in range(6):
        services.arena.prepare(ann, NEXT, images=1)
        events = play(services, ann, NEXT, images=1)
        while isinstance(events[-1], BattleFailed):  # it was taken before it had failed
            events = play(services, ann, NEXT, images=1)
        battle = services.store.battles.get(events[-1].battle_id)
        assert "broken" not in battle.models


def test_wrong_wishes_are_refused_at_once(services, ann):
    with pytest.raises(InputError, match="images"):
        services.arena.prepare(ann, NEXT, images=0)
    with pytest.raises(InputError, match="needs 5 models"):
        services.arena.prepare(ann, NEXT, form=BattleForm.RANKING, sides=5)
    assert services.arena.prepared(ann) is None


def test_old_ones_are_given_up(make_services, monkeypatch):
    services = make_services(THREE)
    ann = join(services)
    services.arena.prepare(ann, NEXT, images=1)
    later = services.clock()
    from datetime import timedelta  # noqa: PLC0415

    monkeypatch.setattr(
        services.arena._preparations, "_clock", lambda: later + timedelta(minutes=11)
    )
    assert services.arena.prepared(ann) is None
