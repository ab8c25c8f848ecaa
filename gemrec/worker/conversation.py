"""The parent's half of the exchange about one job: deadlines, cancelling, passing events on."""

import math
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Literal, Protocol

from gemrec import errors
from gemrec.errors import GemrecError, WorkerError, WorkerTimeoutError
from gemrec.worker.child import Assignment, Channel, Failure, Message

POLL_SECONDS = 0.05  # how quickly a cancelled job and a passed deadline are noticed
ABANDONED_SECONDS = 60.0  # patience after a cancel: loading a large model is not worth killing
# The same while somebody waits. A job that has told of a step gets less, as it does the next one soon
# or hangs.
LOADING_SECONDS = 30.0

STDERR = 2

# The child must find what the parent finds, so it gets the parent's search path as arguments.
BOOTSTRAP = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from gemrec.worker.child import serve; serve(int(sys.argv[1]))"
)


def never() -> bool:
    """The answer of a job that is always in the foreground."""
    return False


@dataclass(eq=False, slots=True)
class Job:
    """One call of ``WorkerProcess.run``, shared by its caller and the dispatcher.

    Attributes:
        payload: What the handler gets.
        timeout: Seconds from the moment the child begins; None for no limit.
        background: While it says True, other jobs go first.
        abandoned: Set when the caller is no longer interested.
        answers: What the caller is told, ended by ``done`` or ``error``.
        used: Seconds of the turns that it gave way in; they count towards ``timeout``.
        turns: How often it gave way because its turn was over.
    """

    payload: object
    timeout: float | None
    background: Callable[[], bool] = never
    used: float = 0.0
    turns: int = 0
    abandoned: threading.Event = field(default_factory=threading.Event)
    answers: "queue.SimpleQueue[tuple[Literal['event', 'done', 'error'], object]]" = field(
        default_factory=queue.SimpleQueue
    )

    def fail(self, error: Exception) -> None:
        """Hand an error to the caller."""
        self.answers.put(("error", error))


@dataclass(frozen=True, slots=True)
class Rules:
    """What a worker's name is and how patient it is, in seconds."""

    name: str
    start_timeout: float
    obey_seconds: float

    def closed(self) -> WorkerError:
        """The error of a job that the closing of its worker cut off."""
        return WorkerError(f"The {self.name} process was closed before this job was done.")


class ChildPipe(Channel, Protocol):
    """The parent's end of a channel."""

    def poll(self, timeout: float = 0.0, /) -> bool:
        """Whether a message arrives within so many seconds."""


class Child(Protocol):
    """A process that answers jobs, wherever it runs."""

    @property
    def pipe(self) -> ChildPipe:
        """The parent's end; ``OSError`` or ``EOFError`` when the child is gone."""

    @property
    def pid(self) -> int:
        """Its process id, on its own machine."""

    def is_alive(self) -> bool:
        """Whether the process runs."""

    def stop(self, patience: float = 0.0) -> int | None:
        """End it, at the latest after ``patience`` seconds; the exit status where there is one."""


class LocalChild:
    """A running interpreter and the parent's end of its pipe.

    Raises:
        OSError: The process cannot be started.
    """

    def __init__(self, assignment: Assignment) -> None:
        self.pipe: Connection
        self.pipe, theirs = Pipe()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and search path
                [sys.executable, "-c", BOOTSTRAP, str(theirs.fileno()), *sys.path],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=STDERR,  # what libraries print must not mix with a command's JSON
            )
        self.pipe.send(assignment)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def stop(self, patience: float = 0.0) -> int:
        """Close the pipe, wait ``patience`` seconds, kill, reap; returns the exit status."""
        self.pipe.close()
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Conversation:
    """Hands one job to the child and its answers to the caller.

    Attributes:
        begun: Whether the child has begun the job; a job not begun may be tried again.
        gave_way: Whether the job was stopped so that another could go first; it is not over then.
        done_in: Seconds from its begin to its end; None when it came to no good end.

    Args:
        pipe: To the child.
        job: What to do.
        number: Its number in the conversation.
        rules: How patient the worker is.
        closing: Set when the worker is being closed.
        others_wait: Whether a job in the foreground waits.
        turn: Seconds that a job may take while others wait; twice as many each time that it comes
            again, so that a slow one is done in the end.

    Raises:
        OSError: The child is gone.
    """

    def __init__(
        self,
        pipe: ChildPipe,
        job: Job,
        number: int,
        rules: Rules,
        closing: threading.Event,
        others_wait: Callable[[], bool] = never,
        turn: float = math.inf,
    ) -> None:
        self.begun = False
        self.gave_way = False
        self.done_in: float | None = None
        self._turn = turn * 2**job.turns
        self._begun_at = self._told_at = math.inf
        self._stepped = False
        self._others_wait = others_wait
        self._pipe = pipe
        self._job = job
        self._number = number
        self._rules = rules
        self._closing = closing
        self._told = False
        self._too_late = False
        self._broken = False
        self._deadline: float | None = time.monotonic() + rules.start_timeout
        self._pipe.send(Message("job", number, job.payload))

    def follow(self) -> bool:
        """Pass the child's answers on until the job ends.

        Returns:
            Whether the child can do further jobs; if not, it has to be stopped.

        Raises:
            OSError: The child died.
            EOFError: The child died.
        """
        while not self._closing.is_set():
            if self._job.abandoned.is_set() and not self._told:
                self._tell_to_stop(ABANDONED_SECONDS)
            if not self._told and self._should_give_way():
                self.gave_way = True
                self._tell_to_stop(ABANDONED_SECONDS)
            if self._pipe.poll(POLL_SECONDS) and self._take(self._pipe.recv()):
                self._note_turn()
                return not self._broken
            if self._is_too_late():
                if self._told or not self.begun:
                    self.gave_way = False
                    self._job.fail(self._late())
                    return False
                self._too_late = True
                self._tell_to_stop(self._rules.obey_seconds)
        self.gave_way = False
        self._job.fail(self._rules.closed())
        return False

    def _should_give_way(self) -> bool:
        """Whether others wait whose turn it is: this is background work, or took long already."""
        is_over = time.monotonic() - self._begun_at > self._turn
        return (is_over or self._job.background()) and self._others_wait()

    def _is_too_late(self) -> bool:
        """Whether the deadline passed, or others wait for a job that does not stop."""
        now = time.monotonic()
        if self._deadline is not None and now > self._deadline:
            return True
        patience = self._rules.obey_seconds if self._stepped else LOADING_SECONDS
        return self.begun and now - self._told_at > patience and self._others_wait()

    def _note_turn(self) -> None:
        """Keep what a job has used that gave way, and let its next turn be longer."""
        if self.gave_way and self.begun and not self._job.background():
            self._job.used += time.monotonic() - self._begun_at
            self._job.turns += 1

    def _tell_to_stop(self, patience: float) -> None:
        self._pipe.send(Message("cancel", self._number))
        self._told = True
        self._told_at = time.monotonic()
        limit = time.monotonic() + patience
        if self._deadline is not None:
            limit = min(limit, self._deadline + self._rules.obey_seconds)
        self._deadline = limit

    def _late(self) -> WorkerError:
        name = self._rules.name
        if not self.begun:
            seconds = self._rules.start_timeout
            return WorkerTimeoutError(f"The {name} process was not ready after {seconds:g} s.")
        return WorkerTimeoutError(f"The {name} job took longer than {self._job.timeout or 0:g} s.")

    def _take(self, message: Message) -> bool:
        """Handle one message of the child; True when the job is over."""
        if message.kind == "broken":
            self._broken = True
            self._job.fail(rebuild(message.value))
            return True
        if message.number != self._number:
            return False
        if message.kind == "begun":
            self._begin()
        elif message.kind == "event":
            self._stepped = True
            self._job.answers.put(("event", message.value))
        elif message.kind == "done":
            self.gave_way = False  # it was done before it heard
            self.done_in = time.monotonic() - self._begun_at
            self._job.answers.put(("done", None))
            return True
        elif message.kind == "error" and self.gave_way:
            return True
        elif message.kind == "error":
            self._job.fail(self._late() if self._too_late else rebuild(message.value))
            return True
        return False

    def _begin(self) -> None:
        self.begun = True
        self._begun_at = time.monotonic()
        timeout = self._job.timeout
        if timeout is not None:
            timeout = max(timeout - self._job.used, 0.0)
        if self._told:
            timeout = ABANDONED_SECONDS if timeout is None else min(timeout, ABANDONED_SECONDS)
        self._deadline = None if timeout is None else time.monotonic() + timeout


def rebuild(value: object) -> Exception:
    """The child's error as the same class of gemrec's tree, or a ``WorkerError``."""
    if not isinstance(value, Failure):
        return WorkerError(f"The child sent {value!r} instead of an error.")
    kind = getattr(errors, value.kind, None)
    if isinstance(kind, type) and issubclass(kind, GemrecError):
        return kind(value.message)
    return WorkerError(f"{value.kind}: {value.message}")
