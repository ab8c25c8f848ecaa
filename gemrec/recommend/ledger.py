"""The vote trail boiled down to what stands, kept up to date one event at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from gemrec.preference import PairCounts
from gemrec.records import BattleMode, EventKind, Outcome, Vote


@dataclass(frozen=True, slots=True)
class Change:
    """What one event did: the vote that no longer stands and the one that stands now."""

    removed: Vote | None
    added: Vote | None


class Ledger:
    """The standing votes; one owner writes, everybody else gets copies.

    An event replaces its battle's earlier one; an undo only removes it. So the result depends on
    the events alone, and not on how they were grouped into refreshes.
    """

    def __init__(self) -> None:
        self.last_vote_id = 0
        self.events = 0
        self.events_by_person: dict[str, int] = {}
        self.people: dict[str, tuple[Vote, ...]] = {}
        self._standing: dict[str, Vote] = {}

    def apply(self, event: Vote) -> Change:
        """Take in the next event of the trail."""
        self.last_vote_id = event.id
        self.events += 1
        person = event.annotator_id
        self.events_by_person[person] = self.events_by_person.get(person, 0) + 1
        removed = self._standing.pop(event.battle_id, None)
        added = None if event.kind is EventKind.UNDO or event.outcome is None else event
        if added is not None:
            self._standing[event.battle_id] = added
        votes = self.people.get(person, ())
        if removed is not None:
            votes = tuple(v for v in votes if v.id != removed.id)
        self.people[person] = votes if added is None else (*votes, added)
        return Change(removed, added)

    def standing(self) -> tuple[Vote, ...]:
        """The votes that stand, in the order of their newest events."""
        return tuple(self._standing.values())


def counts_for_board(vote: Vote) -> bool:
    """Whether a standing vote is evidence for everybody: blind, and about different models."""
    return vote.mode is BattleMode.BLIND and bool(vote.pairs)


def changed_counts(
    counts: PairCounts, change: Iterable[tuple[Vote, float]], index: Mapping[str, int]
) -> PairCounts:
    """A copy of the counts with votes added or taken away.

    Args:
        counts: Stays as it is.
        change: Votes with 1.0 to add them or -1.0 to take them away; those that are no evidence
            for everybody are passed over.
        index: Position per model id.
    """
    won: list[tuple[int, int, float]] = []
    tied: list[tuple[int, int, float]] = []
    for vote, times in change:
        if not counts_for_board(vote):
            continue
        for pair in vote.pairs:
            left, right = index[pair.models[0]], index[pair.models[1]]
            step = times * pair.weight
            if pair.outcome is Outcome.LEFT:
                won.append((left, right, step))
            elif pair.outcome is Outcome.RIGHT:
                won.append((right, left, step))
            else:
                tied += ((left, right, step), (right, left, step))
    wins, ties = counts.wins.copy(), counts.ties.copy()
    for array, cells in ((wins, won), (ties, tied)):
        if cells:
            first, second, steps = zip(*cells, strict=True)
            np.add.at(array, (np.array(first), np.array(second)), np.array(steps))
        array.setflags(write=False)
    return PairCounts(wins, ties)
