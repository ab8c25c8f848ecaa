"""The child's half of :mod:`gemrec.worker.process`: one pipe, one job at a time.

A second thread reads the pipe, so that a cancel is heard while a job runs and the process ends
when the parent is gone, whatever the job is doing.
"""

import contextlib
import importlib
import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True)
class Assignment:
    """The first thing a child is told: what to build and how politely to run."""

    factory: str
    arguments: tuple[object, ...]
    nice: int


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the conversation; ``number`` is the job's, 0 when no job is meant."""

    kind: Literal["job", "cancel", "begun", "event", "done", "error", "broken"]
    number: int = 0
    value: object = None


@dataclass(frozen=True, slots=True)
class Ping:
    """A job that any child answers by itself, without an event."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception as it travels: the name of its class and its message."""

    kind: str
    message: str

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """Describe ``error``; an empty message is replaced by the name of the class."""
        return cls(type(error).__name__, str(error) or type(error).__name__)


class Channel(Protocol):
    """How messages travel between parent and child; a ``Connection`` is one."""

    def send(self, obj: Any, /) -> None:
        """Pass a message on."""

    def recv(self) -> Any:
        """Wait for the next message; ``EOFError`` when the other side is gone."""


class Handler(Protocol):
    """What a worker's factory builds in the child."""

    def warm_up(self, cancelled: Callable[[], bool]) -> None:
        """Do beforehand what the first job would wait for; stop early when ``cancelled()``."""

    def handle(
        self, job: object, emit: Callable[[object], None], cancelled: Callable[[], bool]
    ) -> None:
        """Do one job, emitting events; look at ``cancelled()`` often and raise when it is true."""


class _Inbox:
    """Reads the pipe in a thread of its own."""

    def __init__(self, pipe: Channel) -> None:
        self.jobs: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._pipe = pipe
        self._cancelled: set[int] = set()
        self.somebody_waits = False
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def is_cancelled(self, number: int) -> bool:
        return number in self._cancelled

    def forget(self, number: int) -> None:
        self._cancelled.discard(number)

    def _read(self) -> None:
        try:
            while True:
                message = self._pipe.recv()
                if message.kind == "cancel":
                    self._cancelled.add(message.number)
                else:
                    self.somebody_waits |= not isinstance(message.value, Ping)
                    self.jobs.put(message)
        except (EOFError, OSError):
            pass
        finally:
            # The parent is gone or no longer interested: nothing here is worth finishing, and
            # a library that hangs must not keep the process.
            os._exit(0)


def serve(descriptor: int) -> None:
    """Run as a child: build the handler, warm up, then answer jobs until the pipe closes."""
    # Ctrl-C goes to the whole group; the parent decides what it means and closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # OpenMP threads spin while they wait for each other. On cores shared with the page, another
    # worker or anything else that made a grid take up to ten times as long; sleeping costs little.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    pipe = Connection(descriptor)
    assignment: Assignment = pipe.recv()
    os.nice(assignment.nice)
    try:
        handler = build(assignment)
    except Exception as error:  # noqa: BLE001 - a factory imports foreign libraries
        traceback.print_exc()
        pipe.send(Message("broken", value=Failure.of(error)))
        return
    # A parent that is killed between two messages has no ear for the next; its log needs no stack.
    with contextlib.suppress(BrokenPipeError):
        answer_jobs(handler, pipe)


def answer_jobs(handler: Handler, pipe: Channel) -> None:
    """Warm up, then answer jobs for as long as this process lives."""
    inbox = _Inbox(pipe)
    try:
        handler.warm_up(lambda: inbox.somebody_waits)
    except Exception:  # noqa: BLE001 - the job that needs what failed will say so to its caller
        traceback.print_exc()
    while True:
        _answer(handler, pipe, inbox, inbox.jobs.get())


def build(assignment: Assignment) -> Handler:
    """The handler that the assignment describes."""
    module, _, function = assignment.factory.partition(":")
    handler: Handler = getattr(importlib.import_module(module), function)(*assignment.arguments)
    return handler


def _answer(handler: Handler, pipe: Channel, inbox: _Inbox, job: Message) -> None:
    def emit(event: object) -> None:
        pipe.send(Message("event", job.number, event))

    def cancelled() -> bool:
        return inbox.is_cancelled(job.number)

    pipe.send(Message("begun", job.number))
    try:
        if not isinstance(job.value, Ping):
            handler.handle(job.value, emit, cancelled)
    except Exception as error:  # noqa: BLE001 - every error belongs to the caller
        pipe.send(Message("error", job.number, Failure.of(error)))
    else:
        pipe.send(Message("done", job.number))
    inbox.forget(job.number)
