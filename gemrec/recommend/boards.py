"""Leaderboards on demand: counted as votes come, fitted only when somebody looks."""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.leaderboard import (
    BoardFit,
    BoardQuery,
    Counts,
    CountSlice,
    EloTable,
    PairCounts,
    Ratings,
    dump_counts,
    fit_board,
    moves_ratings,
)
from gemrec.recommend.history import Moment, rate_over_time
from gemrec.recommend.ledger import Change
from gemrec.recommend.spans import span_of
from gemrec.records import Vote
from gemrec.store import Store

Floats = NDArray[np.float64]

_REMEMBERED: Final = 2000  # changes that can be taken back for a board of an older snapshot
_MOST_STARTS: Final = 64  # fits kept to start the next one from


class BoardDesk:
    """The live counts behind the boards of all snapshots.

    A snapshot asks for the board as of its own last vote. Usually the counts stand there; when
    they have moved on, the changes since are taken back while its slice is copied.

    Args:
        store: Where a slice is counted from the votes when the counts cannot give it.
        counts: All counts; the desk owns them from now on.
        last_vote_id: The event that they stand at.
    """

    def __init__(self, store: Store, counts: Counts, last_vote_id: int) -> None:
        self._store = store
        self._counts = counts
        self._last_vote_id = last_vote_id
        self._oldest = last_vote_id
        self._votes_per_model = counts.votes_per_model()
        self._index = {model_id: place for place, model_id in enumerate(counts.models)}
        self._changes: deque[Change] = deque()
        self._starts: OrderedDict[BoardQuery, Ratings] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def models(self) -> tuple[str, ...]:
        """Ids of all models, votes or not."""
        return self._counts.models

    def knows(self, model_id: str) -> bool:
        """Whether the counts have a place for a model."""
        return model_id in self._index

    @property
    def campaigns(self) -> tuple[str, ...]:
        """Studies that have had a counted vote."""
        with self._lock:
            return tuple(filter(None, self._counts.campaigns))

    @property
    def annotators(self) -> tuple[str, ...]:
        """Ids of people who have had a counted vote."""
        with self._lock:
            return self._counts.annotators

    def apply(self, changes: Sequence[Change]) -> None:
        """Follow the trail by events, each the next one."""
        with self._lock:
            for change in changes:
                _count(self._counts, change)
                self._tally(change)
                self._changes.append(change)
                self._last_vote_id = change.event.id
            while len(self._changes) > _REMEMBERED:
                self._oldest = self._changes.popleft().event.id

    @property
    def categories(self) -> tuple[str, ...]:
        """Categories that have had a counted vote."""
        with self._lock:
            return self._counts.categories

    def votes_per_model(self) -> Floats:
        """(M,) counted votes that each model took part in, as they stand now."""
        with self._lock:
            return self._votes_per_model.copy()

    def pairs(self, last_vote_id: int) -> PairCounts:
        """All votes per pair as of an event; over the models that have any."""
        with self._standing_at(last_vote_id) as counts:
            return counts.pairs()

    @property
    def cells(self) -> int:
        """How many counts there are."""
        return self._counts.size

    def dump(self) -> bytes:
        """All counts as they stand now, for a checkpoint."""
        with self._lock:
            return dump_counts(self._counts)

    def fit(self, query: BoardQuery, last_vote_id: int, elo: EloTable) -> BoardFit:
        """Make a board as of an event.

        Args:
            query: Which board.
            last_vote_id: The event after which it is wanted.
            elo: The Elo table as of then.

        Raises:
            StoreError: The votes of a span of time or of prompts cannot be read.
        """
        table = self.table(query, last_vote_id)
        if query.method == "elo" and not query.is_whole:
            elo = EloTable.replay(self._votes(query, last_vote_id))
        start = self._starts.get(query)
        fitted = fit_board(table, elo, last_vote_id, query, models=self.models, start=start)
        with self._lock:
            self._starts[query] = fitted.ratings
            self._starts.move_to_end(query)
            while len(self._starts) > _MOST_STARTS:
                self._starts.popitem(last=False)
        return fitted

    def table(self, query: BoardQuery, last_vote_id: int) -> CountSlice:
        """The counts of a board as of an event."""
        if query.needs_votes:
            return self._tallied(query, last_vote_id)
        with self._standing_at(last_vote_id) as counts:
            return counts.slice(
                category=query.category,
                campaign=query.campaign,
                annotator_id=query.annotator_id,
            )

    def sides(self, query: BoardQuery, last_vote_id: int) -> dict[str, tuple[int, int]]:
        """Votes for the left and for the right side of a board by annotator id."""
        return self._store.tallies.sides(span_of(query, last_vote_id))

    def history(self, query: BoardQuery, last_vote_id: int) -> tuple[Moment, ...]:
        """The ratings of a board at earlier moments."""
        return rate_over_time(self._store, query, last_vote_id)

    def _tallied(self, query: BoardQuery, last_vote_id: int) -> CountSlice:
        """Counts of a span of time, or with prompts as clusters: one pass over those votes."""
        span = span_of(query, last_vote_id)
        by_prompt = query.cluster == "prompt"
        counts = Counts(self.models)
        for row in self._store.tallies.pairs(span, "prompt" if by_prompt else "annotator"):
            counts.add_outcome(
                row.left, row.right, row.outcome, annotator_id=row.key, times=row.times
            )
        for vote in self._store.tallies.rankings(span):
            counts.add(replace(vote, annotator_id=vote.prompt) if by_prompt else vote)
        return counts.slice()

    def _votes(self, query: BoardQuery, last_vote_id: int) -> Iterator[Vote]:
        """The votes of a slice one by one, which Elo alone needs."""
        person = query.annotator_id
        standing = self._store.trail
        votes = (
            standing.all_standing(last_vote_id)
            if person is None
            else standing.standing(person, last_vote_id)
        )
        for vote in votes:
            if (
                query.category in (None, vote.category)
                and query.campaign in (None, vote.campaign)
                and (query.since is None or vote.cast_at >= query.since)
                and (query.until is None or vote.cast_at < query.until)
            ):
                yield vote

    def _tally(self, change: Change) -> None:
        for vote, sign in ((change.removed, -1.0), (change.added, 1.0)):
            if vote is None or not moves_ratings(vote):
                continue
            for pair in vote.pairs:
                for model_id in pair.models:
                    self._votes_per_model[self._index[model_id]] += sign * pair.weight

    @contextmanager
    def _standing_at(self, last_vote_id: int) -> Iterator[Counts]:
        """The counts after an event, to be read inside the block."""
        if last_vote_id < self._oldest:
            votes = self._store.trail.all_standing(last_vote_id)
            yield Counts.from_votes(votes, self._counts.models)
            return
        with self._lock:
            later = [c for c in self._changes if c.event.id > last_vote_id]
            for change in reversed(later):
                _count(self._counts, Change(change.event, change.added, change.removed))
            try:
                yield self._counts
            finally:
                for change in later:
                    _count(self._counts, change)


def _count(counts: Counts, change: Change) -> None:
    if change.removed is not None:
        counts.remove(change.removed)
    if change.added is not None:
        counts.add(change.added)
