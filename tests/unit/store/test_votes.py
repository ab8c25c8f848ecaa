"""The append-only trail, and counts that never drift from it."""

import sqlite3
import time
from contextlib import closing
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gemrec.errors import InputError, StoreError
from gemrec.records import BattleForm, BattleMode, EventKind, Outcome, Prompt, ReasonTag, Remarks
from gemrec.store import CountRow, Store
from tests.conftest import Clock
from tests.unit.store.world import MODELS, World, snapshot


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


def test_remarks_travel_with_the_vote_and_survive_an_edit(world: World) -> None:
    said = Remarks((ReasonTag.LOOKS, ReasonTag.STYLE), (1, 0), "", 900, 3)
    vote = world.store.votes.cast(world.ticket(), Outcome.LEFT, world.clock(), remarks=said)
    assert vote.remarks == said
    edit = world.store.votes.append_change(vote.id, EventKind.EDIT, Outcome.TIE, world.clock())
    assert edit.remarks == said


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
