"""Where the refresher starts: the newest counts that can be read without reading all votes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gemrec.leaderboard import Counts, counts_from_rows, restore_counts
from gemrec.store import Store
from gemrec.store.checkpoints import Checkpoint

NAME: Final = "counts"
MOST_EVENTS: Final = 10_000
"""Events that are taken in one by one; from here on the count table is read instead."""

# A checkpoint of a million cells has 28 MB and takes 50 ms to write: the more cells, the rarer.
_DUE: Final = 1000
_CELLS_PER_EVENT: Final = 200


@dataclass(frozen=True, slots=True)
class Start:
    """Where the refresher starts.

    Attributes:
        counts: What is counted.
        last_vote_id: The event that the counts stand at.
        events: How many events led there.
        checkpoint_id: The event of the checkpoint in the store; 0 when there is none to use.
    """

    counts: Counts
    last_vote_id: int = 0
    events: int = 0
    checkpoint_id: int = 0


def open_counts(store: Store, models: Sequence[str]) -> Start:
    """Read the counts: a checkpoint that is hardly behind, or the count table.

    Args:
        store: The database.
        models: Model ids that come first, votes or not.

    Raises:
        StoreError: The database cannot be read.
    """
    found = store.checkpoints.get(NAME)
    if found is not None and 0 <= store.votes.last_id() - found.vote_id <= MOST_EVENTS:
        counts = restore_counts(found.data, models)
        if counts is not None:
            return Start(counts, found.vote_id, found.events, found.vote_id)
    opening = store.trail.opening()
    counts = counts_from_rows(opening.counts, models)
    return Start(counts, opening.last_vote_id, opening.events)


def is_due(events: int, cells: int) -> bool:
    """Whether enough events have come since the last checkpoint to write another one."""
    return events >= _DUE + cells // _CELLS_PER_EVENT


def write_counts(store: Store, counts: bytes, last_vote_id: int, events: int) -> None:
    """Write a checkpoint, so that the next start is quick."""
    store.checkpoints.put(NAME, Checkpoint(last_vote_id, events, counts))
