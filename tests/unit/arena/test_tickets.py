from datetime import timedelta

import pytest

from gemrec.arena import TicketOffice
from gemrec.errors import TicketError
from gemrec.records import Battle, BattleMode, Model, ModelSource


@pytest.fixture
def battle(store, clock):
    store.models.sync([Model(m, m, ModelSource("scripted", "ok")) for m in "ab"], clock())
    ann = store.annotators.create("Ann", clock()).id
    battle = Battle(
        "b1", ann, "a cat", "", BattleMode.BLIND, ("a", "b"), (1,), "uniform", 1.0, clock()
    )
    store.battles.open(battle)
    return battle


@pytest.fixture
def office(store, clock):
    return TicketOffice(b"k" * 32, store, clock, minutes=10)


def test_a_ticket_leads_to_its_row(office, store, battle, clock):
    token = office.issue(battle, battle.annotator_id)
    row = store.tickets.get(office.read(token))
    assert row.battle_id == battle.id
    assert row.annotator_id == battle.annotator_id
    assert row.expires_at == clock.now + timedelta(minutes=10)


def test_a_ticket_says_nothing_and_is_safe_in_an_address(office, battle):
    token = office.issue(battle, battle.annotator_id)
    assert battle.id not in token
    assert all(c.isalnum() or c in "-_." for c in token)


def test_two_tickets_differ(office, battle):
    first, second = (office.issue(battle, battle.annotator_id) for _ in range(2))
    assert office.read(first) != office.read(second)


@pytest.mark.parametrize(
    "forge",
    [
        lambda t: "",
        lambda t: "no ticket",
        lambda t: t[:-1],
        lambda t: t.swapcase(),
        lambda t: t + "x",
        lambda t: "..",
        lambda t: "☕" + t,
        lambda t: "x" * 10_000,
    ],
)
def test_forgeries_are_told_and_counted(office, store, battle, forge):
    token = office.issue(battle, battle.annotator_id)
    with pytest.raises(TicketError, match="open a new battle") as caught:
        office.read(forge(token))
    assert len(str(caught.value)) < 200
    assert store.tickets.refusals() == {"forged": 1}


def test_another_servers_ticket_is_a_forgery(office, store, battle, clock):
    other = TicketOffice(b"x" * 32, store, clock, minutes=10)
    with pytest.raises(TicketError, match="Not a ticket of this server"):
        office.read(other.issue(battle, battle.annotator_id))


def test_an_expired_ticket_is_told_and_counted(office, store, battle, clock):
    token = office.issue(battle, battle.annotator_id)
    clock.advance(minutes=10, seconds=2)
    with pytest.raises(TicketError, match="valid for 10 minutes"):
        office.read(token)
    assert store.tickets.refusals() == {"expired": 1}
