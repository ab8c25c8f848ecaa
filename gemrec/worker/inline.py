"""A worker without a process of its own, for places that must do their work in the server process."""

import threading
from collections.abc import Callable, Iterator

from gemrec.errors import WorkerCancelledError, WorkerError
from gemrec.worker.child import Assignment, build


class InlineWorker:
    """Does each job in the thread that asks; follows ``Worker``.

    Spaces with ZeroGPU lend their GPU to functions of the process that serves the page, and read
    from the asking thread's context on whose account. Nothing here stops a job that hangs: the loan
    ends by itself.

    Args:
        factory: ``module:function`` that builds the handler, at once.
        arguments: Of the factory.
        name: What it does; shown in errors.
    """

    pid: int | None = None

    def __init__(self, factory: str, arguments: tuple[object, ...], name: str) -> None:
        self.name = name
        self._handler = build(Assignment(factory, arguments, 0))
        self._closed = threading.Event()
        self._warm = threading.Thread(target=self._warm_up, name=f"{name}-warm-up", daemon=True)

    @property
    def pids(self) -> list[int]:
        """No process but the asking one."""
        return []

    def start(self) -> None:
        """Begin the warm-up; returns at once."""
        if self._warm.ident is None:
            self._warm.start()

    def wait_until_ready(self) -> None:
        """Wait for the warm-up."""
        self.start()
        self._warm.join()

    def run(
        self,
        job: object,
        timeout: float | None = None,  # noqa: ARG002 - see above
        cancelled: Callable[[], bool] | None = None,
        background: Callable[[], bool] | None = None,  # noqa: ARG002 - there is no queue here
    ) -> Iterator[object]:
        """Do one job, then yield what it emitted; see ``WorkerProcess.run``.

        Raises:
            WorkerCancelledError: ``cancelled()`` said so before it began.
            WorkerError: The worker is closed.
        """
        if self._closed.is_set():
            raise WorkerError(f"The {self.name} worker was closed before this job was done.")
        stopped = cancelled or self._closed.is_set
        if stopped():
            raise WorkerCancelledError(f"The {self.name} job was cancelled.")
        if self._warm.is_alive():
            self._warm.join()  # a fork in the middle of an import would wait for it for ever
        events: list[object] = []
        self._handler.handle(job, events.append, stopped)
        yield from events

    def close(self) -> None:
        """Take no further jobs."""
        self._closed.set()

    def _warm_up(self) -> None:
        self._handler.warm_up(self._closed.is_set)
