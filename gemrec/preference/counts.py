"""Votes per pair of models, the form in which the shared part reads them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gemrec.preference.davidson import Array


@dataclass(frozen=True)
class Pairs:
    """The pairs that have votes, each once; arrays of length n.

    Attributes:
        first: Model index, below that in ``second``.
        second: Model index.
        games: Votes on the pair.
        margin: Half of (wins of first - wins of second).
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    games: Array
    margin: Array


@dataclass(frozen=True)
class PairCounts:
    """Votes per pair of models; both arrays are (M, M) and must not be changed.

    Attributes:
        wins: Votes for the row's model against the column's.
        ties: Symmetric number of ties of any kind.
    """

    wins: Array
    ties: Array

    @classmethod
    def empty(cls, size: int) -> "PairCounts":
        """No votes on ``size`` models."""
        return cls(np.zeros((size, size)), np.zeros((size, size)))

    def without(self, other: "PairCounts") -> "PairCounts":
        """These votes less the other's."""
        return PairCounts(self.wins - other.wins, self.ties - other.ties)

    @cached_property
    def pairs(self) -> Pairs:
        """The same votes as a list of pairs."""
        games = self.wins + self.wins.T + self.ties
        first, second = np.nonzero(np.triu(games, 1))
        at = (first, second)
        return Pairs(first, second, games[at], (self.wins[at] - self.wins.T[at]) / 2)

    @cached_property
    def votes(self) -> int:
        """How many votes."""
        return round(float(self.pairs.games.sum()))

    @cached_property
    def votes_per_model(self) -> Array:
        """(M,) votes that each model took part in."""
        pairs, size = self.pairs, len(self.wins)
        return sums(pairs.first, pairs.games, size) + sums(pairs.second, pairs.games, size)


def sums(index: NDArray[np.int64], values: Array, size: int) -> Array:
    """(size,) sum of the values at each index."""
    return np.bincount(index, values, size).astype(np.float64, copy=False)
