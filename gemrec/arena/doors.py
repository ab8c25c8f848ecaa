"""Whether the arena is open: an owner closes it, and what was voted stays as it is."""

from collections.abc import Callable
from datetime import datetime

from gemrec.errors import InputError
from gemrec.store import Store

VOTING = "voting"
CLOSED = "closed"
"""Under this reason refused votes are counted."""


class Doors:
    """Opens and closes voting; kept over restarts.

    Args:
        store: Keeps the switch and counts refusals.
        clock: Now, timezone-aware UTC.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        # Read once: there is one server per database, and a vote must not wait for another query.
        self._is_open = store.switches.get(VOTING, default=True)

    @property
    def is_open(self) -> bool:
        """Whether battles may be opened and voted on."""
        return self._is_open

    def set_open(self, is_open: bool) -> None:
        """Open or close voting for everybody."""
        self._store.switches.put(VOTING, is_open, self._clock())
        self._is_open = is_open

    def check(self) -> None:
        """Let through while voting is open.

        Raises:
            InputError: Voting is closed. An open ticket stays valid; the refusal is counted.
        """
        if not self._is_open:
            self._store.tickets.refuse(CLOSED, self._clock())
            raise InputError(
                "Voting is closed on this server for now. Nothing is lost: open battles can be "
                "voted on once the owner opens it again, and everything else works."
            )
