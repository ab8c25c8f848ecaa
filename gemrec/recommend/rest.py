"""Rests between turns of heavy work, so that it takes a small share of one core, whatever it costs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SHARE: Final = 0.1  # of one core
LONGEST: Final = 30.0
"""Seconds; even with millions of votes nobody waits longer for what is new."""


class Rest:
    """How long work in the background must wait for its next turn: nine times what the last took.

    Counted is the thread's own time on a processor: on a busy machine work takes longer without
    taking more from others.
    """

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def is_over(self) -> bool:
        """Whether the next turn may begin."""
        return time.monotonic() >= self._until

    @contextmanager
    def after(self) -> Iterator[None]:
        """Rest after the work inside the block, which must stay in its thread."""
        started = time.thread_time()
        try:
            yield
        finally:
            spent = time.thread_time() - started
            self._until = time.monotonic() + min(spent * (1 / _SHARE - 1), LONGEST)
