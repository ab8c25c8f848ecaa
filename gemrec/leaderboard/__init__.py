"""Model strengths from votes: counts, Bradley-Terry with ties, honest intervals, Elo for display."""

from gemrec.leaderboard.acceptability import Acceptability, judge_acceptability
from gemrec.leaderboard.board import (
    POINTS_PER_LOGIT,
    BoardFit,
    build_board,
    expected_matrix,
    fit_board,
    to_points,
    win_matrix,
)
from gemrec.leaderboard.bradley_terry import PRIOR_SD, Method, Ratings, fit, refit
from gemrec.leaderboard.counts import Counts
from gemrec.leaderboard.elo import EloTable, Steps, moves_ratings
from gemrec.leaderboard.information import pair_information
from gemrec.leaderboard.intervals import Intervals, compute_intervals
from gemrec.leaderboard.loading import (
    counts_from_codes,
    counts_from_rows,
    dump_counts,
    restore_counts,
)
from gemrec.leaderboard.query import DRAWS, BoardMethod, BoardQuery, Cluster
from gemrec.leaderboard.ranks import drawn_ranks, published_ranks
from gemrec.leaderboard.tables import CountSlice, PairCounts
from gemrec.leaderboard.voters import Voters, most_moved, screen_voters

__all__ = [
    "DRAWS",
    "POINTS_PER_LOGIT",
    "PRIOR_SD",
    "Acceptability",
    "BoardFit",
    "BoardMethod",
    "BoardQuery",
    "Cluster",
    "CountSlice",
    "Counts",
    "EloTable",
    "Intervals",
    "Method",
    "PairCounts",
    "Ratings",
    "Steps",
    "Voters",
    "build_board",
    "compute_intervals",
    "counts_from_codes",
    "counts_from_rows",
    "drawn_ranks",
    "dump_counts",
    "expected_matrix",
    "fit",
    "fit_board",
    "judge_acceptability",
    "most_moved",
    "moves_ratings",
    "pair_information",
    "published_ranks",
    "refit",
    "restore_counts",
    "screen_voters",
    "to_points",
    "win_matrix",
]
