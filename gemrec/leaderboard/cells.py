"""Counts by annotator, category and pair: many cells, each found in no time."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.leaderboard.tables import TIES, Ints

# A cell's key packs annotator, category and the two models into one integer, so that numbers given
# out later never change earlier keys: 4 million annotators, 2,048 categories, 32,768 models.
MODEL_BITS: Final = 15
CATEGORY_BITS: Final = 11
ANNOTATOR_BITS: Final = 22
_MODEL_MASK: Final = (1 << MODEL_BITS) - 1
_CATEGORY_MASK: Final = (1 << CATEGORY_BITS) - 1

Cells = NDArray[np.int32]


def pack(annotator: int, category: int, first: int, second: int) -> int:
    """The key of a cell; ``first`` is the smaller model number."""
    key = (annotator << CATEGORY_BITS | category) << MODEL_BITS | first
    return key << MODEL_BITS | second


def unpack_pairs(keys: Ints) -> tuple[Ints, Ints]:
    """(K,) first and second model numbers of the keys."""
    return keys >> MODEL_BITS & _MODEL_MASK, keys & _MODEL_MASK


def unpack_annotators(keys: Ints) -> Ints:
    """(K,) annotator numbers of the keys."""
    annotators: Ints = keys >> (2 * MODEL_BITS + CATEGORY_BITS)
    return annotators


def unpack_categories(keys: Ints) -> Ints:
    """(K,) category numbers of the keys."""
    categories: Ints = keys >> (2 * MODEL_BITS) & _CATEGORY_MASK
    return categories


class CellTable:
    """Cells that grow: the sorted ones of a bulk load, then those that came one by one."""

    def __init__(self) -> None:
        self._keys: Ints = np.zeros(64, dtype=np.int64)
        self._cells: Cells = np.zeros((5, 64), dtype=np.int32)
        self._size = 0
        self._sorted = 0
        self._later: dict[int, int] = {}
        self._loaded = False

    @classmethod
    def load(
        cls, annotator: Ints, category: Ints, first: Ints, second: Ints, cells: NDArray[np.integer]
    ) -> "CellTable":
        """Take over columns of (K,) numbers and (5, K) counts; equal keys may repeat."""
        table = cls()
        swapped = first > second
        keys = annotator.astype(np.int64) << CATEGORY_BITS | category
        keys = keys << MODEL_BITS | np.where(swapped, second, first)
        table._keys = keys << MODEL_BITS | np.where(swapped, first, second)
        table._cells = cells.astype(np.int32)
        wins = table._cells[:TIES]
        wins[:, swapped] = wins[::-1, swapped]
        table._size, table._loaded = len(keys), True
        return table

    def find(self, key: int) -> int:
        """Position of the key's cell, which is made when there is none."""
        if self._loaded:
            self._sort()
        if self._sorted:
            position = int(np.searchsorted(self._keys[: self._sorted], key))
            if position < self._sorted and self._keys[position] == key:
                return position
        position = self._later.setdefault(key, self._size)
        if position == self._size:
            if self._size == len(self._keys):
                self._keys = np.concatenate([self._keys, np.zeros_like(self._keys)])
                self._cells = np.concatenate([self._cells, np.zeros_like(self._cells)], axis=1)
            self._keys[position] = key
            self._size += 1
        return position

    def add(self, position: int, row: int, times: int) -> bool:
        """Add to one count; False, and nothing done, when it would fall below zero."""
        if self._cells[row, position] + times < 0:
            return False
        self._cells[row, position] += times
        return True

    def select(self, category: int | None, annotator: int | None) -> tuple[Ints, Cells]:
        """Copies of the (K,) keys and (5, K) counts of one slice; None takes all."""
        keys, cells = self._keys[: self._size], self._cells[:, : self._size]
        if category is None and annotator is None:
            return keys.copy(), cells.copy()
        keep = np.ones(self._size, dtype=bool)
        if category is not None:
            keep &= unpack_categories(keys) == category
        if annotator is not None:
            keep &= unpack_annotators(keys) == annotator
        return keys[keep], cells[:, keep]

    def _sort(self) -> None:
        """Sort loaded cells by key and add up those of equal keys."""
        order = np.argsort(self._keys[: self._size])
        keys, cells = self._keys[order], self._cells[:, order]
        starts = np.flatnonzero(np.diff(keys, prepend=-1))
        self._keys = keys[starts]
        self._cells = np.add.reduceat(cells, starts, axis=1) if len(starts) else cells
        self._size = self._sorted = len(starts)
        if not self._size:
            self._keys, self._cells = np.zeros(64, np.int64), np.zeros((5, 64), np.int32)
        self._loaded = False
