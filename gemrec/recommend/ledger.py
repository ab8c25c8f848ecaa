"""What vote events do to the votes that stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from gemrec.records import EventKind, Vote
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
