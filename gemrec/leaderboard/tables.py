"""Frozen counts: what a board is fitted to."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Rows of the cells: wins of the first model, wins of the second, and the three kinds of tie.
WINS_FIRST, WINS_SECOND, TIES, BOTH_GOOD, BOTH_BAD = range(5)

# A pair out of a ranking of k sides counts as 2/k of a vote. 840 is the least common multiple of 1
# to 8, the sizes there are, so that every such share is a whole number of units and a vote taken
# back leaves exactly nothing behind.
UNIT: Final = 840


def units_of(size: int) -> int:
    """What one pair of ``size`` sides judged together counts, in units of 1/840 vote."""
    return 2 * UNIT // size


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
    def index(self) -> dict[str, int]:
        """Position by model id."""
        return {model_id: i for i, model_id in enumerate(self.models)}

    @cached_property
    def games(self) -> Floats:
        """(M, M) symmetric number of votes on each pair."""
        games: Floats = self.wins + self.wins.T
        games += self.ties
        return games

    @cached_property
    def votes_per_model(self) -> Ints:
        """(M,) votes that each model took part in, rankings by their weight, rounded."""
        votes: Ints = np.rint(self.games.sum(axis=1)).astype(np.int64)
        return votes

    @cached_property
    def votes(self) -> int:
        """All votes; a ranking of k counts as k - 1."""
        return round(float(self.games.sum()) / 2)


@dataclass(frozen=True)
class CountSlice(PairCounts):
    """Votes per pair, and who cast them.

    Attributes:
        cluster: (K,) number of the cluster of each cell, usually its annotator, from 0.
        first: (K,) index of a cell's first model.
        second: (K,) index of a cell's second model.
        cells: (5, K) wins of first, wins of second, ties, both good, both bad; several cells of
            one cluster and pair add up.
        unit: What counts as one vote in ``cells``.
        names: Names of the clusters by number; may be left empty where nobody asks for them.
    """

    cluster: Ints
    first: Ints
    second: Ints
    cells: NDArray[np.number]
    unit: int = 1
    names: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def cluster_votes(self) -> Floats:
        """(G,) votes by cluster number."""
        size = int(self.cluster.max(initial=-1)) + 1
        return add_up(self.cluster, self.cell_votes, size)

    @cached_property
    def cell_votes(self) -> Floats:
        """(K,) votes of each cell."""
        votes: Floats = self.cells.sum(axis=0, dtype=np.float64)
        if self.unit != 1:
            votes /= self.unit
        return votes

    @property
    def clusters(self) -> int:
        """How many clusters have votes."""
        return int((self.cluster_votes > 0).sum())
