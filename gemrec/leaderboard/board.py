"""Leaderboards: fits turned into rows that people read."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from gemrec.leaderboard.bradley_terry import PRIOR_SD, Method, Ratings, fit
from gemrec.leaderboard.counts import Counts
from gemrec.leaderboard.elo import BASE, SCALE, EloTable
from gemrec.leaderboard.intervals import Intervals, compute_intervals
from gemrec.leaderboard.ranks import published_ranks
from gemrec.leaderboard.tables import CountSlice, Floats, PairCounts
from gemrec.records import Board, BoardRow

POINTS_PER_LOGIT: Final = SCALE * math.log10(math.e)


@dataclass(frozen=True)
class BoardFit:
    """A board with the numbers it was made from, for whoever needs logits or covariances."""

    board: Board
    ratings: Ratings
    intervals: Intervals


@dataclass(frozen=True, slots=True)
class BoardQuery:
    """Which votes a board counts, and how.

    Attributes:
        category: Only prompts of this category; None for all.
        campaign: Only votes of this study, or of none for an empty text; None for all.
        annotator_id: Only this annotator's votes; None for all.
        method: ``davidson`` models ties, ``half_win`` counts each as half a win for both.
        prior_sd: Standard deviation of the prior in logits.
        confidence: Nominal coverage of the intervals, 0..1.
    """

    category: str | None = None
    campaign: str | None = None
    annotator_id: str | None = None
    method: Method = "davidson"
    prior_sd: float = PRIOR_SD
    confidence: float = 0.95


def build_board(
    counts: Counts, elo: EloTable, last_vote_id: int, category: str | None = None
) -> Board:
    """Make the leaderboard of all votes or of one category."""
    query = BoardQuery(category=category)
    return fit_board(counts.slice(category=category), elo, last_vote_id, query).board


def fit_board(
    table: CountSlice,
    elo: EloTable,
    last_vote_id: int,
    query: BoardQuery = BoardQuery(),
    *,
    start: Ratings | None = None,
) -> BoardFit:
    """Make a leaderboard and keep its fit.

    Rows stand component by component, the one with most votes first, best rating first within it,
    models without votes last. Ratings of different components cannot be compared; ranks start again
    in each.

    Args:
        table: The counts that ``query`` asks for.
        elo: Displayed beside the ratings; decides nothing.
        last_vote_id: Newest vote event in the counts.
        query: Which board.
        start: An earlier fit of the same board to start from.
    """
    ratings = fit(
        table,
        method=query.method,
        prior_sd=query.prior_sd,
        last_vote_id=last_vote_id,
        start=start,
    )
    bounds = compute_intervals(ratings, table, confidence=query.confidence)
    board = Board(
        method=query.method,
        votes=ratings.votes,
        last_vote_id=last_vote_id,
        rows=_rows(ratings, bounds, elo),
        category=query.category,
    )
    return BoardFit(board, ratings, bounds)


def to_points(strength: float) -> float:
    """Elo-scale rating of a strength in logits: 400 points per factor 10 in odds, 1000 on average."""
    return BASE + POINTS_PER_LOGIT * strength


def _rows(ratings: Ratings, bounds: Intervals, elo: EloTable) -> tuple[BoardRow, ...]:
    best, worst = published_ranks(bounds.low, bounds.high, ratings.component)
    last = ratings.component.max(initial=-1) + 1
    group = np.where(ratings.component < 0, last, ratings.component)
    order = np.lexsort((np.arange(len(group)), -ratings.strengths, group))
    return tuple(
        BoardRow(
            rank=int(best[i]),
            model_id=ratings.models[i],
            rating=to_points(float(ratings.strengths[i])),
            low=to_points(float(bounds.low[i])),
            high=to_points(float(bounds.high[i])),
            votes=int(ratings.votes_per_model[i]),
            elo=elo.rating(ratings.models[i]),
            worst_rank=int(worst[i]),
            component=int(ratings.component[i]),
        )
        for i in order
    )


def win_matrix(table: PairCounts) -> Floats:
    """(M, M) observed share of wins of the row over the column, ties as half; NaN without votes."""
    with np.errstate(invalid="ignore"):
        share: Floats = (table.wins + table.ties / 2) / table.games
    return share
