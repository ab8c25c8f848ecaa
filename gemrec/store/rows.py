"""Rows that only the store speaks of, and how times travel through SQLite."""

from dataclasses import dataclass
from datetime import UTC, datetime

from gemrec.errors import StoreError


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket as stored.

    Attributes:
        id: Random id, never shown unsigned.
        battle_id: The battle it allows a vote on.
        annotator_id: Whose ticket it is.
        issued_at: When.
        expires_at: From when on it is refused.
        vote_id: The vote it was used for; None while it is unused.
    """

    id: str
    battle_id: str
    annotator_id: str
    issued_at: datetime
    expires_at: datetime
    vote_id: int | None


@dataclass(frozen=True, slots=True)
class CountRow:
    """How one person's standing votes on blind battles add up, for one pair, category and size.

    Attributes:
        model_a: First model id; ``model_a < model_b``.
        model_b: Second model id.
        category: Category of the prompts, empty when unknown.
        annotator_id: Who voted.
        wins_a: Votes for the first model, on whichever side it stood.
        wins_b: Votes for the second model.
        ties: Plain ties.
        both_good: Ties of two good sides.
        both_bad: Ties of two bad sides.
        campaign: Id of the study; empty for none.
        size: Sides judged together, 2 for a plain battle; each of these votes has the weight
            :func:`~gemrec.records.pair_weight` of it.
    """

    model_a: str
    model_b: str
    category: str
    annotator_id: str
    wins_a: int
    wins_b: int
    ties: int
    both_good: int
    both_bad: int
    campaign: str = ""
    size: int = 2


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """How often something kept battles of these models from being voted on.

    Attributes:
        kind: ``near_identical`` or ``no_contest``.
        models: Model ids in alphabetical order.
        count: How often.
    """

    kind: str
    models: tuple[str, ...]
    count: int


def to_text(moment: datetime) -> str:
    """Write a moment so that text order is time order.

    Raises:
        StoreError: The moment has no time zone.
    """
    if moment.tzinfo is None:
        raise StoreError(f"{moment!r} has no time zone; pass datetime.now(UTC)")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def to_moment(text: str) -> datetime:
    """Read back what :func:`to_text` wrote."""
    return datetime.fromisoformat(text)
