"""How often each model won, lost and tied, by annotator and category.

A board never reads votes again: it reads these counts, to which one vote is added in constant time
and from which an undone or edited vote is taken away again.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.errors import InputError
from gemrec.leaderboard.cells import (
    ANNOTATOR_BITS,
    CATEGORY_BITS,
    MODEL_BITS,
    CellTable,
    pack,
    unpack_annotators,
    unpack_pairs,
)
from gemrec.leaderboard.tables import (
    BOTH_BAD,
    BOTH_GOOD,
    TIES,
    WINS_FIRST,
    WINS_SECOND,
    CountSlice,
    Floats,
    Ints,
    PairCounts,
    add_up,
)
from gemrec.records import BattleMode, Outcome, Vote
from gemrec.store import CountRow

_TIE_ROWS: Final[Mapping[Outcome, int]] = {
    Outcome.TIE: TIES,
    Outcome.BOTH_GOOD: BOTH_GOOD,
    Outcome.BOTH_BAD: BOTH_BAD,
}
# Slices whose matrices are kept up to date vote by vote; 20 MiB at 200 models.
_KEPT_SLICES: Final = 32

Matrices = tuple[Floats, Floats]
SliceKey = tuple[int | None, int | None]  # category, annotator


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
        >>> counts.wins.tolist()
        [[0.0, 0.0], [1.0, 0.0]]
    """

    def __init__(self, models: Iterable[str] = ()) -> None:
        self._models: dict[str, int] = {}
        self._categories: dict[str, int] = {}
        self._annotators: dict[str, int] = {}
        self._cells = CellTable()
        self._kept: dict[SliceKey, Matrices] = {}
        self.add_models(models)

    @classmethod
    def from_rows(cls, rows: Iterable[CountRow], models: Iterable[str] = ()) -> "Counts":
        """Read the store's count table.

        Args:
            rows: One row per pair, category and annotator; repeated keys add up.
            models: Further model ids to list, votes or not.
        """
        counts = cls(models)
        for row in rows:
            cell, swapped = counts._cell(row.model_a, row.model_b, row.category, row.annotator_id)
            wins = (row.wins_b, row.wins_a) if swapped else (row.wins_a, row.wins_b)
            for kind, times in enumerate((*wins, row.ties, row.both_good, row.both_bad)):
                counts._cells.add(cell, kind, times)
        return counts

    @classmethod
    def from_votes(cls, votes: Iterable[Vote], models: Iterable[str] = ()) -> "Counts":
        """Count current votes (one per battle, superseded ones left out)."""
        counts = cls(models)
        for vote in votes:
            counts.add(vote)
        return counts

    @classmethod
    def from_codes(
        cls,
        *,
        models: Sequence[str],
        annotators: Sequence[str],
        categories: Sequence[str] = ("",),
        first: Ints,
        second: Ints,
        annotator: Ints,
        category: Ints | None = None,
        cells: NDArray[np.integer],
    ) -> "Counts":
        """Read many votes or count rows at once, names given as positions in lists.

        Args:
            models: Distinct model ids.
            annotators: Distinct annotator ids.
            categories: Distinct categories.
            first: (K,) position of each row's first model.
            second: (K,) position of its second model, another one.
            annotator: (K,) position of its annotator.
            category: (K,) position of its category; None puts all into the first.
            cells: (5, K) wins of first, wins of second, ties, both good, both bad.

        Raises:
            InputError: A name is listed twice or a row compares a model with itself.
        """
        counts = cls(models)
        for names, numbers, bits, what in (
            (annotators, counts._annotators, ANNOTATOR_BITS, "annotators"),
            (categories, counts._categories, CATEGORY_BITS, "categories"),
        ):
            for name in names:
                _number(numbers, name, bits, what)
            if len(numbers) != len(names):
                raise InputError(f"{what} must be distinct, got one twice")
        if len(counts._models) != len(models):
            raise InputError("models must be distinct, got one twice")
        if (first == second).any():
            raise InputError("a vote compares two models, got a row with the same one twice")
        if category is None:
            category = np.zeros_like(first)
        counts._cells = CellTable.load(annotator, category, first, second, cells)
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
        return self.pairs().wins

    @property
    def ties(self) -> Floats:
        """(M, M) symmetric number of ties of any kind, all categories."""
        return self.pairs().ties

    def add_models(self, models: Iterable[str]) -> None:
        """List further models, votes or not."""
        for model in models:
            self._model(model)

    def add(self, vote: Vote) -> bool:
        """Count a vote; a skip, an undo or a named comparison counts nothing.

        Returns:
            Whether the vote was counted.
        """
        return self._change(vote, 1)

    def remove(self, vote: Vote) -> bool:
        """Take away a vote that was added before: one that an undo or edit supersedes.

        Returns:
            Whether the vote had been counted.

        Raises:
            InputError: No such vote is in the counts.
        """
        return self._change(vote, -1)

    def add_outcome(
        self,
        left: str,
        right: str,
        outcome: Outcome,
        *,
        annotator_id: str,
        category: str = "",
        times: int = 1,
    ) -> None:
        """Count an outcome of a pair; ``times`` is -1 to take it away.

        Raises:
            InputError: Both sides are the same model, the outcome is a skip, or a count would fall
                below zero.
        """
        if not outcome.is_preference:
            raise InputError("a skip is no preference and cannot be counted; leave it out")
        cell, swapped = self._cell(left, right, category, annotator_id)
        row = _TIE_ROWS.get(outcome)
        if row is None:
            row = WINS_FIRST if (outcome is Outcome.LEFT) is not swapped else WINS_SECOND
        if not self._cells.add(cell, row, times):
            raise InputError(
                f"no {outcome} of {left!r} and {right!r} by {annotator_id!r} is counted, so none can "
                "be taken away; rebuild the counts from the votes"
            )
        sides = (self._models[left], self._models[right])
        winner, loser = sides[::-1] if outcome is Outcome.RIGHT else sides
        for key in itertools.product(
            (None, self._categories[category]), (None, self._annotators[annotator_id])
        ):
            if key in self._kept:
                wins, ties = self._kept[key]
                if row >= TIES:
                    ties[winner, loser] += times
                    ties[loser, winner] += times
                else:
                    wins[winner, loser] += times

    def pairs(self, *, category: str | None = None, annotator_id: str | None = None) -> PairCounts:
        """Copy the votes per pair of one board: enough for ratings, and never added up twice.

        Args:
            category: Only prompts of this category; None for all.
            annotator_id: Only this annotator's votes; None for all.
        """
        key = self._slice_key(category, annotator_id)
        kept = self._kept.pop(key, None)
        if kept is None:
            if len(self._kept) >= _KEPT_SLICES:
                self._kept.pop(next(iter(self._kept)))
            kept = self._matrices(key)
        self._kept[key] = kept  # last in line to be dropped
        wins, ties = kept[0].copy(), kept[1].copy()
        _freeze(wins, ties)
        return PairCounts(self.models, wins, ties)

    def slice(self, *, category: str | None = None, annotator_id: str | None = None) -> CountSlice:
        """Copy the counts of one board, with who voted; what clustered intervals need.

        Args:
            category: Only prompts of this category; None for all.
            annotator_id: Only this annotator's votes; None for all.
        """
        pairs = self.pairs(category=category, annotator_id=annotator_id)
        keys, cells = self._cells.select(*self._slice_key(category, annotator_id))
        cluster = unpack_annotators(keys)
        first, second = unpack_pairs(keys)
        _freeze(cluster, first, second, cells)
        return CountSlice(pairs.models, pairs.wins, pairs.ties, cluster, first, second, cells)

    def _change(self, vote: Vote, times: int) -> bool:
        if vote.mode is not BattleMode.BLIND or not vote.pairs:
            return False
        for pair in vote.pairs:
            self.add_outcome(
                *pair.models,
                pair.outcome,
                annotator_id=vote.annotator_id,
                category=vote.category,
                times=times,
            )
        return True

    def _cell(self, left: str, right: str, category: str, annotator_id: str) -> tuple[int, bool]:
        """The cell's position and whether its first model is ``right``."""
        if left == right:
            raise InputError(f"a vote compares two models, got {left!r} twice")
        a, b = self._model(left), self._model(right)
        key = pack(
            _number(self._annotators, annotator_id, ANNOTATOR_BITS, "annotators"),
            _number(self._categories, category, CATEGORY_BITS, "categories"),
            min(a, b),
            max(a, b),
        )
        return self._cells.find(key), a > b

    def _model(self, name: str) -> int:
        if name not in self._models:
            self._kept.clear()  # the matrices have become too small
        return _number(self._models, name, MODEL_BITS, "models")

    def _slice_key(self, category: str | None, annotator_id: str | None) -> SliceKey:
        """Numbers of the names; -1, which no cell has, for a name never seen."""
        return (
            None if category is None else self._categories.get(category, -1),
            None if annotator_id is None else self._annotators.get(annotator_id, -1),
        )

    def _matrices(self, key: SliceKey) -> Matrices:
        """(M, M) wins and ties, added up from the cells."""
        keys, cells = self._cells.select(*key)
        first, second = unpack_pairs(keys)
        size = len(self._models)
        there, back = first * size + second, second * size + first
        wins = add_up(there, cells[WINS_FIRST], size * size)
        wins += add_up(back, cells[WINS_SECOND], size * size)
        tied = cells[TIES:].sum(axis=0, dtype=np.int32)
        ties = add_up(there, tied, size * size).reshape(size, size)
        return wins.reshape(size, size), ties + ties.T


def _number(numbers: dict[str, int], name: str, bits: int, what: str) -> int:
    number = numbers.setdefault(name, len(numbers))
    if number >= 1 << bits:
        raise InputError(f"too many {what} for one board: at most {1 << bits} are allowed")
    return number


def _freeze(*arrays: NDArray[np.generic]) -> None:
    for array in arrays:
        array.setflags(write=False)
