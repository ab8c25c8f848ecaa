"""What single people said, read when somebody asks and kept for a while."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gemrec.recommend.ledger import Change
from gemrec.records import Vote
from gemrec.store import Store

_MOST_PEOPLE: Final = 256


@dataclass(frozen=True, slots=True)
class _Person:
    """What somebody said, valid from the event ``since`` up to the newest that was taken in."""

    votes: tuple[Vote, ...]
    events: int
    since: int


class People:
    """A bounded memory of people's votes, kept up to date event by event.

    Snapshots of different age share it: each asks for the state after its own last event, and what
    is not remembered is read from the store by index.

    Args:
        store: Where the votes are.
        last_vote_id: The newest event that was taken in before.
    """

    def __init__(self, store: Store, last_vote_id: int) -> None:
        self._store = store
        self._last_vote_id = last_vote_id
        self._known: OrderedDict[str, _Person] = OrderedDict()
        self._lock = threading.Lock()

    def take_in(self, changes: Iterable[Change]) -> None:
        """Follow the trail; must be called for every event, before its snapshot is published."""
        with self._lock:
            for change in changes:
                event = change.event
                self._last_vote_id = event.id
                person = self._known.get(event.annotator_id)
                if person is None:
                    continue
                gone = None if change.removed is None else change.removed.id
                votes = tuple(vote for vote in person.votes if vote.id != gone)
                if change.added is not None:
                    votes = (*votes, change.added)
                self._known[event.annotator_id] = _Person(votes, person.events + 1, event.id)

    def votes(self, annotator_id: str, last_vote_id: int) -> tuple[Vote, ...]:
        """The votes that stood after an event, in the order of their newest events."""
        return self._person(annotator_id, last_vote_id).votes

    def events(self, annotator_id: str, last_vote_id: int) -> int:
        """How many casts, edits and undos there were up to an event."""
        return self._person(annotator_id, last_vote_id).events

    def _person(self, annotator_id: str, last_vote_id: int) -> _Person:
        with self._lock:
            person = self._known.get(annotator_id)
            if person is not None and person.since <= last_vote_id <= self._last_vote_id:
                self._known.move_to_end(annotator_id)
                return person
        person = _Person(
            self._store.trail.standing(annotator_id, last_vote_id),
            self._store.trail.events(last_vote_id, annotator_id),
            last_vote_id,
        )
        with self._lock:
            if self._last_vote_id == last_vote_id:  # nothing came in between
                self._known[annotator_id] = person
                while len(self._known) > _MOST_PEOPLE:
                    self._known.popitem(last=False)
        return person
