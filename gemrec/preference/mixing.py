"""Mixes the last steps of a fixed-point iteration so that it gets there sooner.

Anderson mixing (Walker and Ni 2011, "Anderson Acceleration for Fixed-Point Iterations"): of the last
steps, the combination whose movements cancel best is where to go on. On a linear iteration it does
what GMRES does.
"""

import numpy as np

from gemrec.preference.davidson import Array

_SAFE = 1e-12  # of the squared lengths; keeps equal steps apart


class Mixing:
    """The last steps of one iteration.

    Args:
        watched: Length of the part of a point by which movements are measured, its first numbers.
        size: Length of a point.
        memory: Steps that are remembered.
    """

    def __init__(self, watched: int, size: int, memory: int) -> None:
        self._turns = np.empty((memory, watched))  # changes of the movement
        self._changes = np.empty((memory, size))  # changes of the point
        self._moved, self._point = np.empty(watched), np.empty(size)
        self._steps = 0

    def next(self, moved: Array, point: Array) -> Array:
        """Where to go on.

        Args:
            moved: (watched,) how far the last step moved the watched part.
            point: (size,) where it led.
        """
        if self._steps:
            row = (self._steps - 1) % len(self._turns)
            np.subtract(moved, self._moved, out=self._turns[row])
            np.subtract(point, self._point, out=self._changes[row])
        self._moved, self._point = moved, point
        known = min(self._steps, len(self._turns))
        self._steps += 1
        if not known:
            return point
        turns = self._turns[:known]
        inner = turns @ turns.T
        inner.flat[:: known + 1] *= 1 + _SAFE
        inner.flat[:: known + 1] += 1e-300
        better: Array = point - np.linalg.solve(inner, turns @ moved) @ self._changes[:known]
        return better
