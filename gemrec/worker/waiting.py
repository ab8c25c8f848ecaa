"""Jobs that wait for their turn: first those in the foreground, then the others."""

import threading
from collections import deque

from gemrec.worker.conversation import Job


class Waiting:
    """A queue whose jobs may change between background and foreground while they wait."""

    def __init__(self) -> None:
        self._jobs: deque[Job | None] = deque()  # None: only wake up
        self._filled = threading.Condition()

    def put(self, job: Job | None) -> None:
        """Add a job at the end; None only wakes the one who gets."""
        with self._filled:
            self._jobs.append(job)
            self._filled.notify()

    def get(self) -> Job | None:
        """Wait for the first job in the foreground or, when there is none, the first of all."""
        with self._filled:
            while not self._jobs:
                self._filled.wait()
            place = next((i for i, job in enumerate(self._jobs) if _is_urgent(job)), 0)
            job = self._jobs[place]
            del self._jobs[place]
            return job

    def somebody_urgent(self) -> bool:
        """Whether a job in the foreground waits that somebody still wants."""
        with self._filled:
            return any(job is not None and _is_urgent(job) for job in self._jobs)

    def clear(self) -> list[Job]:
        """Take all jobs out."""
        with self._filled:
            jobs = [job for job in self._jobs if job is not None]
            self._jobs.clear()
            return jobs


def _is_urgent(job: Job | None) -> bool:
    return job is None or not (job.background() or job.abandoned.is_set())
