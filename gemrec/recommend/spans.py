"""The votes of a board as the store asks for them."""

from gemrec.leaderboard import BoardQuery
from gemrec.store.tallies import Span


def span_of(query: BoardQuery, last_vote_id: int) -> Span:
    """The votes of a board up to an event."""
    return Span(
        last_vote_id,
        query.since,
        query.until,
        query.category,
        query.campaign,
        query.annotator_id,
    )
