"""Hands out what is left to do, so that whoever has a pipeline loaded keeps to it."""

import threading
from collections import Counter
from collections.abc import Sequence

from gemrec.building.plan import Task
from gemrec.generation.ordering import pipeline_of

ATTEMPTS = 3
"""How often a task may lose its worker before it is given up."""

FAILURES_IN_A_ROW = 3
"""After so many failed prompts a model is left alone until the next run."""


class TaskBoard:
    """Tasks that wait; safe to use from many threads.

    Args:
        tasks: In the order of a plan.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._waiting = list(tasks)
        self._holders: Counter[str] = Counter()  # threads per pipeline
        self._attempts: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, holding: Task | None) -> Task | None:
        """The next task for a thread whose worker has just done ``holding``; None at the end.

        The same model goes on, then the same pipeline, then a pipeline that nobody works on, then
        whichever has most left per worker.
        """
        with self._lock:
            if holding is not None:
                self._holders[pipeline_of(holding.model)] -= 1
            if not self._waiting:
                return None
            task = self._continued(holding) or self._new_pipeline()
            self._waiting.remove(task)
            self._holders[pipeline_of(task.model)] += 1
            return task

    def lost(self, task: Task) -> bool:
        """The worker died: put the task back; False when it has died of it often enough."""
        with self._lock:
            self._attempts[task.key] += 1
            if self._attempts[task.key] >= ATTEMPTS:
                return False
            self._waiting.insert(0, task)
            return True

    def succeeded(self, task: Task) -> None:
        """Forget the failures of a model that works after all."""
        with self._lock:
            del self._failed[task.model.id]

    def failed(self, task: Task) -> tuple[Task, ...]:
        """Count a failure; returns the model's tasks that are now given up too."""
        with self._lock:
            self._failed[task.model.id] += 1
            if self._failed[task.model.id] < FAILURES_IN_A_ROW:
                return ()
            given_up = tuple(t for t in self._waiting if t.model.id == task.model.id)
            self._waiting = [t for t in self._waiting if t.model.id != task.model.id]
            return given_up

    def _continued(self, holding: Task | None) -> Task | None:
        if holding is None:
            return None
        same = [
            task for task in self._waiting if pipeline_of(task.model) == pipeline_of(holding.model)
        ]
        return next((t for t in same if t.model.id == holding.model.id), same[0] if same else None)

    def _new_pipeline(self) -> Task:
        left = Counter(pipeline_of(task.model) for task in self._waiting)
        most = max(left, key=lambda name: left[name] / (1 + self._holders[name]) ** 2)
        # A second worker on one pipeline begins with a model that the first is not at.
        of_it = [task for task in self._waiting if pipeline_of(task.model) == most]
        return of_it[-1] if self._holders[most] else of_it[0]
