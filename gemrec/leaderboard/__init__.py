"""Model strengths from votes: counts, Bradley-Terry with ties, honest intervals, Elo for display."""

from gemrec.leaderboard.board import BoardFit, build_board, fit_board, to_points
from gemrec.leaderboard.bradley_terry import PRIOR_SD, Ratings, fit, refit
from gemrec.leaderboard.counts import Counts
from gemrec.leaderboard.elo import EloTable
from gemrec.leaderboard.intervals import Intervals, compute_intervals
from gemrec.leaderboard.ranks import drawn_ranks, published_ranks
from gemrec.leaderboard.tables import CountSlice, PairCounts

__all__ = [
    "PRIOR_SD",
    "BoardFit",
    "CountSlice",
    "Counts",
    "EloTable",
    "Intervals",
    "PairCounts",
    "Ratings",
    "build_board",
    "compute_intervals",
    "drawn_ranks",
    "fit",
    "fit_board",
    "published_ranks",
    "refit",
    "to_points",
]
