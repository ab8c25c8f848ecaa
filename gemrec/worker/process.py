"""The parent's side of a worker: a queue of jobs and one thread that looks after the child."""

import atexit
import itertools
import queue
import threading
from collections.abc import Callable, Iterator

from gemrec.errors import WorkerCancelledError, WorkerError
from gemrec.worker.child import Assignment, Ping
from gemrec.worker.conversation import (
    POLL_SECONDS,
    Child,
    Conversation,
    Job,
    LocalChild,
    Rules,
    never,
)
from gemrec.worker.pace import NO_TURNS, Pace
from gemrec.worker.waiting import Key, Waiting, no_key

OBEY_SECONDS = 2.0  # how long a job may take to stop after its time limit before it is killed


class WorkerProcess:
    """Runs jobs in a child process, about as they were handed in, background jobs last.

    A job that outlives its time limit is first asked to stop; a job that does not obey is killed
    together with the child, and the jobs that wait go to a fresh child. All methods may be called
    from any thread.

    Args:
        factory: ``module:function`` that builds the handler in the child. A handler has
            ``handle(job, emit, cancelled)`` and ``warm_up(cancelled)``, see
            :class:`gemrec.worker.child.Handler`.
        arguments: Positional arguments of the factory; they travel by pipe.
        name: What the process does; shown in errors.
        nice: How much lower the child's priority is, 0..19.
        start_timeout: Seconds the child may take to start, build its handler and warm up.
        obey_seconds: Seconds a job has to stop after its time limit before the child is killed.
        key: What a job needs, the dearest to change first; see :class:`gemrec.worker.waiting.Waiting`.
        launch: Starts a child; the default is a process on this machine.
        redo: How often a job whose child died is begun again with a fresh child; its events then
            repeat.
        turn_seconds: Seconds that any job may take although others wait; one that takes longer, and
            far longer than most, is asked to stop and starts again after them, for twice as long.
            Infinity for jobs that are never interrupted.
    """

    def __init__(
        self,
        factory: str,
        arguments: tuple[object, ...] = (),
        name: str = "worker",
        nice: int = 5,
        *,
        start_timeout: float = 180.0,
        obey_seconds: float = OBEY_SECONDS,
        key: Callable[[object], Key] = no_key,
        launch: Callable[[Assignment], Child] = LocalChild,
        redo: int = 0,
        turn_seconds: float = NO_TURNS,
    ) -> None:
        self.name = name
        self._assignment = Assignment(factory, arguments, nice)
        self._rules = Rules(name, start_timeout, obey_seconds)
        self._jobs = Waiting(key)
        self._launch = launch
        self._redo = redo
        self._pace = Pace(turn_seconds)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._child: Child | None = None
        self._closing = threading.Event()

    @property
    def pid(self) -> int | None:
        """Process id of the running child, None when there is none."""
        child = self._child
        return child.pid if child is not None and child.is_alive() else None

    @property
    def pids(self) -> list[int]:
        """The same as a list; empty when there is none."""
        return [] if self.pid is None else [self.pid]

    def start(self) -> None:
        """Start the child and its warm-up; returns at once."""
        self._dispatch(None)

    def wait_until_ready(self) -> None:
        """Wait until the child has warmed up and done the jobs handed in before.

        Raises:
            WorkerError: It cannot start, died or was closed.
        """
        for _ in self.run(Ping()):
            pass

    def run(
        self,
        job: object,
        timeout: float | None = None,
        cancelled: Callable[[], bool] | None = None,
        background: Callable[[], bool] | None = None,
    ) -> Iterator[object]:
        """Run one job and yield what it emits.

        Closing the iterator early stops the work in the child too.

        Args:
            job: Anything that travels by pipe.
            timeout: Seconds from the moment the child begins this job; None for no limit.
            cancelled: Asked several times a second, also while the job waits for its turn.
            background: While it says True, every other job goes first. One that is under way is
                asked to stop and starts again when nobody else waits, so events may repeat.

        Yields:
            The handler's events in order.

        Raises:
            WorkerTimeoutError: The time limit passed.
            WorkerCancelledError: ``cancelled()`` said so.
            WorkerError: The process died, could not start or was closed.
            GemrecError: Whatever error of gemrec's own tree the handler raised.
        """
        entry = Job(job, timeout, background or never)
        self._dispatch(entry)
        try:
            yield from self._answers(entry, cancelled)
        finally:
            entry.abandoned.set()

    def close(self) -> None:
        """Stop the child, fail what waits, and leave no process behind."""
        with self._lock:
            self._closing.set()
            thread, self._thread = self._thread, None
        atexit.unregister(self.close)
        if thread is not None:
            self._jobs.put(None)
            thread.join()

    def _dispatch(self, job: Job | None) -> None:
        with self._lock:
            if self._closing.is_set():
                raise WorkerError(f"The {self.name} process is closed; start the app again.")
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._serve_jobs, name=f"{self.name}-dispatcher", daemon=True
                )
                self._thread.start()
                # An interpreter that exits without close() must not leave its child to the pipe.
                atexit.register(self.close)
            self._jobs.put(job)

    def _answers(self, job: Job, cancelled: Callable[[], bool] | None) -> Iterator[object]:
        wait = None if cancelled is None else POLL_SECONDS
        while True:
            if cancelled is not None and cancelled():
                raise WorkerCancelledError(f"The {self.name} job was cancelled.")
            try:
                kind, value = job.answers.get(timeout=wait)
            except queue.Empty:
                continue
            if kind == "event":
                yield value
            elif isinstance(value, Exception):
                raise value
            else:
                return

    # Everything below runs in the dispatcher thread, the only one that touches the child.

    def _serve_jobs(self) -> None:
        try:
            while not self._closing.is_set():
                job = self._jobs.get()
                if job is None:
                    self._begin_warm_up()
                elif self._closing.is_set():
                    job.fail(self._rules.closed())
                elif not job.abandoned.is_set():
                    self._perform(job)
        finally:
            self._drop_child(self._rules.obey_seconds)
            for job in self._jobs.clear():
                job.fail(self._rules.closed())

    def _begin_warm_up(self) -> None:
        if not self._closing.is_set():
            try:
                self._living_child()
            except Exception:  # noqa: BLE001 - the first job tries again and reports
                return

    def _living_child(self) -> Child:
        if self._child is not None and not self._child.is_alive():
            self._drop_child()
        if self._child is None:
            self._child = self._launch(self._assignment)
        return self._child

    def _drop_child(self, patience: float = 0.0) -> int | None:
        """Stop and forget the child; its exit status, None when there was no child."""
        child, self._child = self._child, None
        return None if child is None else child.stop(patience)

    def _perform(self, job: Job) -> None:
        # A child can die while it has nothing to do; the job that finds out goes to a fresh one.
        for left in range(self._redo + 1, -1, -1):
            if self._try(job, may_retry=left > 0, may_redo=left > 1):
                return

    def _try(self, job: Job, *, may_retry: bool, may_redo: bool) -> bool:
        """Run one job; False when its child died and another try is allowed."""
        conversation = None
        try:
            pipe = self._living_child().pipe
            number = next(self._numbers)
            conversation = Conversation(
                pipe,
                job,
                number,
                self._rules,
                self._closing,
                self._jobs.somebody_urgent,
                self._pace.turn(),
            )
            if not conversation.follow():
                self._drop_child()
            if conversation.done_in is not None:
                self._pace.note(conversation.done_in)
            if conversation.gave_way:
                self._jobs.put_back(job)
        except (OSError, EOFError) as error:
            status = self._drop_child(patience=1.0)
            begun = conversation is not None and conversation.begun
            if may_redo if begun else may_retry:
                return False
            job.fail(
                WorkerError(
                    f"The {self.name} process died during this job (exit status {status}, "
                    f"{error or type(error).__name__}). It starts again with the next job; if that dies "
                    "too, the machine may be short of memory."
                )
            )
        except Exception as error:  # noqa: BLE001 - pickling runs foreign code; this thread must live
            self._drop_child()
            job.fail(WorkerError(f"The {self.name} job could not be passed on: {error}"))
        return True
