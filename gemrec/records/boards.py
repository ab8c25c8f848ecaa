"""Leaderboards and the rating changes that a vote brings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RatingChange:
    """A model's displayed rating before and after one vote, in Elo points."""

    before: float
    after: float


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One line of a leaderboard; ratings on the Elo scale (400 points per factor 10 in odds).

    Attributes:
        rank: 1 + the number of models whose interval lies wholly above this one's; models without
            votes stand behind all others.
        model_id: Catalog id.
        rating: Bradley-Terry strength, centred on 1000.
        low: Lower end of the 95 % interval.
        high: Upper end of the 95 % interval.
        votes: Votes the model took part in.
        elo: Online Elo, for display only.
        worst_rank: Last rank that the intervals allow; None when not computed.
        component: Group of models that votes link, 0 the one with most votes, -1 without votes.
            Ranks start again in each group and ratings of different groups cannot be compared.
    """

    rank: int
    model_id: str
    rating: float
    low: float
    high: float
    votes: int
    elo: float
    worst_rank: int | None = None
    component: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """A leaderboard after ``last_vote_id``; ``category`` is None for the overall board."""

    method: str
    votes: int
    last_vote_id: int
    rows: tuple[BoardRow, ...]
    category: str | None = None
