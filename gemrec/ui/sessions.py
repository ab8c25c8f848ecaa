"""What one open page holds on the server: ids only, and the flag that stops its work."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ArenaSession:
    """The battle that one page shows.

    Attributes:
        ticket: The right to vote on it; empty when there is none.
        vote_id: The vote cast on it, for undo; None before.
        shown_at: Monotonic seconds when both grids were complete; None when it was resumed.
    """

    ticket: str = ""
    vote_id: int | None = None
    shown_at: float | None = None


class Cancellations:
    """One stop flag per page; a page that starts new work stops its old work."""

    def __init__(self) -> None:
        self._flags: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def begin(self, session: str) -> threading.Event:
        """A fresh flag for new work of a page."""
        flag = threading.Event()
        with self._lock:
            old = self._flags.get(session)
            self._flags[session] = flag
        if old is not None:
            old.set()
        return flag

    def stop(self, session: str) -> None:
        """Raise the flag of a page's work, if it has any."""
        with self._lock:
            flag = self._flags.pop(session, None)
        if flag is not None:
            flag.set()
