"""How far a build is, and how it is stopped; everything on stderr."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from gemrec.building import Progress
from gemrec.cli import tables
from gemrec.cli.output import tell


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C and a polite end of the process set.

    What is under way is given up in order then; a second Ctrl-C does not wait for that.
    """
    stop = threading.Event()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if not stop.is_set():
            tell("\nStopping: finished grids are kept. Ctrl-C again ends at once.")
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def progress_of(total: int) -> Iterator["Advance"]:
    """A bar on a terminal, a line at each twentieth elsewhere; both on stderr."""
    if not sys.stderr.isatty():
        yield Advance(None)
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        bar.add_task("the first grid loads its model", total=total)
        yield Advance(bar)


class Advance:
    """Tells how far a build is, how long it still takes, and what failed."""

    def __init__(self, bar: Bar | None) -> None:
        self._bar = bar
        self._told = -1

    def __call__(self, progress: Progress) -> None:
        """Show the state; see :class:`gemrec.building.Progress`."""
        if progress.problem:
            self._say(progress.problem)
        words = [_left(progress)] if progress.seconds_left is not None else []
        words += [f"{progress.failed} failed"] if progress.failed else []
        if self._bar is not None:
            description = ", ".join(words) or None
            self._bar.update(
                self._bar.tasks[0].id, completed=progress.done, description=description
            )
            return
        over = progress.done + progress.failed
        twentieth = over * 20 // max(progress.total, 1)
        if twentieth > self._told:
            self._told = twentieth
            self._say(", ".join([f"{progress.done} of {progress.total} images", *words]))

    def _say(self, line: str) -> None:
        if self._bar is None:
            tell(line)
        else:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)


def _left(progress: Progress) -> str:
    seconds = progress.seconds_left or 0.0
    return f"about {tables.duration(seconds)} left"
