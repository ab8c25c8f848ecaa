"""Each setting of ``GEMREC_SAMPLER`` from the environment to the battles that it draws."""

import pytest

from gemrec.arena import SAMPLERS, BattleReady
from gemrec.records import BattleForm, BattleMode, Prompt
from tests.scripted import scripted_model

pytestmark = pytest.mark.integration
FIVE = "".join(map(scripted_model, ("red", "green", "blue", "grey", "gold")))
PROMPT = Prompt("a cat face on a blue background", "animal")


@pytest.mark.parametrize("name", sorted(SAMPLERS))
def test_every_battle_says_how_it_was_drawn_and_how_likely_that_was(
    make_services, monkeypatch, name
):
    monkeypatch.setenv("GEMREC_SAMPLER", name)
    monkeypatch.setenv("GEMREC_RANDOM_SHARE", "0.25")
    services = make_services(FIVE)
    ann = services.store.annotators.create("Ann", services.clock()).id
    policies, last = set(), None
    for number in range(14):
        king = {"form": BattleForm.KING, "king": last} if number in (6, 7) else {}
        ranking = {"form": BattleForm.RANKING, "sides": 3} if number == 8 else {}
        ready = list(services.arena.open_battle(ann, PROMPT, images=1, **king, **ranking))[-1]
        assert isinstance(ready, BattleReady)
        battle = services.store.battles.get(ready.battle_id)
        assert battle.policy in (name, "random")
        assert 0 < battle.propensity <= 1
        policies.add(battle.policy)
        last = ready.battle_id if king else None
        outcome = ("ranking", ((0,), (1, 2))) if ranking else ("left", None)
        vote = services.arena.cast_vote(ready.ticket, outcome[0], ann, ranking=outcome[1]).vote
        services.refresher.wait_for(vote.id, 20)
    assert name in policies
    named = services.arena.open_battle(
        ann, PROMPT, models=["red", "gold"], images=1, mode=BattleMode.NAMED
    )
    battle = services.store.battles.get(list(named)[-1].battle_id)
    assert (battle.policy, battle.propensity) == ("chosen", None)


def test_personal_asks_about_what_it_does_not_know_of_this_person(make_services):
    """Somebody who has often compared two models is asked about others; a newcomer is not spared."""
    services = make_services(FIVE, sampler="personal", random_share=0.0)
    ann, bob = (services.store.annotators.create(n, services.clock()).id for n in ("Ann", "Bob"))
    for _ in range(12):
        events = services.arena.open_battle(ann, PROMPT, models=["red", "green"], images=1)
        vote = services.arena.cast_vote(list(events)[-1].ticket, "left", ann).vote
    services.refresher.wait_for(vote.id, 20)
    pool = [model.id for model in services.arena.usable_models()]
    chances = {}
    for person in (ann, bob):
        evidence = services.arena._chooser._evidence.for_person(person, "animal")
        told = evidence.told_of_taste(pool)
        red, green, grey, gold = (pool.index(m) for m in ("red", "green", "grey", "gold"))
        chances[person] = told[red, green] / told[grey, gold]
    assert chances[ann] < 0.75
    assert chances[ann] < chances[bob]
