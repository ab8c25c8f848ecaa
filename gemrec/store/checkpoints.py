"""Derived state as it was after some event, so that a start reads only what came later.

Everything here can be deleted at any time: it is made again from the vote events.
"""

from array import array
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gemrec.store.connection import Database

_AT_ONCE = 500  # variables of one query


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Derived state.

    Attributes:
        vote_id: The newest event in it.
        events: How many events it has taken in.
        data: What its owner wrote.
    """

    vote_id: int
    events: int
    data: bytes


class Checkpoints:
    """The ``checkpoint`` table and the ``elo_step`` table beside it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> Checkpoint | None:
        """Return the state of this name, or None."""
        with self._database.connect() as connection:
            row = connection.execute(
                "SELECT vote_id, events, data FROM checkpoint WHERE name = ?", (name,)
            ).fetchone()
        return None if row is None else Checkpoint(row["vote_id"], row["events"], row["data"])

    def put(
        self,
        name: str,
        checkpoint: Checkpoint,
        steps: Mapping[int, tuple[float, ...]] | None = None,
    ) -> bool:
        """Store a state unless there is a newer one, which another program has written.

        Args:
            name: Whose state it is.
            checkpoint: The state.
            steps: Rating steps to remember with it, by vote id.

        Returns:
            Whether it was stored.
        """
        with self._database.transaction() as connection:
            stored = connection.execute(
                "INSERT INTO checkpoint (name, vote_id, events, data) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET vote_id = excluded.vote_id, "
                "events = excluded.events, data = excluded.data "
                "WHERE excluded.vote_id >= checkpoint.vote_id",
                (name, checkpoint.vote_id, checkpoint.events, checkpoint.data),
            )
            if not stored.rowcount:
                return False
            connection.executemany(
                "INSERT OR REPLACE INTO elo_step (vote_id, steps) VALUES (?, ?)",
                [(vote_id, array("d", made).tobytes()) for vote_id, made in (steps or {}).items()],
            )
        return True

    def steps(self, vote_ids: Collection[int]) -> dict[int, tuple[float, ...]]:
        """Return the remembered rating steps of these votes; unknown votes are left out."""
        wanted, found = sorted(vote_ids), dict[int, tuple[float, ...]]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            with self._database.connect() as connection:
                rows = connection.execute(
                    f"SELECT vote_id, steps FROM elo_step WHERE vote_id IN ({marks})",  # noqa: S608
                    some,
                )
                found.update((row["vote_id"], tuple(array("d", row["steps"]))) for row in rows)
        return found

    def forget(self) -> None:
        """Delete all of it."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM checkpoint")
            connection.execute("DELETE FROM elo_step")
