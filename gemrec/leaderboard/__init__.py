"""Model strengths from votes: counts, Bradley-Terry with ties, honest intervals, Elo for display."""

from gemrec.leaderboard.board import BoardFit, BoardQuery, build_board, fit_board, to_points
from gemrec.leaderboard.bradley_terry import PRIOR_SD, Ratings, fit, refit
from gemrec.leaderboard.counts import Counts
from gemrec.leaderboard.elo import EloTable, Steps, moves_ratings
from gemrec.leaderboard.intervals import Intervals, compute_intervals
from gemrec.leaderboard.loading import (
    counts_from_codes,
    counts_from_rows,
    dump_counts,
    restore_counts,
)
from gemrec.leaderboard.ranks import drawn_ranks, published_ranks
from gemrec.leaderboard.tables import CountSlice, PairCounts

__all__ = [
    "PRIOR_SD",
    "BoardFit",
    "BoardQuery",
    "CountSlice",
    "Counts",
    "EloTable",
    "Intervals",
    "PairCounts",
    "Ratings",
    "Steps",
    "build_board",
    "compute_intervals",
    "counts_from_codes",
    "counts_from_rows",
    "drawn_ranks",
    "dump_counts",
    "fit",
    "fit_board",
    "moves_ratings",
    "published_ranks",
    "refit",
    "restore_counts",
    "to_points",
]
