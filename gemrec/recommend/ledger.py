"""What vote events do to the votes that stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gemrec.leaderboard import moves_ratings
from gemrec.preference import PairCounts
from gemrec.records import EventKind, Outcome, Vote
from gemrec.store import Store


@dataclass(frozen=True, slots=True)
class Change:
    """What one event did: the vote that no longer stands and the one that stands now."""

    event: Vote
    removed: Vote | None
    added: Vote | None


def read_changes(store: Store, events: Sequence[Vote]) -> tuple[Change, ...]:
    """Find what each event replaced.

    Args:
        store: Where older events are; only those that an edit or undo replaces are read.
        events: In the order of the trail.
    """
    known = {event.id: event for event in events}
    known |= store.trail.get(
        {e.supersedes for e in events if e.supersedes is not None and e.supersedes not in known}
    )
    return tuple(
        Change(
            event,
            None if event.supersedes is None else _if_standing(known[event.supersedes]),
            _if_standing(event),
        )
        for event in events
    )


def _if_standing(event: Vote) -> Vote | None:
    return None if event.kind is EventKind.UNDO or event.outcome is None else event


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
        if not moves_ratings(vote):
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
