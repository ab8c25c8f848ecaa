"""Anything that people can do with tickets and votes, in any order, against a simple model of it."""

import os
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)

from gemrec.arena import TicketOffice
from gemrec.errors import InputError, TicketError
from gemrec.records import EventKind, Outcome
from gemrec.store import Store
from tests.conftest import Clock
from tests.unit.store.world import World

MINUTES = 30
PAIRS = [o for o in Outcome if o is not Outcome.RANKING]
DECIDING = {Outcome.LEFT, Outcome.RIGHT, Outcome.TIE, Outcome.BOTH_GOOD, Outcome.BOTH_BAD}
outcomes = st.sampled_from(PAIRS)


class Votes(RuleBasedStateMachine):
    """The model: for each battle its ticket's end and what stands; every event ever, in order."""

    tickets = Bundle("tickets")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.store = Store(Path(self.folder.name) / "gemrec.db")
        self.world = World(self.store, self.clock)
        self.store.annotators.create("Bob", self.clock(), "bob")
        self.office = TicketOffice(b"k" * 32, self.store, self.clock, MINUTES)
        self.ends: dict[str, object] = {}
        self.first: dict[str, Outcome] = {}
        self.stands: dict[str, Outcome | None] = {}
        self.newest: dict[str, int] = {}
        self.trail: list[tuple[int, str, str]] = []
        self.refused: Counter[str] = Counter()

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @initialize(target=tickets)
    def begin(self):
        return self.open()

    @rule(target=tickets)
    def open(self):
        battle = self.world.battle()
        self.ends[battle.id] = self.clock() + timedelta(minutes=MINUTES)
        return battle.id, self.office.issue(battle, "ann")

    @rule(ticket=tickets, outcome=outcomes, who=st.sampled_from([None, "ann", "bob"]))
    def vote(self, ticket, outcome, who):
        """Also a second time, late, or by somebody else."""
        battle, token = ticket
        try:
            vote = self.store.votes.cast(
                self.office.read(token), outcome, self.clock(), annotator_id=who
            )
        except TicketError:
            assert (
                who == "bob"
                or self.clock() >= self.ends[battle]
                or (
                    battle in self.first
                    and not (outcome == self.first[battle] == self.stands[battle])
                )
                or len([e for e in self.trail if e[1] == battle]) > 1
            )
            return
        assert who != "bob"
        if battle in self.first:
            assert outcome == self.first[battle]
            assert self.stands[battle] is not None
            return
        assert self.clock() < self.ends[battle]
        self.first[battle] = outcome
        self.took(battle, vote, outcome)

    @rule(ticket=tickets, place=st.integers(0, 40), letter=st.sampled_from("abcXYZ09_-."))
    def forge(self, ticket, place, letter):
        _, token = ticket
        forged = token[:place] + letter + token[place + 1 :]
        if forged == token:
            return
        with pytest.raises(TicketError):
            self.store.votes.cast(self.office.read(forged), Outcome.LEFT, self.clock())

    @rule(ticket=tickets, outcome=outcomes)
    def edit(self, ticket, outcome):
        battle, _ = ticket
        if battle not in self.newest:
            return
        vote = self.store.votes.append_change(
            self.newest[battle], EventKind.EDIT, outcome, self.clock()
        )
        self.took(battle, vote, outcome)

    @rule(ticket=tickets)
    def undo(self, ticket):
        battle, _ = ticket
        if battle not in self.newest:
            return
        if self.stands[battle] is None:
            with pytest.raises(InputError):
                self.change_of_old(battle)
            return
        self.took(battle, self.change_of_old(battle), None)

    @rule(ticket=tickets, outcome=outcomes)
    def change_what_was_changed(self, ticket, outcome):
        """An event that another one has replaced cannot be changed a second time."""
        battle, _ = ticket
        events = [number for number, of, _ in self.trail if of == battle]
        for number in events[:-1]:
            with pytest.raises(InputError):
                self.store.votes.append_change(number, EventKind.EDIT, outcome, self.clock())

    @rule(minutes=st.sampled_from([-90, -1, 1, 20, 40]))
    def time_passes(self, minutes):
        """Also backwards."""
        self.clock.advance(minutes=minutes)

    @rule()
    def rebuild(self):
        counts = self.store.votes.counts()
        self.store.votes.rebuild_counts()
        assert self.store.votes.counts() == counts

    @rule()
    def restart(self):
        self.store.close()
        self.store = Store(self.store.path)
        self.world.store = self.store
        self.office = TicketOffice(b"k" * 32, self.store, self.clock, MINUTES)

    @rule(ticket=consumes(tickets))
    def forget(self, ticket):
        """A ticket that nobody uses any more."""

    @invariant()
    def the_trail_only_grows(self):
        events = self.store.votes.after(0)
        assert [(v.id, v.battle_id, v.kind.value) for v in events] == self.trail

    @invariant()
    def what_stands_is_what_was_said_last(self):
        standing = {vote.battle_id: vote.outcome for vote in self.store.votes.current()}
        assert standing == {b: o for b, o in self.stands.items() if o is not None}

    @invariant()
    def counts_are_what_stands(self):
        rows = self.store.votes.counts()
        counted = sum(r.wins_a + r.wins_b + r.ties + r.both_good + r.both_bad for r in rows)
        assert counted == sum(outcome in DECIDING for outcome in self.stands.values())

    def change_of_old(self, battle):
        return self.store.votes.append_change(
            self.newest[battle], EventKind.UNDO, None, self.clock()
        )

    def took(self, battle, vote, outcome):
        self.stands[battle], self.newest[battle] = outcome, vote.id
        self.trail.append((vote.id, battle, vote.kind.value))


TestVotes = Votes.TestCase
TestVotes.settings = settings(
    max_examples=10 * int(os.environ.get("FUZZ", "1")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
