"""Single-use tickets: repeated, foreign, late and raced for."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from gemrec.errors import InputError, TicketError
from gemrec.records import BattleForm, EventKind, Outcome
from tests.unit.store.world import MODELS, World, snapshot


def test_a_ticket_is_good_once(world: World) -> None:
    ticket = world.ticket()
    world.store.votes.cast(ticket, Outcome.LEFT, world.clock())
    before = snapshot(world)
    others = [outcome for outcome in Outcome if outcome is not Outcome.LEFT]
    for outcome in others:
        with pytest.raises(TicketError, match="ticket for battle battle1 has been used already"):
            world.store.votes.cast(ticket, outcome, world.clock())
    assert snapshot(world) == before
    assert world.store.tickets.refusals() == {"used": len(others)}


def test_saying_the_same_again_is_the_same_vote(world: World) -> None:
    ticket = world.ticket()
    vote = world.store.votes.cast(ticket, Outcome.LEFT, world.clock())
    before = snapshot(world)
    world.clock.advance(minutes=90)  # also when the ticket would have expired by now
    assert world.store.votes.cast(ticket, Outcome.LEFT, world.clock()) == vote
    assert snapshot(world)[:3] == before[:3]
    assert world.store.tickets.refusals() == {}


def test_the_same_order_again_is_the_same_vote(world: World) -> None:
    ticket = world.ticket(world.battle(MODELS, form=BattleForm.RANKING))
    first, other = ((0,), (1, 2)), ((1,), (0, 2))
    vote = world.store.votes.cast(ticket, Outcome.RANKING, world.clock(), ranking=first)
    assert world.store.votes.cast(ticket, Outcome.RANKING, world.clock(), ranking=first) == vote
    with pytest.raises(TicketError, match="used"):
        world.store.votes.cast(ticket, Outcome.RANKING, world.clock(), ranking=other)


def test_somebody_elses_ticket(world: World) -> None:
    ticket = world.ticket()
    before = snapshot(world)
    with pytest.raises(TicketError, match="another annotator"):
        world.store.votes.cast(ticket, Outcome.LEFT, world.clock(), annotator_id="ben")
    assert snapshot(world) == before
    world.store.votes.cast(ticket, Outcome.LEFT, world.clock(), annotator_id="ann")
    with pytest.raises(TicketError, match="another annotator"):
        world.store.votes.cast(ticket, Outcome.LEFT, world.clock(), annotator_id="ben")
    assert world.store.tickets.refusals() == {"annotator": 2}


@pytest.mark.parametrize("kind", [EventKind.UNDO, EventKind.EDIT])
def test_a_used_ticket_stays_used_after_a_change(world: World, kind: EventKind) -> None:
    ticket = world.ticket()
    vote = world.store.votes.cast(ticket, Outcome.LEFT, world.clock())
    outcome = Outcome.TIE if kind is EventKind.EDIT else None
    world.store.votes.append_change(vote.id, kind, outcome, world.clock())
    for said in (Outcome.LEFT, Outcome.RIGHT, Outcome.TIE):
        with pytest.raises(TicketError, match="used"):
            world.store.votes.cast(ticket, said, world.clock())


def test_a_second_ticket_does_not_give_a_second_vote(world: World) -> None:
    battle = world.battle()
    first, second = world.ticket(battle), world.ticket(battle)
    world.store.votes.cast(first, Outcome.TIE, world.clock())
    before = snapshot(world)
    with pytest.raises(TicketError, match="used"):
        world.store.votes.cast(second, Outcome.TIE, world.clock())
    assert snapshot(world) == before


def test_an_expired_ticket(world: World) -> None:
    ticket = world.ticket(minutes=5)
    before = snapshot(world)
    world.clock.advance(minutes=5, seconds=40)
    with pytest.raises(TicketError, match="expired 40 s ago; open a new battle"):
        world.store.votes.cast(ticket, Outcome.LEFT, world.clock())
    assert snapshot(world) == before
    assert world.store.tickets.refusals() == {"expired": 1}


def test_a_ticket_lasts_until_the_last_moment(world: World) -> None:
    late, in_time = world.ticket(minutes=5), world.ticket(minutes=5)
    world.clock.advance(minutes=5, microseconds=-1)
    world.store.votes.cast(in_time, Outcome.LEFT, world.clock())
    world.clock.advance(microseconds=1)
    with pytest.raises(TicketError):
        world.store.votes.cast(late, Outcome.LEFT, world.clock())


def test_an_unknown_ticket(world: World) -> None:
    with pytest.raises(TicketError, match="not known"):
        world.store.votes.cast("'; DROP TABLE vote; --", Outcome.LEFT, world.clock())
    assert world.store.tickets.refusals() == {"unknown": 1}


def test_threads_racing_with_one_ticket(world: World) -> None:
    ticket = world.ticket()

    def cast(outcome: Outcome) -> bool:
        try:
            world.store.votes.cast(ticket, outcome, world.clock())
        except TicketError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        accepted = list(pool.map(cast, [Outcome.LEFT, Outcome.RIGHT] * 16))
    # The first one decides; those that say the same get the same answer.
    assert sum(accepted) == 16
    (row,) = world.store.votes.counts()
    assert row.wins_a + row.wins_b == 1
    assert world.store.votes.last_id() == 1
    assert world.store.tickets.refusals() == {"used": 16}


def test_threads_with_tickets_of_their_own_all_count(world: World) -> None:
    tickets = [world.ticket() for _ in range(60)]
    with ThreadPoolExecutor(12) as pool:
        votes = list(
            pool.map(lambda t: world.store.votes.cast(t, Outcome.LEFT, world.clock()), tickets)
        )
    assert sorted(vote.id for vote in votes) == list(range(1, 61))
    assert world.store.votes.counts()[0].wins_a == 60


def test_threads_racing_to_undo(world: World) -> None:
    vote = world.store.votes.cast(world.ticket(), Outcome.LEFT, world.clock())

    def undo(_: int) -> bool:
        try:
            world.store.votes.append_change(vote.id, EventKind.UNDO, None, world.clock())
        except InputError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(undo, range(16))) == 1
    assert world.store.votes.counts() == ()
