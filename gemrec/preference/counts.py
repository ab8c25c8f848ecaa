"""Votes per pair of models, the form in which the shared part reads them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gemrec.preference.davidson import Array


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

    @cached_property
    def votes(self) -> int:
        """How many votes."""
        return round(float(self.wins.sum() + self.ties.sum() / 2))

    @cached_property
    def votes_per_model(self) -> Array:
        """(M,) votes that each model took part in."""
        total: Array = self.wins.sum(axis=0) + self.wins.sum(axis=1) + self.ties.sum(axis=1)
        return total
