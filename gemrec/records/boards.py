"""Leaderboards and the rating changes that a vote brings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RatingChange:
    """A model's displayed rating before and after one vote, in Elo points."""

    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its interval, 0..1, and how many verdicts it rests on."""

    share: float
    low: float
    high: float
    verdicts: int


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One line of a leaderboard; ratings on the Elo scale (400 points per factor 10 in odds).

    Attributes:
        rank: 1 + the number of models whose interval lies wholly above this one's; models without
            votes stand behind all others.
        model_id: Catalog id.
        rating: Bradley-Terry strength, centred on 1000.
        low: Lower end of the 95% interval.
        high: Upper end of the 95% interval.
        votes: Votes the model took part in.
        elo: Online Elo, for display only.
        worst_rank: Last rank that the intervals allow; None when not computed.
        component: Group of models that votes link, 0 the one with most votes, -1 without votes.
            Ranks start again in each group and ratings of different groups cannot be compared.
        drawn_ranks: Best and worst rank in 95% of draws from the joint distribution of all
            ratings; None when not computed.
        acceptability: Share of "both good" among the verdicts "both good" and "both bad" on the
            model's battles; None without any.
        is_preliminary: Whether it has votes, but fewer than the board asks for.
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
    drawn_ranks: tuple[int, int] | None = None
    acceptability: Share | None = None
    is_preliminary: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """A leaderboard after ``last_vote_id``.

    Attributes:
        method: How it was rated.
        votes: Votes on it; a ranking of k counts as k - 1.
        last_vote_id: Newest event in it.
        rows: Linked groups one after the other, in each the best first, then preliminary models;
            models without votes last.
        category: Only prompts of this category; None for all.
        campaign: Only votes of this study; None for all.
        annotator_id: Only this annotator's votes; None for everybody's.
        cluster: What the intervals take for independent: ``annotator``, ``prompt`` or ``none``.
        clusters: How many of those there are; 0 for ``none``.
        minimum_votes: Models with fewer are preliminary.
        tie_chance: Chance that two equal models tie, 0..1; None where ties are half wins.
    """

    method: str
    votes: int
    last_vote_id: int
    rows: tuple[BoardRow, ...]
    category: str | None = None
    campaign: str | None = None
    annotator_id: str | None = None
    cluster: str = "annotator"
    clusters: int = 0
    minimum_votes: int = 0
    tie_chance: float | None = None

    @property
    def groups(self) -> int:
        """How many groups of models there are that no chain of votes links."""
        return max((row.component for row in self.rows), default=-1) + 1
