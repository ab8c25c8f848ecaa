"""Counts by annotator, context and pair: many cells, each found in no time."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.leaderboard.tables import TIES, Ints

# A cell's key packs annotator, context (category and campaign) and the two models into one integer,
# so that numbers given out later never change earlier keys: 2 million annotators, 16,384 contexts,
# 16,384 models.
MODEL_BITS: Final = 14
CONTEXT_BITS: Final = 14
ANNOTATOR_BITS: Final = 21
_MODEL_MASK: Final = (1 << MODEL_BITS) - 1
_CONTEXT_MASK: Final = (1 << CONTEXT_BITS) - 1

Cells = NDArray[np.int32]


def pack(annotator: int, context: int, first: int, second: int) -> int:
    """The key of a cell; ``first`` is the smaller model number."""
    key = (annotator << CONTEXT_BITS | context) << MODEL_BITS | first
    return key << MODEL_BITS | second


def unpack_pairs(keys: Ints) -> tuple[Ints, Ints]:
    """(K,) first and second model numbers of the keys."""
    return keys >> MODEL_BITS & _MODEL_MASK, keys & _MODEL_MASK


def unpack_annotators(keys: Ints) -> Ints:
    """(K,) annotator numbers of the keys."""
    annotators: Ints = keys >> (2 * MODEL_BITS + CONTEXT_BITS)
    return annotators


def unpack_contexts(keys: Ints) -> Ints:
    """(K,) context numbers of the keys."""
    contexts: Ints = keys >> (2 * MODEL_BITS) & _CONTEXT_MASK
    return contexts


class CellTable:
    """Cells that grow: the sorted ones of a bulk load, then those that came one by one.

    Counts are whole units of :data:`~gemrec.leaderboard.tables.UNIT`.
    """

    def __init__(self) -> None:
        self._keys: Ints = np.zeros(64, dtype=np.int64)
        self._cells: Cells = np.zeros((5, 64), dtype=np.int32)
        self._size = 0
        self._sorted = 0
        self._later: dict[int, int] = {}
        self._loaded = False

    @classmethod
    def load(
        cls, annotator: Ints, context: Ints, first: Ints, second: Ints, cells: NDArray[np.integer]
    ) -> "CellTable":
        """Take over columns of (K,) numbers and (5, K) counts, which are changed; keys may repeat."""
        table = cls()
        keys = annotator.astype(np.int64)
        for number, bits in (
            (context, CONTEXT_BITS),
            (np.minimum(first, second), MODEL_BITS),
            (np.maximum(first, second), MODEL_BITS),
        ):
            keys <<= bits
            keys |= number
        table._keys = keys
        table._cells = cells.astype(np.int32, copy=False)
        won, lost = table._cells[:TIES]
        change = lost - won  # swapping by arithmetic is ten times faster than by a mask
        change *= first > second
        won += change
        lost -= change
        table._size, table._loaded = len(keys), True
        return table

    @classmethod
    def restore(cls, keys: Ints, cells: Cells) -> "CellTable":
        """Take over what :meth:`tidy` gave."""
        table = cls()
        if len(keys):
            table._keys, table._cells = keys, cells
            table._size = table._sorted = len(keys)
        return table

    def find(self, key: int) -> int:
        """Position of the key's cell, which is made when there is none."""
        if self._loaded:
            self.tidy()
        if self._sorted:
            position = int(np.searchsorted(self._keys[: self._sorted], key))
            if position < self._sorted and self._keys[position] == key:
                return position
        position = self._later.setdefault(key, self._size)
        if position == self._size:
            if self._size == len(self._keys):
                room = max(64, self._size // 8)
                self._keys = np.concatenate([self._keys, np.zeros(room, np.int64)])
                self._cells = np.concatenate([self._cells, np.zeros((5, room), np.int32)], axis=1)
            self._keys[position] = key
            self._size += 1
        return position

    def add(self, position: int, row: int, units: int) -> bool:
        """Add to one count; False, and nothing done, when it would fall below zero."""
        if self._cells[row, position] + units < 0:
            return False
        self._cells[row, position] += units
        return True

    def all(self) -> tuple[Ints, Cells]:
        """Views of the (K,) keys and (5, K) counts; they must not be changed."""
        return self._keys[: self._size], self._cells[:, : self._size]

    def tidy(self) -> tuple[Ints, Cells]:
        """Sort by key, add up equal keys and drop empty cells; views of the (K,) keys and counts."""
        keys, cells = self.all()
        if self._loaded or self._later:
            order = np.argsort(keys, kind="stable")
            keys, cells = keys[order], cells[:, order]
            starts = np.flatnonzero(np.diff(keys, prepend=-1))
            if len(starts) < len(keys):
                keys, cells = keys[starts], np.add.reduceat(cells, starts, axis=1)
        filled = cells.any(axis=0)
        if not filled.all():
            keys, cells = keys[filled], cells[:, filled]
        self._loaded, self._later = False, {}
        self._size = self._sorted = len(keys)
        self._keys, self._cells = keys, cells
        return keys, cells
