"""All derived state after one vote, immutable and swapped whole."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from gemrec.leaderboard import BoardFit, BoardQuery, EloTable, PairCounts, Voters, screen_voters
from gemrec.preference import (
    Everybody,
    FeatureTable,
    Taste,
)
from gemrec.recommend.boards import BoardDesk
from gemrec.recommend.gallery import Gallery
from gemrec.recommend.history import Moment
from gemrec.recommend.people import People
from gemrec.recommend.taste_desk import TasteDesk
from gemrec.records import Board, Vote
from gemrec.retrieval import Shelves


@dataclass(frozen=True)
class Snapshot:
    """What is known after ``last_vote_id``; safe to share between threads.

    Boards, people's votes and people's tastes are made or read when they are first asked for. They
    are those of ``last_vote_id`` whenever that is, so two readers always see the same.

    Attributes:
        made_at: When, timezone-aware UTC.
        last_vote_id: Newest vote event taken in; 0 before the first.
        events: How many events that was.
        everybody: What everybody likes, as of some votes ago.
        votes_per_model: (M,) blind votes that stand on each of ``everybody.models``.
        categories: Categories that have had such votes.
        features: What the pictures look like.
        gallery: All images.
        elo: Displayed ratings; must not be changed.
    """

    made_at: datetime
    last_vote_id: int
    events: int
    everybody: Everybody
    votes_per_model: NDArray[np.float64]
    categories: tuple[str, ...]
    features: FeatureTable
    gallery: Gallery
    elo: EloTable
    desk: BoardDesk = field(repr=False, compare=False)
    people: People = field(repr=False, compare=False)
    tastes: TasteDesk = field(repr=False, compare=False)
    shelves: Shelves = field(repr=False, compare=False)
    _boards: dict[BoardQuery, BoardFit] = field(default_factory=dict, repr=False, compare=False)
    _histories: dict[BoardQuery, tuple[Moment, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _tastes: dict[str | None, Taste] = field(default_factory=dict, repr=False, compare=False)

    def votes_applied(self, annotator_id: str | None) -> int:
        """How many vote events of this person (all people's for None) are in here."""
        if annotator_id is None:
            return self.events
        return self.people.events(annotator_id, self.last_vote_id)

    def votes_of(self, annotator_id: str | None) -> tuple[Vote, ...]:
        """This person's votes that stand, in the order of their newest events."""
        return () if annotator_id is None else self.people.votes(annotator_id, self.last_vote_id)

    @property
    def votes(self) -> int:
        """How many blind votes stand; part of a ranking counts as a part."""
        return round(float(self.votes_per_model.sum()) / 2)

    def pairs(self) -> PairCounts:
        """Blind votes that stand per pair of models."""
        return self.desk.pairs(self.last_vote_id)

    def board(self, category: str | None = None) -> Board:
        """The leaderboard of all blind votes, or of one category's."""
        return self.fit(BoardQuery(category=category)).board

    def fit(self, query: BoardQuery) -> BoardFit:
        """Any leaderboard, with the numbers behind it."""
        found = self._boards.get(query)
        if found is None:
            found = self.desk.fit(query, self.last_vote_id, self.elo)
            self._boards[query] = found
        return found

    def history(self, query: BoardQuery) -> tuple[Moment, ...]:
        """The ratings of a board at earlier moments, from the votes that stand."""
        found = self._histories.get(query)
        if found is None:
            found = self.desk.history(query, self.last_vote_id)
            self._histories[query] = found
        return found

    def voters(self, query: BoardQuery) -> Voters:
        """Who voted on a board, and what stands out about them; decides nothing."""
        fitted = self.fit(query)
        return screen_voters(
            fitted.ratings, fitted.table, self.desk.sides(query, self.last_vote_id)
        )

    def taste(self, annotator_id: str | None) -> Taste:
        """A person's taste; somebody unknown, or None, gets what is expected of anybody."""
        votes = self.votes_of(annotator_id)
        key = annotator_id if votes else None
        found = self._tastes.get(key)
        if found is None:
            found = self.tastes.fit(key, votes, self.everybody, self.features)
            self._tastes[key] = found
        return found

    def votes_on(self, model_id: str) -> float:
        """The blind votes that stand on a model, by anybody; part of a ranking counts as a part."""
        return float(self.votes_per_model[self.everybody.index[model_id]])
