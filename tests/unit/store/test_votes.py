"""Single-use tickets, the append-only trail, and counts that never drift from it."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gemrec.errors import InputError, StoreError, TicketError
from gemrec.records import BattleForm, BattleMode, EventKind, Outcome, Prompt, ReasonTag, Remarks
from gemrec.store import CountRow, Store
from tests.conftest import Clock
from tests.unit.store.world import MODELS, World


def snapshot(world: World) -> tuple[object, ...]:
    """Everything that a refused vote must leave as it was."""
    votes = world.store.votes
    return votes.after(0), votes.counts(), votes.last_id(), world.store.integrity()["open_battles"]


def test_a_vote_is_stored_with_its_battle(world: World) -> None:
    battle = world.battle(("bob", "ada"))
    ticket = world.ticket(battle)
    world.clock.advance(seconds=3)
    vote = world.store.votes.cast(
        ticket, Outcome.LEFT, world.clock(), remarks=Remarks(dwell_ms=1500)
    )
    assert (vote.battle_id, vote.annotator_id, vote.kind) == (battle.id, "ann", EventKind.CAST)
    assert (vote.models, vote.prompt, vote.category) == (("bob", "ada"), "a fox", "animal")
    assert (vote.mode, vote.cast_at, vote.remarks.dwell_ms) == (
        BattleMode.BLIND,
        world.clock(),
        1500,
    )
    assert vote.supersedes is None
    assert world.store.votes.after(0) == world.store.votes.current() == (vote,)
    assert world.store.events(battle.id) == (vote,)
    row = world.store.tickets.get(ticket)
    assert row is not None
    assert row.vote_id == vote.id == world.store.votes.last_id()
    assert world.store.votes.counts() == (CountRow("ada", "bob", "animal", "ann", 0, 1, 0, 0, 0),)


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


def test_the_best_image_must_have_been_shown(world: World) -> None:
    ticket = world.ticket()
    for best in ((2, 0), (0, 2), (-1, 0)):
        with pytest.raises(InputError, match=r"best: got .*allowed: a side 0 to 1"):
            world.store.votes.cast(ticket, Outcome.LEFT, world.clock(), remarks=Remarks(best=best))
    vote = world.store.votes.cast(ticket, Outcome.LEFT, world.clock(), remarks=Remarks(best=(1, 1)))
    assert vote.remarks.best == (1, 1)


def test_the_reason_of_a_skip_goes_with_the_skip(world: World) -> None:
    vote = world.store.votes.cast(
        world.ticket(), Outcome.SKIP, world.clock(), remarks=Remarks(skip_reason="both empty")
    )
    edited = world.store.votes.append_change(vote.id, EventKind.EDIT, Outcome.LEFT, world.clock())
    assert edited.remarks.skip_reason == ""
    assert world.store.votes.of_battle(vote.battle_id)[0].remarks.skip_reason == "both empty"


def test_a_persons_newest_events_by_battle(world: World) -> None:
    votes = [world.store.votes.cast(world.ticket(), Outcome.LEFT, world.clock()) for _ in range(4)]
    undone = world.store.votes.append_change(votes[1].id, EventKind.UNDO, None, world.clock())
    newest = world.store.votes.newest
    assert newest("ann", 10) == (votes[3], votes[2], undone, votes[0])
    assert newest("ann", 2) == (votes[3], votes[2])
    assert newest("ann", 2, before=votes[2].id) == (undone, votes[0])
    assert newest("ben", 2) == ()


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


def test_edit_and_undo_are_new_events(world: World) -> None:
    votes = world.store.votes
    cast = votes.cast(world.ticket(), Outcome.LEFT, world.clock(), remarks=Remarks(dwell_ms=900))
    edit = votes.append_change(cast.id, EventKind.EDIT, Outcome.BOTH_BAD, world.clock())
    assert (edit.kind, edit.supersedes, edit.outcome) == (EventKind.EDIT, cast.id, Outcome.BOTH_BAD)
    assert votes.current() == (edit,)
    assert votes.counts()[0].both_bad == 1
    undo = votes.append_change(edit.id, EventKind.UNDO, None, world.clock())
    assert (undo.outcome, votes.current(), votes.counts(), votes.count("ann")) == (None, (), (), 0)
    again = votes.append_change(undo.id, EventKind.EDIT, Outcome.TIE, world.clock())
    assert votes.current("ann") == (again,)
    assert world.store.events(cast.battle_id) == (cast, edit, undo, again)


def test_changes_that_are_refused(world: World) -> None:
    votes = world.store.votes
    cast = votes.cast(world.ticket(), Outcome.LEFT, world.clock())
    edit = votes.append_change(cast.id, EventKind.EDIT, Outcome.TIE, world.clock())
    before = snapshot(world)
    bad = [
        (cast.id, EventKind.UNDO, None, "event 2 has replaced"),
        (99, EventKind.UNDO, None, "got 99"),
        (edit.id, EventKind.EDIT, None, "'edit' with an outcome"),
        (edit.id, EventKind.UNDO, Outcome.TIE, "'undo' without one"),
        (edit.id, EventKind.CAST, Outcome.TIE, "got 'cast'"),
    ]
    for vote_id, kind, outcome, message in bad:
        with pytest.raises(InputError, match=message):
            votes.append_change(vote_id, kind, outcome, world.clock())
    assert snapshot(world) == before
    undo = votes.append_change(edit.id, EventKind.UNDO, None, world.clock())
    with pytest.raises(InputError, match="taken back already"):
        votes.append_change(undo.id, EventKind.UNDO, None, world.clock())


@pytest.mark.parametrize("statement", ["UPDATE vote SET outcome = 'tie'", "DELETE FROM vote"])
def test_the_database_itself_refuses_to_change_votes(world: World, statement: str) -> None:
    world.store.votes.cast(world.ticket(), Outcome.LEFT, world.clock())
    before = snapshot(world)
    with closing(sqlite3.connect(world.store.path)) as raw:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
    assert snapshot(world) == before


def test_what_is_not_counted(world: World) -> None:
    votes = world.store.votes
    votes.cast(world.ticket(), Outcome.SKIP, world.clock())
    votes.cast(world.ticket(world.battle(mode=BattleMode.NAMED)), Outcome.LEFT, world.clock())
    assert votes.counts() == ()
    assert votes.count("ann") == 2
    edited = votes.append_change(1, EventKind.EDIT, Outcome.RIGHT, world.clock())
    assert votes.counts()[0].wins_b == 1
    votes.append_change(edited.id, EventKind.EDIT, Outcome.SKIP, world.clock())
    assert votes.counts() == ()


@pytest.mark.parametrize("dwell", [-1, 10**12, 2**80])
def test_an_impossible_dwell_time_is_unknown(world: World, dwell: int) -> None:
    remarks = Remarks(dwell_ms=dwell)
    vote = world.store.votes.cast(world.ticket(), Outcome.TIE, world.clock(), remarks=remarks)
    assert vote.remarks == Remarks()


def test_reading_after_an_id(world: World) -> None:
    for _ in range(5):
        world.store.votes.cast(world.ticket(), Outcome.TIE, world.clock())
    assert [v.id for v in world.store.votes.after(2)] == [3, 4, 5]
    assert [v.id for v in world.store.votes.after(1, limit=2)] == [2, 3]
    assert world.store.votes.after(5) == ()
    assert world.store.votes.current("nobody") == ()


def test_a_time_without_zone_is_refused(world: World) -> None:
    ticket = world.ticket()
    with pytest.raises(StoreError, match="no time zone"):
        world.store.votes.cast(ticket, Outcome.TIE, world.clock().replace(tzinfo=None))
    assert world.store.votes.last_id() == 0


def test_the_frame_has_every_event(world: World) -> None:
    assert len(world.store.votes.frame()) == 0
    cast = world.store.votes.cast(
        world.ticket(), Outcome.LEFT, world.clock(), remarks=Remarks(dwell_ms=700)
    )
    world.store.votes.append_change(cast.id, EventKind.UNDO, None, world.clock())
    world.store.votes.cast(world.ticket(), Outcome.TIE, world.clock())
    frame = world.store.votes.frame()
    assert list(frame["stands"]) == [False, False, True]
    assert list(frame["kind"]) == ["cast", "undo", "cast"]
    assert frame["cast_at"].iloc[0] == world.clock()
    assert set(frame.columns) >= {"model_left", "model_right", "prompt", "policy", "propensity"}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["cast", "edit", "undo"]),
        st.sampled_from(Outcome),
        st.sampled_from(list(permutations(MODELS, 2))),
        st.sampled_from(["", "animal"]),
        st.sampled_from(BattleMode),
        st.sampled_from(["ann", "ben"]),
        st.integers(0, 30),
    ),
    max_size=25,
)
RANKINGS = (((0, 1, 2),), ((2,), (0, 1)), ((1,), (2,), (0,)), ((2,), (1,)))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_counts_always_equal_the_events(
    steps: list[tuple[str, Outcome, tuple[str, str], str, BattleMode, str, int]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    store = Store(tmp_path_factory.mktemp("counts") / "gemrec.db")
    world = World(store, Clock())
    store.annotators.create("Ben", world.clock(), "ben")
    newest: list[int] = []
    for action, outcome, models, category, mode, person, which in steps:
        ranks = outcome is Outcome.RANKING
        ranking = RANKINGS[which % len(RANKINGS)] if ranks else None
        if action == "cast" or not newest:
            battle = world.battle(
                MODELS if ranks else models,
                prompt=Prompt("a fox", category),
                annotator_id=person,
                mode=mode,
                form=BattleForm.RANKING if ranks else BattleForm.PAIR,
            )
            ticket = world.ticket(battle)
            newest.append(store.votes.cast(ticket, outcome, world.clock(), ranking=ranking).id)
            continue
        place = which % len(newest)
        kind = EventKind(action)
        try:
            newest[place] = store.votes.append_change(
                newest[place],
                kind,
                None if kind is EventKind.UNDO else outcome,
                world.clock(),
                ranking=None if kind is EventKind.UNDO else ranking,
            ).id
        except InputError:  # a second undo, or an order for a pair
            continue
    kept = store.votes.counts()
    assert {row for row in kept if row.model_a >= row.model_b} == set()
    assert sum(_total(row) for row in kept) == sum(
        len(vote.pairs) for vote in store.votes.current() if vote.mode is BattleMode.BLIND
    )
    store.votes.rebuild_counts()
    assert store.votes.counts() == kept
    store.close()


def _total(row: CountRow) -> int:
    return row.wins_a + row.wins_b + row.ties + row.both_good + row.both_bad


def test_casting_reads_no_table_from_end_to_end(store: Store, clock: Clock, tmp_path: Path) -> None:
    """Casting stays O(1): SQLite searches by index in every statement that a cast runs."""
    world = World(store, clock)
    ticket = world.ticket()
    statements: list[str] = []
    with store._database.connect() as connection:
        connection.set_trace_callback(statements.append)
    vote = store.votes.cast(ticket, Outcome.LEFT, clock())
    store.votes.append_change(vote.id, EventKind.UNDO, None, clock())
    with store._database.connect() as connection:
        connection.set_trace_callback(None)
        plans = [
            row["detail"]
            for statement in statements
            if statement.split()[0] in {"SELECT", "UPDATE", "DELETE", "INSERT"}
            and "RAISE" not in statement
            for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")
        ]
    assert len(plans) >= 8
    whole = [plan for plan in plans if plan.startswith("SCAN") and "subquery" not in plan]
    assert whole == []


def ranking_ticket(world: World) -> str:
    return world.ticket(world.battle(MODELS, form=BattleForm.RANKING))


def test_a_ranking_is_stored_whole_and_counted_as_its_pairs(world: World) -> None:
    votes = world.store.votes
    order = ((2,), (0, 1))
    vote = votes.cast(ranking_ticket(world), Outcome.RANKING, world.clock(), ranking=order)
    assert (vote.ranking, vote.form, vote.models) == (order, BattleForm.RANKING, MODELS)
    assert votes.counts() == (
        CountRow("ada", "bob", "animal", "ann", 0, 0, 1, 0, 0, "", 3),
        CountRow("ada", "cyd", "animal", "ann", 0, 1, 0, 0, 0, "", 3),
        CountRow("bob", "cyd", "animal", "ann", 0, 1, 0, 0, 0, "", 3),
    )
    edit = votes.append_change(
        vote.id, EventKind.EDIT, Outcome.RANKING, world.clock(), ranking=((0,), (1,))
    )
    assert votes.counts() == (CountRow("ada", "bob", "animal", "ann", 1, 0, 0, 0, 0, "", 2),)
    votes.append_change(edit.id, EventKind.UNDO, None, world.clock())
    assert votes.counts() == ()


@pytest.mark.parametrize("order", [None, (), ((0,),), ((0, 0),), ((0,), (3,)), ((-1,), (1,))])
def test_an_order_that_does_not_fit_changes_nothing(
    world: World, order: tuple[tuple[int, ...], ...] | None
) -> None:
    ticket = ranking_ticket(world)
    before = snapshot(world)
    with pytest.raises(InputError, match="ranking: got"):
        world.store.votes.cast(ticket, Outcome.RANKING, world.clock(), ranking=order)
    assert snapshot(world) == before
    world.store.votes.cast(ticket, Outcome.RANKING, world.clock(), ranking=((0,), (1,)))


def test_pairs_and_rankings_do_not_mix(world: World) -> None:
    with pytest.raises(InputError, match="allowed for this battle: ranking, skip"):
        world.store.votes.cast(ranking_ticket(world), Outcome.LEFT, world.clock())
    with pytest.raises(InputError, match="allowed for this battle: left"):
        world.store.votes.cast(world.ticket(), Outcome.RANKING, world.clock(), ranking=((0,), (1,)))


def test_remarks_travel_with_the_vote_and_survive_an_edit(world: World) -> None:
    said = Remarks((ReasonTag.LOOKS, ReasonTag.STYLE), (1, 0), "", 900, 3)
    vote = world.store.votes.cast(world.ticket(), Outcome.LEFT, world.clock(), remarks=said)
    assert vote.remarks == said
    edit = world.store.votes.append_change(vote.id, EventKind.EDIT, Outcome.TIE, world.clock())
    assert edit.remarks == said


def test_an_unfinished_ranking_is_kept_until_the_vote(world: World) -> None:
    battle = world.battle(MODELS, form=BattleForm.RANKING)
    drafts = world.store.drafts
    assert drafts.get(battle.id) is None
    drafts.save(battle.id, ((1,),), world.clock())
    drafts.save(battle.id, ((1,), (0,)), world.clock())
    assert drafts.get(battle.id) == ((1,), (0,))
    world.store.votes.cast(world.ticket(battle), Outcome.SKIP, world.clock())
    assert drafts.get(battle.id) is None


@pytest.mark.bench
def test_a_cast_costs_the_same_after_many_votes(world: World) -> None:
    def seconds_for(number: int) -> float:
        tickets = [world.ticket() for _ in range(number)]
        start = time.perf_counter()
        for ticket in tickets:
            world.store.votes.cast(ticket, Outcome.LEFT, world.clock())
        return (time.perf_counter() - start) / number

    first = seconds_for(300)
    seconds_for(8000)
    assert seconds_for(300) < 3 * first
