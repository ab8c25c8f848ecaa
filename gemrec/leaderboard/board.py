"""Leaderboards: fits turned into rows that people read."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gemrec.leaderboard.acceptability import Acceptability, judge_acceptability
from gemrec.leaderboard.bradley_terry import Method, Ratings, fit
from gemrec.leaderboard.counts import Counts
from gemrec.leaderboard.davidson import pair_probabilities
from gemrec.leaderboard.elo import BASE, SCALE, EloTable
from gemrec.leaderboard.intervals import IntervalMethod, Intervals, compute_intervals
from gemrec.leaderboard.quantiles import t_quantile
from gemrec.leaderboard.query import BoardQuery
from gemrec.leaderboard.ranks import drawn_ranks, published_ranks
from gemrec.leaderboard.tables import CountSlice, Floats, Ints, PairCounts
from gemrec.records import Board, BoardRow, Share

POINTS_PER_LOGIT: Final = SCALE * math.log10(math.e)
OVERALL: Final = BoardQuery()


@dataclass(frozen=True)
class BoardFit:
    """A board with the numbers it was made from, for whoever needs logits or covariances.

    Attributes:
        board: What people read.
        table: The counts.
        ratings: The fit.
        intervals: How sure it is.
    """

    board: Board
    table: CountSlice
    ratings: Ratings
    intervals: Intervals


def build_board(
    counts: Counts, elo: EloTable, last_vote_id: int, category: str | None = None
) -> Board:
    """Make the leaderboard of all votes or of one category."""
    query = BoardQuery(category=category)
    table = counts.slice(category=category)
    return fit_board(table, elo, last_vote_id, query, models=counts.models).board


def fit_board(
    table: CountSlice,
    elo: EloTable,
    last_vote_id: int,
    query: BoardQuery = OVERALL,
    *,
    models: Sequence[str] = (),
    start: Ratings | None = None,
) -> BoardFit:
    """Make a leaderboard and keep its fit.

    Rows stand component by component, the one with most votes first; in each those with enough
    votes come first and then the best, models without votes last. Ratings of different components
    cannot be compared; ranks start again in each. Draws for rank ranges are seeded by
    ``last_vote_id``, so that the same votes give the same board.

    Args:
        table: The counts that ``query`` asks for.
        elo: Displayed beside the ratings; orders the rows only when ``query`` asks for it.
        last_vote_id: Newest vote event in the counts.
        query: Which board.
        models: Ids of models that stand on the board even without a vote.
        start: An earlier fit of the same board to start from.
    """
    by_elo = query.method == "elo"
    method: Method = "half_win" if query.method == "half_win" else "davidson"
    ratings = fit(
        table, method=method, prior_sd=query.prior_sd, last_vote_id=last_vote_id, start=start
    )
    how: IntervalMethod = "votes" if query.cluster == "none" else "sandwich"
    bounds = compute_intervals(ratings, table, confidence=query.confidence, method=how)
    lines = _elo_lines(ratings, elo) if by_elo else _lines(ratings, bounds, query.draws)
    rows = _rows(ratings, lines, elo, judge_acceptability(table, query.confidence), query)
    voted = {row.model_id for row in rows}
    voteless = [
        model_id for model_id in dict.fromkeys((*table.models, *models)) if model_id not in voted
    ]
    board = Board(
        method=query.method,
        votes=ratings.votes,
        last_vote_id=last_vote_id,
        rows=(*rows, *_voteless_rows(voteless, len(rows), elo, ratings.prior_sd, query)),
        category=query.category,
        campaign=query.campaign,
        annotator_id=query.annotator_id,
        cluster=query.cluster,
        clusters=0 if query.cluster == "none" else table.clusters,
        minimum_votes=query.minimum_votes,
        tie_chance=ratings.nu / (2 + ratings.nu) if query.method == "davidson" else None,
    )
    return BoardFit(board, table, ratings, bounds)


def to_points(strength: float) -> float:
    """Elo-scale rating of a strength in logits: 400 points per factor 10 in odds, 1000 on average."""
    return BASE + POINTS_PER_LOGIT * strength


@dataclass(frozen=True)
class _Lines:
    """What is shown per model: (M,) points, interval ends and ranks."""

    rating: Floats
    low: Floats
    high: Floats
    best: Ints
    worst: Ints
    drawn: tuple[Ints, Ints] | None = None


def _lines(ratings: Ratings, bounds: Intervals, draws: int) -> _Lines:
    best, worst = published_ranks(bounds.low, bounds.high, ratings.component)
    drawn = None
    if draws:
        drawn = drawn_ranks(
            ratings.strengths,
            bounds.covariance,
            ratings.component,
            np.random.default_rng(ratings.last_vote_id),
            degrees=bounds.degrees,
            confidence=bounds.confidence,
            draws=draws,
        )
    rating, low, high = (
        BASE + POINTS_PER_LOGIT * x for x in (ratings.strengths, bounds.low, bounds.high)
    )
    return _Lines(rating, low, high, best, worst, drawn)


def _elo_lines(ratings: Ratings, elo: EloTable) -> _Lines:
    """Elo says nothing about how sure it is: ranks are places, and intervals have no ends."""
    rating = np.array([elo.rating(model_id) for model_id in ratings.models])
    nothing = np.full(len(rating), np.inf)
    place, _ = published_ranks(rating, rating, ratings.component)
    return _Lines(rating, -nothing, nothing, place, place)


def _rows(
    ratings: Ratings, lines: _Lines, elo: EloTable, accepted: Acceptability, query: BoardQuery
) -> tuple[BoardRow, ...]:
    """The models with votes: linked groups one after the other, the best first."""
    votes, component = ratings.votes_per_model, ratings.component
    preliminary = votes < query.minimum_votes
    order = np.lexsort((np.arange(len(votes)), -lines.rating, preliminary, component))
    return tuple(
        BoardRow(
            rank=int(lines.best[i]),
            model_id=ratings.models[i],
            rating=float(lines.rating[i]),
            low=float(lines.low[i]),
            high=float(lines.high[i]),
            votes=int(votes[i]),
            elo=elo.rating(ratings.models[i]),
            worst_rank=int(lines.worst[i]),
            component=int(component[i]),
            drawn_ranks=None
            if lines.drawn is None
            else (int(lines.drawn[0][i]), int(lines.drawn[1][i])),
            acceptability=_share(accepted, int(i)),
            is_preliminary=bool(preliminary[i]),
        )
        for i in order
        if component[i] >= 0
    )


def _voteless_rows(
    models: Sequence[str], voted: int, elo: EloTable, prior_sd: float, query: BoardQuery
) -> Iterator[BoardRow]:
    """Models of which only the prior is known: behind all others, anywhere among themselves."""
    by_elo = query.method == "elo"
    logits = math.inf if by_elo else t_quantile((1 + query.confidence) / 2, math.inf) * prior_sd
    for model_id in models:
        yield BoardRow(
            rank=voted + 1,
            model_id=model_id,
            rating=elo.rating(model_id) if by_elo else BASE,
            low=to_points(-logits),
            high=to_points(logits),
            votes=0,
            elo=elo.rating(model_id),
            worst_rank=voted + len(models),
            component=-1,
        )


def _share(accepted: Acceptability, model: int) -> Share | None:
    verdicts = round(float(accepted.verdicts[model]))
    if not verdicts:
        return None
    share, low, high = (
        float(part[model]) for part in (accepted.share, accepted.low, accepted.high)
    )
    return Share(share, low, high, verdicts)


def win_matrix(table: PairCounts) -> Floats:
    """(M, M) observed share of wins of the row over the column, ties as half; NaN without votes."""
    with np.errstate(invalid="ignore"):
        share: Floats = (table.wins + table.ties / 2) / table.games
    return share


def expected_matrix(ratings: Ratings) -> Floats:
    """(M, M) expected share of wins of the row over the column, ties as half.

    NaN on the diagonal and between models that no chain of votes links.
    """
    theta = ratings.strengths
    p, _, tie = pair_probabilities(theta[:, None] - theta[None, :], ratings.log_nu)
    same = ratings.component[:, None] == ratings.component[None, :]
    linked = same & (ratings.component >= 0) & ~np.eye(len(theta), dtype=bool)
    return np.where(linked, p + tie / 2, np.nan)
