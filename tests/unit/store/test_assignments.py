"""Who gets what: exact overlap, leases that end, late votes, gold, repeats, caps."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from gemrec.errors import InputError, TicketError
from gemrec.records import (
    AssignmentKind,
    Battle,
    BattleMode,
    CampaignItem,
    CampaignState,
    EventKind,
    Outcome,
)
from gemrec.store.assignments import Rules
from tests.unit.store.world import MODELS, model

OVERLAP = 2
PEOPLE = tuple(f"p{n}" for n in range(10))


class Queue:
    """One study in a store, and people who work on it."""

    def __init__(self, store, clock, items=4, gold=0, spec=f'{{"overlap": {OVERLAP}}}'):
        self.store, self.clock, self.names = store, clock, iter(range(10_000))
        store.models.sync([model(m) for m in MODELS], clock())
        for person in PEOPLE:
            store.annotators.create(person, clock(), person)
        answers = [None] * items + ["first"] * gold
        store.campaigns.create(
            "study",
            spec,
            [
                CampaignItem(n, f"prompt {n}", "", ("ada", "bob"), (1,), a)
                for n, a in enumerate(answers)
            ],
            clock(),
        )

    def lease(self, person="p0", minutes=10, turn=False, **rules):
        return self.store.assignments.lease(
            "study",
            person,
            Rules(**({"overlap": OVERLAP} | rules)),
            f"b{next(self.names)}",
            self.clock(),
            self.clock() + timedelta(minutes=minutes),
            turn=turn,
            order=1,
        )

    def ticket(self, given):
        item = given.item
        self.store.battles.open(
            Battle(given.battle_id, given.annotator_id, item.prompt, "", BattleMode.BLIND, given.models,
                   item.seeds, "chosen", None, self.clock(), campaign="study")
        )  # fmt: skip
        name = f"t-{given.battle_id}"
        self.store.tickets.issue(
            name, given.battle_id, given.annotator_id, self.clock(), given.expires_at
        )
        return name

    def vote(self, given, outcome=Outcome.LEFT):
        return self.store.votes.cast(self.ticket(given), outcome, self.clock())

    def progress(self):
        return self.store.campaigns.progress("study", OVERLAP, self.clock())


@pytest.fixture
def queue(store, clock):
    return Queue(store, clock)


def test_each_item_goes_to_as_many_as_asked_for(queue):
    given = [queue.lease(person) for person in PEOPLE]
    taken = [one.item.number for one in given if one is not None]
    assert sorted(taken) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert queue.progress().held == 8
    assert queue.lease(PEOPLE[0]) == given[0]  # who asks again gets the same


def test_a_lease_that_ended_is_somebody_elses_and_a_late_vote_is_refused(queue):
    late = queue.lease("p0")
    ticket = queue.ticket(late)
    stale = queue.clock()
    queue.clock.advance(minutes=11)
    for person in PEOPLE[1:9]:
        queue.vote(queue.lease(person))
    assert queue.lease("p9") is None
    with pytest.raises(TicketError):
        queue.store.votes.cast(ticket, Outcome.LEFT, stale)  # it looked at its watch in time
    done = queue.progress()
    assert (done.complete, done.answered, done.lapsed, done.held) == (4, 8, 1, 0)


def test_ten_at_once_never_get_more_or_fewer(store, clock):
    queue = Queue(store, clock, items=30)

    def work(person):
        while (given := queue.lease(person)) is not None:
            queue.vote(given)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(work, PEOPLE))
    done = queue.progress()
    assert (done.items, done.complete, done.answered) == (30, 30, 60)
    said = [(s.item, s.annotator_id) for s in store.campaigns.judgements("study")]
    assert len(said) == len(set(said)) == 60


def test_skips_and_undone_votes_go_back_to_the_queue_but_not_beyond_the_overlap(store, clock):
    queue = Queue(store, clock, items=1)
    first = queue.vote(queue.lease("p0"), Outcome.SKIP)
    second = queue.vote(queue.lease("p1"))
    assert queue.lease("p0") is None  # nobody is asked twice
    store.votes.append_change(second.id, EventKind.UNDO, None, clock())
    assert queue.progress().answered == 0
    queue.vote(queue.lease("p2"))
    store.votes.append_change(first.id, EventKind.EDIT, Outcome.TIE, clock())  # there is room
    undone = store.votes.of_battle(second.battle_id)[-1]
    with pytest.raises(InputError, match="judged by others meanwhile"):
        store.votes.append_change(undone.id, EventKind.EDIT, Outcome.LEFT, clock())
    assert queue.progress().answered == OVERLAP


def test_gold_comes_around_and_mistakes_are_counted(store, clock):
    queue = Queue(store, clock, items=6, gold=2)
    kinds = []
    for _ in range(8):
        given = queue.lease("p0", turn=True, gold_every=3)
        kinds.append(given.kind)
        queue.vote(given, Outcome.LEFT)
    assert [place for place, kind in enumerate(kinds, 1) if kind is AssignmentKind.GOLD] == [3, 6]
    (mine,) = store.campaigns.standings("study", clock())
    assert (mine.answered, mine.golds, mine.wrong) == (8, 2, 2)  # turned: left is the second model
    assert queue.progress().answered == 6


def test_repeats_swap_the_sides_and_do_not_count_for_the_overlap(queue):
    seen = {}
    for _ in range(6):
        given = queue.lease("p0", repeat_every=2)
        if given.kind is AssignmentKind.REPEAT:
            assert given.models == seen[given.item.number][::-1]
        seen[given.item.number] = given.models
        queue.vote(given)
    assert queue.lease("p0", repeat_every=2) is None
    assert queue.progress().answered == 4
    answers = {}
    for said in queue.store.campaigns.judgements("study"):
        answers.setdefault(said.item, []).append(said.answer)
    assert sorted(len(set(both)) for both in answers.values()) == [1, 1, 2, 2]


def test_a_cap_a_failure_and_a_closed_study(queue):
    queue.vote(queue.lease("p0", cap=1))
    assert queue.lease("p0", cap=1) is None
    for _ in range(3):
        broken = queue.lease("p1")
        queue.store.assignments.release(broken.id, failed=True)
    assert queue.progress().broken <= 1
    held = queue.lease("p2")
    ticket = queue.ticket(held)
    queue.store.campaigns.set_state("study", CampaignState.CLOSED, queue.clock())
    assert queue.lease("p3") is None
    with pytest.raises(TicketError):
        queue.store.votes.cast(ticket, Outcome.LEFT, queue.clock())


def test_only_the_outcomes_of_the_study_are_taken(store, clock):
    queue = Queue(store, clock, spec='{"overlap": 2, "outcomes": ["left", "right"]}')
    given = queue.lease()
    ticket = queue.ticket(given)
    with pytest.raises(InputError, match="allowed in this study: left, right"):
        store.votes.cast(ticket, Outcome.BOTH_BAD, clock())
    vote = store.votes.cast(ticket, Outcome.LEFT, clock())
    with pytest.raises(InputError, match="allowed in this study"):
        store.votes.append_change(vote.id, EventKind.EDIT, Outcome.TIE, clock())
    store.votes.append_change(vote.id, EventKind.UNDO, None, clock())
