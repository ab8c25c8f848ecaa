"""How long jobs have taken lately, and so how long one of them may hold up the others."""

import math
import statistics
from collections import deque

SLOWER = 3.0
"""A job that takes so many times as long as the median of the last ones is slow."""

KEPT = 32  # jobs that are looked back on
LEAST_KNOWN = 3  # jobs before which there is no telling


class Pace:
    """Watches how long jobs take. One thread owns it.

    What is slow depends on the machine: on one where every grid takes a minute, all of them are
    done in order; where others take seconds, one that takes a minute lets them go first.

    Args:
        least: Seconds that every job may take, however quick the others are; infinity when jobs
            must not be interrupted.
    """

    def __init__(self, least: float) -> None:
        self._least = least
        self._seconds: deque[float] = deque(maxlen=KEPT)

    def note(self, seconds: float) -> None:
        """A job was done in so many seconds."""
        self._seconds.append(seconds)

    def turn(self) -> float:
        """Seconds that a job may take while others wait."""
        if len(self._seconds) < LEAST_KNOWN:
            return SLOWER * self._least
        return max(self._least, SLOWER * statistics.median(self._seconds))


NO_TURNS = math.inf
"""``least`` of jobs that must not be interrupted."""
