"""How often each model won, lost and tied, by annotator, category and campaign.

A board never reads votes again: it reads these counts, to which one vote is added in constant time
and from which an undone or edited vote is taken away again.
"""

import itertools
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from gemrec.errors import InputError
from gemrec.leaderboard.cells import (
    ANNOTATOR_BITS,
    CONTEXT_BITS,
    MODEL_BITS,
    Cells,
    CellTable,
    pack,
    unpack_annotators,
    unpack_contexts,
    unpack_pairs,
)
from gemrec.leaderboard.kept import KeptPairs
from gemrec.leaderboard.tables import (
    BOTH_BAD,
    BOTH_GOOD,
    TIES,
    UNIT,
    WINS_FIRST,
    WINS_SECOND,
    CountSlice,
    Floats,
    Ints,
    PairCounts,
    units_of,
)
from gemrec.records import BattleMode, Outcome, Vote

_TIE_ROWS: Final[Mapping[Outcome, int]] = {
    Outcome.TIE: TIES,
    Outcome.BOTH_GOOD: BOTH_GOOD,
    Outcome.BOTH_BAD: BOTH_BAD,
}
# Slices whose matrices are kept up to date vote by vote; 40 MiB at 200 models with votes.
_KEPT_SLICES: Final = 64

Name = TypeVar("Name", str, tuple[str, str])
Context = tuple[str, str]  # category, campaign
SliceKey = tuple[str | None, str | None, str | None]  # category, campaign, annotator


class Counts:
    """Counts that follow the votes, one vote at a time.

    Slices list the models that have votes in them, in the order of :attr:`models`, so that what is
    fitted to them does not grow with a catalog of thousands.

    Not safe for several writers: one owner adds and removes, and hands out slices, which are copies.
    Many votes at once are read by :mod:`gemrec.leaderboard.loading`.

    Args:
        models: Model ids that come first, votes or not; others join with their first vote.

    Example:
        >>> from gemrec.leaderboard.counts import Counts
        >>> counts = Counts(["a", "b"])
        >>> counts.add_outcome("b", "a", Outcome.LEFT, annotator_id="ann")
        >>> counts.pairs().wins.tolist()
        [[0.0, 0.0], [1.0, 0.0]]
    """

    def __init__(self, models: Iterable[str] = ()) -> None:
        self._models: dict[str, int] = {}
        self._contexts: dict[Context, int] = {}
        self._annotators: dict[str, int] = {}
        self._cells = CellTable()
        self._kept: dict[SliceKey, KeptPairs] = {}
        self.add_models(models)

    @classmethod
    def from_cells(
        cls,
        models: Iterable[str],
        contexts: Iterable[Context],
        annotators: Iterable[str],
        cells: CellTable,
    ) -> "Counts":
        """Take over a table of cells whose keys number these names, all distinct, in order."""
        counts = cls(models)
        for context in contexts:
            _number(counts._contexts, context, CONTEXT_BITS, "categories and campaigns")
        for annotator_id in annotators:
            _number(counts._annotators, annotator_id, ANNOTATOR_BITS, "annotators")
        counts._cells = cells
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
        """All model ids, votes or not, in the order of the slices."""
        return tuple(self._models)

    @property
    def contexts(self) -> tuple[Context, ...]:
        """Category and campaign of counted votes, ever, in the order of first sight."""
        return tuple(self._contexts)

    @property
    def categories(self) -> tuple[str, ...]:
        """Categories with at least one counted vote, ever, in the order of first sight."""
        return tuple(dict.fromkeys(category for category, _ in self._contexts))

    @property
    def campaigns(self) -> tuple[str, ...]:
        """Campaigns with at least one counted vote, ever, in the order of first sight."""
        return tuple(dict.fromkeys(campaign for _, campaign in self._contexts))

    @property
    def annotators(self) -> tuple[str, ...]:
        """Annotators with at least one counted vote, ever, in the order of first sight."""
        return tuple(self._annotators)

    @property
    def size(self) -> int:
        """How many cells there are."""
        return len(self._cells.all()[0])

    def votes_per_model(self) -> Floats:
        """(M,) votes that each model took part in, added up from the cells."""
        keys, cells = self._cells.all()
        told = cells.sum(axis=0) / UNIT
        first, second = unpack_pairs(keys)
        size = len(self._models)
        total = np.bincount(first, told, size) + np.bincount(second, told, size)
        return total.astype(np.float64)  # numpy makes integers of no votes at all

    def cells(self) -> tuple[Ints, Cells]:
        """The (K,) keys, sorted, and the (5, K) counts in units; for a checkpoint, not to change."""
        return self._cells.tidy()

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
        campaign: str = "",
        size: int = 2,
        times: int = 1,
    ) -> None:
        """Count an outcome of a pair; ``times`` is -1 to take it away.

        Args:
            left: First model.
            right: Second model.
            outcome: What was said of the two.
            annotator_id: Who said it.
            category: The prompt's category.
            campaign: The study; empty for none.
            size: Sides judged together, which weighs the pair (:func:`~gemrec.records.pair_weight`).
            times: How often.

        Raises:
            InputError: Both sides are the same model, the outcome is a skip, or a count would fall
                below zero.
        """
        if outcome not in _TIE_ROWS and outcome not in (Outcome.LEFT, Outcome.RIGHT):
            raise InputError(f"a {outcome} is no preference and cannot be counted; leave it out")
        cell, swapped = self._cell(left, right, (category, campaign), annotator_id)
        row = _TIE_ROWS.get(outcome)
        if row is None:
            row = WINS_FIRST if (outcome is Outcome.LEFT) is not swapped else WINS_SECOND
        units = times * units_of(size)
        if not self._cells.add(cell, row, units):
            raise InputError(
                f"no {outcome} of {left!r} and {right!r} by {annotator_id!r} is counted, so none can "
                "be taken away; rebuild the counts from the votes"
            )
        sides = (self._models[left], self._models[right])
        winner, loser = sides[::-1] if outcome is Outcome.RIGHT else sides
        for key in itertools.product((None, category), (None, campaign), (None, annotator_id)):
            kept = self._kept.get(key)
            if kept is not None and not kept.add(winner, loser, row, units):
                del self._kept[key]

    def pairs(
        self,
        *,
        category: str | None = None,
        campaign: str | None = None,
        annotator_id: str | None = None,
    ) -> PairCounts:
        """Copy the votes per pair of one board: enough for ratings, and never added up twice.

        Args:
            category: Only prompts of this category; None for all.
            campaign: Only votes of this study, or of none for an empty text; None for all.
            annotator_id: Only this annotator's votes; None for all.
        """
        key = (category, campaign, annotator_id)
        kept = self._kept.pop(key, None)
        if kept is None:
            if len(self._kept) >= _KEPT_SLICES:
                self._kept.pop(next(iter(self._kept)))
            kept = KeptPairs.from_cells(*self._select(key), len(self._models))
        self._kept[key] = kept  # last in line to be dropped
        names = self.models
        wins, ties = kept.wins / UNIT, kept.ties / UNIT
        _freeze(wins, ties)
        return PairCounts(tuple(names[i] for i in kept.models.tolist()), wins, ties)

    def slice(
        self,
        *,
        category: str | None = None,
        campaign: str | None = None,
        annotator_id: str | None = None,
    ) -> CountSlice:
        """Copy the counts of one board, with who voted; what clustered intervals need.

        Args:
            category: Only prompts of this category; None for all.
            campaign: Only votes of this study, or of none for an empty text; None for all.
            annotator_id: Only this annotator's votes; None for all.
        """
        pairs = self.pairs(category=category, campaign=campaign, annotator_id=annotator_id)
        key = (category, campaign, annotator_id)
        keys, cells = self._select(key)
        cluster = unpack_annotators(keys)
        first, second = unpack_pairs(keys)
        if len(pairs.models) < len(self._models):
            place = self._kept[key].place
            first, second = place[first], place[second]
            live = np.minimum(first, second) >= 0  # cells of votes that were taken back are not
            cluster, first, second, cells = cluster[live], first[live], second[live], cells[:, live]
        if np.shares_memory(cells, self._cells.all()[1]):
            cells = cells.copy()
        _freeze(cluster, first, second, cells)
        return CountSlice(
            pairs.models,
            pairs.wins,
            pairs.ties,
            cluster,
            first,
            second,
            cells,
            UNIT,
            self.annotators,
        )

    def _change(self, vote: Vote, times: int) -> bool:
        if vote.mode is not BattleMode.BLIND or not vote.pairs:
            return False
        for pair in vote.pairs:
            self.add_outcome(
                *pair.models,
                pair.outcome,
                annotator_id=vote.annotator_id,
                category=vote.category,
                campaign=vote.campaign,
                size=pair.size,
                times=times,
            )
        return True

    def _cell(self, left: str, right: str, context: Context, annotator_id: str) -> tuple[int, bool]:
        """The cell's position and whether its first model is ``right``."""
        if left == right:
            raise InputError(f"a vote compares two models, got {left!r} twice")
        a, b = self._model(left), self._model(right)
        key = pack(
            _number(self._annotators, annotator_id, ANNOTATOR_BITS, "annotators"),
            _number(self._contexts, context, CONTEXT_BITS, "categories and campaigns"),
            min(a, b),
            max(a, b),
        )
        return self._cells.find(key), a > b

    def _model(self, name: str) -> int:
        if name not in self._models:
            self._kept.clear()  # their places have become too few
        return _number(self._models, name, MODEL_BITS, "models")

    def _select(self, key: SliceKey) -> tuple[Ints, Cells]:
        """The (K,) keys and (5, K) counts of one slice; views when it is everything."""
        keys, cells = self._cells.all()
        category, campaign, annotator_id = key
        keep = None
        if category is not None or campaign is not None:
            wanted = [
                category in (None, known) and campaign in (None, study)
                for known, study in self._contexts
            ]
            keep = np.array([*wanted, False])[unpack_contexts(keys)]
        if annotator_id is not None:
            own = unpack_annotators(keys) == self._annotators.get(annotator_id, -1)
            keep = own if keep is None else keep & own
        return (keys, cells) if keep is None else (keys[keep], cells[:, keep])


def _number(numbers: dict[Name, int], name: Name, bits: int, what: str) -> int:
    number = numbers.setdefault(name, len(numbers))
    if number >= 1 << bits:
        raise InputError(f"too many {what} for one board: at most {1 << bits} are allowed")
    return number


def _freeze(*arrays: NDArray[np.generic]) -> None:
    for array in arrays:
        array.setflags(write=False)
