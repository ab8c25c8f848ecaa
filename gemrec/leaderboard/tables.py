"""Frozen counts: what a board is fitted to."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Rows of the cells: wins of the first model, wins of the second, and the three kinds of tie.
WINS_FIRST, WINS_SECOND, TIES, BOTH_GOOD, BOTH_BAD = range(5)


def add_up(index: Ints, values: NDArray[np.number], size: int) -> Floats:
    """(size,) sum of the values of each index."""
    return np.bincount(index, values, size).astype(np.float64, copy=False)


@dataclass(frozen=True)
class PairCounts:
    """Votes per pair of models; arrays are read-only.

    Attributes:
        models: Model ids; their positions are the indices used everywhere below.
        wins: (M, M) votes for the row's model against the column's.
        ties: (M, M) symmetric number of ties of any kind.
    """

    models: tuple[str, ...]
    wins: Floats
    ties: Floats

    @cached_property
    def games(self) -> Floats:
        """(M, M) symmetric number of votes on each pair."""
        games: Floats = self.wins + self.wins.T
        games += self.ties
        return games

    @cached_property
    def votes_per_model(self) -> Ints:
        """(M,) votes that each model took part in."""
        votes: Ints = self.games.sum(axis=1).astype(np.int64)
        return votes

    @property
    def votes(self) -> int:
        """All votes."""
        return int(self.votes_per_model.sum()) // 2


@dataclass(frozen=True)
class CountSlice(PairCounts):
    """Votes per pair, and who cast them.

    Attributes:
        cluster: (K,) number of the annotator of each cell, from 0.
        first: (K,) index of a cell's first model.
        second: (K,) index of a cell's second model.
        cells: (5, K) wins of first, wins of second, ties, both good, both bad; several cells of
            one annotator and pair add up.
    """

    cluster: Ints
    first: Ints
    second: Ints
    cells: NDArray[np.number]

    @cached_property
    def cluster_votes(self) -> Floats:
        """(G,) votes by annotator number."""
        size = int(self.cluster.max(initial=-1)) + 1
        return add_up(self.cluster, self.cell_votes, size)

    @cached_property
    def cell_votes(self) -> Floats:
        """(K,) votes of each cell."""
        votes: Floats = self.cells.sum(axis=0, dtype=np.float64)
        return votes

    @property
    def clusters(self) -> int:
        """How many annotators voted."""
        return int((self.cluster_votes > 0).sum())
