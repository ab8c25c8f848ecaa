"""Elo ratings that follow the trail of votes at their own pace."""

import json
from collections.abc import Sequence
from typing import Final

from gemrec.leaderboard import EloTable, Steps, moves_ratings
from gemrec.recommend.ledger import Change, read_changes
from gemrec.records import Vote
from gemrec.store import Store
from gemrec.store.checkpoints import Checkpoint

NAME: Final = "elo"
_CHUNK: Final = 2000  # events read at once while catching up; a vote waits this long at most
_DUE: Final = 500  # votes whose steps are remembered before they are written


class EloTrail:
    """The live Elo table, with the steps that each vote made.

    It has read every event up to ``table.last_vote_id`` exactly once. Usually that is the newest
    one; after a large import it catches up bit by bit, and the boards do not wait for it.

    Args:
        store: Where votes, steps and the checkpoint are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._steps: dict[int, Steps] = {}
        self._events = 0
        self.table = EloTable()
        found = store.checkpoints.get(NAME)
        if found is not None and found.vote_id <= store.votes.last_id():
            self._events = found.events
            self.table = EloTable.starting_from(json.loads(found.data), found.vote_id)

    def take_in(self, changes: Sequence[Change]) -> None:
        """Follow events, each the next one after ``table.last_vote_id``."""
        removed = [c.removed.id for c in changes if c.removed is not None]
        stored = self._store.checkpoints.steps([i for i in removed if i not in self._steps])
        for change in changes:
            if change.removed is not None and not self._take_back(change.removed, stored):
                # Somebody deleted the steps: read the trail again.
                self._steps, self._events, self.table = {}, 0, EloTable()
                return
            if change.added is not None and (steps := self.table.take_in(change.added)):
                self._steps[change.added.id] = steps
            self.table.last_vote_id = change.event.id
            self._events += 1
        if len(self._steps) >= _DUE:
            self.write()

    def catch_up(self, last_vote_id: int) -> bool:
        """Read some of the events up to this one.

        Returns:
            Whether there are none left.
        """
        if self.table.last_vote_id < last_vote_id:
            events = self._store.votes.after(self.table.last_vote_id, _CHUNK)
            events = tuple(event for event in events if event.id <= last_vote_id)
            self.take_in(read_changes(self._store, events))
        return self.table.last_vote_id >= last_vote_id

    def write(self) -> None:
        """Write a checkpoint if there is anything new."""
        if not self._steps:
            return
        data = json.dumps(dict(self.table.ratings()), sort_keys=True).encode()
        checkpoint = Checkpoint(self.table.last_vote_id, self._events, data)
        self._store.checkpoints.put(NAME, checkpoint, self._steps)
        self._steps = {}

    def _take_back(self, vote: Vote, stored: dict[int, Steps]) -> bool:
        if not moves_ratings(vote):
            return True
        steps = self._steps.pop(vote.id, None) or stored.get(vote.id)
        if steps is None:
            return False
        self.table.take_back(vote, steps)
        return True
