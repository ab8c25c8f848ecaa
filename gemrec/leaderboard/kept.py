"""Votes per pair of one slice, kept up to date vote by vote."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemrec.leaderboard.cells import Cells, unpack_pairs
from gemrec.leaderboard.tables import (
    BOTH_BAD,
    BOTH_GOOD,
    TIES,
    WINS_FIRST,
    WINS_SECOND,
    Floats,
    Ints,
    add_up,
)


@dataclass(frozen=True)
class KeptPairs:
    """The matrices of one slice, over the models that have votes in it; they follow votes in place.

    Attributes:
        models: (V,) numbers of those models, rising.
        place: (M,) position of each model in ``models``, -1 for the others.
        wins: (V, V) in units.
        ties: (V, V) in units, symmetric.
    """

    models: Ints
    place: Ints
    wins: Floats
    ties: Floats

    @classmethod
    def from_cells(cls, keys: Ints, cells: Cells, size: int) -> "KeptPairs":
        """Add up (K,) keys and (5, K) counts of ``size`` models."""
        first, second = unpack_pairs(keys)
        models = np.arange(size)
        if size * size > keys.size:  # a matrix of all models would be mostly empty
            has_votes = np.zeros(size, dtype=np.bool_)
            has_votes[first] = has_votes[second] = True
            models = np.flatnonzero(has_votes)
            place = np.cumsum(has_votes) - 1
            first, second = place[first], place[second]
        there = first * models.size + second

        def table(values: NDArray[np.number]) -> Floats:
            return add_up(there, values, models.size**2).reshape(models.size, models.size)

        wins = table(cells[WINS_FIRST]) + table(cells[WINS_SECOND]).T
        tied = cells[TIES] + cells[BOTH_GOOD]
        tied += cells[BOTH_BAD]
        ties = table(tied)
        ties = ties + ties.T
        live = wins.any(axis=0) | wins.any(axis=1) | ties.any(axis=0)
        if not live.all():  # such as models whose votes were all taken back
            wins, ties, models = wins[np.ix_(live, live)], ties[np.ix_(live, live)], models[live]
        place = np.full(size, -1)
        place[models] = np.arange(models.size)
        return cls(models, place, wins, ties)

    def add(self, winner: int, loser: int, row: int, units: int) -> bool:
        """Follow a change of one pair; False when other models would have votes after it."""
        i, j = self.place[winner], self.place[loser]
        if i < 0 or j < 0:
            return False
        if row >= TIES:
            self.ties[i, j] += units
            self.ties[j, i] += units
        else:
            self.wins[i, j] += units
        return units > 0 or (self._is_live(i) and self._is_live(j))

    def _is_live(self, i: int) -> bool:
        return bool(self.wins[i].any() or self.wins[:, i].any() or self.ties[i].any())
