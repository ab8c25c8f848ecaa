"""A child that Ray starts, here or on another machine of a cluster.

It answers the same jobs in the same way as a process of our own: an actor runs the child's half of
:mod:`gemrec.worker.child`, and messages travel as calls of its methods.
"""

import os
import queue
import threading
from typing import Any

from gemrec.worker.child import Assignment, answer_jobs, build
from gemrec.worker.crew import Crew
from gemrec.worker.ray_cluster import join

_START_SECONDS = 170.0  # a cluster may be short of CPUs or GPUs for that long
_CALLS = 4  # at the same time in one actor: one that waits for a message, and those that post


class RayChild:
    """One actor, from the side of the program that asks; follows ``Child``.

    Args:
        crew: Where Ray runs, and what one worker needs.
        assignment: What the actor is to build.

    Raises:
        SettingsError: Ray is not installed, or no cluster answers at the address.
        OSError: The actor cannot be started.
    """

    def __init__(self, crew: Crew, assignment: Assignment) -> None:
        ray = join(crew)
        # Neither restarts nor retries by Ray: who waits for a job decides what happens to it.
        actor_class = ray.remote(
            num_cpus=crew.cpus, num_gpus=crew.gpus, max_restarts=0, max_concurrency=_CALLS
        )(RayActor)
        self._actor = actor_class.remote(assignment)
        self.pipe = RayPipe(self._actor)
        try:
            self.pid = int(ray.get(self._actor.pid.remote(), timeout=_START_SECONDS))
        except ray.exceptions.GetTimeoutError as error:
            self.stop()
            has = ray.cluster_resources()
            raise OSError(
                f"Ray has not started a worker in {_START_SECONDS:g} s: {crew.workers} workers need "
                f"{crew.cpus} CPUs and {crew.gpus:g} GPUs each, and the cluster has "
                f"{has.get('CPU', 0):g} CPUs and {has.get('GPU', 0):g} GPUs, shared with others. "
                "Use fewer workers, or wait until it is free."
            ) from error
        except ray.exceptions.RayError as error:
            self.stop()
            raise OSError(f"Ray could not start a worker: {error}") from error

    def is_alive(self) -> bool:
        """Whether no message has been lost yet; one that is lost later tells then."""
        return not self.pipe.broken

    def stop(self, patience: float = 0.0) -> int | None:  # noqa: ARG002 - nothing to wait for
        """End the actor at once; Ray tells no exit status."""
        import ray

        self.pipe.broken = True
        ray.kill(self._actor)
        return None


class RayPipe:
    """Messages to and from an actor; follows ``ChildPipe``."""

    def __init__(self, actor: Any) -> None:
        self.broken = False
        self._actor = actor
        self._next: Any = None

    def send(self, obj: Any, /) -> None:
        """Pass a message on.

        Raises:
            EOFError: The actor is gone.
        """
        self._get(self._actor.post.remote(obj))

    def poll(self, timeout: float = 0.0, /) -> bool:
        """Whether a message arrives within so many seconds."""
        import ray

        if self._next is None:
            self._next = self._actor.take.remote()
        ready, _ = ray.wait([self._next], timeout=timeout)
        return bool(ready)

    def recv(self) -> Any:
        """The next message.

        Raises:
            EOFError: The actor is gone.
        """
        if self._next is None:
            self._next = self._actor.take.remote()
        answer, self._next = self._next, None
        return self._get(answer)

    def _get(self, answer: Any) -> Any:
        import ray

        try:
            return ray.get(answer)
        except ray.exceptions.RayError as error:
            self.broken = True
            raise EOFError(f"the Ray worker is gone ({type(error).__name__})") from error


class RayActor:
    """The actor's side: a channel between its methods and the thread that answers jobs."""

    def __init__(self, assignment: Assignment) -> None:
        self._arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._leaving: queue.SimpleQueue[Any] = queue.SimpleQueue()
        os.nice(assignment.nice)
        handler = build(assignment)
        threading.Thread(target=answer_jobs, args=(handler, self), daemon=True).start()

    def pid(self) -> int:
        """The process id on the machine where the actor runs."""
        return os.getpid()

    def post(self, message: Any) -> None:
        """Take a message of the program that asks."""
        self._arrived.put(message)

    def take(self) -> Any:
        """Wait for the next message to the program that asks."""
        return self._leaving.get()

    def send(self, obj: Any, /) -> None:
        """For the thread that answers: pass a message on."""
        self._leaving.put(obj)

    def recv(self) -> Any:
        """For the thread that answers: wait for a message."""
        return self._arrived.get()
