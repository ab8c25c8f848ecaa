"""Progress on stderr: a bar on a terminal, a line every quarter elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn


@contextmanager
def progress_bar(what: str) -> Iterator["Advance"]:
    """A bar on a terminal, a line every quarter elsewhere; both on stderr."""
    if not sys.stderr.isatty():
        yield Advance(None, what)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Advance(bar, what)


class Advance:
    """Moves the bar, or prints quarters."""

    def __init__(self, bar: Progress | None, what: str) -> None:
        self._bar = bar
        self._what = what
        self._task = None if bar is None else bar.add_task(what, total=1.0)
        self._quarters = 0

    def __call__(self, fraction: float) -> None:
        """Say how much is done, 0..1."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=fraction)
            return
        quarters = int(fraction * 4)
        if quarters > self._quarters:
            self._quarters = quarters
            print(f"{self._what}: {quarters * 25}%", file=sys.stderr, flush=True)  # noqa: T201
