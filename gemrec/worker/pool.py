"""Several workers that look like one: each job goes to the one that is best prepared for it."""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from gemrec.worker.crew import Crew
from gemrec.worker.inline import InlineWorker
from gemrec.worker.process import WorkerProcess
from gemrec.worker.ray_child import RayChild
from gemrec.worker.ray_cluster import leave
from gemrec.worker.waiting import Key, alike, no_key

REDO = 2
"""How often a job is begun again whose worker was lost, before it is given up."""


class Worker(Protocol):
    """Runs jobs; see :class:`gemrec.worker.process.WorkerProcess`."""

    @property
    def pid(self) -> int | None:
        """Process id of the child, None when there is none."""

    @property
    def pids(self) -> list[int]:
        """Process ids of all children that run."""

    def start(self) -> None:
        """Start the child and its warm-up; returns at once."""

    def wait_until_ready(self) -> None:
        """Wait until the child has warmed up."""

    def run(
        self,
        job: object,
        timeout: float | None = None,
        cancelled: Callable[[], bool] | None = None,
        background: Callable[[], bool] | None = None,
    ) -> Iterator[object]:
        """Run one job and yield what it emits."""

    def close(self) -> None:
        """Stop the child."""


def hire(
    crew: Crew,
    factory: str,
    arguments: tuple[object, ...],
    name: str,
    nice: int = 5,
    key: Callable[[object], Key] = no_key,
    **rules: Any,
) -> Worker:
    """One worker or a pool of them; starts nothing.

    Args:
        crew: How many, and where they run.
        factory: ``module:function`` that builds the handler in each child.
        arguments: Of the factory; they travel by pipe.
        name: What the workers do; shown in errors.
        nice: How much lower the children's priority is, 0..19.
        key: What a job needs, the dearest to change first.
        rules: Further keyword arguments of ``WorkerProcess``, such as how patient it is.
    """
    if crew.kind == "inline":
        return InlineWorker(factory, arguments, name)
    rules |= {"key": key}
    if crew.kind == "ray":
        rules |= {"launch": partial(RayChild, crew), "redo": REDO}
    workers = [WorkerProcess(factory, arguments, name, nice, **rules) for _ in range(crew.workers)]
    if crew.kind == "ray":
        return WorkerPool(workers, key, then=leave)
    return workers[0] if len(workers) == 1 else WorkerPool(workers, key)


@dataclass(eq=False, slots=True)
class _Member:
    worker: Worker
    key: Key = ()
    jobs: int = 0
    last: int = 0  # number of the job that it was last given


class WorkerPool:
    """Workers that share what comes in; follows ``Worker``.

    A job goes to a worker that has nothing to do, if there is one, and among those to the one whose
    last job was most like it: whatever it needs is loaded there already.

    Args:
        workers: At least one.
        key: What a job needs, the dearest to change first.
        then: Called after all have been closed.
    """

    def __init__(
        self,
        workers: Sequence[Worker],
        key: Callable[[object], Key] = no_key,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        self._members = [_Member(worker) for worker in workers]
        self._key = key
        self._then = then
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def __len__(self) -> int:
        return len(self._members)

    @property
    def pid(self) -> int | None:
        """Process id of the first worker's child."""
        return self._members[0].worker.pid

    @property
    def pids(self) -> list[int]:
        """Process ids of all children that run."""
        return [pid for member in self._members for pid in member.worker.pids]

    def start(self) -> None:
        """Start all children; returns at once."""
        for member in self._members:
            member.worker.start()

    def wait_until_ready(self) -> None:
        """Wait until all children have warmed up."""
        for member in self._members:
            member.worker.wait_until_ready()

    def run(
        self,
        job: object,
        timeout: float | None = None,
        cancelled: Callable[[], bool] | None = None,
        background: Callable[[], bool] | None = None,
    ) -> Iterator[object]:
        """Run one job on the worker that suits it best; see ``WorkerProcess.run``."""
        member = self._take(self._key(job))
        try:
            yield from member.worker.run(job, timeout, cancelled, background)
        finally:
            with self._lock:
                member.jobs -= 1

    def close(self) -> None:
        """Stop all children."""
        for member in self._members:
            member.worker.close()
        self._then()

    def _take(self, key: Key) -> _Member:
        with self._lock:
            chosen = min(
                self._members,
                key=lambda member: (member.jobs, -alike(member.key, key), member.last),
            )
            chosen.jobs += 1
            chosen.key = key
            chosen.last = next(self._numbers)
            return chosen
