"""What a person has said so far, as a page draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gemrec.records import EventKind, Vote
from gemrec.store import Store


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One battle that a person has voted on.

    Attributes:
        vote: What stands, or the undo that took it back.
        first_id: Id of the first vote on the battle; ``before`` of the next page.
        first_at: When that was.
        sides: Showing names of the images, per side in order.
        is_changed: Whether it was edited or taken back since the first vote.
        is_taken_back: Whether nothing stands; an edit votes again.
        model_names: Display name per side; None while a king's run keeps them hidden.
    """

    vote: Vote
    first_id: int
    first_at: datetime
    sides: tuple[tuple[str, ...], ...]
    is_changed: bool
    is_taken_back: bool
    model_names: tuple[str, ...] | None


def read_history(
    store: Store,
    annotator_id: str,
    limit: int,
    before: int | None,
    name_of: Callable[[str], str],
    open_runs: frozenset[str],
) -> tuple[HistoryEntry, ...]:
    """Read a page of a person's history, last battle first.

    Args:
        store: Where votes and showings are.
        annotator_id: Whose.
        limit: At most this many.
        before: ``first_id`` of the last entry of the page before; None for the first page.
        name_of: Display name of a model.
        open_runs: King's runs that are not over.
    """
    entries = []
    for vote in store.votes.newest(annotator_id, limit, before):
        battle = store.battles.get(vote.battle_id)
        is_hidden = (battle is not None and battle.run in open_runs) or store.campaigns.hides(
            vote.campaign
        )
        first = vote if vote.kind is EventKind.CAST else store.votes.of_battle(vote.battle_id)[0]
        entries.append(
            HistoryEntry(
                vote=vote,
                first_id=first.id,
                first_at=first.cast_at,
                sides=shown_names(store, vote.battle_id, len(vote.models)),
                is_changed=vote.kind is not EventKind.CAST,
                is_taken_back=vote.kind is EventKind.UNDO,
                model_names=None if is_hidden else tuple(map(name_of, vote.models)),
            )
        )
    return tuple(entries)


def shown_names(store: Store, battle_id: str, sides: int) -> tuple[tuple[str, ...], ...]:
    """Showing names of a battle's images, per side in the order of places."""
    names: list[list[str]] = [[] for _ in range(sides)]
    for showing in store.battles.showings(battle_id):
        names[showing.side].append(showing.name)
    return tuple(map(tuple, names))
