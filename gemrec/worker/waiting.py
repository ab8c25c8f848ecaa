"""Jobs that wait for their turn: first those in the foreground, then the others."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from gemrec.worker.conversation import Job

MOST_OVERTAKING = 8
"""How many jobs in a row may go before the oldest, because they suit what is loaded better."""

Key = tuple[Hashable, ...]


def no_key(_payload: object) -> Key:
    """Every job suits as well as every other."""
    return ()


@dataclass(eq=False, slots=True)
class _Entry:
    job: Job | None  # None: only wake up
    key: Key = ()


class Waiting:
    """A queue whose jobs may change between background and foreground while they wait.

    Of the jobs in the foreground, the one comes first that is most like the last one, so that the
    worker changes what it has loaded as rarely as possible; but after :data:`MOST_OVERTAKING` of
    them in a row it is the oldest's turn.

    Args:
        key: What a job needs, the dearest to change first; jobs are as alike as the first parts
            of their keys that agree.
    """

    def __init__(self, key: Callable[[object], Key] = no_key) -> None:
        self._key = key
        self._last: Key = ()
        self._passed_over = 0  # jobs since the oldest one's turn
        self._entries: list[_Entry] = []
        self._filled = threading.Condition()

    def put(self, job: Job | None) -> None:
        """Add a job at the end; None only wakes the one who gets."""
        entry = _Entry(None) if job is None else _Entry(job, self._key(job.payload))
        with self._filled:
            self._entries.append(entry)
            self._filled.notify()

    def put_back(self, job: Job) -> None:
        """Add a job that gave way to others: what it has loaded counts for nothing now."""
        with self._filled:
            self._last = ()
        self.put(job)

    def get(self) -> Job | None:
        """Wait for a job in the foreground or, when there is none, for any."""
        with self._filled:
            while not self._entries:
                self._filled.wait()
            urgent = [entry for entry in self._entries if _is_urgent(entry.job)]
            chosen = self._choose(urgent or self._entries)
            self._entries.remove(chosen)
            if chosen.job is not None:
                self._last = chosen.key
            return chosen.job

    def somebody_urgent(self) -> bool:
        """Whether a job in the foreground waits that somebody still wants."""
        with self._filled:
            return any(e.job is not None and _is_urgent(e.job) for e in self._entries)

    def clear(self) -> list[Job]:
        """Take all jobs out."""
        with self._filled:
            jobs = [entry.job for entry in self._entries if entry.job is not None]
            self._entries.clear()
            return jobs

    def _choose(self, entries: list[_Entry]) -> _Entry:
        oldest = entries[0]
        if oldest.job is None:
            return oldest
        chosen = oldest
        if self._passed_over < MOST_OVERTAKING:
            chosen = max(entries, key=lambda entry: alike(entry.key, self._last))
        self._passed_over = 0 if chosen is oldest else self._passed_over + 1
        return chosen


def alike(one: Key, other: Key) -> int:
    """How many first parts of two keys agree."""
    agreeing = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        agreeing += 1
    return agreeing


def _is_urgent(job: Job | None) -> bool:
    return job is None or not (job.background() or job.abandoned.is_set())
