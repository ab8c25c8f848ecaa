"""What one open page holds on the server: ids only, and the flag that stops its work."""

import threading
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class ArenaSession:
    """The battle that one page shows, and what follows it.

    Attributes:
        battle_id: The battle on the stage; empty when there is none.
        ticket: The right to vote on an open battle, on the stage or waiting behind it.
        vote_id: The first vote on the stage's battle; None before it is cast.
        shown_at: Monotonic seconds when the open battle's grids were complete; None when resumed.
        prompt: What the stage's battle was asked for.
        category: The topic that was chosen for it.
        is_rolled: Whether its prompt came from the dice, so that the next one does too.
        rolled: The prompt that the dice have already rolled for the next battle.
        reigns: Whether a king's run goes on with the next battle.
        study: Id of the study whose item is on the stage; empty for none.
        changing: Whether the bar changes the vote on the stage rather than casting one.
    """

    battle_id: str = ""
    ticket: str = ""
    vote_id: int | None = None
    shown_at: float | None = None
    prompt: str = ""
    category: str = ""
    is_rolled: bool = False
    rolled: str = ""
    reigns: bool = False
    study: str = ""
    changing: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the stage waits for a first vote."""
        return bool(self.ticket) and self.vote_id is None

    @property
    def waits(self) -> bool:
        """Whether an open battle waits behind the vote on the stage."""
        return bool(self.ticket) and self.vote_id is not None

    def voted(self, vote_id: int, *, reigns: bool) -> "ArenaSession":
        """The vote on the open battle is cast: its ticket is gone."""
        return replace(self, ticket="", vote_id=vote_id, reigns=reigns, changing=False)

    def revisits(self, battle_id: str, vote_id: int, prompt: str) -> "ArenaSession":
        """An earlier vote comes on the stage to be changed; an open battle keeps its ticket."""
        return replace(
            self, battle_id=battle_id, vote_id=vote_id, prompt=prompt, changing=True, reigns=False
        )

    def settled(self) -> "ArenaSession":
        """A change is made, or given up."""
        return replace(self, changing=False)


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

    @property
    def active(self) -> int:
        """How many pages have work under way."""
        with self._lock:
            return sum(not flag.is_set() for flag in self._flags.values())

    def stop(self, session: str) -> None:
        """Raise the flag of a page's work, if it has any."""
        with self._lock:
            flag = self._flags.pop(session, None)
        if flag is not None:
            flag.set()
