"""The vote trail as it stood after any event, and what it says at the start of a program."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from gemrec.records import Vote
from gemrec.store.connection import Database
from gemrec.store.counts import count_rows
from gemrec.store.rows import CountRow
from gemrec.store.vote_rows import SELECT_VOTE, vote_row

_STOOD = (
    "vote.id <= :up_to AND vote.kind <> 'undo' AND NOT EXISTS "
    "(SELECT 1 FROM vote AS later WHERE later.supersedes = vote.id AND later.id <= :up_to) "
    "ORDER BY vote.id"
)
_AT_ONCE = 500  # variables of one query


@dataclass(frozen=True, slots=True)
class Opening:
    """The derived state of one moment.

    Attributes:
        last_vote_id: Newest event.
        events: How many there are.
        counts: The count table after that event.
    """

    last_vote_id: int
    events: int
    counts: tuple[CountRow, ...]


class Trail:
    """Reads the ``vote`` table by index; never all of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def opening(self) -> Opening:
        """Return the count table together with the event that it stands at."""
        with self._database.connect() as connection:
            connection.execute("BEGIN")  # one view of the file for all three queries
            try:
                last, events = connection.execute(
                    "SELECT ifnull(max(id), 0), count(*) FROM vote"
                ).fetchone()
                return Opening(last, events, count_rows(connection))
            finally:
                connection.execute("ROLLBACK")

    def standing(self, annotator_id: str, up_to: int) -> tuple[Vote, ...]:
        """Return one person's votes that stood after the event ``up_to``, oldest first."""
        return self._select(
            "WHERE vote.annotator_id = :annotator AND " + _STOOD,
            {"annotator": annotator_id, "up_to": up_to},
        )

    def all_standing(self, up_to: int, after: int = 0) -> tuple[Vote, ...]:
        """Return everybody's votes that stood after the event ``up_to``; slow where there are many.

        Args:
            up_to: The event after which they stood.
            after: Leave out those whose newest event is this one or an older one.
        """
        return self._select(
            "WHERE vote.id > :after AND " + _STOOD, {"up_to": up_to, "after": after}
        )

    def events(self, up_to: int, annotator_id: str | None = None) -> int:
        """Count events up to and with ``up_to``, one person's or everybody's."""
        with self._database.connect() as connection:
            if annotator_id is None:
                sql, values = "SELECT count(*) FROM vote WHERE id <= ?", (up_to,)
            else:
                sql = "SELECT count(*) FROM vote WHERE annotator_id = ? AND id <= ?"
                values = (annotator_id, up_to)  # type: ignore[assignment]
            return int(connection.execute(sql, values).fetchone()[0])

    def get(self, ids: Collection[int]) -> dict[int, Vote]:
        """Return the events with these ids; unknown ids are left out."""
        wanted, found = sorted(ids), dict[int, Vote]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            with self._database.connect() as connection:
                rows = connection.execute(SELECT_VOTE + f"WHERE vote.id IN ({marks})", some)
                found.update((row["id"], vote_row(row)) for row in rows)
        return found

    def _select(self, where: str, values: dict[str, str | int]) -> tuple[Vote, ...]:
        with self._database.connect() as connection:
            rows: list[sqlite3.Row] = connection.execute(SELECT_VOTE + where, values).fetchall()
        return tuple(vote_row(row) for row in rows)
