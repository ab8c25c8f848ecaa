"""Ratings over time: the board as it would have stood at earlier moments."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from gemrec.leaderboard import (
    BoardQuery,
    Counts,
    Method,
    Ratings,
    compute_intervals,
    fit,
    to_points,
)
from gemrec.recommend.spans import span_of
from gemrec.records import Vote
from gemrec.store import Store
from gemrec.store.tallies import Precision

MOST_MOMENTS: Final = 24
"""Moments on the chart; more could not be told apart on a phone."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One model's rating at one moment, in rating points.

    Attributes:
        at: When, timezone-aware UTC.
        model_id: The model.
        rating: Its rating from the votes cast before.
        low: Lower end of the 95% interval.
        high: Upper end.
    """

    at: datetime
    model_id: str
    rating: float
    low: float
    high: float


def rate_over_time(store: Store, query: BoardQuery, last_vote_id: int) -> tuple[Moment, ...]:
    """Rate the models at up to 24 moments, from the votes cast until then that still stand.

    An undone vote is left out of all moments: the chart shows what the votes say, not what once
    stood on the page. The votes are counted once, by the store.

    Args:
        store: Where the votes are.
        query: Which votes, and how to rate them; Elo is shown as Davidson.
        last_vote_id: The event after which they stand.
    """
    span = span_of(query, last_vote_id)
    precision = _precision(store, query, last_vote_id)
    pairs = store.tallies.moments(span, precision)
    ranked = [(_key(vote, precision), vote) for vote in store.tallies.rankings(span)]
    times = sorted({row.key for row in pairs} | {key for key, _ in ranked})
    if not times:
        return ()
    chosen = set(np.unique(np.linspace(0, len(times) - 1, MOST_MOMENTS).round().astype(int)))
    ends = [times[i] for i in sorted(chosen)]
    counts = Counts()
    method: Method = "half_win" if query.method == "half_win" else "davidson"
    found: list[Moment] = []
    before: Ratings | None = None
    pairs_left = sorted(pairs, key=lambda row: row.key, reverse=True)
    ranked.reverse()
    for end in ends:
        while pairs_left and pairs_left[-1].key <= end:
            row = pairs_left.pop()
            counts.add_outcome(
                row.left, row.right, row.outcome, annotator_id=row.annotator_id, times=row.times
            )
        while ranked and ranked[-1][0] <= end:
            counts.add(ranked.pop()[1])
        table = counts.slice()
        before = fit(table, method=method, prior_sd=query.prior_sd, start=before)
        bounds = compute_intervals(before, table)
        at = _end_of(end)
        found += [
            Moment(at, model_id, *(to_points(float(part[i])) for part in parts))
            for i, model_id in enumerate(table.models)
            if before.component[i] == 0
            for parts in ((before.strengths, bounds.low, bounds.high),)
        ]
    return tuple(found)


def _key(vote: Vote, precision: Precision) -> str:
    """The day, hour or minute of a vote, as the store writes it."""
    length = {"day": 10, "hour": 13, "minute": 16}[precision]
    return vote.cast_at.astimezone(UTC).isoformat()[:length]


def _precision(store: Store, query: BoardQuery, last_vote_id: int) -> Precision:
    """Days, or hours and minutes where all votes are of a few days or hours."""
    first, last = store.tallies.limits(span_of(query, last_vote_id))
    if first is None or last is None or last - first < timedelta(hours=4):
        return "minute"
    return "hour" if last - first < timedelta(days=4) else "day"


def _end_of(text: str) -> datetime:
    """The moment after the day, hour or minute that the text names."""
    steps = {10: timedelta(days=1), 13: timedelta(hours=1), 16: timedelta(minutes=1)}
    start = datetime.fromisoformat(text if len(text) != 13 else f"{text}:00")
    return start.replace(tzinfo=UTC) + steps[len(text)]
