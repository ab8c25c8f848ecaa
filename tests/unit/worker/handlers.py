"""Small handlers that a test can start in a child."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from gemrec.errors import GenerationError

STEP = 0.02


class Echo:
    """Does what the job says; ``(verb, argument)``."""

    def __init__(self, folder: str = "") -> None:
        self.folder = Path(folder)

    def warm_up(self, cancelled: Callable[[], bool]) -> None:
        if self.folder.name:
            deadline = time.monotonic() + 0.5
            while not cancelled() and time.monotonic() < deadline:
                time.sleep(STEP)
            (self.folder / "was cancelled").write_text(str(cancelled()))
            (self.folder / "warm").write_text(str(os.getpid()))

    def handle(
        self, job: object, emit: Callable[[object], None], cancelled: Callable[[], bool]
    ) -> None:
        verb, argument = job
        getattr(self, f"do_{verb}")(argument, emit, cancelled)

    def do_echo(self, argument, emit, cancelled):
        emit(argument)

    def do_note(self, argument, emit, cancelled):
        """Add a line to a file: the order of the lines is that in which the child worked."""
        path, line = argument
        with Path(path).open("a") as file:
            file.write(f"{line}\n")

    def do_count(self, argument, emit, cancelled):
        for number in range(argument):
            emit(number)

    def do_pid(self, argument, emit, cancelled):
        emit((os.getpid(), os.getpriority(os.PRIO_PROCESS, 0)))

    def do_steps(self, argument, emit, cancelled):
        """Write the number of each step to a file, until told to stop."""
        path, count = argument
        for step in range(count):
            if cancelled():
                raise GenerationError("stopped")
            Path(path).write_text(str(step))
            emit(step)
            time.sleep(STEP)

    def do_fail(self, argument, emit, cancelled):
        raise GenerationError(argument)

    def do_crash(self, argument, emit, cancelled):
        raise KeyError(argument)

    def do_die(self, argument, emit, cancelled):
        os._exit(argument)

    def do_print(self, argument, emit, cancelled):
        print(argument, flush=True)  # noqa: T201 - as libraries do

    def do_hang(self, argument, emit, cancelled):
        emit("hanging")
        time.sleep(1000)


def build(folder: str = "") -> Echo:
    return Echo(folder)


def build_broken() -> Echo:
    raise GenerationError("the library is not installed")


def build_slowly() -> Echo:
    time.sleep(1000)
    return Echo()
