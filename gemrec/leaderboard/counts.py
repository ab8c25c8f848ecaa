"""How often each model won, lost and tied, by annotator and category.

A board never reads votes again: it reads these counts, to which one vote is added in constant time
and from which an undone or edited vote is taken away again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from gemrec.errors import InputError
from gemrec.records import BattleMode, EventKind, Outcome, Vote

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# A cell's key packs annotator, category and the two models into one integer, so that numbers given
# out later never change earlier keys. 22 + 11 + 15 + 15 bits: 4 million annotators, 2,048
# categories, 32,768 models.
_MODEL_BITS: Final = 15
_CATEGORY_BITS: Final = 11
_ANNOTATOR_BITS: Final = 22

# Columns of a cell: wins of the first model, wins of the second, and the three kinds of tie.
WINS_FIRST, WINS_SECOND, TIES, BOTH_GOOD, BOTH_BAD = range(5)
_TIE_COLUMNS: Final[Mapping[Outcome, int]] = {
    Outcome.TIE: TIES,
    Outcome.BOTH_GOOD: BOTH_GOOD,
    Outcome.BOTH_BAD: BOTH_BAD,
}


def add_up(index: Ints, values: Floats, size: int) -> Floats:
    """(size,) sum of the values of each index."""
    return np.bincount(index, values, size).astype(np.float64, copy=False)


class CountRowLike(Protocol):
    """One row of the store's count table; ``model_a < model_b``."""

    @property
    def model_a(self) -> str:
        """First model id."""

    @property
    def model_b(self) -> str:
        """Second model id."""

    @property
    def category(self) -> str:
        """Category of the prompts, empty when unknown."""

    @property
    def annotator_id(self) -> str:
        """Who voted."""

    @property
    def wins_a(self) -> int:
        """Votes for the first model."""

    @property
    def wins_b(self) -> int:
        """Votes for the second model."""

    @property
    def ties(self) -> int:
        """Plain ties."""

    @property
    def both_good(self) -> int:
        """Ties of two good sides."""

    @property
    def both_bad(self) -> int:
        """Ties of two bad sides."""


@dataclass(frozen=True)
class CountSlice:
    """The counts that one board is fitted to; arrays are read-only.

    Attributes:
        models: Model ids; their positions are the indices used everywhere below.
        wins: (M, M) votes for the row's model against the column's.
        ties: (M, M) symmetric number of ties of any kind.
        cluster: (K,) number of the annotator of each cell.
        first: (K,) index of a cell's first model.
        second: (K,) index of a cell's second model.
        cells: (K, 5) wins of first, wins of second, ties, both good, both bad.
    """

    models: tuple[str, ...]
    wins: Floats
    ties: Floats
    cluster: Ints
    first: Ints
    second: Ints
    cells: Floats

    @cached_property
    def games(self) -> Floats:
        """(M, M) symmetric number of votes on each pair."""
        games: Floats = self.wins + self.wins.T + self.ties
        return games

    @cached_property
    def votes_per_model(self) -> Ints:
        """(M,) votes that each model took part in."""
        votes: Ints = self.games.sum(axis=1).astype(np.int64)
        return votes

    @property
    def votes(self) -> int:
        """All votes in the slice."""
        return int(self.votes_per_model.sum()) // 2

    @cached_property
    def clusters(self) -> int:
        """How many annotators voted."""
        used = self.cluster[self.cells.sum(axis=1) > 0]
        return int(np.unique(used).size)


class Counts:
    """Counts that follow the votes, one vote at a time.

    Not safe for several writers: one owner adds and removes, and hands out slices, which are copies.

    Args:
        models: Model ids that stand on the board even without a vote; others join with their first
            vote.

    Example:
        >>> from gemrec.leaderboard.counts import Counts
        >>> counts = Counts(["a", "b"])
        >>> counts.add_outcome("b", "a", Outcome.LEFT, annotator_id="ann")
        >>> counts.slice().wins.tolist()
        [[0.0, 0.0], [1.0, 0.0]]
    """

    def __init__(self, models: Iterable[str] = ()) -> None:
        self._models: dict[str, int] = {}
        self._categories: dict[str, int] = {}
        self._annotators: dict[str, int] = {}
        self._cell_of: dict[int, int] = {}
        self._keys = np.zeros(64, dtype=np.int64)
        self._cells = np.zeros((64, 5), dtype=np.float64)
        for model in models:
            self._number(self._models, model, _MODEL_BITS, "models")

    @classmethod
    def from_rows(cls, rows: Iterable[CountRowLike], models: Iterable[str] = ()) -> "Counts":
        """Read the store's count table.

        Args:
            rows: One row per pair, category and annotator; repeated keys add up.
            models: Further model ids to list, votes or not.
        """
        counts = cls(models)
        for row in rows:
            cell, swapped = counts._cell(row.model_a, row.model_b, row.category, row.annotator_id)
            wins = (row.wins_b, row.wins_a) if swapped else (row.wins_a, row.wins_b)
            counts._cells[cell] += (*wins, row.ties, row.both_good, row.both_bad)
        return counts

    @classmethod
    def from_votes(cls, votes: Iterable[Vote], models: Iterable[str] = ()) -> "Counts":
        """Count current votes (one per battle, superseded ones left out)."""
        counts = cls(models)
        for vote in votes:
            counts.add(vote)
        return counts

    @property
    def models(self) -> tuple[str, ...]:
        """Model ids in the order of every slice's indices."""
        return tuple(self._models)

    @property
    def categories(self) -> tuple[str, ...]:
        """Categories with at least one counted vote, ever, in the order of first sight."""
        return tuple(self._categories)

    @property
    def annotators(self) -> tuple[str, ...]:
        """Annotators with at least one counted vote, ever, in the order of first sight."""
        return tuple(self._annotators)

    @property
    def wins(self) -> Floats:
        """(M, M) votes for the row's model against the column's, all categories."""
        return self.slice().wins

    @property
    def ties(self) -> Floats:
        """(M, M) symmetric number of ties of any kind, all categories."""
        return self.slice().ties

    def add_models(self, models: Iterable[str]) -> None:
        """List further models, votes or not."""
        for model in models:
            self._number(self._models, model, _MODEL_BITS, "models")

    def add(self, vote: Vote) -> bool:
        """Count a vote; a skip, an undo or a named comparison counts nothing.

        Returns:
            Whether the vote was counted.
        """
        return self._change(vote, 1.0)

    def remove(self, vote: Vote) -> bool:
        """Take away a vote that was added before: one that an undo or edit supersedes.

        Returns:
            Whether the vote had been counted.

        Raises:
            InputError: No such vote is in the counts.
        """
        return self._change(vote, -1.0)

    def add_outcome(
        self,
        left: str,
        right: str,
        outcome: Outcome,
        *,
        annotator_id: str,
        category: str = "",
        times: float = 1.0,
    ) -> None:
        """Count an outcome of a pair; ``times`` is -1 to take it away.

        Raises:
            InputError: Both sides are the same model, the outcome is a skip, or a count would fall
                below zero.
        """
        if not outcome.is_preference:
            raise InputError("a skip is no preference and cannot be counted; leave it out")
        cell, swapped = self._cell(left, right, category, annotator_id)
        column = _TIE_COLUMNS.get(outcome)
        if column is None:
            column = WINS_FIRST if (outcome is Outcome.LEFT) is not swapped else WINS_SECOND
        if self._cells[cell, column] + times < 0:
            raise InputError(
                f"no {outcome} of {left!r} and {right!r} by {annotator_id!r} is counted, so none can "
                "be taken away; rebuild the counts from the votes"
            )
        self._cells[cell, column] += times

    def slice(self, *, category: str | None = None, annotator_id: str | None = None) -> CountSlice:
        """Copy the counts of one board.

        Args:
            category: Only prompts of this category; None for all.
            annotator_id: Only this annotator's votes; None for all.
        """
        size = len(self._cell_of)
        keys, cells = self._keys[:size], self._cells[:size]
        keep = np.ones(size, dtype=bool)
        if category is not None:
            number = self._categories.get(category, -1)
            keep &= (keys >> (2 * _MODEL_BITS)) & ((1 << _CATEGORY_BITS) - 1) == number
        if annotator_id is not None:
            keep &= keys >> (2 * _MODEL_BITS + _CATEGORY_BITS) == self._annotators.get(
                annotator_id, -1
            )
        return _slice(self.models, keys[keep], cells[keep])

    def _change(self, vote: Vote, times: float) -> bool:
        if (
            vote.mode is not BattleMode.BLIND
            or vote.kind is EventKind.UNDO
            or vote.outcome is None
            or not vote.outcome.is_preference
        ):
            return False
        self.add_outcome(
            *vote.models,
            vote.outcome,
            annotator_id=vote.annotator_id,
            category=vote.category,
            times=times,
        )
        return True

    def _cell(self, left: str, right: str, category: str, annotator_id: str) -> tuple[int, bool]:
        """The cell's row and whether its first model is ``right``."""
        if left == right:
            raise InputError(f"a vote compares two models, got {left!r} twice")
        a = self._number(self._models, left, _MODEL_BITS, "models")
        b = self._number(self._models, right, _MODEL_BITS, "models")
        key = self._number(self._annotators, annotator_id, _ANNOTATOR_BITS, "annotators")
        key = key << _CATEGORY_BITS | self._number(
            self._categories, category, _CATEGORY_BITS, "categories"
        )
        key = (key << _MODEL_BITS | min(a, b)) << _MODEL_BITS | max(a, b)
        cell = self._cell_of.setdefault(key, len(self._cell_of))
        if cell == len(self._keys):
            self._keys = np.concatenate([self._keys, np.zeros_like(self._keys)])
            self._cells = np.concatenate([self._cells, np.zeros_like(self._cells)])
        self._keys[cell] = key
        return cell, a > b

    @staticmethod
    def _number(numbers: dict[str, int], name: str, bits: int, what: str) -> int:
        number = numbers.setdefault(name, len(numbers))
        if number >= 1 << bits:
            raise InputError(f"too many {what} for one board: at most {1 << bits} are allowed")
        return number


def _slice(models: Sequence[str], keys: Ints, cells: Floats) -> CountSlice:
    size, mask = len(models), (1 << _MODEL_BITS) - 1
    first, second = keys >> _MODEL_BITS & mask, keys & mask
    shape = (size, size)

    def matrix(index: Ints, values: Floats) -> Floats:
        return add_up(index, values, size * size).reshape(shape)

    wins = matrix(first * size + second, cells[:, WINS_FIRST])
    wins += matrix(second * size + first, cells[:, WINS_SECOND])
    ties = matrix(first * size + second, cells[:, TIES:].sum(axis=1))
    ties += ties.T.copy()
    cluster = keys >> (2 * _MODEL_BITS + _CATEGORY_BITS)
    for array in (wins, ties, cluster, first, second, cells):
        array.setflags(write=False)
    return CountSlice(tuple(models), wins, ties, cluster, first, second, cells)
