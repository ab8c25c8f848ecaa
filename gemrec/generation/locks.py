"""One lock per key, made when needed and forgotten afterwards."""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gemrec.errors import GenerationCancelledError

ASK_SECONDS = 0.05  # how often one who waits asks whether it still should


@dataclass(slots=True)
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0


class KeyedLocks:
    """Lets one thread at a time work on each key."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._entries: dict[Hashable, _Entry] = {}

    @contextmanager
    def hold(self, key: Hashable, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Wait for the key and hold it.

        Raises:
            GenerationCancelledError: ``cancelled()`` became true during the wait.
        """
        with self._guard:
            entry = self._entries.setdefault(key, _Entry())
            entry.users += 1
        try:
            while not entry.lock.acquire(timeout=ASK_SECONDS):
                if cancelled():
                    raise GenerationCancelledError("Cancelled before its turn came.")
            try:
                yield
            finally:
                entry.lock.release()
        finally:
            with self._guard:
                entry.users -= 1
                if entry.users == 0:
                    del self._entries[key]
